"""Opens the files that wait to be read and hands them to the worker pool, recently modified ones first."""

from __future__ import annotations

import errno
import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Protocol

import msgspec

from lsfs.core import xattrs
from lsfs.core.errors import LsfsError, WorkerFailed
from lsfs.core.records import StatKey
from lsfs.ingest.opening import Opener
from lsfs.store.index import FileRow, Index
from lsfs.store.vault import Entry
from lsfs.store.vault.entries import Entries
from lsfs.workers.batches import Archive, Tier
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.pool import ExtractPool, ReadJob

_ROUND = 256
"""Files looked up and opened at a time."""
_REST = 19.0
"""Times as long as reading a file took, it is left alone: one that always changes takes a twentieth of the time."""
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


class Waiting(msgspec.Struct, frozen=True):
    """A file that waits to be read."""

    id: int
    root: int
    path: bytes
    text: bool
    """Whether its text is wanted; else it is read for its versions alone."""


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
        self,
        index: Index,
        pool: ExtractPool,
        opener: Opener,
        receiver: Receiver,
        archive: Archive,
        entries: Entries,
        searched_bytes: int,
        on_idle: Callable[[], None],
    ) -> None:
        """`archive` is asked for the bytes of what is read, but of those of the `entries` that have no versions; what
        is larger than `searched_bytes` is read for its versions alone; `on_idle` is called whenever nothing was found
        to read."""
        self._index = index
        self._pool = pool
        self._opener = opener
        self._receiver = receiver
        self._archive = archive
        self._entries = entries
        self._searched_bytes = searched_bytes
        self._on_idle = on_idle
        self._wake = threading.Condition()
        self._in_flight: dict[int, _Flight | None] = {}
        self._documents: set[int] = set()
        self._claimed: dict[bytes, _Flight] = {}
        self._attributes: dict[int, tuple[int, xattrs.Attributes]] = {}
        """With the ctime that the file had before they were read."""
        self._aside: set[int] = set()
        """Files read for their versions alone that could not be read; left until `retry`."""
        self._resting: dict[int, float] = {}
        """Until when (monotonic) files that take long to read are left alone."""
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

    def retry(self) -> None:
        """Has what could not be read tried again."""
        with self._wake:
            self._aside.clear()
        self.nudge()

    def set_aside(self, files: Sequence[int]) -> None:
        """Leaves files alone that could not be read."""
        with self._wake:
            self._aside.update(files)

    def urgent(self, files: Sequence[Entry]) -> None:
        """Reads just saved files at once, past the backlog."""
        with self._wake:
            self._aside.difference_update(entry.id for entry in files)
        rows = self._index.files.many([entry.id for entry in files])
        searched = {row.id: _searched(row) for row in rows.values() if row.state == "queued"}
        kept = [_kept(e) for e in files if e.id not in searched and e.content is None and not e.unversioned]
        for part in (list(searched.values()), kept):
            self._submit(self._claim(part), urgent=True)

    def attributes_of(self, read: Mapping[int, StatKey]) -> dict[int, xattrs.Attributes]:
        """The extended attributes of files that were read, by file id; without those that changed between that and
        being opened, since it may have been their attributes."""
        found = ((file_id, key, self._attributes.get(file_id)) for file_id, key in read.items())
        return {file_id: seen[1] for file_id, key, seen in found if seen is not None and seen[0] == key.ctime_ns}

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
            self._attributes.pop(file_id, None)
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
                self._wake.wait(None if self._paused else self._rest_left())
            self._news = False
            return not self._stopping

    def _rest_left(self) -> float | None:
        """Seconds until the next file may be read again that is being left alone; the caller holds the lock."""
        now = time.monotonic()
        for file_id in [file_id for file_id, until in self._resting.items() if until <= now]:
            del self._resting[file_id]
            self._news = True
        return 0.0 if self._news else min((until - now for until in self._resting.values()), default=None)

    def _documents_due(self) -> bool:
        return bool(self._documents) and not self._in_flight

    def _round(self) -> None:
        with self._wake:
            due = list(self._documents) if self._documents_due() else []
            self._documents.difference_update(due)
            busy = len(self._in_flight) + len(self._documents) + len(self._resting)
        documents = [_searched(row) for row in self._index.files.many(due).values() if row.state == "queued"]
        for start in range(0, len(documents), _ROUND):
            self._submit(self._claim(documents[start : start + _ROUND]), document=True)
        chosen = self._claim([_searched(row) for row in self._index.files.queued(busy + _ROUND)])
        chosen = chosen or self._claim(self._unread(busy))
        if chosen:
            with self._wake:
                self._news = True  # there may be more
            self._submit(chosen)
        elif not documents:
            self._on_idle()

    def _unread(self, busy: int) -> list[Waiting]:
        with self._wake:
            aside = set(self._aside)
        found = self._entries.unread(busy + len(aside) + _ROUND, self._searched_bytes)
        return [_kept(entry) for entry in found if entry.id not in aside]

    def _claim(self, files: Sequence[Waiting]) -> list[Waiting]:
        """Those of the files that nobody reads yet, now marked as being read."""
        with self._wake:
            taken = self._in_flight.keys() | self._documents | self._resting.keys()
            free = [file for file in files if file.id not in taken]
            self._in_flight.update((file.id, None) for file in free)
            return free

    def _submit(self, files: Sequence[Waiting], *, urgent: bool = False, document: bool = False) -> None:
        jobs: list[ReadJob] = []
        try:
            # What a document worker reads has been kept when a text worker hashed it.
            ids = [file.id for file in files]
            kept = set(ids) - self._entries.unversioned_of(ids) if not document else set()
            for file in files:
                self._open(file, jobs, file.id in kept)
        except BaseException:
            for job in jobs:
                os.close(job.fd)
            with self._wake:
                self._land([file.id for file in files])
            raise
        if not jobs:
            return
        flight = _Flight([job.id for job in jobs])
        with self._wake:
            self._in_flight.update((job.id, flight) for job in jobs)
        wanted = functools.partial(self._wanted if all(file.text for file in files) else self._none_wanted, flight)
        deliver = functools.partial(self._deliver, flight)
        tier: Tier = "document" if document else "text"
        try:
            future = self._pool.submit(jobs, wanted, deliver, archive=self._archive, urgent=urgent, tier=tier)
        except WorkerFailed:  # the pool is closed: so it is for every file
            with self._wake:
                self._land([job.id for job in jobs])
            if not urgent:
                raise
            return
        future.add_done_callback(functools.partial(self._ended, flight))

    def _open(self, file: Waiting, jobs: list[ReadJob], keep: bool) -> None:
        try:
            descriptor = self._opener.open(file.root, file.path)
        except OSError as error:
            self._receiver.refuse(file.id, _reason(error))
            return
        jobs.append(ReadJob(file.id, os.path.basename(file.path), descriptor, keep))
        try:
            before = StatKey.of(os.fstat(descriptor))
            self._attributes[file.id] = before.ctime_ns, xattrs.read(descriptor)
        except OSError as error:
            log.info("the attributes of a file cannot be read: %s", error.strerror)

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
        rests = {result.job: _REST * result.seconds for result in results if result.seconds}
        later = [result for result in results if result.outcome is Outcome.ESCALATE]
        now = [result for result in results if result.outcome is not Outcome.ESCALATE]
        with self._wake:
            self.trouble = ""
            self._resting.update((job, time.monotonic() + seconds) for job, seconds in rests.items())
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


def _searched(row: FileRow) -> Waiting:
    return Waiting(row.id, row.root, row.path, text=True)


def _kept(entry: Entry) -> Waiting:
    return Waiting(entry.id, entry.root, entry.path, text=False)


def _reason(error: OSError) -> str:
    if error.errno in _GONE:
        return GONE
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission denied"
    return error.strerror or str(error)
