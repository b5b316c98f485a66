"""Whether a file still is what the index read: what its content was chosen for may be gone."""

from __future__ import annotations

import os
import stat

from lsfs.core.records import storable_ns
from lsfs.plan.resolve.wanted import Target


def is_as_read(target: Target) -> bool:
    """Whether a file stands where it was found, with the size and the time of change that it was read with."""
    if target.row is None:
        return False
    try:
        found = os.lstat(target.path)
    except OSError:
        return False
    unchanged = found.st_size == target.row.size and storable_ns(found.st_mtime_ns) == target.row.mtime_ns
    return stat.S_ISREG(found.st_mode) and unchanged
