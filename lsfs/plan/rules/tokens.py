"""A sentence as tokens: words, punctuation, quoted text, names of files and paths, each with its place.  Pure."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from lsfs.core.filetypes import types_for
from lsfs.plan.rules.known import Known

Kind = Literal["word", "number", "file", "path", "folder", "quoted", "mark"]

MOST_TOKENS = 400
_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“”", "‘": "’", "«": "»", "»": "«", "‹": "›", "`": "`"}
_OPENING = "([{¿¡"
_CLOSING = ")]}.,;:!?…"
_PARTS = {")": "(", "]": "[", "}": "{"}
_LONGEST_NAME = 9
"""Words of a name with spaces."""
_NO_PART_OF_A_NAME = frozenset(
    "but leave keep where are is while and or then to into in inside with that which saying says containing as from"
    " but for called named und et y e nach vers dans en a".split()
)
_NOT_A_PATH = frozenset("and/or either/or he/she his/her w/o n/a km/h i/o on/off yes/no".split())


class Token(msgspec.Struct, frozen=True):
    """A piece of the sentence: ``sentence[start:end]``; of a quoted one `text` is what stands between the quotes."""

    text: str
    low: str
    """`text` in lower case, its apostrophe straight."""
    start: int
    end: int
    kind: Kind

    @property
    def explicit(self) -> bool:
        """Whether it can only be a name or a quotation."""
        return self.kind in ("file", "path", "quoted")


def tokenize(sentence: str, known: Known) -> tuple[Token, ...]:
    """The tokens in order; names with spaces that stand in the tree are one token each.  Empty for too many."""
    plain: list[Token] = []
    at = 0
    while at < len(sentence):
        if sentence[at].isspace():
            at += 1
            continue
        quoted = _quoted(sentence, at)
        if quoted is not None:
            plain.append(quoted)
            at = quoted.end
            continue
        end = at
        while end < len(sentence) and not sentence[end].isspace():
            end += 1
            if end < len(sentence) and _quoted(sentence, end) is not None:
                break
        plain += _pieces(sentence, at, end)
        at = end
        if len(plain) > MOST_TOKENS:
            return ()
    return _joined(sentence, plain, known)


def _quoted(sentence: str, at: int) -> Token | None:
    closing = _QUOTES.get(sentence[at])
    if closing is None or (at and not (sentence[at - 1].isspace() or sentence[at - 1] in "([{:=,")):
        return None
    for end in range(at + 1, len(sentence)):
        if sentence[end] not in closing or (end == at + 1 and sentence[at] != '"'):
            continue
        after = sentence[end + 1 : end + 2]
        if after and (after.isalnum() or after in "'_/"):
            continue  # the apostrophe of "don't"
        text = sentence[at + 1 : end]
        if not text.strip():
            return None
        if sentence[at] in "«»‹":
            text = text.strip()  # French sets spaces inside
        return Token(text, low(text), at, end + 1, "quoted")
    return None


def _pieces(sentence: str, start: int, end: int) -> list[Token]:
    """A run without spaces: the marks before it, the word, the marks after it."""
    before: list[Token] = []
    after: list[Token] = []
    while start < end and sentence[start] in _OPENING:
        if sentence[start] == "(" and ")" in sentence[start : end - 1] and sentence[end - 1] not in _CLOSING:
            break  # (3).docx
        before.append(_mark(sentence, start))
        start += 1
    while start < end and sentence[end - 1] in _CLOSING and not _pairs(sentence[start:end]):
        end -= 1
        after.insert(0, _mark(sentence, end))
    if start == end:
        return before + after
    return [*before, *_word(sentence, start, end), *after]


def _mark(sentence: str, at: int) -> Token:
    return Token(sentence[at], sentence[at], at, at + 1, "mark")


def _pairs(text: str) -> bool:
    opening = _PARTS.get(text[-1])
    return opening is not None and text.count(opening) == text.count(text[-1])


def _word(sentence: str, start: int, end: int) -> list[Token]:
    text = sentence[start:end]
    plain = low(text)
    if plain.endswith("'s") and has_extension(text[:-2]):
        return [*_word(sentence, start, end - 2), Token("'s", "'s", end - 2, end, "word")]
    return [Token(text, plain, start, end, _kind(text, plain))]


def _kind(text: str, plain: str) -> Kind:
    if "/" in text and "://" not in text and plain not in _NOT_A_PATH and not re.fullmatch(r"[\d./-]+", text):
        return "path"
    if has_extension(text):
        return "file"
    return "number" if re.fullmatch(r"\d+(?:[.,]\d+)*", text) else "word"


def low(text: str) -> str:
    """Lower case with straight apostrophes, as tokens are compared."""
    return text.casefold().replace("’", "'")


def has_extension(text: str) -> bool:
    """Whether this can only be the name of a file, by its ending."""
    found = re.search(r"[^./\s]\.([A-Za-z0-9]{1,8})$", text)
    if found is None or found[1].isdigit() or text.startswith("."):
        return False
    stem = text[: found.start() + 1]
    if types_for("." + found[1]) is not None:
        return len(stem) > 1 or not found[1].isalpha() or len(found[1]) > 1
    return len(stem) > 1 and 2 <= len(found[1]) <= 5 and "." not in stem[:2]


def _joined(sentence: str, plain: list[Token], known: Known) -> tuple[Token, ...]:
    """Runs that are names of the tree, or paths with spaces in them, become one token."""
    tokens: list[Token] = []
    at = 0
    while at < len(plain):
        end = _name_end(sentence, plain, at, known)
        if end > at + 1:
            text = sentence[plain[at].start : plain[end - 1].end]
            kind: Kind = "path" if "/" in text else "folder"
            if known.file(text) or has_extension(text):
                kind = "path" if "/" in text else "file"
            tokens.append(Token(text, low(text), plain[at].start, plain[end - 1].end, kind))
        else:
            tokens.append(plain[at])
        at = max(end, at + 1)
    return tuple(tokens)


def _name_end(sentence: str, plain: list[Token], at: int, known: Known) -> int:
    """Where the name that begins at a token ends; `at` + 1 for a single token."""
    if plain[at].kind == "quoted" or (plain[at].kind == "mark" and plain[at].text != "("):
        return at + 1
    last = at
    while last + 1 < len(plain) and last + 1 - at < _LONGEST_NAME and plain[last + 1].kind != "quoted":
        last += 1
    for end in range(last, at, -1):
        text = sentence[plain[at].start : plain[end].end]
        if plain[end].kind == "mark" and plain[end].text != ")":
            continue
        if known.file(text) or known.folder(text):
            return end + 1
    return _path_end(sentence, plain, at, known) if plain[at].kind == "path" else at + 1


def _path_end(sentence: str, plain: list[Token], at: int, known: Known) -> int:
    """Where a path ends that goes on after a space: below a known folder with a space in it, or up to an ending."""
    end = at + 1
    for following in range(at + 1, min(at + _LONGEST_NAME, len(plain))):
        token = plain[following]
        if token.kind in ("mark", "quoted") or sentence[plain[following - 1].end : token.start] != " ":
            break
        if "/" in token.text:
            text = sentence[plain[at].start : token.end]
            if not known.folder(text[: text.rindex("/")]) and not known.folder(_known_part(text, token.text)):
                break
            end = following + 1
    if has_extension(plain[end - 1].text):
        return end
    for following in range(end, min(end + 5, len(plain))):
        token = plain[following]
        if token.low in _NO_PART_OF_A_NAME or token.kind in ("mark", "quoted", "path"):
            break
        if token.kind == "file":
            return following + 1
    return end


def _known_part(text: str, last: str) -> str:
    """The path up to the folder in which the last word begins."""
    return text[: len(text) - len(last)] + last.split("/", 1)[0]
