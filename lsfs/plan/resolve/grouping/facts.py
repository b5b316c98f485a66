"""What the index knows of a file beyond its name, size and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lsfs.core.selector import Filters
from lsfs.index.query import Query
from lsfs.index.search import Search
from lsfs.index.texts import Texts
from lsfs.plan.resolve.evidence import Weighed, terms, weigh_all
from lsfs.plan.resolve.phrases import Described
from lsfs.plan.resolve.wanted import Target
from lsfs.store.index import FileRow, Index

_PASSAGES = 12
"""Passages of a text that are read for what it is about."""
_POOL = 2_000
"""Hits among which the files are that may go to a named folder."""


class Facts(Protocol):
    """What is known of files."""

    def fields(self, row: FileRow) -> Mapping[str, str]:
        """What its makers wrote into it: artist, album, author, language, the day a photo was taken …"""

    def tags(self, row: FileRow) -> Sequence[str]:
        """Its tags."""

    def text(self, row: FileRow) -> str:
        """The beginning of its text, '' where it has none."""

    def vector(self, row: FileRow) -> NDArray[np.float32] | None:
        """The mean of its passages' vectors, of length 1; None while there are none."""

    def meaning(self, words: str) -> NDArray[np.float32] | None:
        """The vector of a few words, of length 1; None where vectors are off."""

    def fitting(self, words: str, targets: Sequence[Target]) -> Mapping[bytes, Weighed]:
        """By path, what search says of each of the files that it finds for the words."""


class IndexFacts:
    """`Facts` of the index."""

    def __init__(self, index: Index, search: Search, texts: Texts) -> None:
        self._index = index
        self._search = search
        self._texts = texts

    def fields(self, row: FileRow) -> Mapping[str, str]:
        content = self._index.contents.get(row.content) if row.content is not None else None
        return content.metadata if content is not None else {}

    def tags(self, row: FileRow) -> Sequence[str]:
        return sorted(self._index.files.tags(row.id))

    def text(self, row: FileRow) -> str:
        content = self._index.contents.get(row.content) if row.content is not None else None
        if content is None or not content.chunks:
            return ""
        numbers = range(min(content.chunks, _PASSAGES))
        return "\n".join(passage.text for passage in self._texts.passages(content, [row], numbers))

    def vector(self, row: FileRow) -> NDArray[np.float32] | None:
        return self._search.vector_of_content(row.content) if row.content is not None else None

    def meaning(self, words: str) -> NDArray[np.float32] | None:
        return self._search.vector_of_words(words)

    def fitting(self, words: str, targets: Sequence[Target]) -> Mapping[bytes, Weighed]:
        wanted = {(target.row.root, target.row.path): target for target in targets if target.row is not None}
        answer = self._search.run(Query(line=words, text=words, plain=words), Filters(), limit=_POOL, faint=True)
        found = [(one, wanted[one.file.root, one.file.path].path) for one in answer.found if _key(one.file) in wanted]
        described = Described(words=words, many=True)
        stems, head = terms(described)
        return {one.path: one for one in weigh_all(found, described, self._search.saying([*stems, head]))}


def _key(row: FileRow) -> tuple[int, bytes]:
    return row.root, row.path
