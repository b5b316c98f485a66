"""Sorting into folders that are named: each file goes to the one it clearly fits, what fits none or several stays."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import msgspec

from lsfs.core.filetypes import AMBIGUOUS_WORDS
from lsfs.core.paths import display
from lsfs.core.spans import Clock
from lsfs.index.functionwords import content_words
from lsfs.plan.resolve.evidence import Weighed, stem
from lsfs.plan.resolve.grouping.facts import Facts
from lsfs.plan.resolve.grouping.labels import No
from lsfs.plan.resolve.phrases import described
from lsfs.plan.resolve.spans import Range, range_of
from lsfs.plan.resolve.wanted import Target
from lsfs.store.index.names import words as split_words

_LIKELY, _LEAD = 0.5, 0.25
"""Calibrated score of search from which a file fits a folder's name, and how far the next folder must be behind."""
_NEAR, _AHEAD = 0.3, 0.15
"""The same as cosines, for a name that is no word of the text ("Cooking")."""
_REST = frozenset(
    "rest|the rest|rest of it|other|others|misc|miscellaneous|everything else|various|sonstiges|andere|autres|otros"
    "|altro".split("|")
)
_BROAD = frozenset("screenshot screenshots".split())
"""Kinds that their extensions do not tell."""
_LOOSE = frozenset("document documents doc docs text texts dokumente texte textes documentos documenti testi".split())
"""Names of folders that take every file of their kind that fits no other."""


class _Folder(msgspec.Struct, frozen=True):
    """What a folder's name asks for."""

    name: str
    types: frozenset[str] = frozenset()
    """Extensions that files in it may have; empty for any."""
    telling: bool = False
    """Whether the kind alone is what the name says."""
    stems: frozenset[str] = frozenset()
    span: Range | None = None


def by_name(targets: Sequence[Target], names: Sequence[str], facts: Facts, clock: Clock) -> dict[bytes, str | No]:
    """By path, the name of the folder that a file clearly fits, or why it stays.

    A kind of file and the words of a name go before what a text says.
    """
    folders = [_folder(name, clock) for name in names if name.casefold() not in _REST]
    rest = next((name for name in names if name.casefold() in _REST), None)
    said = {
        folder.name: facts.fitting(folder.name, targets)
        for folder in folders
        if folder.stems and not folder.telling and folder.span is None
    }
    found: dict[bytes, str | No] = {}
    for target in targets:
        fitting = _clearly(target, folders, clock) or _by_text(target, folders, said) or _by_broad_kind(target, folders)
        if len(fitting) == 1:
            found[target.path] = fitting[0]
        elif fitting:
            found[target.path] = No(f"it fits {' and '.join(fitting)}")
        else:
            found[target.path] = rest or No("it clearly fits none of the folders")
    return found


def _folder(name: str, clock: Clock) -> _Folder:
    span = range_of(name, clock) if any(char.isdigit() for char in name) else None
    if span is not None:
        return _Folder(name, span=span)
    said = described(name.lower())
    stems = _stems(name.lower())  # "PDFs" is one word
    word = name.lower()
    broad = word in AMBIGUOUS_WORDS | _BROAD or word.removesuffix("s") in AMBIGUOUS_WORDS
    return _Folder(name, said.types, bool(said.types) and len(stems) <= 1 and not broad, stems)


def _stems(words: str) -> frozenset[str]:
    plain = split_words(words).lower().split()
    return frozenset(stem(word) for word in content_words(plain))


def _clearly(target: Target, folders: Sequence[_Folder], clock: Clock) -> list[str]:
    """The folders whose kind, words or time a file has; the most of them counts."""
    assert target.row is not None
    own = {stem(word) for word in split_words(display(os.path.basename(target.path))).lower().split()}
    points: dict[str, int] = {}
    for folder in folders:
        if folder.types and target.row.ext not in folder.types:
            continue
        named = bool(folder.stems) and folder.stems <= own
        in_time = folder.span is not None and folder.span.holds(
            target.row.mtime_ns, display(os.path.basename(target.path)), clock
        )
        points[folder.name] = int(folder.telling) + int(named) + int(in_time)
    most = max(points.values(), default=0)
    return [name for name, many in points.items() if many == most] if most else []


def _by_text(target: Target, folders: Sequence[_Folder], said: Mapping[str, Mapping[bytes, Weighed]]) -> list[str]:
    """The folder that a file's text is likely about, by its words or else by its meaning, and others as likely."""
    assert target.row is not None
    found = {
        folder.name: said[folder.name][target.path]
        for folder in folders
        if target.path in said.get(folder.name, {}) and (not folder.types or target.row.ext in folder.types)
    }
    best = max((one.score for one in found.values()), default=0.0)
    if best >= _LIKELY:
        return [name for name, one in found.items() if one.score > best - _LEAD]
    nearest = max((one.meaning for one in found.values()), default=0.0)
    near = [name for name, one in found.items() if one.meaning > nearest - _AHEAD]
    return near if nearest >= _NEAR and len(near) == 1 else []


def _by_broad_kind(target: Target, folders: Sequence[_Folder]) -> list[str]:
    """The folders of a kind that is said loosely ("documents"), for what nothing else is said of."""
    assert target.row is not None
    return [folder.name for folder in folders if folder.name.casefold() in _LOOSE and target.row.ext in folder.types]
