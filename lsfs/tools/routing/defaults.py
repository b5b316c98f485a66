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
            "name_meaning": 0.2,
            "words": 0.75,
            "name_words": 0.3,
            "summary_words": 0.3,
            "part_words": 0.45,
            "word_pairs": 0.45,
            "name_named": 0.06,
        },
        coverage=1.0,
    ),
    calibration=Calibration(intercept=-3.0, score=4.0, behind=2.0, cut=0.3),
)
