"""How well the names of files fit a query: whole names, words, beginnings, misspellings, folders and tags."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from types import MappingProxyType

import msgspec

from lsfs.core.paths import display
from lsfs.index.functionwords import content_words
from lsfs.index.query import Query
from lsfs.store.index import FileRow, Index
from lsfs.store.index.names import words as split_words

WHOLE, BEGINNING, TAG, MISSPELT, FOLDER = 1.0, 0.8, 0.8, 0.7, 0.4
"""What it is worth that a query's word stands in a name: whole, as its beginning, as a tag, nearly, in a folder's."""

_SHORTEST_BEGINNING = 3
_SHORTEST_MISSPELT = 4
_ALIKE = 0.75
"""Ratio of `difflib` from which a word counts as a misspelling: one wrong letter in four, two swapped in eight."""
_LIKE_A_NAME = re.compile(r"[^\s\"]+\.\w{1,8}")


class Named(msgspec.Struct, frozen=True):
    """The words of a file's name, lower case."""

    name: str
    """Whole, with its extension."""
    words: frozenset[str]
    """Of the name without its extension, and the extension."""
    folders: frozenset[str]
    tags: frozenset[str]

    @classmethod
    def of(cls, row: FileRow, tags: Sequence[str]) -> Named:
        """The names of an indexed file."""
        folder, name = os.path.split(row.path)
        shown = display(name)
        return cls(
            name=shown.lower(),
            words=frozenset(split_words(shown).lower().split()),
            folders=frozenset(split_words(display(folder)).lower().split()),
            tags=frozenset(word for tag in tags for word in split_words(tag).lower().split()),
        )


class Misspelt:
    """A word of the query that no name has, and which words of names are like it."""

    def __init__(self, word: str) -> None:
        self._length = len(word)
        self._matcher = SequenceMatcher(None, "", word)
        self._alike: dict[str, bool] = {}

    def alike(self, own: str) -> bool:
        """Whether it may stand for this word of a name."""
        known = self._alike.get(own)
        if known is None:
            self._matcher.set_seq1(own)
            near = abs(len(own) - self._length) <= 2
            known = near and self._matcher.quick_ratio() >= _ALIKE and self._matcher.ratio() >= _ALIKE
            self._alike[own] = known
        return known


_NONE: Mapping[str, Misspelt] = MappingProxyType({})


def name_score(query_words: Sequence[str], line: str, named: Named, misspelt: Mapping[str, Misspelt] = _NONE) -> float:
    """How well a name fits, 0 to 1: the share of the query's words in it, less where the name says more than that.

    `query_words` are lower case and without function words, `line` is what was typed; those words that are `misspelt`
    may stand for ones like them.

    >>> lease = Named("lease-lyon.pdf", frozenset({"lease", "lyon", "pdf"}), frozenset({"home"}), frozenset())
    >>> name_score(["lease", "lyon"], "lease lyon", lease)
    1.0
    >>> name_score(["nothing"], "nothing", lease)
    0.0
    """
    stem = named.name.rsplit(".", 1)[0]
    if line.strip().strip('"').lower() in (named.name, stem):
        return 1.0
    if not query_words:
        return 0.0
    worth = 0.0
    matched: set[str] = set()
    for word in query_words:
        best, by = _best(word, named, misspelt.get(word))
        worth += best
        matched |= by
    extension = named.name.rsplit(".", 1)[-1]
    own = named.words - {extension}
    said = len(own & matched) / len(own) if own else 0.0
    return worth / len(query_words) * (0.7 + 0.3 * said)


def _best(word: str, named: Named, misspelt: Misspelt | None) -> tuple[float, set[str]]:
    """What a word of the query finds in a name, and which of the name's words that are."""
    if word in named.words:
        return WHOLE, {word}
    if word in named.tags:
        return TAG, set()
    if len(word) >= _SHORTEST_BEGINNING:
        begun = {own for own in named.words if own.startswith(word) or (len(own) > 3 and word.startswith(own))}
        if begun:
            return BEGINNING, begun
    if misspelt:
        near = {own for own in named.words if misspelt.alike(own)}
        if near:
            return MISSPELT, near
    return (FOLDER, set()) if word in named.folders else (0.0, set())


class NameSearch:
    """Finds files by their names."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def scores(self, query: Query) -> dict[int, float]:
        """File ids with how well their names fit, those above zero."""
        typed = query.text or query.line
        asked = split_words(typed).lower().split()
        wanted = content_words(asked) or asked
        if not wanted:
            return {}
        ids = dict.fromkeys(self._index.names.candidates(wanted))
        # Looking for misspellings of a word that is known would only find its neighbours.
        misspelt = {
            word: Misspelt(word)
            for word in wanted
            if len(word) >= _SHORTEST_MISSPELT and not self._index.names.known(word)
        }
        for word in sorted(misspelt):
            ids.update((file_id, None) for file_id, _ in self._index.names.alike(word))
        rows = self._index.files.many(list(ids))
        tags = self._index.files.tags_of(list(rows))
        lines = _LIKE_A_NAME.findall(typed)
        found = {}
        for file_id, row in rows.items():
            named = Named.of(row, tags.get(file_id, ()))
            score = max(name_score(wanted, line, named, misspelt) for line in (typed, *lines))
            if score > 0:
                found[file_id] = score
        return found
