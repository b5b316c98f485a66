"""From scores to probabilities: how likely it is that a tool fits, and from where on none does.  Pure."""

from __future__ import annotations

import math

import msgspec


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A logistic model of whether a tool fits (Platt, 1999), and the probability below which it is said not to."""

    intercept: float
    score: float
    """Weight of the fused score."""
    behind: float
    """Weight of how far the score is behind the best of all tools, those included that may not be chosen."""
    cut: float

    def probability(self, score: float, best: float) -> float:
        """That a tool of this score fits, where the best of all tools has `best`."""
        odds = self.intercept + self.score * score - self.behind * max(best - score, 0.0)
        return 1 / (1 + math.exp(-min(max(odds, -60.0), 60.0)))
