"""Opens the files that wait to be read and hands them to the worker pool, recently modified ones first."""

from __future__ import annotations

import errno
import functools
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

from lsfs.core.errors import LsfsError, WorkerFailed
from lsfs.ingest.opening import Opener, xdg_tags
from lsfs.store.index import FileRow, Index
from lsfs.workers.batches import Tier
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.pool import ExtractPool, ReadJob

_ROUND = 256
"""Files looked up and opened at a time."""
_RETRY_S = 10.0
"""After workers or the index have failed, nothing is handed out for so long."""
GONE = "it was gone when it was to be read"
"""Why a file failed that may only have been out of reach: it is tried again when its root is scanned."""
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE)

log = logging.getLogger(__name__)


class Receiver(Protocol):
    """Who takes what was read: the ingest thread's inbox."""

    def receive(self, results: list[ReadResult]) -> None:
        """Takes results; may block while too many wait."""

    def refuse(self, file_id: int, reason: str) -> None:
        """Takes a file that could not be opened."""

    def retry_later(self) -> None:
        """Has files queued again, after a while, whose content the index lacks."""


class _Flight:
    """Files handed in together, until all of them are recorded; contents are claimed by a flight, and end with it."""

    def __init__(self, files: Sequence[int]) -> None:
        self.unanswered = set(files)
        """No result has come yet."""
        self.unrecorded = set(files)
        self.over = False
        """Nothing more comes from the pool."""


