"""Evidence by usage: which tools were chosen for requests like this one.  Pure.

Three views of the same examples.  *Centroid* (Tool2Vec, arXiv:2409.02141): the cosine with the sum of a tool's example
vectors and its description's, which stands for `DESCRIPTION_COUNTS` of them, so that few examples, and examples that
point different ways, leave the tool near its description.  *Votes*: the tools of the nearest examples.  *Learnt*:
kernel ridge regression from words and meaning to tools (:mod:`lsfs.tools.routing.association`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from lsfs.tools.routing.association import Association
from lsfs.tools.routing.dense import products
from lsfs.tools.routing.lexical import Tokens

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

DESCRIPTION_COUNTS = 3.0
NEIGHBOURS = 30
SHARPNESS = 8
"""A neighbour votes with its cosine to this power."""


class Origin(IntEnum):
    """Where an example request comes from."""

    WRITTEN = 0
    """By the language model, from the description."""
    IMPORTED = 1
    OBSERVED = 2
    """Asked and chosen here."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Requests that tools were, or would be, chosen for: one row for each tool and text."""

    tools: Ints
    texts: Sequence[str]
    vectors: Floats
    """Unit rows, ``[examples, dimensions]``."""
    origins: NDArray[np.uint8]

    @staticmethod
    def none(dimensions: int = 384) -> Examples:
        """No examples at all."""
        return Examples(np.empty(0, np.int32), (), np.empty((0, dimensions), np.float32), np.empty(0, np.uint8))

    def where(self, kept: NDArray[np.bool_]) -> Examples:
        """The rows that are kept, by a mask of rows."""
        rows = np.flatnonzero(kept)
        texts = [self.texts[row] for row in rows.tolist()]
        return Examples(self.tools[rows], texts, self.vectors[rows], self.origins[rows])


@dataclass(frozen=True, slots=True)
class Past:
    """By tool, what usage says of a request."""

    learnt: Floats
    near: Floats
    """Cosine of the nearest example; 0 for a tool that has none."""
    votes: Floats
    centroid: Floats
    used: Floats
    """How much is known of it: n / (n + `DESCRIPTION_COUNTS`) with n examples."""
    nearest: NDArray[np.int64]
    """Row of the nearest example; -1 for a tool that has none."""


class Usage:
    """The examples of all tools, ready to be asked."""

    def __init__(self, size: int, examples: Examples, description: Floats, tokens: Tokens) -> None:
        """`description`: unit rows by tool, ``[tools, dimensions]``."""
        self.size = size
        self.counts = np.bincount(examples.tools, minlength=size).astype(np.float32)
        self.any = len(examples.tools) > 0
        self.examples = examples
        if not self.any:
            return
        self._order = np.argsort(examples.tools, kind="stable")
        self._starts = np.flatnonzero(np.diff(examples.tools[self._order], prepend=-1))
        self._used = examples.tools[self._order][self._starts]
        self._sorted = np.ascontiguousarray(examples.vectors[self._order], dtype=np.float32)
        self.sums = np.zeros((size, self._sorted.shape[1]), np.float32)
        self.sums[self._used] = np.add.reduceat(self._sorted, self._starts, axis=0)
        self.pulled = self.sums + np.float32(DESCRIPTION_COUNTS) * description
        lengths = np.linalg.norm(self.pulled, axis=1, keepdims=True)
        self._centroids = self.pulled / np.maximum(lengths, np.float32(1e-6))
        # Examples of several tools have the same text: one request, several right answers.
        self.requests, self.first, self.request_of = _distinct(examples.texts)
        self.association = Association.fit(
            [examples.texts[row] for row in self.first],
            examples.vectors[self.first].astype(np.float32),
            self.request_of,
            examples.tools,
            size,
            tokens,
        )

    def past(self, vector: Floats, text: str, without: int | None = None) -> Past:
        """What usage says of a request, given its unit vector; `without`: the number of a distinct request among
        the examples that is to be left out, as if it had not been seen (for training)."""
        if not self.any:
            nothing = np.zeros(self.size, np.float32)
            return Past(nothing, nothing, nothing, nothing, nothing, np.full(self.size, -1))
        cosines = products(self._sorted, vector)
        owners = self.examples.tools[self._order]
        centroid = products(self._centroids, vector)
        counts = self.counts
        if without is None:
            learnt = self.association.scores(vector, text)
        else:
            own = self.request_of[self._order] == without
            learnt = self.association.left_out(without)
            cosines = np.where(own, np.float32(-1), cosines)
            chosen = owners[own]
            counts = counts - np.bincount(chosen, minlength=self.size).astype(np.float32)
            left = self.pulled[chosen] - self._sorted[own]
            centroid[chosen] = (left @ vector) / np.maximum(np.linalg.norm(left, axis=1), 1e-6)
        near = np.zeros(self.size, np.float32)
        near[self._used] = np.maximum(np.maximum.reduceat(cosines, self._starts), 0)
        k = min(NEIGHBOURS, len(cosines))
        nearest = np.argpartition(-cosines, k - 1)[:k]
        strength = np.maximum(cosines[nearest], 0) ** SHARPNESS
        votes = np.bincount(owners[nearest], strength, self.size) / max(float(strength.sum()), 1e-6)
        return Past(
            learnt=learnt,
            near=near,
            votes=votes.astype(np.float32),
            centroid=centroid,
            used=counts / (counts + np.float32(DESCRIPTION_COUNTS)),
            nearest=self._nearest(cosines, near),
        )

    def needed(self) -> list[NDArray[np.int32]]:
        """The tools of each distinct request, by its number."""
        order = np.argsort(self.request_of, kind="stable")
        ends = np.cumsum(np.bincount(self.request_of))[:-1]
        return [np.unique(tools) for tools in np.split(self.examples.tools[order], ends)]

    def _nearest(self, cosines: Floats, near: Floats) -> NDArray[np.int64]:
        found = np.full(self.size, -1)
        hits = np.flatnonzero(cosines >= near[self.examples.tools[self._order]])
        found[self.examples.tools[self._order[hits]]] = self._order[hits]
        return found


def _distinct(texts: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct texts, the row each stands in first, and the number of each row's text."""
    numbers: dict[str, int] = {}
    of = np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int64)
    first = np.flatnonzero(np.diff(np.maximum.accumulate(of), prepend=-1))
    return tuple(numbers), first, of
