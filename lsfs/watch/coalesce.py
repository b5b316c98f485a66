"""Turning a storm of events into the few looks that are worth taking: pure, the clock is passed in.

A path is due when it has been quiet: 0.3 s after a close, rename, creation or removal, 2 s where a file is held open
and written to, and after 10 s in any case.  The two ends of a rename become due together, so that whoever decides
about identities sees both.  What happens to folders becomes a scan of them.
"""

from __future__ import annotations

import heapq

import msgspec

from lsfs.core import paths
from lsfs.core.ignore import IGNORE_FILES
from lsfs.watch.records import Event, What, Work


class Timing(msgspec.Struct, frozen=True):
    """How long to wait (seconds) and how much to hold (paths)."""

    quiet: float = 0.3
    open_quiet: float = 2.0
    at_most: float = 10.0
    per_folder: int = 1_000
    """Paths of one folder beyond which the folder is scanned instead."""
    in_all: int = 20_000
    """Paths and subtrees beyond which the whole root is scanned instead."""


class _Pending(msgspec.Struct):
    first: float
    last: float
    subtree: bool
    is_open: bool = False
    timer: float = float("inf")
    """The time of the one timer that counts; earlier settings are stale."""

    def deadline(self, timing: Timing) -> float:
        quiet = timing.open_quiet if self.is_open and not self.subtree else timing.quiet
        return min(self.last + quiet, self.first + timing.at_most)


class Coalescer:
    """What is pending of one root."""

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()
        self._pending: dict[bytes, _Pending] = {}
        self._names: dict[bytes, set[bytes]] = {}
        """Pending paths that are no subtrees, by folder."""
        self._partners: dict[bytes, set[bytes]] = {}
        self._moves: dict[int, bytes] = {}
        self._timers: list[tuple[float, bytes]] = []

    def push(self, event: Event, now: float) -> None:
        """Takes in an event."""
        folder, name = paths.split(event.path)
        changes_folder = event.is_dir and event.what is not What.MODIFIED
        if not event.path or changes_folder:
            self._touch(event.path, now, subtree=True)
        elif name in IGNORE_FILES:
            # What the lists say of all beneath may be another thing now.
            self._touch(folder, now, subtree=True)
        else:
            self._touch(event.path, now, what=event.what)
            if len(self._names.get(folder, ())) > self._timing.per_folder:
                self._collapse(folder, now)
        if event.cookie:
            self._pair(event)
        if len(self._pending) > self._timing.in_all:
            self.rescan(now)

    def rescan(self, now: float, subtree: bytes = b"") -> None:
        """Asks for a scan of all beneath `subtree`, whatever else was pending there."""
        if subtree:
            self._touch(subtree, now, subtree=True)
            return
        first = min((item.first for item in self._pending.values()), default=now)
        self._pending.clear()
        self._names.clear()
        self._partners.clear()
        self._moves.clear()
        self._timers.clear()
        self._touch(b"", now, subtree=True)
        self._pending[b""].first = first
        self._set_timer(b"")

    def due(self, now: float) -> Work:
        """What has settled, once; paths beneath a subtree that is due are left to its scan."""
        ripe: set[bytes] = set()
        while self._timers and self._timers[0][0] <= now:
            at, path = heapq.heappop(self._timers)
            item = self._pending.get(path)
            if item is None or at != item.timer or path in ripe:
                continue
            if item.deadline(self._timing) > now:
                self._set_timer(path)
            else:
                self._gather(path, ripe)
        if not ripe:
            return Work()
        subtrees = {path for path in ripe if self._pending[path].subtree}
        for path in ripe:
            self._drop(path)
        if not self._pending:
            self._moves.clear()
        return Work(
            paths=sorted(path for path in ripe - subtrees if not _is_covered(path, subtrees)),
            subtrees=sorted(path for path in subtrees if not _is_covered(path, subtrees)),
        )

    def next_deadline(self) -> float | None:
        """When to ask again; None while nothing is pending.  May be too early, never too late."""
        while self._timers and self._timers[0][1] not in self._pending:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _touch(self, path: bytes, now: float, *, subtree: bool = False, what: What | None = None) -> None:
        item = self._pending.get(path)
        if item is None:
            item = self._pending[path] = _Pending(now, now, subtree)
            if not subtree:
                self._names.setdefault(paths.split(path)[0], set()).add(path)
        else:
            item.last = max(item.last, now)
            if subtree and not item.subtree:
                item.subtree = True
                self._unname(path)
        if what is What.MODIFIED:
            item.is_open = True
        elif what is not What.ATTRIB:
            item.is_open = False
        # A deadline that moves away is met when the timer rings; only one that comes closer needs a new timer.
        if item.deadline(self._timing) < item.timer:
            self._set_timer(path)

    def _set_timer(self, path: bytes) -> None:
        item = self._pending[path]
        item.timer = item.deadline(self._timing)
        heapq.heappush(self._timers, (item.timer, path))

    def _collapse(self, folder: bytes, now: float) -> None:
        names = self._names.pop(folder)
        first = min(self._pending[path].first for path in names)
        for path in names:
            del self._pending[path]
            self._unpair(path, heir=folder)
        self._touch(folder, now, subtree=True)
        self._pending[folder].first = min(first, self._pending[folder].first)
        self._set_timer(folder)

    def _pair(self, event: Event) -> None:
        source = self._moves.pop(event.cookie, None)
        if event.what is What.MOVED_FROM:
            self._moves[event.cookie] = event.path
        elif source is not None and source != event.path and {source, event.path} <= self._pending.keys():
            self._partners.setdefault(source, set()).add(event.path)
            self._partners.setdefault(event.path, set()).add(source)

    def _unpair(self, path: bytes, heir: bytes) -> None:
        for other in self._partners.pop(path, ()):
            self._partners[other].discard(path)
            if other != heir:
                self._partners[other].add(heir)
                self._partners.setdefault(heir, set()).add(other)

    def _gather(self, path: bytes, ripe: set[bytes]) -> None:
        """Adds `path` and all that was renamed from or to it."""
        waiting = [path]
        while waiting:
            at = waiting.pop()
            if at not in ripe and at in self._pending:
                ripe.add(at)
                waiting.extend(self._partners.get(at, ()))

    def _drop(self, path: bytes) -> None:
        del self._pending[path]
        self._unname(path)
        for other in self._partners.pop(path, ()):
            if other in self._partners:
                self._partners[other].discard(path)

    def _unname(self, path: bytes) -> None:
        folder = paths.split(path)[0]
        names = self._names.get(folder)
        if names is not None:
            names.discard(path)
            if not names:
                del self._names[folder]


def _is_covered(path: bytes, subtrees: set[bytes]) -> bool:
    """True if a scan of one of `subtrees`, other than `path` itself, looks at it."""
    return bool(subtrees) and any(above in subtrees for above in paths.ancestors(path))
