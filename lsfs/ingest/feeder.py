"""Opens the files that wait to be read and hands them to the worker pool, recently modified ones first."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from lsfs.core.errors import WorkerFailed
from lsfs.ingest.opening import Opener, xdg_tags
from lsfs.store.index import FileRow, Index
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.pool import ExtractPool, ReadJob

_ROUND = 256
"""Files looked up and opened at a time."""
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE)


class Receiver(Protocol):
    """Who takes what was read: the ingest thread's inbox."""

    def receive(self, results: list[ReadResult]) -> None:
        """Takes results; may block while too many wait."""

    def refuse(self, file_id: int, reason: str) -> None:
        """Takes a file that could not be opened."""


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
        self._in_flight: set[int] = set()
        self._documents: set[int] = set()
        self._claimed: set[bytes] = set()
        self._tags: dict[int, tuple[str, ...] | None] = {}
        self._news = True
        self._paused = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="lsfs-feeder", daemon=True)

    def start(self) -> None:
        """Begins with what is queued already."""
        self._thread.start()

    def stop(self) -> None:
        """Hands out nothing more; what is being read is the pool's to end."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
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

    def reading(self) -> int:
        """How many files are being read or wait in the pool."""
        return len(self._in_flight)

    def urgent(self, files: Sequence[FileRow]) -> None:
        """Reads just saved files at once, past the backlog."""
        self._submit(self._claim(files), urgent=True)

    def take_tags(self, files: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """The tags that files had when they were opened, by file id; none where the file system keeps none."""
        found = {file_id: self._tags.pop(file_id, None) for file_id in files}
        return {file_id: tags for file_id, tags in found.items() if tags is not None}

    def finished(self, files: Sequence[int], hashes: Sequence[bytes]) -> None:
        """Says that the results of these files are recorded, so that they may be handed out again when they change."""
        with self._wake:
            self._in_flight.difference_update(files)
            self._claimed.difference_update(hashes)
            # Their rows may have been queued again meanwhile.
            self._news = True
            self._wake.notify_all()

    def _run(self) -> None:
        while self._wait():
            try:
                self._round()
            except WorkerFailed:
                return  # the pool was closed

    def _wait(self) -> bool:
        with self._wake:
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
            self._in_flight.update(row.id for row in free)
            return free

    def _submit(self, files: Sequence[FileRow], *, urgent: bool = False, document: bool = False) -> None:
        jobs = []
        for row in files:
            try:
                descriptor = self._opener.open(row.root, row.path)
            except OSError as error:
                self._receiver.refuse(row.id, _reason(error))
                continue
            self._tags[row.id] = xdg_tags(descriptor)
            jobs.append(ReadJob(row.id, os.path.basename(row.path), descriptor))
        if jobs:
            unwanted = {row.id for row in files if row.state == "ignored"}
            wanted: Callable[[list[bytes]], list[bool]] = (
                self._wanted if not unwanted else lambda hashes: [False] * len(hashes)
            )
            self._pool.submit(jobs, wanted, self._deliver, urgent=urgent, tier="document" if document else "text")

    def _deliver(self, results: list[ReadResult]) -> None:
        later = [result for result in results if result.outcome is Outcome.ESCALATE]
        if later:
            # Too many documents wait in the pool; they come when it has drained, and want their texts then.
            with self._wake:
                self._in_flight.difference_update(result.job for result in later)
                self._documents.update(result.job for result in later)
                self._claimed.difference_update(result.content for result in later)
        self._receiver.receive([result for result in results if result.outcome is not Outcome.ESCALATE])

    def _wanted(self, hashes: list[bytes]) -> list[bool]:
        """Asks for the text of contents that the index lacks, once for each."""
        known = self._index.contents.known(hashes)
        flags = []
        with self._wake:
            for content in hashes:
                flags.append(content not in known and content not in self._claimed)
                self._claimed.add(content)
            self._claimed.difference_update(known)
        return flags


def _reason(error: OSError) -> str:
    if error.errno in _GONE:
        return "it was gone when it was to be read"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission denied"
    return error.strerror or str(error)
