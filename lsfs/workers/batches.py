"""What a pool has to do: the caller's jobs, who waits for them, and the queue between callers and workers."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Literal, Protocol

import msgspec

from lsfs.core.errors import WorkerFailed
from lsfs.core.records import StatKey
from lsfs.objects.piece import Record
from lsfs.workers.messages import Hashed, ReadResult, Wanted

Tier = Literal["text", "document"]
WantedTexts = Callable[[list[bytes]], list[bool]]
OnResults = Callable[[list[ReadResult]], None]


class Archive(Protocol):
    """Who keeps the bytes of files.  All are called from threads of the pool, which wait for them."""

    def contents(self, hashes: list[bytes], sizes: list[int]) -> list[bool]:
        """For each content, of so many bytes, whether they are wanted."""

    def pieces(self, hashes: list[bytes]) -> list[bool]:
        """For each piece of a content whether it is wanted."""

    def take(self, records: list[Record]) -> None:
        """Takes pieces of a content that has several; may block while too much waits."""

    def captured(self, results: list[ReadResult]) -> None:
        """Takes what a text worker has read of documents, whose texts come later."""


class ReadJob(msgspec.Struct, frozen=True):
    """An open file to be read; the pool owns and closes the descriptor from `submit` on."""

    id: int
    """From 0 to 2**63 - 1; the same may be used in different submissions."""
    name: bytes
    """The file's name, for its extension."""
    fd: int
    keep: bool = False
    """Whether the archive is asked for its bytes."""


class Submission:
    """Jobs handed in together: delivers their results and closes their descriptors."""

    def __init__(
        self,
        jobs: Sequence[ReadJob],
        wanted: WantedTexts | None,
        on_results: OnResults,
        archive: Archive | None = None,
    ) -> None:
        self.future: Future[None] = Future()
        self.wanted = wanted
        self.archive = archive
        self._on_results = on_results
        self._lock = threading.Lock()
        self._open = {job.id: job.fd for job in jobs}
        self._error: Exception | None = None
        if len(self._open) != len(jobs):
            raise ValueError("two jobs of one submission have the same id")
        self._finish_when_empty()

    def deliver(self, results: list[ReadResult]) -> None:
        """Hands over results and closes their files; the last one completes the future.

        Callers are different threads; `on_results` is called by one at a time.
        """
        if not results:
            return
        with self._lock:
            try:
                self._on_results(results)
            except Exception as error:  # the caller's function: its future tells it
                self._error = self._error or error
            for result in results:
                os.close(self._open.pop(result.job))
            self._finish_when_empty()

    def abandon(self, jobs: Iterable[int], error: Exception) -> None:
        """Closes these jobs' files without results; the future will raise `error`.

        Only a batch's own jobs: a descriptor that another lane still sends must not be closed and given out anew.
        """
        with self._lock:
            self._error = self._error or error
            for job in jobs:
                os.close(self._open.pop(job))
            self._finish_when_empty()

    def _finish_when_empty(self) -> None:
        if self._open or self.future.done():
            return
        if self._error:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(None)


class Batch:
    """Jobs for one worker at a time, all of one submission; those without a result yet are `pending`."""

    def __init__(self, submission: Submission, jobs: Iterable[ReadJob], expected: dict[int, bytes]) -> None:
        self.submission = submission
        self.pending = {job.id: job for job in jobs}
        self.expected = expected
        """Of jobs that a text worker hashed already: the hash."""
        self.hashed: dict[int, tuple[bytes, StatKey]] = {}
        """Content and stat key of jobs that were read but may never get a result."""

    @property
    def ask(self) -> bool:
        """Whether the worker is to ask which texts and bytes are wanted."""
        asks = self.submission.wanted is not None or self.submission.archive is not None
        return asks and not self.expected

    def wanted(self, hashed: Hashed) -> Wanted:
        """What the caller wants of the files that were hashed; raises ValueError where it does not say so of each."""
        submission, contents = self.submission, hashed.contents
        texts = submission.wanted(contents) if submission.wanted is not None else [True] * len(contents)
        kept = [False] * len(contents)
        if submission.archive is not None:
            places = [at for at, job in enumerate(hashed.jobs) if self.pending[job].keep]
            sizes = [hashed.keys[at].size for at in places]
            for at, flag in zip(
                places, submission.archive.contents([contents[at] for at in places], sizes), strict=True
            ):
                kept[at] = flag
        if len(texts) != len(contents):
            raise ValueError("the caller must say of each content whether its text is wanted")
        return Wanted(texts, kept)

    def abandon(self, error: Exception) -> None:
        """Gives up what is pending."""
        jobs, self.pending = list(self.pending), {}
        self.submission.abandon(jobs, error)


class WorkQueue:
    """Batches by tier and urgency, for lanes that block until there is one; bounded for those who put in."""

    def __init__(self, most_waiting: int) -> None:
        self._changed = threading.Condition()
        self._batches: dict[tuple[Tier, bool], deque[Batch]] = {
            (tier, urgent): deque() for tier in ("text", "document") for urgent in (False, True)
        }
        self._most_waiting = most_waiting
        self._paused = False
        self._closed = False

    def put(self, batch: Batch, tier: Tier, urgent: bool, *, wait: bool) -> None:
        """Adds `batch`, waiting for room where that is asked for; raises WorkerFailed after `close`."""
        with self._changed:
            queue = self._batches[tier, urgent]
            if wait:
                self._changed.wait_for(lambda: self._closed or len(queue) < self._most_waiting)
            if self._closed:
                raise WorkerFailed("the worker pool is closed")
            queue.append(batch)
            self._changed.notify_all()

    def take(self, tier: Tier, urgent: bool, timeout: float | None) -> Batch | None:
        """The next batch; None after `timeout` seconds without one, or when the queue is closed."""
        with self._changed:
            queue = self._batches[tier, urgent]
            if not self._changed.wait_for(lambda: self._closed or (queue and (urgent or not self._paused)), timeout):
                return None
            if self._closed:
                return None
            self._changed.notify_all()
            return queue.popleft()

    def waiting_jobs(self, tier: Tier, urgent: bool) -> int:
        """Files in the queue."""
        with self._changed:
            return sum(len(batch.pending) for batch in self._batches[tier, urgent])

    def pause(self, paused: bool) -> None:
        """Holds back (or hands out again) what is not urgent."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def wait_closed(self, seconds: float) -> bool:
        """Sleeps, but not past `close`; True when closed."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, seconds)

    def close(self) -> list[Batch]:
        """Wakes everyone; the batches that nobody took."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            left = [batch for queue in self._batches.values() for batch in queue]
            for queue in self._batches.values():
                queue.clear()
            return left
