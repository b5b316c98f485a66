"""What a source of events is: the interface between the watcher and what a system offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lsfs.watch.records import Event, Overflow, Unwatched

Emit = Callable[[Event | Overflow], None]
"""Takes an event; called on the source's own thread, returns at once and does not raise."""

GATHER_S = 0.01
"""Seconds for which a thread lets events gather: woken for each, it costs the threads that work a wait for their turn.
In so long the kernel's queue, of 16,384 events, does not fill."""


class Source(Protocol):
    """Tells of changes beneath roots.  Hints only: events may be lost, repeated or late, and then a scan finds all."""

    def start(self, emit: Emit) -> None:
        """Begins to call `emit`; to be called first.  Raises UnavailableError if the system gives no events at all."""

    def stop(self) -> None:
        """Ends for good and gives everything back; `emit` is not called any more once this returns."""

    def add(self, root: int, path: bytes) -> None:
        """Takes on a root (absolute path).  Where `watch` is needed, nothing is told before it was called."""

    def remove(self, root: int) -> None:
        """Forgets a root."""

    def watch(self, root: int, folder: bytes, fd: int) -> None:
        """Watches a folder of a root, open as `fd`, from now on.  A scan calls it before it lists the folder, so that
        nothing falls between the two.  Never raises for want of watches: see `unwatched`."""

    def unwatched(self, root: int) -> Unwatched:
        """Folders that no watch could be had for, and why."""
