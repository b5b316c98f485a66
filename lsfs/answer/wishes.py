"""What a wish for a summary or a comparison says of its length and its subject.  Pure."""

from __future__ import annotations

import re

import msgspec

from lsfs.answer.questions import key_words, language

_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "one ein einen einem einer eine un une uno una",
            "two zwei deux dos due",
            "three drei trois tres tre",
            "four vier quatre cuatro quattro",
            "five fünf cinq cinco cinque",
            "six sechs seis sei",
            "seven sieben sept siete sette",
            "eight acht huit ocho otto",
            "nine neun neuf nueve nove",
            "ten zehn dix diez dieci",
        ),
        1,
    )
    for word in words.split()
}
_LENGTH = re.compile(
    rf"\b(?P<number>\d{{1,2}}|{'|'.join(_NUMBERS)})(?:\s*(?:or|to|oder|bis|ou|à|o|a|-|–)\s*(?P<upper>\d{{1,2}}|"
    rf"{'|'.join(_NUMBERS)}))?\s+(?:short |kurze[nr]? |brief |single )?(?P<unit>sentences?|lines?|points?|"
    r"bullets?(?: points?)?|words?|paragraphs?|sätze[n]?|satz|zeilen?|punkte[n]?|stichpunkte[n]?|wörtern?|worten?|"
    r"phrases?|lignes?|mots?|frases?|oraciones?|líneas?|palabras?|puntos?|frasi|frase|righe|parole|punti)\b",
    re.IGNORECASE,
)
_UNITS = (
    ("lines", ("line", "zeile", "ligne", "línea", "righe")),
    ("points", ("point", "bullet", "punkt", "stichpunkt", "punto", "punti")),
    ("words", ("word", "wort", "wört", "mot", "palabra", "parole")),
    ("paragraphs", ("paragraph",)),
)
_LANGUAGE = re.compile(
    r"\b(?:in|auf|en|in lingua)\s+(?P<name>english|german|french|spanish|italian|englisch|deutsch|französisch|spanisch"
    r"|italienisch|anglais|allemand|français|espagnol|italien|inglés|alemán|francés|español|italiano|inglese|tedesco"
    r"|francese|spagnolo)\b",
    re.IGNORECASE,
)
_LANGUAGES = {
    "English": "english englisch anglais inglés inglese",
    "German": "german deutsch allemand alemán tedesco",
    "French": "french französisch français francés francese",
    "Spanish": "spanish spanisch espagnol español spagnolo",
    "Italian": "italian italienisch italien italiano",
}
_COMMON = frozenset(
    "compare compared comparing comparison differ differs different difference differences between versus vs against"
    " tell show say one ones other both each two file files document documents text version versions changed change"
    " summarise summarize summary gist tldr tl dr short brief sum give please quick main points overview"
    " vergleiche vergleich unterschied unterschiede unterscheiden zwischen datei dateien comparez comparer compare"
    " différence différences entre compara diferencia diferencias confronta differenza differenze them they used use"
    " set side sides alongside same".split()
)


class Length(msgspec.Struct, frozen=True):
    """How long a text may be."""

    number: int
    unit: str
    """sentences, lines, points, words or paragraphs."""

    @property
    def tokens(self) -> int:
        """What it may take at most."""
        each = {"sentences": 45, "lines": 40, "points": 40, "words": 2, "paragraphs": 120}[self.unit]
        return min(600, max(40, self.number * each))

    @property
    def said(self) -> str:
        """``two sentences``, as a model is told."""
        return f"{self.number} {self.unit if self.number > 1 else self.unit[:-1]}"


USUAL = Length(3, "sentences")


def length_of(wish: str) -> Length:
    """The length that a wish asks for, three sentences where it names none; the upper of two."""
    found = _LENGTH.search(wish)
    if found is None:
        return USUAL
    said = (found["upper"] or found["number"]).lower()
    number = int(said) if said.isdigit() else _NUMBERS[said]
    word = found["unit"].lower()
    unit = next((unit for unit, starts in _UNITS if word.startswith(starts)), "sentences")
    return Length(max(1, number), unit)


def language_of(wish: str) -> str:
    """The language that is wished: one that is named, else the wish's own."""
    named = _LANGUAGE.search(wish)
    if named:
        name = named["name"].lower()
        return next(language_name for language_name, names in _LANGUAGES.items() if name in names.split())
    return language(wish)


def subject_of(wish: str, names: str) -> list[str]:
    """The words of a wish that say what it is about, without those of the files' names and of comparing itself."""
    known = set(re.findall(r"[^\W_]+", names.lower()))
    return [
        word
        for word in key_words(wish)
        if word.lower() not in _COMMON and not set(re.findall(r"[^\W_]+", word.lower())) <= known
    ]


def shortened(text: str, length: Length) -> str:
    """At most the sentences, lines or words that were wished."""
    text = text.strip()
    if length.unit == "sentences":
        ends = [
            found.end()
            for found in re.finditer(
                r"(?<!\b[A-Z])(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bNo)(?<!\bMrs)[.!?…][\"”»]?(?=\s|$)", text
            )
        ]
        return text[: ends[length.number - 1]] if len(ends) > length.number else text
    if length.unit == "words":
        words = text.split()
        return text if len(words) <= length.number else " ".join(words[: length.number]) + " …"
    if length.unit in ("lines", "points"):
        return "\n".join([line for line in text.splitlines() if line.strip()][: length.number])
    return "\n\n".join(text.split("\n\n")[: length.number])
