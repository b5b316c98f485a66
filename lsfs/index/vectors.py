"""Nearest passages: codes of every vector in memory, exact cosines of the best few hundred from the store.

Two passes narrow the field, a rough one over all chunks and a finer one over the best of them; what is left is
compared exactly.  ``benchmarks/search.py`` measures recall and time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lsfs.index.codes import QueryCode, encode, words_of
from lsfs.index.layout import Growing
from lsfs.store.index import Index

ROUGH = 4000
"""Vectors that the rough pass leaves to the finer one."""
CANDIDATES = 200
"""Vectors that are compared exactly."""


class VectorIndex:
    """Search among the vectors of chunks; adding and searching may run in different threads."""

    def __init__(self, index: Index, dimensions: int) -> None:
        self.dimensions = dimensions
        self._index = index
        self._lock = threading.Lock()
        self._signs = Growing(np.uint64, words_of(dimensions))
        self._large = Growing(np.uint64, words_of(dimensions))
        self._has = Growing(np.bool_)

    def load(self) -> None:
        """Makes the codes of every stored vector."""
        for ids, rows in self._index.vectors.all():
            self.remember(ids, np.frombuffer(rows, np.float32).reshape(len(ids), -1))

    def remember(self, chunk_ids: Sequence[int], rows: NDArray[np.float32]) -> None:
        """Makes stored unit vectors searchable."""
        if not len(chunk_ids):
            return
        numbers = np.asarray(chunk_ids, np.int64) - 1
        signs, large = encode(rows)
        with self._lock:
            length = int(numbers.max()) + 1
            for array in (self._signs, self._large, self._has):
                array.extend(length)
            self._signs.view[:, numbers] = signs
            self._large.view[:, numbers] = large
            self._has.view[numbers] = True

    def forget(self, first_chunk: int, count: int) -> None:
        """Takes a span of chunks out of the search."""
        with self._lock:
            self._has.view[first_chunk - 1 : first_chunk - 1 + count] = False

    def nearest(
        self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None, k: int = CANDIDATES
    ) -> NDArray[np.int64]:
        """Ids of the `k` chunks nearest by their codes, in no order; `allowed` masks chunk numbers (id - 1)."""
        with self._lock:
            signs, large, usable = self._signs.view, self._large.view, self._has.view.copy()
        if allowed is not None:
            shared = min(len(usable), len(allowed))
            usable[:shared] &= allowed[:shared]
            usable[shared:] = False
        numbers = np.flatnonzero(usable)
        code = QueryCode(query)
        if len(numbers) > ROUGH:
            # A filter that leaves few is cheaper to follow than to mask.
            few = len(numbers) < len(usable) // 4
            rough = code.rough(signs[:, numbers]) if few else code.rough(signs)[numbers]
            numbers = numbers[np.argpartition(-rough, ROUGH)[:ROUGH]]
        if len(numbers) > k:
            fine = code.fine(signs[:, numbers], large[:, numbers])
            numbers = numbers[np.argpartition(-fine, k)[:k]]
        return numbers.astype(np.int64) + 1

    def cosines(
        self, chunk_ids: NDArray[np.int64], query: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of those chunks that have a vector, their ids and exact cosines."""
        return self._index.vectors.cosines(chunk_ids, query.astype(np.float32).tobytes())
