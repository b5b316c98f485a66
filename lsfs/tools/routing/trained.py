"""What training learns, as data."""

from __future__ import annotations

import msgspec

from lsfs.tools.routing.calibration import Calibration
from lsfs.tools.routing.fusion import Head


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """The router's weights; `msgspec.json` writes and reads them."""

    head: Head
    calibration: Calibration
    by_words: Calibration
    """Where the embedder was not asked."""
