"""The choice of where events come from, by what this system offers."""

from __future__ import annotations

import sys
from collections.abc import Callable

from lsfs.watch.base import Source


def native_source(clock: Callable[[], float], platform: str = sys.platform) -> Source:
    """The best source of this system: inotify on Linux, watchdog's observer elsewhere."""
    if platform == "linux":
        from lsfs.watch.inotify_source import InotifySource

        return InotifySource(clock)
    from lsfs.watch.observer_source import ObserverSource

    return ObserverSource(clock)
