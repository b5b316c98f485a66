"""Chooses the concrete parts and wires them: the one place where backends are named.

`whole` makes an engine, `viewers` what a mount shows.  Either is imported when it is asked for: a mount's process is to
stay small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsfs.core.faults import Reach, unreached

if TYPE_CHECKING:
    from lsfs.core.config import Config
    from lsfs.core.locations import Paths
    from lsfs.engine import Engine


def open_engine(paths: Paths, config: Config, reach: Reach = unreached) -> Engine:
    """See `lsfs.compose.whole.open_engine`."""
    from lsfs.compose import whole

    return whole.open_engine(paths, config, reach)
