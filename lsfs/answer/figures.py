"""The figures and names that a text holds, in a form in which two texts can be compared.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GROUPED = re.compile(r"(?<!\d)(?<!\d[.,])[1-9]\d{0,2}(?:[.,'’  ]\d{3})+(?!\d)")
_DECIMALS = re.compile(r"(\d+)[.,](\d+)")
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")

_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn zwanzig",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
    " dix-huit dix-neuf vingt",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve veinte",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove venti",
}
_TENS = {
    "en": "thirty forty fifty sixty seventy eighty ninety",
    "de": "dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "trente quarante cinquante soixante",
    "es": "treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "trenta quaranta cinquanta sessanta settanta ottanta novanta",
}
_MONTH_NAMES = (
    ("january", "januar", "janvier", "enero", "gennaio", "jan"),
    ("february", "februar", "février", "febrero", "febbraio", "feb"),
    ("march", "märz", "mars", "marzo", "mar"),
    ("april", "avril", "abril", "aprile", "apr"),
    ("may", "mai", "mayo", "maggio"),
    ("june", "juni", "juin", "junio", "giugno", "jun"),
    ("july", "juli", "juillet", "julio", "luglio", "jul"),
    ("august", "août", "agosto", "aug"),
    ("september", "septembre", "septiembre", "settembre", "sep", "sept"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "oct", "okt"),
    ("november", "novembre", "noviembre", "nov"),
    ("december", "dezember", "décembre", "diciembre", "dicembre", "dec", "dez"),
)
_DAY_NAMES = (
    ("monday", "montag", "lundi", "lunes", "lunedì"),
    ("tuesday", "dienstag", "mardi", "martes", "martedì"),
    ("wednesday", "mittwoch", "mercredi", "miércoles", "mercoledì"),
    ("thursday", "donnerstag", "jeudi", "jueves", "giovedì"),
    ("friday", "freitag", "vendredi", "viernes", "venerdì"),
    ("saturday", "samstag", "sonnabend", "samedi", "sábado", "sabato"),
    ("sunday", "sonntag", "dimanche", "domingo", "domenica"),
)


def _number_words() -> dict[str, str]:
    found: dict[str, str] = {}
    for words in _UNITS.values():
        found |= {word: str(number) for number, word in enumerate(words.split())}
    for words in _TENS.values():
        found |= {word: str(30 + 10 * number) for number, word in enumerate(words.split())}
    # "un", "six" and others are said in several languages with one meaning; these mean something else too often.
    return {word: number for word, number in found.items() if word not in ("un", "uno", "one", "sei")}


_NUMBER_WORDS = _number_words()
_MONTH_NUMBERS = {name: str(number) for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_DAYS = {name: names[0] for names in _DAY_NAMES for name in names}


def figures(text: str) -> set[str]:
    """Each number of a text without its separators and leading zeros: ``3,500`` and ``3500`` are one, dates three."""
    return {figure for figure, _ in _figures(text)}


def said_figures(text: str) -> set[str]:
    """As `figures`, with those said in words and the numbers of months: what a text can be held to have said."""
    found = figures(text)
    for word in _WORD.findall(text.lower()):
        said = [_NUMBER_WORDS[piece] for piece in (word, *word.split("-")) if piece in _NUMBER_WORDS]
        found.update(said)
        if len(said) == 2 and said[0].endswith("0") and len(said[1]) == 1:
            found.add(str(int(said[0]) + int(said[1])))  # forty-five
        if word in _MONTH_NUMBERS:
            found.add(_MONTH_NUMBERS[word])
    return found


def has_figure(text: str) -> bool:
    """Whether a text says a number, in digits or in a word."""
    words = _WORD.findall(text.lower())
    return bool(figures(text)) or any(piece in _NUMBER_WORDS for word in words for piece in (word, *word.split("-")))


def _figures(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    for found in _GROUPED.finditer(text):
        yield from _plain(text[at : found.start()], at)
        yield re.sub(r"\D", "", found[0]).lstrip("0") or "0", found.start()
        at = found.end()
        # What follows are its decimals: 1.234,50
        rest = re.match(r"[.,]\d{1,2}(?!\d)", text[at:])
        at += rest.end() if rest else 0
    yield from _plain(text[at:], at)


def _plain(text: str, offset: int) -> Iterator[tuple[str, int]]:
    at = 0
    for found in _DECIMALS.finditer(text):
        for number in re.finditer(r"\d+", text[at : found.start()]):
            yield number[0].lstrip("0") or "0", offset + at + number.start()
        decimals = found[2].rstrip("0")
        whole = found[1].lstrip("0") or "0"
        yield f"{whole}.{decimals}" if decimals else whole, offset + found.start()
        at = found.end()
    for number in re.finditer(r"\d+", text[at:]):
        yield number[0].lstrip("0") or "0", offset + at + number.start()


def days(text: str) -> set[str]:
    """The days of the week that a text names, in English whatever its language."""
    words = _WORD.findall(text.lower())
    return {_DAYS[word] for said in words for word in (said, said.removesuffix("s")) if word in _DAYS}


def proper_names(text: str) -> set[str]:
    """The words of a sentence that are names by their capital, but for its first and for times; lower case."""
    words = list(_WORD.finditer(text))
    return {
        word[0].lower().removesuffix("'s").removesuffix("’s")
        for word in words[1:]
        if word[0][0].isupper() and word[0].lower() not in _MONTH_NUMBERS.keys() | _DAYS.keys() and len(word[0]) > 1
    }
