"""Weights of the evidence, fitted to requests whose tools are known.  Pure.

Listwise: the logarithm of the share that a softmax over the short list gives the right tools (ListNet, Cao et al.,
2007).  The weights stay positive, as more evidence never makes a tool less likely, and near those they start from, in
ratio: a few dozen requests can then do no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.tools.routing.evidence import FEATURES
from lsfs.tools.routing.fusion import Head

Floats = NDArray[np.float32]

SHARPNESS = 10.0
"""Logits per unit of the fused score."""

LEAST = 0.01
"""The weight from which one that was 0 starts."""

SIGNED = ("used",)
"""Features that may count against a tool."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request on its short list."""

    features: Floats
    """``[tools, features]``"""
    right: NDArray[np.bool_]
    """``[tools]``"""


def fit(cases: Sequence[Case], start: Head, *, hold: float, steps: int = 300, rate: float = 0.03) -> Head:
    """The head that ranks the right tools of the cases highest; `hold`: how strongly the start is held on to."""
    usable = [case for case in cases if case.right.any() and not case.right.all()]
    if not usable:
        return start
    features, target, there = _padded(usable)
    signed = np.array([name in SIGNED for name in FEATURES])
    first = start.vector()
    base = np.where(signed, first, np.log(np.maximum(first, np.float32(LEAST))))
    at, mean, square = base.copy(), np.zeros_like(base), np.zeros_like(base)
    for step in range(1, steps + 1):
        weights = np.where(signed, at, np.exp(at))
        logits = SHARPNESS * (features @ weights)
        logits[~there] = -np.inf
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        slope = SHARPNESS * np.einsum("qt,qtf->f", shares - target, features) / len(usable)
        slope = slope * np.where(signed, 1.0, weights) + hold * (at - base)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope * slope
        at = at - rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    found = np.where(signed, at, np.exp(at))
    return msgspec.structs.replace(
        start, weights={name: round(float(one), 4) for name, one in zip(FEATURES, found, strict=True)}
    )


def _padded(cases: Sequence[Case]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    longest = max(len(case.right) for case in cases)
    features = np.zeros((len(cases), longest, len(FEATURES)), np.float32)
    target = np.zeros((len(cases), longest), np.float32)
    there = np.zeros((len(cases), longest), np.bool_)
    for row, case in enumerate(cases):
        size = len(case.right)
        features[row, :size] = case.features
        target[row, :size] = case.right / case.right.sum()
        there[row, :size] = True
    return features, target, there
