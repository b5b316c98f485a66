"""When the ingest thread has to look after something though nobody hands it anything."""

from __future__ import annotations

from collections.abc import Callable

from lsfs.versions.settling import SETTLE_NS

RETRY_S = 10.0
"""After this an unstable file, or everything after a failure of the disk, is tried again."""


class Agenda:
    """Two deadlines, in ns: when versions fall due, and when files are read again.  None: never."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self.settle_at: int | None = 0
        self.retry_at: int | None = None
        self.wake: Callable[[], None] = lambda: None
        """Called when a deadline comes closer."""

    def settle_soon(self) -> None:
        """Something was captured that is not a version yet."""
        soon = self._now_ns() + SETTLE_NS
        if self.settle_at is None or self.settle_at == 0 or soon < self.settle_at:
            self.settle_at = soon
            self.wake()

    def settled(self, next_ns: int | None) -> None:
        """What was due is done; the next is due then."""
        self.settle_at = next_ns

    def retry_later(self) -> None:
        """Something is to be tried again, after a while."""
        if self.retry_at is None:
            self.retry_at = self._now_ns() + int(RETRY_S * 1e9)
            self.wake()

    def retried(self) -> None:
        """That is being done."""
        self.retry_at = None
