"""From scores to probabilities: how likely it is that a tool fits, and from where on none does.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NEIGHBOURS = 20
"""The first place in the ranking of all tools that stands for what any request finds by chance."""


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks for the best of the tools that may be chosen, so that it means the same in any collection."""

    ahead: float
    """How far its fused score is ahead of what any request would find: of the score of the best of as many tools drawn
    by chance, or of the 20th of all."""
    behind: float
    """How far it is behind the best of all, those included that may not be chosen: where another tool fits far better,
    the best of the candidates is but the least unfit."""
    meaning: float
    """Its cosine with the request; 0 where the embedder was not asked."""
    words: float
    """The share of the request's information that its words account for, whatever those count in its score."""

    def at(self, further: float) -> Self:
        """Those of a tool whose score is `further` below that of the best that may be chosen."""
        return msgspec.structs.replace(self, ahead=self.ahead - further, behind=self.behind + further)

    def row(self) -> tuple[float, ...]:
        """As inputs of a linear model: ``[5]``."""
        return 1.0, self.ahead, -self.behind, self.meaning, self.words


def signs(scores: Floats, tool: int, choice: int, meaning: float, words: float, usual: float) -> Signs:
    """The signs of one tool, given the fused scores of all of them, or of a short list: ``[tools]``.

    `choice`: how many of them may be chosen; `usual`: what is found by chance where there are too few tools to say.
    """
    size = len(scores)
    place = max(min(max(size // (choice + 1), NEIGHBOURS) - 1, size // 2), 0)
    there = min(size / (2 * NEIGHBOURS), 1.0)
    chance = there * float(-np.partition(-scores, place)[place]) + (1 - there) * usual
    score, best = float(scores[tool]), float(scores.max())
    return Signs(ahead=score - chance, behind=best - score, meaning=meaning, words=words)


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A logistic model of whether a tool fits (Platt, 1999), and the probability below which it is said not to."""

    intercept: float
    ahead: float
    behind: float
    meaning: float
    words: float
    cut: float
    usual: float
    """The fused score that a request finds by chance, where there are too few tools to say."""

    def row(self) -> tuple[float, ...]:
        """The weights in the order of `Signs.row`."""
        return self.intercept, self.ahead, self.behind, self.meaning, self.words

    def probability(self, seen: Signs) -> float:
        """That a tool with these signs fits, where as many requests have one that fits as have none."""
        odds = sum(weight * sign for weight, sign in zip(self.row(), seen.row(), strict=True))
        return 1 / (1 + math.exp(-min(max(odds, -60.0), 60.0)))


class Outcome(msgspec.Struct, frozen=True):
    """The best that was left to choose for one request, and whether there was one that fits."""

    seen: Signs
    fits: bool
    counts: float = 1.0


def calibrate(outcomes: Sequence[Outcome], start: Calibration, hold: float = 0.01, steps: int = 2_000) -> Calibration:
    """The model that these are likeliest under, held to `start` by `hold` a case; its cut and `usual` stay.

    By steps of the bound on the curvature, which never overshoot (Böhning and Lindsay, 1988).  A cut is a probability,
    and means what it did where the probabilities are right.
    """
    fitted, negative = _fitted(outcomes, start, hold, steps, [])
    if negative:
        fitted, _ = _fitted(outcomes, start, hold, steps, negative)
    intercept, ahead, behind, meaning, words = (round(float(one), 4) for one in fitted)
    return msgspec.structs.replace(start, intercept=intercept, ahead=ahead, behind=behind, meaning=meaning, words=words)


def _fitted(
    outcomes: Sequence[Outcome], start: Calibration, hold: float, steps: int, without: Sequence[int]
) -> tuple[NDArray[np.float64], list[int]]:
    """The weights, without some signs; and the signs that would speak the wrong way, which count 0."""
    inputs = np.array([one.seen.row() for one in outcomes])
    inputs[:, without] = 0
    fits = np.array([one.fits for one in outcomes], np.float64)
    counts = np.array([one.counts for one in outcomes], np.float64)
    first = np.array(start.row())
    first[without] = 0
    strength = hold * counts.sum()
    step = np.linalg.inv((inputs.T * counts) @ inputs / 4 + strength * np.eye(len(first)))
    weights = first
    for _ in range(steps):
        likely = 1 / (1 + np.exp(-np.clip(inputs @ weights, -60, 60)))
        change = step @ (inputs.T @ (counts * (fits - likely)) - strength * (weights - first))
        weights = weights + change
        if np.abs(change).max() < 1e-4:
            break
    negative = [sign for sign in range(1, len(weights)) if weights[sign] < 0]
    weights[negative] = 0
    return weights, negative
