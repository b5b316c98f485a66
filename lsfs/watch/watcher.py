"""The watcher: one thread that takes events in, waits until they have settled, and hands out work."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from lsfs.core.ignore import IgnoreRules
from lsfs.core.posix import Mount
from lsfs.watch.base import GATHER_S, Source
from lsfs.watch.coalesce import Coalescer, Timing
from lsfs.watch.records import Event, Overflow, Unwatched, Work
from lsfs.watch.scan import Scanner

log = logging.getLogger(__name__)

OnWork = Callable[[int, Work], None]
"""Takes a root's settled work; called on the watcher's thread, which waits for it."""


class _Wake:
    """Queued when something else than an event wants the thread's attention."""


class Watcher:
    """Tells what is worth a look, root by root.  It sleeps for as long as nothing happens."""

    def __init__(
        self,
        source: Source,
        on_work: OnWork,
        *,
        clock: Callable[[], float],
        timing: Timing | None = None,
        limit: int = 65_536,
    ) -> None:
        """`clock`: monotonic seconds; `limit`: events held, beyond which they are dropped for a scan."""
        self._source = source
        self._on_work = on_work
        self._clock = clock
        self._timing = timing or Timing()
        self._limit = limit
        self._queue: queue.SimpleQueue[Event | Overflow | _Wake] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._roots: dict[int, Coalescer] = {}
        self._lost: set[int] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Starts the source and the thread.  Raises UnavailableError if the system gives no events."""
        self._source.start(self._take)
        self._thread.start()

    def stop(self) -> None:
        """Ends both; work that has not settled is left to the next start's scan."""
        self._source.stop()
        self._stopping = True
        self._queue.put(_Wake())
        if self._thread.ident is not None:
            self._thread.join()

    def add(self, root: int, path: bytes) -> None:
        """Takes on a root (absolute path).  Scan it next, with a scanner from here, which adds the watches."""
        with self._lock:
            self._roots[root] = Coalescer(self._timing)
        self._source.add(root, path)

    def remove(self, root: int) -> None:
        """Forgets a root."""
        with self._lock:
            self._roots.pop(root, None)
            self._lost.discard(root)
        self._source.remove(root)

    def scanner(self, root: int, path: bytes, rules: IgnoreRules, mountinfo: Callable[[], list[Mount]]) -> Scanner:
        """A scanner of a root that has each folder watched before it lists it."""
        return Scanner(
            path,
            rules,
            mountinfo=mountinfo,
            clock=self._clock,
            on_dir=lambda folder, fd: self._source.watch(root, folder, fd),
        )

    def unwatched(self, root: int) -> Unwatched:
        """Folders that only a rescan tells about, and why."""
        return self._source.unwatched(root)

    def _take(self, event: Event | Overflow) -> None:
        if isinstance(event, Overflow) or self._queue.qsize() >= self._limit:
            # The set, not the queue: what says that events were lost may not be lost itself.
            with self._lock:
                first = event.root not in self._lost
                self._lost.add(event.root)
            if first:
                self._queue.put(_Wake())
        else:
            self._queue.put(event)

    def _run(self) -> None:
        while not self._stopping:
            self._wait()
            for root, work in self._settled():
                try:
                    self._on_work(root, work)
                except Exception:
                    log.exception("work of root %d was not done; the next scan will find it", root)

    def _wait(self) -> None:
        """Returns when there is an event taken in or something has settled."""
        with self._lock:
            deadlines = [at for each in self._roots.values() if (at := each.next_deadline()) is not None]
        timeout = max(0.0, min(deadlines) - self._clock()) if deadlines else None
        try:
            self._push(self._queue.get(timeout=timeout))
            time.sleep(GATHER_S)
            # No more than stand there now: a storm may not keep settled work waiting.
            for _ in range(self._queue.qsize()):
                self._push(self._queue.get_nowait())
        except queue.Empty:
            pass

    def _push(self, item: Event | Overflow | _Wake) -> None:
        if isinstance(item, Event):
            with self._lock:
                coalescer = self._roots.get(item.root)
                if coalescer is not None:
                    coalescer.push(item, item.t)

    def _settled(self) -> list[tuple[int, Work]]:
        now = self._clock()
        with self._lock:
            for root in self._lost:
                if root in self._roots:
                    self._roots[root].rescan(now)
            self._lost.clear()
            found = [(root, coalescer.due(now)) for root, coalescer in self._roots.items()]
        return [(root, work) for root, work in found if work]
