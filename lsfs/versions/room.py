"""Whether there is room to keep another content: a floor of free disk, and a budget."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

BIG_BYTES = 1 << 20
"""What is larger is not kept any more while what must be kept fills the budget alone."""
MOST_BUDGET = 10 << 30
BUDGET_SHARE = 0.1


def default_budget(folder: Path) -> int:
    """The lesser of 10 GiB and a tenth of the disk that the vault is on, in bytes."""
    return min(MOST_BUDGET, int(shutil.disk_usage(folder).total * BUDGET_SHARE))


class Room:
    """Asked before bytes are kept; `full` is set by whoever tidies up."""

    def __init__(self, folder: Path, floor: int, free: Callable[[Path], int] | None = None) -> None:
        """`folder` is the vault's, `floor` the bytes of its disk that stay free; `free` tells how many are."""
        self._folder = folder
        self._floor = floor
        self._free = free or _free
        self.full = False
        """Whether what must be kept fills the budget alone."""
        self.turned_away = False
        """Whether something was refused since this was last set to False."""

    def refusal(self, size: int) -> str:
        """Why a content of `size` bytes is not kept now; '' where it is."""
        why = ""
        if self._free(self._folder) < self._floor + size:
            why = "the disk is nearly full"
        elif self.full and size > BIG_BYTES:
            why = "what must be kept fills the budget for versions"
        self.turned_away |= bool(why)
        return why


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
