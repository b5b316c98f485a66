"""Nearest passages: sign bits of every vector in memory, exact cosines of the best few hundred from the store.

The Hamming distance of sign bits orders vectors nearly as the cosine does (the method of sqlite-vec's and others'
binary quantization with rescoring); recall is measured by ``benchmarks/search.py``.  Bits lie word by word
(``[words, chunks]``), so that one pass of xor and popcount reads memory in order.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lsfs.index.layout import Growing
from lsfs.store.index import Index

CANDIDATES = 400
"""Vectors nearest by sign bits that are rescored."""


def quantize(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """int8 rows, each scaled so that its largest component is ±127: only the angle is kept."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    largest[largest == 0] = 1
    quantized: NDArray[np.int8] = np.rint(vectors * (127 / largest)).astype(np.int8)
    return quantized


def sign_bits(rows: NDArray[np.int8] | NDArray[np.float32]) -> NDArray[np.uint64]:
    """The signs of ``[n, dimensions]`` as ``[words, n]`` of 64 bits each; dimensions are padded to whole words."""
    bits = np.packbits(rows > 0, axis=1)
    padded = np.zeros((len(rows), -(-bits.shape[1] // 8) * 8), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return np.ascontiguousarray(padded.view(np.uint64).T)


class VectorIndex:
    """Search among the vectors of chunks; adding and searching may run in different threads."""

    def __init__(self, index: Index, dimensions: int) -> None:
        self.dimensions = dimensions
        self._index = index
        self._lock = threading.Lock()
        self._words = -(-dimensions // 64)
        self._bits = Growing(np.uint64, self._words)
        self._has = Growing(np.bool_)

    def load(self) -> None:
        """Reads the bits of every stored vector."""
        for ids, rows in self._index.vectors.all():
            vectors = np.frombuffer(rows, np.int8).reshape(len(ids), -1)
            self._remember(np.array(ids, np.int64), sign_bits(vectors))

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[np.int8]:
        """The rows to store for vectors."""
        return quantize(vectors)

    def remember(self, chunk_ids: Sequence[int], rows: NDArray[np.int8]) -> None:
        """Makes stored rows searchable."""
        self._remember(np.asarray(chunk_ids, np.int64), sign_bits(rows))

    def _remember(self, chunk_ids: NDArray[np.int64], bits: NDArray[np.uint64]) -> None:
        if not len(chunk_ids):
            return
        with self._lock:
            length = int(chunk_ids.max())
            self._bits.extend(length)
            self._has.extend(length)
            self._bits.view[:, chunk_ids - 1] = bits
            self._has.view[chunk_ids - 1] = True

    def forget(self, first_chunk: int, count: int) -> None:
        """Takes a span of chunks out of the search."""
        with self._lock:
            self._has.view[first_chunk - 1 : first_chunk - 1 + count] = False

    def clear(self) -> None:
        """Takes every chunk out of the search."""
        with self._lock:
            self._has.view[:] = False

    def nearest(
        self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None, k: int = CANDIDATES
    ) -> NDArray[np.int64]:
        """Ids of the `k` chunks nearest by sign bits, in no order; `allowed` masks chunk numbers (id - 1)."""
        bits, has = self._bits.view, self._has.view
        count = bits.shape[1]
        if count == 0:
            return np.empty(0, np.int64)
        usable = has.astype(np.bool_)
        if allowed is not None:
            shared = min(count, len(allowed))
            usable[:shared] &= allowed[:shared]
            usable[shared:] = False
        query_bits = sign_bits(query.reshape(1, -1))
        distance = np.bitwise_count(bits[0] ^ query_bits[0, 0]).astype(np.uint16)
        for word in range(1, self._words):
            distance += np.bitwise_count(bits[word] ^ query_bits[word, 0])
        distance[~usable] = np.iinfo(np.uint16).max
        k = min(k, int(usable.sum()))
        if k == 0:
            return np.empty(0, np.int64)
        nearest = np.argpartition(distance, k - 1)[:k]
        return nearest.astype(np.int64) + 1

    def cosines(
        self, chunk_ids: NDArray[np.int64], query: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of those chunks that have a vector, their ids and exact cosines (of the stored int8 rows)."""
        return self._index.vectors.cosines(chunk_ids, quantize(query.reshape(1, -1))[0].tobytes())
