"""Events from watchdog's Observer, for systems without inotify (FSEvents on macOS, kqueue, Windows).

The system recurses by itself, so there is nothing to add folder by folder, and ignored folders are watched too: what
is told of them is dropped when it is looked at.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from lsfs.core import paths
from lsfs.watch.records import Event, Unwatched, What

if TYPE_CHECKING:
    from watchdog.observers.api import ObservedWatch

    from lsfs.watch.base import Emit

_KINDS = {
    "modified": What.MODIFIED,
    "closed": What.CLOSED,
    "created": What.CREATED,
    "deleted": What.DELETED,
    "attrib": What.ATTRIB,
}


class ObserverSource:
    """The `Source` of systems that watch recursively by themselves."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: monotonic seconds, for the events' times."""
        self._clock = clock
        self._observer = Observer()
        self._watches: dict[int, ObservedWatch] = {}
        self._cookies = itertools.count(1)
        self._emit: Emit | None = None

    def start(self, emit: Emit) -> None:
        """Begins to call `emit`."""
        self._emit = emit
        self._observer.start()

    def stop(self) -> None:
        """Ends the observer's threads."""
        if self._emit is not None:
            self._observer.stop()
            self._observer.join()

    def add(self, root: int, path: bytes) -> None:
        """Watches a root and all beneath it."""
        handler = _Handler(lambda event: self._on_event(root, path, event))
        self._watches[root] = self._observer.schedule(handler, os.fsdecode(path), recursive=True)

    def remove(self, root: int) -> None:
        """Stops watching a root."""
        watch = self._watches.pop(root, None)
        if watch is not None:
            self._observer.unschedule(watch)

    def watch(self, root: int, folder: bytes, fd: int) -> None:
        """Does nothing: the root's watch covers the folder."""

    def unwatched(self, root: int) -> Unwatched:
        """Nothing."""
        return Unwatched()

    def _on_event(self, root: int, top: bytes, event: FileSystemEvent) -> None:
        kind = event.event_type
        if self._emit is None or (event.is_directory and kind == "modified"):
            return
        ends = [(event.src_path, _KINDS.get(kind))]
        cookie = 0
        if kind == "moved":
            cookie = next(self._cookies)
            ends = [(event.src_path, What.MOVED_FROM), (event.dest_path, What.MOVED_TO)]
        for where, what in ends:
            path = paths.relative(top, os.fsencode(where)) if where else None
            if path is not None and what is not None:
                self._emit(Event(root, path, what, self._clock(), event.is_directory, cookie))


class _Handler(FileSystemEventHandler):
    def __init__(self, take: Callable[[FileSystemEvent], Any]) -> None:
        self._take = take

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._take(event)
