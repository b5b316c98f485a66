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
    spread: float
    """How much less it counts for each tool before it that is for the same part of the request."""

    def vector(self) -> Floats:
        """The weights in the order of the features: ``[features]``."""
        return np.array([self.weights.get(name, 0.0) for name in FEATURES], np.float32)


def fused(features: Floats, head: Head) -> Floats:
    """One score per tool: ``[tools]``."""
    return features @ head.vector()


def shortlist(scores: Floats) -> NDArray[np.int64]:
    """The numbers of the best `SHORTLIST` tools, best first."""
    size = min(SHORTLIST, len(scores))
    short = np.argpartition(-scores, size - 1)[:size] if size else np.empty(0, np.int64)
    return short[np.argsort(-scores[short], kind="stable")]


def ranked(scores: Floats, gains: Floats, part: NDArray[np.int64], head: Head, k: int) -> list[int]:
    """The `k` best tools, best first, each chosen given those before it; scores of -inf are never chosen.

    `gains`: what each term of the request brings each tool, ``[terms, tools]``; `part`: the part of the request that
    each tool is nearest to, from 1, and 0 where the request is one.  What the words of a request have
    brought one tool counts less for the next, so that the tools of all its intents make the list and not only the
    neighbours of the first (the greedy cover of a submodular gain, as maximal marginal relevance makes it).
    """
    short = shortlist(scores)
    left = scores[short].astype(np.float32)
    brought, part_of = gains[:, short], part[short]
    had = np.zeros(int(part.max(initial=0)) + 1, np.float32)
    covered = np.zeros(len(gains), np.float32)
    chosen: list[int] = []
    for _ in range(min(k, int(np.isfinite(left).sum()))):
        known = np.minimum(brought, covered[:, np.newaxis]).sum(axis=0)
        place = int((left - np.float32(head.coverage) * known - np.float32(head.spread) * had[part_of]).argmax())
        chosen.append(int(short[place]))
        covered = np.maximum(covered, brought[:, place])
        left[place] = -np.inf
        had[part_of[place]] += part_of[place] > 0
    return chosen
