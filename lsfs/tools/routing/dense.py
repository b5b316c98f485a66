"""Evidence by meaning: cosines of the request and its parts with the views of each tool.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WHOLE, SHORT, NAME = range(3)
"""The views of a tool, in the order of `lsfs.tools.routing.cards.view_texts`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """By tool, the cosines of a request."""

    whole: Floats
    """With the tool's name and description, on average of the view with its parameters and the one without."""
    part: Floats
    """The same of the part of the request that is nearest, the request itself among them."""
    name: Floats
    """With its name alone."""
    best_part: NDArray[np.int64]
    """Which part is nearest: 0 is the request."""


class Views:
    """The vectors of all tools' views; tools that have none yet are found by words, and stand at the mean here."""

    def __init__(self, vectors: NDArray[np.float32] | NDArray[np.float16], known: NDArray[np.bool_]) -> None:
        """`vectors`: unit rows, ``[tools, 3, dimensions]``; `known`: which tools have them, ``[tools]``."""
        both = vectors[:, WHOLE].astype(np.float32) + vectors[:, SHORT].astype(np.float32)
        # The mean of two cosines is the cosine with the mean of two unit vectors, times its length.
        self._description: Floats = np.ascontiguousarray(both / np.float32(2), dtype=np.float32)
        self._name = np.ascontiguousarray(vectors[:, NAME], dtype=np.float32)
        self._unknown = np.flatnonzero(~known)
        self.any = bool(known.any())

    @property
    def description(self) -> Floats:
        """Mean of the two description views: ``[tools, dimensions]``, not of length 1."""
        return self._description

    def meaning(self, parts: Floats) -> Meaning:
        """`parts`: unit vectors of the request and then of its parts, ``[1 + parts, dimensions]``."""
        cosines: Floats = self._filled(np.asarray(parts @ self._description.T, np.float32))
        best = cosines.argmax(axis=0)
        return Meaning(
            whole=cosines[0],
            part=cosines[best, np.arange(cosines.shape[1])],
            name=self._filled(np.asarray(parts[:1] @ self._name.T, np.float32))[0],
            best_part=best,
        )

    def _filled(self, cosines: Floats) -> Floats:
        if len(self._unknown) and self.any:
            known = np.delete(cosines, self._unknown, axis=1)
            cosines[:, self._unknown] = known.mean(axis=1, keepdims=True)
        return cosines
