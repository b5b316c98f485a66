"""Events from Linux's inotify, through the lower layer of watchdog, with a recursion of our own.

One descriptor and one thread for all roots.  Watches are added by the scan as it enters a folder, under our ignore
and mount rules, through the very descriptor that the scan then lists.  See inotify(7) for what may be lost and when.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from watchdog.observers.inotify_c import DEFAULT_EVENT_BUFFER_SIZE, CallbackId, InotifyFD, WatchDescriptor
from watchdog.observers.inotify_c import InotifyConstants as In
from watchdog.observers.inotify_c import Mask as InMask

from lsfs.core import paths
from lsfs.core.errors import UnavailableError
from lsfs.watch.base import GATHER_S
from lsfs.watch.records import Event, Overflow, Unwatched, What
from lsfs.watch.watched import WatchedFolders

if TYPE_CHECKING:
    from watchdog.observers.inotify_c import InotifyEvent

    from lsfs.watch.base import Emit

log = logging.getLogger(__name__)

_KINDS = (
    (In.IN_MODIFY, What.MODIFIED),
    (In.IN_CLOSE_WRITE, What.CLOSED),
    (In.IN_CREATE, What.CREATED),
    (In.IN_DELETE, What.DELETED),
    (In.IN_MOVED_FROM, What.MOVED_FROM),
    (In.IN_MOVED_TO, What.MOVED_TO),
    (In.IN_ATTRIB, What.ATTRIB),
)
_ROOT_LEFT = In.IN_DELETE_SELF | In.IN_MOVE_SELF | In.IN_UNMOUNT
_MASK = (
    In.IN_MODIFY
    | In.IN_CLOSE_WRITE
    | In.IN_CREATE
    | In.IN_DELETE
    | In.IN_MOVED_FROM
    | In.IN_MOVED_TO
    | In.IN_ATTRIB
    | In.IN_ONLYDIR
    | In.IN_EXCL_UNLINK
)


class _Gathering(InotifyFD):
    """Reads events that come together together."""

    _came = False

    def read_events(self, *, event_buffer_size: int = DEFAULT_EVENT_BUFFER_SIZE) -> list[InotifyEvent]:
        if self._came:
            time.sleep(GATHER_S)
        self._came = True
        return super().read_events(event_buffer_size=event_buffer_size)


class InotifySource:
    """The `Source` of Linux."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: monotonic seconds, for the events' times."""
        self._clock = clock
        self._emit: Emit | None = None
        self._inotify: InotifyFD | None = None
        self._lock = threading.Lock()
        # All below belongs to the lock.  It is taken before InotifyFD's own, never after.
        self._folders = WatchedFolders()
        self._unwatched: dict[int, set[bytes]] = {}
        self._ids: dict[WatchDescriptor, CallbackId] = {}
        self._next_id = itertools.count(1)

    def start(self, emit: Emit) -> None:
        """Begins to call `emit`.  Raises UnavailableError when this user has no inotify instance left."""
        self._emit = emit
        try:
            self._inotify = _Gathering()
        except OSError as error:
            raise UnavailableError(
                f"the kernel gives no more file events to this user: {error.strerror}",
                hint="raise the sysctl fs.inotify.max_user_instances; until then changes are found by scanning",
            ) from error
        self._inotify.start()

    def stop(self) -> None:
        """Ends the thread and gives all watches back."""
        if self._inotify is not None:
            self._inotify.stop()
            self._inotify.join()

    def add(self, root: int, path: bytes) -> None:
        """Takes on a root; `watch` says which of its folders."""
        with self._lock:
            self._unwatched.setdefault(root, set())

    def remove(self, root: int) -> None:
        """Forgets a root and gives its watches back."""
        with self._lock:
            self._unwatched.pop(root, None)
            self._give_back(self._folders.cut(root, b""))

    def watch(self, root: int, folder: bytes, fd: int) -> None:
        """Watches the folder that is open as `fd`."""
        with self._lock:
            unwatched = self._unwatched.get(root)
            if unwatched is None or self._inotify is None:
                return
            if not folder:
                unwatched.clear()
            mask = InMask(_MASK if folder else _MASK | In.IN_DELETE_SELF | In.IN_MOVE_SELF)
            number = CallbackId(next(self._next_id))
            try:
                # By way of the descriptor: no limit on the path's length, and no other folder in its place.
                wd = self._inotify.add_callback(b"/proc/self/fd/%d" % fd, mask, self, number)
                if wd < 0:
                    # watchdog keeps EACCES to itself.
                    self._inotify.remove_callbacks([(wd, number)])
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            except OSError as error:
                if not unwatched:
                    log.warning("no watch for %s: %s", paths.printable(folder), _limit(error.errno))
                unwatched.add(folder)
                return
            unwatched.discard(folder)
            if wd in self._ids:
                self._inotify.remove_callbacks([(wd, number)])
            else:
                self._ids[wd] = number
            replaced = self._folders.put(root, folder, wd)
            if replaced is not None:
                self._give_back([replaced])

    def unwatched(self, root: int) -> Unwatched:
        """Folders that no watch could be had for, and which limit to raise."""
        with self._lock:
            found = sorted(self._unwatched.get(root, ()))
        return Unwatched(found, _limit(errno.ENOSPC)) if found else Unwatched()

    def on_event(self, event: InotifyEvent) -> None:
        """Called by watchdog for each event."""
        with self._lock:
            at = self._folders.path_of(event.wd)
            is_dir = bool(event.mask & In.IN_ISDIR)
            path = paths.join(at[1], event.name) if at is not None else b""
            if at is not None and is_dir and event.mask & (In.IN_DELETE | In.IN_MOVED_FROM):
                # Where it went, if that is in a root, it is a new folder: its scan adds the watches anew.
                self._give_back(self._folders.cut(at[0], path))
                self._no_longer_unwatched(at[0], path)
        if at is None or self._emit is None:
            return
        root, folder = at
        now = self._clock()
        if event.name:
            what = next((what for bit, what in _KINDS if event.mask & bit), None)
            if what is not None:
                self._emit(Event(root, path, what, now, is_dir, event.cookie))
        elif not folder and event.mask & (_ROOT_LEFT | In.IN_ATTRIB):
            what = What.DELETED if event.mask & _ROOT_LEFT else What.ATTRIB
            self._emit(Event(root, b"", what, now, True))

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """Called by watchdog when the kernel took a watch away with its folder."""
        with self._lock:
            self._ids.pop(wd, None)
            self._folders.drop(wd)

    def on_queue_overflow(self) -> None:
        """Called by watchdog when the kernel dropped events."""
        with self._lock:
            roots = list(self._unwatched)
        if self._emit is not None:
            for root in roots:
                self._emit(Overflow(root, self._clock()))

    def _no_longer_unwatched(self, root: int, folder: bytes) -> None:
        unwatched = self._unwatched.get(root)
        if unwatched:
            unwatched.difference_update([path for path in unwatched if paths.is_within(path, folder)])

    def _give_back(self, watches: list[int]) -> None:
        known = [(WatchDescriptor(wd), self._ids.pop(WatchDescriptor(wd), None)) for wd in watches]
        if self._inotify is not None:
            self._inotify.remove_callbacks([(wd, number) for wd, number in known if number is not None])


def _limit(number: int | None) -> str:
    """What ran out and what to raise, for a person."""
    if number != errno.ENOSPC:
        return f"the kernel refused a watch: {os.strerror(number or 0)}; the folder is rescanned from time to time"
    limits = [("fs.inotify.max_user_watches", "/proc/sys/fs/inotify/max_user_watches")]
    # In a container's user namespace the lower of the two holds.
    limits.append(("user.max_inotify_watches", "/proc/sys/user/max_inotify_watches"))
    now = " or ".join(f"{name} (now {_read(file)})" for name, file in limits)
    return f"the limit of watched folders is reached: raise the sysctl {now}; what is unwatched is rescanned"


def _read(file: str) -> str:
    try:
        with open(file, encoding="ascii") as stream:
            return stream.read().strip()
    except OSError:
        return "unknown"
