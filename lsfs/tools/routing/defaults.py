"""The weights that ship with the package: for any collection, with or without usage."""

from __future__ import annotations

from lsfs.tools.routing.calibration import Calibration
from lsfs.tools.routing.fusion import Head
from lsfs.tools.routing.trained import Trained

DEFAULT = Trained(
    head=Head(
        weights={
            "meaning": 0.4,
            "part_meaning": 0.4,
            "name_meaning": 0.1,
            "words": 0.75,
            "name_words": 0.3,
            "summary_words": 0.3,
            "part_words": 0.45,
            "word_pairs": 0.45,
            "name_named": 0.06,
            "values": 0.05,
            "learnt": 0.3,
            "near": 0.2,
            "votes": 0.2,
            "centroid": 0.3,
            "used": -0.4,
        },
        coverage=0.7,
        spread=0.03,
    ),
    calibration=Calibration(
        intercept=-2.5266, ahead=7.5096, behind=1.9368, meaning=1.7647, words=0.4849, cut=0.32, usual=0.17
    ),
    by_words=Calibration(intercept=-2.1272, ahead=4.5749, behind=0.0, meaning=0.0, words=12.2601, cut=0.42, usual=0.04),
)
