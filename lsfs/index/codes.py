"""Two bits a dimension: short codes that order unit vectors nearly as the cosine does.  Pure.

The sign bits alone (binary quantization, as sqlite-vec's manual describes it) lose too much once neighbours are
close; a second bit says whether a component is large.  The query is not coded as coarsely: its components are rounded
to four bits, each of which is one more pass of xor and popcount over the codes.
Codes lie word by word, ``[words, n]``, so that a pass reads memory in order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Floats = NDArray[np.float32]

_PLANES = 3
"""Bits of the query's magnitudes."""
_LARGE = 0.95
"""A component is large from here on, in units of the root mean square of a unit vector's components."""
_SMALL_MEAN, _LARGE_MEAN = 0.44, 1.49
"""What components below and above are on average, if they are normally distributed."""


def words_of(dimensions: int) -> int:
    """64-bit words of one bit a dimension."""
    return -(-dimensions // 64)


def encode(rows: Floats) -> tuple[Words, Words]:
    """The sign bits and the bits of large components of unit vectors ``[n, dimensions]``, each ``[words, n]``."""
    threshold = np.float32(_LARGE / np.sqrt(rows.shape[1]))
    return _bits(rows > 0), _bits(np.abs(rows) > threshold)


class QueryCode:
    """A query, ready to be compared with codes."""

    def __init__(self, query: Floats) -> None:
        self._signs = _bits((query > 0)[None])[:, 0]
        highest = (1 << _PLANES) - 1
        step = max(float(np.abs(query).max()), 1e-12) / highest
        rounded = np.rint(np.abs(query) / step).astype(np.int64)
        self._planes = [_bits(((rounded >> plane) & 1).astype(np.bool_)[None])[:, 0] for plane in range(_PLANES)]
        self._dimensions = len(query)

    def rough(self, signs: Words) -> NDArray[np.int32]:
        """What the signs alone say of the products with the query; only their order means anything."""
        total = np.zeros(signs.shape[1], np.int32)
        for plane, bits in enumerate(self._planes):
            differing = np.zeros(signs.shape[1], np.uint16)
            for word, mask in enumerate(bits):
                if mask:
                    differing += np.bitwise_count((signs[word] ^ self._signs[word]) & mask)
            total += (int(np.bitwise_count(bits).sum()) - 2 * differing.astype(np.int32)) << plane
        return total

    def fine(self, signs: Words, large: Words) -> Floats:
        """What both bits say of the cosines with the query; only their order means anything."""
        total = np.zeros(signs.shape[1], np.float32)
        for plane, bits in enumerate(self._planes):
            differing, differing_large, larges = (np.zeros(signs.shape[1], np.int32) for _ in range(3))
            for word, mask in enumerate(bits):
                apart = (signs[word] ^ self._signs[word]) & mask
                differing += np.bitwise_count(apart)
                differing_large += np.bitwise_count(apart & large[word])
                larges += np.bitwise_count(large[word] & mask)
            ones = int(np.bitwise_count(bits).sum())
            more = np.float32(_LARGE_MEAN - _SMALL_MEAN)
            small = np.float32(_SMALL_MEAN)
            total += (1 << plane) * (small * (ones - 2 * differing) + more * (larges - 2 * differing_large))
        count = np.bitwise_count(large).sum(axis=0, dtype=np.int32)
        length = np.sqrt(count * _LARGE_MEAN**2 + (self._dimensions - count) * _SMALL_MEAN**2)
        scores: Floats = (total / length).astype(np.float32)
        return scores


def _bits(flags: NDArray[np.bool_]) -> Words:
    """Rows of flags as words, ``[words, n]``; dimensions are padded to whole words."""
    packed = np.packbits(flags, axis=1)
    padded = np.zeros((len(flags), words_of(flags.shape[1]) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return np.ascontiguousarray(padded.view(np.uint64).T)
