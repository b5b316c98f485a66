"""Compares the disk with the index every so many hours, for what no event told."""

from __future__ import annotations

import threading
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler


class ScanSchedule:
    """Calls `rescan` every `hours` hours; its scheduler sleeps in between, without a tick."""

    name = "schedule"

    def __init__(self, hours: float, rescan: Callable[[], None]) -> None:
        self._hours = hours
        self._rescan = rescan
        self._stopping = threading.Event()

    def run(self, ready: Callable[[], None]) -> None:
        """Works until `stop`."""
        scheduler = BackgroundScheduler(timezone="UTC")
        if self._hours > 0:
            # A laptop that slept through its time scans once when it wakes, however late, and never twice at a time.
            scheduler.add_job(
                self._rescan, "interval", hours=self._hours, coalesce=True, misfire_grace_time=None, max_instances=1
            )
        scheduler.start()
        try:
            ready()
            self._stopping.wait()
        finally:
            scheduler.shutdown(wait=False)

    def stop(self) -> None:
        """Makes `run` return."""
        self._stopping.set()
