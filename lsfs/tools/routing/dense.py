"""Evidence by meaning: cosines of the request and its parts with the views of each tool.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WHOLE, SHORT, NAME = range(3)
"""The views of a tool, in the order of `lsfs.tools.routing.cards.view_texts`."""

ENOUGH = 0.95
"""Share of the tools that have vectors from which on those are asked.  Before, the best of those with vectors would be
ahead of any without, whatever is asked."""

BLOCK = 500
"""Rows that are multiplied at once."""

WHOLE_COUNTS = 2 / 3
"""Share of the view with the parameters in the mean of the two description views."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """By tool, the cosines of a request."""

    whole: Floats
    """With the tool's name and description, on average of the view with its parameters and the one without."""
    part: Floats
    """The same of the part of the request that is nearest, the request itself among them."""
    name: Floats
    """With its name alone."""
    part_of: NDArray[np.int64]
    """Which part is nearest, from 1; 0 where the request is one."""


class Views:
    """The vectors of all tools' views; the few tools that have none yet stand at the mean."""

    def __init__(self, vectors: NDArray[np.float32] | NDArray[np.float16], known: NDArray[np.bool_]) -> None:
        """`vectors`: unit rows, ``[tools, 3, dimensions]``; `known`: which tools have them, ``[tools]``."""
        # A mean of two cosines is the cosine with the mean of two unit vectors, times its length.
        both = WHOLE_COUNTS * vectors[:, WHOLE].astype(np.float32) + (1 - WHOLE_COUNTS) * vectors[:, SHORT]
        self._description: Floats = np.ascontiguousarray(both, dtype=np.float32)
        self._name = np.ascontiguousarray(vectors[:, NAME], dtype=np.float32)
        self._unknown = np.flatnonzero(~known)
        self.enough = bool(known.any()) and float(known.mean()) >= ENOUGH
        """Whether nearly all tools have theirs; else tools are to be found by words alone."""

    @property
    def description(self) -> Floats:
        """Mean of the two description views: ``[tools, dimensions]``, not of length 1."""
        return self._description

    def meaning(self, parts: Floats) -> Meaning:
        """`parts`: unit vectors of the request and then of its parts, ``[1 + parts, dimensions]``."""
        cosines: Floats = self._filled(_cosines(parts, self._description))
        return Meaning(
            whole=cosines[0],
            part=cosines.max(axis=0),
            name=self._filled(_cosines(parts[:1], self._name))[0],
            part_of=1 + cosines[1:].argmax(axis=0) if len(cosines) > 1 else np.zeros(cosines.shape[1], np.int64),
        )

    def _filled(self, cosines: Floats) -> Floats:
        if len(self._unknown):
            known = np.delete(cosines, self._unknown, axis=1)
            cosines[:, self._unknown] = known.mean(axis=1, keepdims=True)
        return cosines


def _cosines(parts: Floats, views: Floats) -> Floats:
    """``[parts, tools]``."""
    return np.stack([products(views, part) for part in parts])


def products(rows: Floats, vector: Floats) -> Floats:
    """Of each row with a vector, block by block: BLAS would share larger products between threads, which wait for each
    other where cores are busy."""
    return np.concatenate([rows[start : start + BLOCK] @ vector for start in range(0, len(rows), BLOCK)])
