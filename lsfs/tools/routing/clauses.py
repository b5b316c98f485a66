"""A request cut into the parts that may each want a tool of their own.  Pure.

Cuts are by punctuation and by the words that join one wish, or one step of it, to the next; no model is asked, so
that a request's parts cost microseconds.  A part too short to say anything stays with the one before it.
"""

from __future__ import annotations

import re

from lsfs.index.functionwords import is_function_word

LIMIT = 8
"""Parts of one request at most: each is embedded, at 1–2 ms."""

_SENTENCE = re.compile(r"(?<=[.?!;])[\"')\]]*\s+|\n+|\s+[-•*]\s+")
_JOIN = re.compile(
    r",?\s+\b(?:and then|and also|and|then|as well as|after that|afterwards|after|before|while|followed by|plus"
    r"|along with)\b\s+"
    r"|[,:](?!\d)\s*|\s+[–—]\s+",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"\s+\b(?:using|by|with|from|for|of|in|into|to|when|where|which|that|based on|without|via|through)\b\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")


def clauses(text: str, limit: int = LIMIT) -> tuple[str, ...]:
    """The parts of `text` in order, none repeated; empty where it is one part, which is then the text itself."""
    found = _cut(text, (_SENTENCE, _JOIN), least=2)
    return tuple(dict.fromkeys(found))[:limit] if len(found) > 1 else ()


def phrases(text: str, limit: int = 3 * LIMIT) -> tuple[str, ...]:
    """The parts of the parts: what stands between prepositions, for evidence by words; empty as `clauses`."""
    found = _cut(text, (_SENTENCE, _JOIN, _STEP), least=2)
    return tuple(dict.fromkeys(found))[:limit] if len(found) > 1 else ()


def _cut(text: str, cuts: tuple[re.Pattern[str], ...], least: int) -> list[str]:
    parts = [text]
    for cut in cuts:
        parts = [piece for part in parts for piece in _pieces(part, cut, least)]
    return parts


def _pieces(text: str, cut: re.Pattern[str], least: int) -> list[str]:
    """`text` between the cuts; a cut that would leave fewer than `least` words of meaning on a side is none."""
    pieces: list[str] = []
    start = 0
    for match in cut.finditer(text):
        if _says(text[start : match.start()], least) and _says(text[match.end() :], least):
            pieces.append(text[start : match.start()].strip())
            start = match.end()
    pieces.append(text[start:].strip())
    return [piece for piece in pieces if piece]


def _says(text: str, least: int) -> bool:
    words = 0
    for match in _WORD.finditer(text):
        words += not is_function_word(match.group())
        if words >= least:
            return True
    return False
