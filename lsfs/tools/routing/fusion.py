"""From evidence to a ranking: a weighted sum, and a choice of tools that do not all say the same.  Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.tools.routing.evidence import FEATURES

Floats = NDArray[np.float32]

SHORTLIST = 128
"""Tools that the choice is made among."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What each piece of evidence counts."""

    weights: Mapping[str, float]
    """By feature (`FEATURES`); one that is missing counts nothing."""
    coverage: float
    """How much less a tool counts for words of the request that a tool before it accounts for already."""

    def vector(self) -> Floats:
        """The weights in the order of the features: ``[features]``."""
        return np.array([self.weights.get(name, 0.0) for name in FEATURES], np.float32)


def fused(features: Floats, head: Head) -> Floats:
    """One score per tool: ``[tools]``."""
    return features @ head.vector()


def ranked(scores: Floats, gains: Floats, coverage: float, k: int) -> list[int]:
    """The `k` best tools, best first, each chosen given those before it; scores of -inf are never chosen.

    `gains`: what each term of the request brings each tool, ``[terms, tools]``.  What the words of a request have
    brought one tool counts less for the next, so that the tools of all its intents make the list and not only the
    neighbours of the first (the greedy cover of a submodular gain, as maximal marginal relevance makes it).
    """
    size = min(SHORTLIST, len(scores))
    short = np.argpartition(-scores, size - 1)[:size] if size else np.empty(0, np.int64)
    short = short[np.argsort(-scores[short], kind="stable")]
    left = scores[short].astype(np.float32)
    brought = gains[:, short]
    covered = np.zeros(len(gains), np.float32)
    chosen: list[int] = []
    for _ in range(min(k, int(np.isfinite(left).sum()))):
        worth = left - np.float32(coverage) * np.minimum(brought, covered[:, np.newaxis]).sum(axis=0)
        place = int(worth.argmax())
        chosen.append(int(short[place]))
        covered = np.maximum(covered, brought[:, place])
        left[place] = -np.inf
    return chosen
