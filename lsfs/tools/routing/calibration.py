"""From scores to probabilities: how likely it is that a tool fits, and from where on none does.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

GOOD_REFUSED = 0.05
"""Share of the good requests of the training set, asked of all tools, that the cut may refuse."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A logistic model of whether a tool fits (Platt, 1999), and the probability below which it is said not to."""

    intercept: float
    score: float
    """Weight of the fused score."""
    behind: float
    """Weight of how far the score is behind the best of all tools, those included that may not be chosen: where
    another tool fits far better, the best of the candidates is but the least unfit."""
    cut: float

    def probability(self, score: float, best: float) -> float:
        """That a tool of this score fits, where the best of all tools has `best`."""
        odds = self.intercept + self.score * score - self.behind * max(best - score, 0.0)
        return 1 / (1 + math.exp(-min(max(odds, -60.0), 60.0)))


class Outcome(msgspec.Struct, frozen=True):
    """The best that was left to choose for one request, and whether it could fit."""

    score: float
    best: float
    """Of all tools."""
    fits: bool


def calibrate(outcomes: Sequence[Outcome], steps: int = 30) -> Calibration:
    """The model that these are likeliest under (Newton's method), slightly held to 0."""
    scores = np.array([one.score for one in outcomes])
    behind = np.array([one.best - one.score for one in outcomes])
    fits = np.array([one.fits for one in outcomes], np.float64)
    inputs = np.stack([np.ones_like(scores), scores, -behind], axis=1)
    hold = 1e-4 * len(outcomes) * np.eye(3)
    weights = np.zeros(3)
    for _ in range(steps):
        likely = _logistic(inputs @ weights)
        curve = (inputs * (likely * (1 - likely))[:, np.newaxis]).T @ inputs + hold
        weights = weights + np.linalg.solve(curve, inputs.T @ (fits - likely) - hold @ weights)
    good = _logistic(inputs @ weights)[(fits > 0) & (behind <= 0)]
    cut = float(np.quantile(good, GOOD_REFUSED)) if len(good) else 0.5
    intercept, score, back = (round(float(one), 4) for one in weights)
    return Calibration(intercept=intercept, score=max(score, 0.0), behind=max(back, 0.0), cut=round(cut, 4))


def _logistic(odds: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return 1 / (1 + np.exp(-np.clip(odds, -60, 60)))
