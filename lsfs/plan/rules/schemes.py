"""By what files are sorted into folders, as it is said: keys, patterns, names of folders.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.plan.resolve.grouping.scheme import key_of, levels_of, names_of
from lsfs.plan.rules.lexicon import ALSO_NOUNS, LIMITS, NOUNS, PRONOUNS, STARTERS
from lsfs.plan.rules.selecting import is_kind
from lsfs.plan.rules.tokens import Token, has_extension

_KEYS = frozenset(
    "year month day date week quarter decade type kind extension format size topic subject theme artist album author"
    " sender project camera language genre name initial letter place location city country customer client supplier"
    " person child tag".split()
)
"""Also those that lsfs does not know, which are refused with that reason."""
_BEFORE = frozenset("the their its each every file calendar".split())
_MOST_KEY, _MOST_NAMES = 9, 30
"""Tokens of a key, and of a list of names."""
_JOINING = frozenset(", and then & ;".split())
_NOT_IN_NAMES = (
    (LIMITS - {"other", "save"}) | PRONOUNS | {"by", "per", "in", "inside", "under", "into", "to", "then", "from"}
)
_AROUND_NAMES = frozenset(
    "a an the my one another new folder folders sub-folder sub-folders subfolder subfolders directory directories"
    " called named for of and separate different two three four".split()
)


def key_start(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """(first token, token after the last) of what files are sorted by; None where the tokens say nothing of that."""
    words = [token.low for token in tokens]
    at = 0
    while at < len(words) and words[at] in _BEFORE:
        at += 1
    words = words[at:]
    if not words or len(words) > _MOST_KEY or any(token.kind in ("quoted", "file") for token in tokens):
        return None
    led = (len(words) == 3 and words[1] == "of") or (len(words) > 1 and words[1] in ("taken", "created", "modified"))
    if led and words[0] in _KEYS:
        return at, at + 1
    if len(words) == 1 and (words[0] in _KEYS or words[0].removesuffix("s") in _KEYS):
        return at, at + 1
    return (at, at + len(words)) if words[-1] not in _JOINING and _levels(tokens[at:]) else None


def are_units(tokens: Sequence[Token]) -> bool:
    """Whether the tokens are keys in the plural: ``years and months``."""
    words = [token.low for token in tokens]
    return (
        len(words) <= _MOST_KEY
        and all(word in _JOINING or (word.endswith("s") and key_of(word)) for word in words)
        and words[-1] not in _JOINING
        and _levels(tokens)
    )


def are_names(tokens: Sequence[Token], said: str) -> bool:
    """Whether the tokens list names of folders: written as names, quoted, or kinds of files and documents."""
    if len(tokens) > _MOST_NAMES or any(token.kind == "mark" and token.text not in ",&" for token in tokens):
        return False
    if tokens[-1].low in _JOINING or any(token.low in _NOT_IN_NAMES for token in tokens if token.kind != "quoted"):
        return False
    for before, token in zip((None, *tokens), tokens, strict=False):
        if token.low in STARTERS - ALSO_NOUNS and (before is None or before.low in _JOINING):
            return False
    names = names_of(said)
    return len(names) > 1 and levels_of(said) is None and all(map(_may_be_a_name, _parts(tokens)))


def _may_be_a_name(tokens: Sequence[Token]) -> bool:
    plain = [token for token in tokens if token.low not in _AROUND_NAMES or token.text[:1].isupper()]
    if not plain or len(plain) > 4 or any(has_extension(token.text) for token in plain):
        return False
    if all(token.kind in ("quoted", "path", "folder") or not token.text[:1].islower() for token in plain):
        return True
    return all(token.kind == "word" for token in plain) and (
        is_kind(plain[-1].low) or plain[-1].low in NOUNS or plain[-1].low == "other"
    )


def _parts(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.low in _JOINING and token.kind != "quoted":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _levels(tokens: Sequence[Token]) -> bool:
    return levels_of(" ".join(token.text for token in tokens)) is not None
