"""The threads in which the engine is called: few for queries, few for work, and a bounded number for streams.

Queries have threads of their own, so that no number of slow requests delays a search.  They are made when the lanes
are, before any other thread turns itself idle: a thread inherits the priority of the one that makes it.  Threads are
used again and never ended before the lanes are: each that reads a database has connections of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from lsfs.core.errors import DaemonUnavailable, UnavailableError

T = TypeVar("T")

WAITING = 64
"""Requests that may wait for a lane; further ones are told to come again."""
STREAMS = 16


class Lanes:
    """Runs blocking calls for a loop; ``close`` waits for those that are running."""

    def __init__(self, *, query_threads: int = 2, work_threads: int = 4) -> None:
        self._pools = {
            "query": _made(ThreadPoolExecutor(query_threads, thread_name_prefix="query"), query_threads),
            # What takes a mount away is not kept waiting by what waits for that mount.
            "mount": ThreadPoolExecutor(1, thread_name_prefix="mount"),
            "work": ThreadPoolExecutor(work_threads, thread_name_prefix="work"),
            "stream": ThreadPoolExecutor(STREAMS, thread_name_prefix="stream"),
        }
        self._waiting = dict.fromkeys(self._pools, 0)
        self._running: set[Future[Any]] = set()
        self._pumps: set[_Pump] = set()
        self._closing = False

    async def call(self, lane: str, function: Callable[[], T]) -> T:
        """What `function` gives, called in a thread of `lane`; raises `UnavailableError` where too many wait."""
        if self._waiting[lane] >= WAITING:
            raise UnavailableError("the daemon has too much to do at once", hint="try again in a moment")
        self._waiting[lane] += 1
        try:
            return await asyncio.wrap_future(self._submit(lane, function))
        finally:
            self._waiting[lane] -= 1

    @contextlib.asynccontextmanager
    async def stream(self, make: Callable[[], Iterator[T]]) -> AsyncIterator[AsyncIterator[T]]:
        """The items of the iterator that `make` gives, taken in a thread of its own; closed when this is left.

        It is closed in that thread: a generator that is at its next item cannot be closed from another.
        """
        if self._closing or len(self._pumps) >= STREAMS:
            raise UnavailableError("too many are following the progress", hint="try again in a moment")
        pump: _Pump = _Pump(make, asyncio.get_running_loop())
        self._pumps.add(pump)
        try:
            self._submit("stream", pump.run)
            yield pump.items()
        finally:
            pump.gone.set()
            self._pumps.discard(pump)

    def end_streams(self) -> None:
        """Ends every stream with an error that says why, from any thread; further ones are refused."""
        self._closing = True
        for pump in list(self._pumps):
            pump.end(DaemonUnavailable("the daemon stops"))

    def drain(self, seconds: float) -> None:
        """Drops the calls that wait, takes no more, and returns when those that run are done or after `seconds`.

        Some cannot be done before the engine is closed: one that waits for room on a full disk.
        """
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        wait(list(self._running), seconds)

    def close(self) -> None:
        """Waits for the calls that run, and drops those that wait."""
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, lane: str, function: Callable[[], T]) -> Future[T]:
        future = self._pools[lane].submit(function)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future


class _Pump:
    def __init__(self, make: Callable[[], Iterator[T]], loop: asyncio.AbstractEventLoop) -> None:
        self.gone = threading.Event()
        self._make = make
        self._loop = loop
        self._queue: asyncio.Queue[tuple[str, object]] = asyncio.Queue()

    def run(self) -> None:
        if self.gone.is_set():  # before a thread was free
            return
        try:
            items = self._make()
            try:
                for item in items:
                    self._put("item", item)
                    if self.gone.is_set():
                        break
            finally:
                close = getattr(items, "close", None)
                if close is not None:
                    close()
            self._put("end", None)
        except Exception as error:  # a thread's boundary: it is raised again where the items are awaited
            self._put("error", error)

    def end(self, error: Exception) -> None:
        self.gone.set()
        self._put("error", error)

    def _put(self, kind: str, value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            self._loop.call_soon_threadsafe(self._queue.put_nowait, (kind, value))

    async def items(self) -> AsyncIterator[T]:
        while True:
            kind, value = await self._queue.get()
            if kind == "end":
                return
            if kind == "error":
                assert isinstance(value, Exception)
                raise value
            yield value  # type: ignore[misc]


def _made(pool: ThreadPoolExecutor, threads: int) -> ThreadPoolExecutor:
    """`pool` with its threads started, which it would otherwise do one by one as they are needed."""
    together = threading.Barrier(threads + 1)
    for _ in range(threads):
        pool.submit(together.wait)
    together.wait()
    return pool
