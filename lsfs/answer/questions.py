"""What a question asks for, read off its words.  Pure; English, German, French, Spanish and Italian.

A question of two parts is searched part by part, since the parts rarely stand in one file; and a part keeps the names
of the part before it, since "he" and "them" find nothing.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from lsfs.index.functionwords import content_words

Kind = Literal["amount", "count", "time", "person", "phone", "other"]

_QUESTION_WORDS = (
    r"how (?:much|many|long|often|far|old|big|high)|how|what|which|who(?:m|se)?|when|where|why|since when|until when"
    r"|at what|by when|wie ?viele?|wie|was|welche[rsnm]?|wer|wem|wen|wann|wo(?:hin|her)?|warum|seit wann|bis wann"
    r"|combien|quel(?:le)?s?|qui|quand|où|pourquoi|comment|depuis quand|que|qu'"
    r"|cuánt[oa]s?|cuál(?:es)?|quién(?:es)?|cuándo|dónde|qué|cómo|desde cuándo"
    r"|quant[oiae]|quale|quali|chi|quando|dove|perché|cosa|da quando"
)
_AND = r"and|und|et|y|e"
_PREPOSITIONS = (
    r"for|with|of|in|at|on|from|by|to|about|für|mit|von|im|in|bei|pour|avec|de|du|dans|à|para|con|en|per|di|da|nel|su"
)
_NAMED = r"[A-ZÀ-Ý][\w'’-]*(?: [A-ZÀ-Ý][\w'’-]*){0,2}"
_EACH = re.compile(rf"(?P<one>{_NAMED}) (?:{_AND}) (?P<two>{_NAMED})(?=.*\b(?:each|respectively|jeweils|chacune?)\b)")
_OF_EACH = re.compile(r"\b(?:each|respectively|jeweils|chacune?)\b")
_NEXT_PART = re.compile(rf"(?:\s*[,;]\s*|\s+)(?:{_AND})\s+(?=(?:(?:{_PREPOSITIONS})\s+)?(?:{_QUESTION_WORDS})\b)", re.I)
_SAME_PREPOSITION = re.compile(
    rf"^(?P<head>.*?)\b(?P<prep>{_PREPOSITIONS})\s+(?P<one>[^,;]+?)\s+(?:{_AND})\s+(?P=prep)\s+(?P<two>[^,;?]+)", re.I
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ATTRIBUTE = re.compile(
    r"\b(?:how (?:much|many)|which|what|wie ?viele?|welche[rsnm]?|combien de|quel(?:le)?s?|cuánt[oa]s?|qué|quant[oiae]"
    r"|quale)"
    r"\s+(?P<word>[^\W\d_]{4,})\b",
    re.IGNORECASE,
)
_ATTRIBUTE_OF = re.compile(
    r"(?:when|what|where|which|who)(?:['’]s| is| was| are| were)\b.*['’]s? (?P<word>[^\W\d_]{4,})\W*", re.IGNORECASE
)
"""``birthday`` of "when is Ada's birthday"."""
_NO_ATTRIBUTE = frozenset(
    "time date year month week hour kind sort type size colour color number name part thing things else does would will"
    " should could about were have happens goes afternoon morning evening weekday file files document place long more"
    " uhrzeit zeit datum jahr farbe heure jour année hora fecha giorno".split()
)
_SUBJECT_WORDS = 3
_POINTS = re.compile(
    r"\b(?:he|she|they|him|her|them|his|their|it|its|er|ihn|ihm|ihr|ihnen|sein\w*|il|elle|ils|elles|lui|leur|son|sa|él|ella"
    r"|ellos|su|sus|lei|loro|suo|sua)\b",
    re.IGNORECASE,
)
"""What stands for somebody or something that was named before."""
_NOT_NAMES = frozenset("i i'm i'd i've i'll".split())
_GERMAN_LIKE = re.compile(r"\b(?:der|die|das|ist|und|wie|wann|wer|was|welche[rsnm]?|für|den|dem|ein|eine|nicht)\b")

_CURRENCY = r"[£$€¥]|\b(?:eur|euros?|gbp|usd|chf|pounds?|dollars?|francs?|franken|pence|quid)\b"
_PAYING = (
    r"\b(?:pay|paid|pays|cost|costs|owes?|owed|owing|charged?|charges|price|prices|fees?|rent|deposit|spen[dt]|earns?"
    r"|earned|salary|budget|bill|invoice|total|quotes?|premium|refund|subscriptions?|worth|goes out|kostet|kosten"
    r"|zahlen|zahlt|bezahlt|miete|jahresmiete|preis|gebühr|schuldet|coûte|coûtent|payer|payé|prix|loyer|montant|doit"
    r"|cuesta|cuestan|pagar|pagado|precio|alquiler|debe|costa|costano|pagare|pagato|prezzo|affitto)\b"
)
_PRICED = r"\b(?:costs?|price|fee|total|rent|deposit|charged?|pay|owe)\b"
_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "phone",
        r"\b(?:phone|telephone|mobile) number|\btelefonnummer|numéro de téléphone|número de teléfono|numero di tel",
    ),
    ("amount", rf"\b(?:how much|wie ?viel|combien|cuánto|cuánta|quanto|quanta)\b.*(?:{_PAYING}|{_CURRENCY})"),
    ("amount", rf"\bwhat(?:['’]s|['’]ll| (?:does|did|will|would|do|is|was|were|are))\b.*(?:{_PRICED})"),
    (
        "amount",
        (
            r"\bwie hoch\b.*(?:miete|preis|gebühr|kosten|summe|betrag|rate\b|rente|gehalt|lohn|steuer|kaution|beitrag)"
            r"|\b(?:lowest|highest) .*\bquotes?\b|\bwhat (?:goes out|comes in|do I pay|do we pay)\b"
        ),
    ),
    (
        "count",
        r"\bhow (?:much|many|long|far|fast|old|often|high|big|deep|heavy)\b|\bwie (?:viele?|lange|oft|weit|hoch|alt)\b",
    ),
    ("count", r"\bcombien\b|\bcuánt[oa]s?\b|\bquant[oiae]\b"),
    ("time", r"\b(?:when|what time|what date|what day|which day|since when|until when)\b|\b(?:seit |bis )?wann\b"),
    ("time", r"\bquand\b|\bà quelle heure\b|\bcuándo\b|\ba qué hora\b|\bquando\b|\ba che ora\b|\bum wieviel uhr\b"),
    ("person", r"\bwho(?:m|se)?\b|\bwer\b|\bwem\b|\bwen\b|\bqui\b|\bquién(?:es)?\b|\bchi\b"),
)
_KIND_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for kind, pattern in _KINDS)


class Question(msgspec.Struct, frozen=True):
    """A question, taken apart."""

    text: str
    parts: tuple[str, ...]
    """What is searched: each part of the question as a question of its own; at least one."""
    names: tuple[str, ...]
    """Words that are names by their spelling, in their order."""
    kind: Kind
    """Of what the first part asks for."""
    english: str = ""
    """The question in English, where it is in another language and has been translated."""


def read(text: str) -> Question:
    """Takes a question apart."""
    text = " ".join(text.split())
    parts = _parts(text)
    return Question(text, parts, names(text), kind_of(parts[0]))


def points(part: str) -> bool:
    """Whether a part of a question points at what a part before it was about."""
    return bool(_POINTS.search(part))


def kind_of(text: str) -> Kind:
    """Of what a question asks for; ``other`` where its words do not say."""
    return next((kind for kind, pattern in _KIND_PATTERNS if pattern.search(text)), "other")


def names(text: str) -> tuple[str, ...]:
    """The words that are names by their spelling: capitals within a sentence, and what has digits in it.

    German nouns all look so, hence none are taken from a German question but those with digits.
    """
    german = len(_GERMAN_LIKE.findall(text.lower())) > 1
    found = []
    for place, word in enumerate(_WORD.findall(text)):
        digits = any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
        capital = place > 0 and word[0].isupper() and not german and word.lower() not in _NOT_NAMES
        if digits or capital:
            found.append(re.sub(r"['’]s$", "", word))
    return tuple(dict.fromkeys(found))


def attribute(text: str) -> str | None:
    """The word for what is asked: ``deposit`` of "how much deposit did I pay"; None where none is named."""
    found = _ATTRIBUTE.search(text) or _ATTRIBUTE_OF.fullmatch(text)
    if found is None or found["word"].lower() in _NO_ATTRIBUTE:
        return None
    return found["word"] if content_words([found["word"]]) and key_words(found["word"]) else None


def key_words(text: str) -> list[str]:
    """The words of a question that carry meaning, in their order."""
    words = [re.sub(r"['’]s?$", "", word) for word in _WORD.findall(re.sub(r"n['’]t\b", "", text))]
    return content_words([word for word in words if word])


def _parts(text: str) -> tuple[str, ...]:
    pieces = [piece.strip(" ,;") for piece in _NEXT_PART.split(text)]
    pieces = [piece for piece in pieces if piece]
    if len(pieces) > 1:
        # What the first part is about, for a later one that only points at it.
        subject = names(pieces[0]) or tuple(key_words(pieces[0])[-_SUBJECT_WORDS:])
        return (pieces[0], *(_with_subject(piece, subject) for piece in pieces[1:]))
    each = _EACH.search(text)
    if each:
        return tuple(" ".join(_OF_EACH.sub(" ", text.replace(each[0], each[name])).split()) for name in ("one", "two"))
    found = _SAME_PREPOSITION.match(text)
    if found and found["head"].strip():
        head, prep = found["head"], found["prep"]
        return tuple(f"{head}{prep} {what.strip()}" for what in (found["one"], found["two"]))
    return (text,)


def _with_subject(part: str, subject: tuple[str, ...]) -> str:
    missing = [word for word in subject if word.lower() not in part.lower()]
    own = names(part) or not (_POINTS.search(part) or len(part.split()) <= _SUBJECT_WORDS)
    return part if own or not missing else f"{part} ({' '.join(missing)})"


_LANGUAGES: dict[str, frozenset[str]] = {
    "English": frozenset(
        "the is are was were do does did how what which who when where why much many my our your his her their it of"
        " for with and in on to at from has have had can i we you a an that this s".split()
    ),
    "German": frozenset(
        "der die das den dem des ist sind war waren wie was welche welcher welches wer wen wem wann wo warum viel viele"
        " mein meine meinen unser unsere für mit und im in auf zu zum zur von vom hat haben kann ich wir ein eine einen"
        " muss nicht lange hoch bitte fasse zusammen es beim".split()
    ),
    "French": frozenset(
        "le la les l de du des est sont était combien quel quelle quels quelles qui quand où pourquoi comment mon ma"
        " mes notre nos pour avec et dans sur à au aux a ont peut je nous un une il faut que ce moi résume".split()
    ),
    "Spanish": frozenset(
        "el la los las de del es son era cuánto cuánta cuántos cuántas cuál cuáles quién cuándo dónde qué por cómo mi"
        " mis nuestro nuestra para con y en a al tiene tengo puede yo un una hay se resume resúmeme".split()
    ),
    "Italian": frozenset(
        "il lo la gli le di del della dei è sono era quanto quanta quanti quante quale quali chi quando dove che perché"
        " come mio mia nostro nostra per con e in a al nel ha ho può io un una si deve riassumi".split()
    ),
}


def language(text: str) -> str:
    """The English name of a text's language, by its commonest words; English where they do not tell."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    held = {name: sum(word in known for word in words) for name, known in _LANGUAGES.items()}
    best = max(held, key=lambda name: held[name])
    return best if held[best] > held["English"] else "English"
