"""An embedder without a model: hashed word n-grams.

It knows no meaning beyond shared words, but is deterministic over processes and machines and needs no files,
which is what tests want.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Signed feature hashing of words and word pairs (Weinberger et al., 2009, arXiv:0902.2206)."""

    def __init__(self, dimensions: int = 384, max_tokens: int = 256) -> None:
        self.dimensions = dimensions
        self.max_tokens = max_tokens

    @property
    def id(self) -> str:
        return f"hashing-{self.dimensions}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text: float32, ``[len(texts), dimensions]``, each of length 1."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, count in Counter(self._features(text)).items():
                place, sign = self._slot(feature)
                row[place] += sign * count**0.5
            length = float(np.linalg.norm(row))
            if length > 0.0:
                row /= length
            else:  # no word at all, or features that cancel out: still a unit vector, the same for all such texts
                row[:] = self.dimensions**-0.5
        return vectors

    def close(self) -> None:
        """Nothing is held."""

    def _features(self, text: str) -> Iterator[str]:
        words = WORD.findall(text.lower())[: self.max_tokens]
        yield from words
        yield from (f"{first} {second}" for first, second in pairwise(words))

    def _slot(self, feature: str) -> tuple[int, float]:
        digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(digest, "little")
        return (number >> 1) % self.dimensions, 1.0 if number & 1 else -1.0