class Feeder:
    """A thread that keeps the pool busy while files are queued, and sleeps while none is."""

    def __init__(
        self, index: Index, pool: ExtractPool, opener: Opener, receiver: Receiver, on_idle: Callable[[], None]
    ) -> None:
        """`on_idle` is called whenever nothing was found to read."""
        self._index = index
        self._pool = pool
        self._opener = opener
        self._receiver = receiver
        self._on_idle = on_idle
        self._wake = threading.Condition()
        self._in_flight: dict[int, _Flight | None] = {}
        self._documents: set[int] = set()
        self._claimed: dict[bytes, _Flight] = {}
        self._tags: dict[int, tuple[str, ...] | None] = {}
        self._news = True
        self._paused = False
        self._held_back = False
        self._stopping = False
        self.trouble = ""
        """Why files could not be handed out or read, '' while all is well; they are tried again."""
        self._thread = threading.Thread(target=self._run, name="lsfs-feeder", daemon=True)

    def start(self) -> None:
        """Begins with what is queued already."""
        self._thread.start()

    def begin_stop(self) -> None:
        """Hands out nothing more; a thread that waits for room in the pool is freed by closing that."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def stop(self) -> None:
        """Waits for the thread's end; what is being read is the pool's to end."""
        self.begin_stop()
        self._thread.join()

    def pause(self, paused: bool) -> None:
        """Stops or goes on handing out the backlog; just saved files are read all the same."""
        with self._wake:
            self._paused = paused
            self._wake.notify_all()

    def nudge(self) -> None:
        """Says that files may have been queued."""
        with self._wake:
            self._news = True
            self._wake.notify_all()

    def idle(self) -> bool:
        """Whether nothing is being read and nothing is known to wait."""
        with self._wake:
            return not (self._in_flight or self._documents or self._news)

    def urgent(self, files: Sequence[FileRow]) -> None:
        """Reads just saved files at once, past the backlog."""
        self._submit(self._claim(files), urgent=True)

    def tags_of(self, files: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """The tags that files had when they were opened, by file id; none where the file system keeps none."""
        return {file_id: tags for file_id in files if (tags := self._tags.get(file_id)) is not None}

    def claimed(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Those of the contents whose text is being read."""
        with self._wake:
            return {content for content in hashes if content in self._claimed}

    def finished(self, files: Sequence[int], hashes: Sequence[bytes]) -> None:
        """Says that the results of these files are recorded, so that they may be handed out again when they change."""
        with self._wake:
            for content in hashes:
                self._claimed.pop(content, None)
            flights = self._land(files)
            # Their rows may have been queued again meanwhile.
            self._news = True
            self._wake.notify_all()
        self._release(flights)

    def _land(self, files: Sequence[int]) -> list[_Flight]:
        """Marks files as not being read any more; the caller holds the lock.  Returns the flights that end with it."""
        ended = []
        for file_id in files:
            self._tags.pop(file_id, None)
            flight = self._in_flight.pop(file_id, None)
            if flight is not None:
                flight.unrecorded.discard(file_id)
                if flight.over and not flight.unrecorded:
                    ended.append(flight)
        return ended

    def _release(self, flights: Sequence[_Flight]) -> None:
        """Gives up the contents whose text did not come: other files that have them are read again."""
        with self._wake:
            lost = [content for content, flight in self._claimed.items() if flight in flights] if flights else []
            for content in lost:
                del self._claimed[content]
        if lost:
            self._receiver.retry_later()

    def _run(self) -> None:
        while self._wait():
            try:
                self._round()
            except WorkerFailed:
                return  # the pool was closed
            except Exception as error:  # whatever it is, the next round may do better
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Holds everything back for a while, and says why."""
        reason = str(error) or type(error).__name__
        if self.trouble != reason:
            log.error("files cannot be read now: %s", reason, exc_info=None if isinstance(error, LsfsError) else error)
        with self._wake:
            self.trouble = reason
            self._held_back = self._news = True
            self._wake.notify_all()
        self._on_idle()

    def _wait(self) -> bool:
        with self._wake:
            if self._held_back:
                self._wake.wait_for(lambda: self._stopping, _RETRY_S)
                self._held_back = False
            while not self._stopping and (self._paused or not (self._news or self._documents_due())):
                self._wake.wait()
            self._news = False
            return not self._stopping

    def _documents_due(self) -> bool:
        return bool(self._documents) and not self._in_flight

    def _round(self) -> None:
        with self._wake:
            due = list(self._documents) if self._documents_due() else []
            self._documents.difference_update(due)
            busy = len(self._in_flight) + len(self._documents)
        documents = [row for row in self._index.files.many(due).values() if row.state == "queued"]
        for start in range(0, len(documents), _ROUND):
            self._submit(self._claim(documents[start : start + _ROUND]), document=True)
        rows = self._index.files.queued(busy + _ROUND) or self._index.files.unhashed(busy + _ROUND)
        chosen = self._claim(rows)
        if chosen:
            with self._wake:
                self._news = True  # there may be more
            self._submit(chosen)
        elif not documents:
            self._on_idle()

    def _claim(self, files: Sequence[FileRow]) -> list[FileRow]:
        """Those of the files that nobody reads yet, now marked as being read."""
        with self._wake:
            free = [row for row in files if row.id not in self._in_flight and row.id not in self._documents]
            self._in_flight.update((row.id, None) for row in free)
            return free

    def _submit(self, files: Sequence[FileRow], *, urgent: bool = False, document: bool = False) -> None:
        jobs: list[ReadJob] = []
        try:
            for row in files:
                self._open(row, jobs)
        except BaseException:
            for job in jobs:
                os.close(job.fd)
            with self._wake:
                self._land([row.id for row in files])
            raise
        if not jobs:
            return
        flight = _Flight([job.id for job in jobs])
        with self._wake:
            self._in_flight.update((job.id, flight) for job in jobs)
        ignored = any(row.state == "ignored" for row in files)
        wanted = functools.partial(self._none_wanted if ignored else self._wanted, flight)
        deliver = functools.partial(self._deliver, flight)
        tier: Tier = "document" if document else "text"
        try:
            future = self._pool.submit(jobs, wanted, deliver, urgent=urgent, tier=tier)
        except WorkerFailed:  # the pool is closed: so it is for every file
            with self._wake:
                self._land([job.id for job in jobs])
            if not urgent:
                raise
            return
        future.add_done_callback(functools.partial(self._ended, flight))

    def _open(self, row: FileRow, jobs: list[ReadJob]) -> None:
        try:
            descriptor = self._opener.open(row.root, row.path)
        except OSError as error:
            self._receiver.refuse(row.id, _reason(error))
            return
        jobs.append(ReadJob(row.id, os.path.basename(row.path), descriptor))
        self._tags[row.id] = xdg_tags(descriptor)

    def _ended(self, flight: _Flight, future: Future[None]) -> None:
        """Nothing more comes of these files: those without a result may be handed out again."""
        with self._wake:
            flight.over = True
            flights = self._land(list(flight.unanswered))
            if not flight.unrecorded:
                flights.append(flight)  # the last result may be recorded already
            self._news = self._news or bool(flight.unanswered)
            self._wake.notify_all()
        self._release(flights)
        error = future.exception()
        if error is not None and not self._stopping:
            self._fail(error)

    def _deliver(self, flight: _Flight, results: list[ReadResult]) -> None:
        later = [result for result in results if result.outcome is Outcome.ESCALATE]
        now = [result for result in results if result.outcome is not Outcome.ESCALATE]
        with self._wake:
            self.trouble = ""
            # Too many documents wait in the pool; they come when it has drained, and want their texts then.
            self._land([result.job for result in later])
            self._documents.update(result.job for result in later)
            for result in later:
                self._claimed.pop(result.content, None)
        self._receiver.receive(now)
        flight.unanswered.difference_update(result.job for result in results)

    def _wanted(self, flight: _Flight, hashes: list[bytes]) -> list[bool]:
        """Asks for the text of contents that the index lacks, once for each."""
        known = self._index.contents.known(hashes)
        flags = []
        with self._wake:
            for content in hashes:
                flags.append(content not in known and content not in self._claimed)
                if flags[-1]:
                    self._claimed[content] = flight
        return flags

    @staticmethod
    def _none_wanted(_: _Flight, hashes: list[bytes]) -> list[bool]:
        return [False] * len(hashes)


def _reason(error: OSError) -> str:
    if error.errno in _GONE:
        return GONE
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission denied"
    return error.strerror or str(error)
