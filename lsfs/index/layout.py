"""Which chunk belongs to which content, and how long each is: arrays in memory, 12 bytes a chunk.

Chunk number = chunk id - 1 and content number = content id, so the numbers have gaps where contents were removed;
a removed content keeps its place with no words and is not alive.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lsfs.core.chunktable import CHUNK_BYTES
from lsfs.index.rank import Collection

ROW = np.dtype([("start", "<u4"), ("line", "<u4"), ("words", "<u2"), ("heading", "<u2")])
"""A row of `lsfs.core.chunktable`."""
assert ROW.itemsize == CHUNK_BYTES

ContentLayout = tuple[int, int, int, bytes, bool]
"""Content id, first chunk id, chunks, chunk table, whether it is source code."""


S = TypeVar("S", bound=np.generic)


class Growing(Generic[S]):
    """An array that grows at its end by doubling; a view taken from it stays valid."""

    def __init__(self, dtype: type[S], rows: int | None = None) -> None:
        self._rows = rows
        self._data = np.zeros((0,) if rows is None else (rows, 0), dtype)
        self.length = 0

    def extend(self, length: int) -> None:
        """Makes room for `length` items in all, new ones zero."""
        capacity = self._data.shape[-1]
        if length > capacity:
            grown = np.zeros((*self._data.shape[:-1], max(length, capacity + capacity // 2, 1024)), self._data.dtype)
            grown[..., :capacity] = self._data
            self._data = grown
        self.length = max(self.length, length)

    @property
    def view(self) -> NDArray[S]:
        """The items so far, along the last axis."""
        view: NDArray[S] = self._data[..., : self.length]
        return view


class Layout:
    """The chunks and contents of the index, kept in step with it by its one writer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chunk_words = Growing(np.float32)
        self._chunk_content = Growing(np.int32)
        self._content_words = Growing(np.float32)
        self._content_code = Growing(np.bool_)
        self._alive = Growing(np.bool_)
        self.collection = self._snapshot()
        """A snapshot for ranking; replaced, never changed in length."""

    def add(self, rows: Iterable[ContentLayout]) -> None:
        """Takes in contents that are new."""
        with self._lock:
            for content, first, chunks, table, code in rows:
                words = np.frombuffer(table, ROW)["words"]
                start, end = first - 1, first - 1 + chunks
                for array, length in (
                    (self._chunk_words, end),
                    (self._chunk_content, end),
                    (self._content_words, content + 1),
                    (self._content_code, content + 1),
                    (self._alive, content + 1),
                ):
                    array.extend(length)
                self._chunk_words.view[start:end] = words
                self._chunk_content.view[start:end] = content
                self._content_words.view[content] = words.sum(dtype=np.float32)
                self._content_code.view[content] = code
                self._alive.view[content] = True
            self.collection = self._snapshot()

    def remove(self, contents: Iterable[int]) -> None:
        """Forgets contents: their chunks count no more."""
        with self._lock:
            for content in contents:
                if content < self._alive.length and self._alive.view[content]:
                    self._alive.view[content] = False
                    self._content_words.view[content] = 0
                    chunks = self._chunk_content.view == content
                    self._chunk_words.view[chunks] = 0
                    self._chunk_content.view[chunks] = 0  # no content's: the number may be given to another
            self.collection = self._snapshot()

    def _snapshot(self) -> Collection:
        return Collection(
            chunk_words=self._chunk_words.view,
            chunk_content=self._chunk_content.view,
            content_words=self._content_words.view,
            content_code=self._content_code.view,
            content_alive=self._alive.view,
        )
