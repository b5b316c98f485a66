"""The ingest thread: the only writer of entries and of the index, one task after the other.

Tasks are looks at the disk (from scans and events) and finished readings; those of just saved files go first.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from lsfs.core.errors import LsfsError, StorageError, UnavailableError
from lsfs.core.filetypes import extension, family
from lsfs.core.records import Kind
from lsfs.index.pipeline import Judge, Pipeline
from lsfs.ingest.capture import Capturer, Reading
from lsfs.ingest.feeder import GONE, Feeder
from lsfs.ingest.outcomes import standing_of, text_of
from lsfs.ingest.reconcile import Reconciler
from lsfs.store.index import Index
from lsfs.store.vault import Entry, Root, Vault
from lsfs.watch.records import ScanBatch
from lsfs.workers.messages import Outcome, ReadResult

_GROUP_FILES = 500
_GROUP_BYTES = 16 << 20
"""A commit takes in at most this much, so that a just saved file never waits long behind it."""
_WAITING_BYTES = 64 << 20
"""Read and not yet written; the pool waits above it."""
_URGENT_FILES = 32
"""More changes than this at once are a storm and read with the backlog, newest first."""
_RETRY_S = 10.0
"""After this an unstable file, or everything after a failure of the disk, is tried again."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class _Task(NamedTuple):
    """Something for the ingest thread to do, and what to do where that fails for good."""

    run: Callable[[], None]
    give_up: Callable[[], None] = lambda: None


class Ingest:
    """Takes looks and readings from any thread and records them in order."""

    def __init__(
        self,
        vault: Vault,
        index: Index,
        pipeline: Pipeline,
        reconciler: Reconciler,
        capturer: Capturer,
        judge: Judge,
        now_ns: Callable[[], int],
        on_change: Callable[[], None],
    ) -> None:
        """`on_change` is called after every commit, from the ingest thread."""
        self._vault = vault
        self._index = index
        self._pipeline = pipeline
        self._reconciler = reconciler
        self._capturer = capturer
        self._judge = judge
        self._now_ns = now_ns
        self._on_change = on_change
        self.feeder: Feeder | None = None
        self._wake = threading.Condition()
        self._urgent: deque[_Task] = deque()
        self._tasks: deque[_Task] = deque()
        self._results: deque[ReadResult] = deque()
        self._result_bytes = 0
        self._refused: list[tuple[int, str]] = []
        self._busy = False
        self._settle_at: int | None = 0
        self._retry_at: int | None = None
        self._behind = False
        """Whether the vault may have what the index could not take in."""
        self._closing = False
        self._stopping = False
        self._ended = False
        self.trouble: LsfsError | None = None
        """Why nothing can be written now (a full disk, say), None while all is well."""
        self._thread = threading.Thread(target=self._run, name="lsfs-ingest", daemon=True)

    def start(self, feeder: Feeder) -> None:
        """Catches up with the vault, then takes tasks."""
        self.feeder = feeder
        self._thread.start()

    def begin_stop(self) -> None:
        """Keeps nobody waiting any more who hands something in; it is still recorded."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()

    def stop(self) -> None:
        """Records what has been handed in and ends."""
        with self._wake:
            self._closing = self._stopping = True
            self._wake.notify_all()
        self._thread.join()

    def observe(self, root: Root, batch: ScanBatch, *, first: bool = False, urgent: bool = False) -> None:
        """Hands in a look at the disk; `first` in a root's first scan, `urgent` for events.  Blocks while behind."""
        self._hand_in(_Task(lambda: self._observe(root, batch, first, urgent)), urgent)

    def observe_later(self, root: Root, look: Callable[[], ScanBatch]) -> None:
        """Has `look` taken when its turn comes, so that what events have told meanwhile is not undone."""
        self._hand_in(_Task(lambda: self._observe(root, look(), False, False)), urgent=False)

    def _hand_in(self, task: _Task, urgent: bool) -> None:
        with self._wake:
            # A scan may run far ahead of the commits, but not without end.
            while len(self._tasks) > 64 and not urgent and not self._closing:
                self._wake.wait()
            (self._urgent if urgent else self._tasks).append(task)
            self._wake.notify_all()

    def read_again(self, root_id: int) -> None:
        """Queues the files of a root that were out of reach when they were to be read."""

        def requeue() -> None:
            with self._index.write() as tx:
                self._index.files.requeue_failed(tx, root_id, GONE)
            if self.feeder is not None:
                self.feeder.nudge()

        self.call(requeue)

    def call(self, task: Callable[[], None]) -> None:
        """Has the ingest thread run something between two commits."""
        with self._wake:
            self._tasks.append(_Task(task))
            self._wake.notify_all()

    def run(self, task: Callable[[], T]) -> T:
        """What `task` returns or raises, run by the ingest thread behind everything handed in before.

        Raises the trouble at once while nothing can be written, UnavailableError after the end.
        """
        answer: Future[T] = Future()

        def attempt() -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(task())
            except Exception as error:  # the caller's: its future tells it
                self._behind = True
                answer.set_exception(error)

        self.call(attempt)
        with self._wake:
            self._wake.wait_for(lambda: answer.done() or self.trouble is not None or self._ended)
        if answer.cancel():
            raise self.trouble or UnavailableError("the daemon is stopping")
        return answer.result()

    def idle(self) -> bool:
        """Whether nothing waits to be recorded or read."""
        with self._wake:
            waiting = self._busy or self._urgent or self._tasks or self._results or self._refused
        return not waiting and self.feeder is not None and self.feeder.idle()

    def receive(self, results: list[ReadResult]) -> None:
        """Takes what the pool has read; blocks while too much waits to be written."""
        with self._wake:
            while self._result_bytes > _WAITING_BYTES and not self._closing:
                self._wake.wait()
            self._results.extend(results)
            self._result_bytes += sum(result.text_bytes for result in results)
            self._wake.notify_all()

    def refuse(self, file_id: int, reason: str) -> None:
        """Takes a file that could not be opened."""
        with self._wake:
            self._refused.append((file_id, reason))
            self._wake.notify_all()

    def retry_later(self) -> None:
        """Has files queued again, after a while, whose content the index lacks or that kept changing."""
        with self._wake:
            if self._retry_at is None:
                self._retry_at = self._now_ns() + int(_RETRY_S * 1e9)
            self._wake.notify_all()

    # From here on everything runs in the ingest thread.

    def catch_up(self) -> None:
        """Has the index follow what it lacks of the vault."""
        self._pipeline.catch_up(self._vault.entries.since, self._judge, self._vault.tags.of_many)
        if self.feeder is not None:
            self.feeder.nudge()

    def _run(self) -> None:
        self._attempt(_Task(self._begin))
        while (task := self._next()) is not None:
            self._attempt(task)
            with self._wake:
                self._busy = False
                self._wake.notify_all()
            self._on_change()
        with self._wake:
            self._ended = True
            self._wake.notify_all()

    def _attempt(self, task: _Task) -> None:
        """Runs a task; while the disk cannot be written, waits and runs it again."""
        while True:
            try:
                if self._behind:
                    self.catch_up()
                    self._behind = False
                task.run()
            except StorageError as error:
                self._behind = True  # what the vault has of the task already is no news to it
                if self.trouble is None or self.trouble.code != error.code:
                    log.error("%s: %s", error.code, error.message)
                self.trouble = error
                self._on_change()
                with self._wake:
                    self._wake.notify_all()
                    if self._stopping or self._wake.wait_for(lambda: self._stopping, _RETRY_S):
                        return
            except Exception:
                log.exception("a task of the ingest thread failed")
                self._behind = True  # else the next task would move the index past what this one left in the vault
                self._give_up(task)
                return
            else:
                self.trouble = None
                return

    def _give_up(self, task: _Task) -> None:
        try:
            task.give_up()
        except Exception:
            log.exception("a task of the ingest thread could not be given up")

    def _begin(self) -> None:
        self._vault.verify()
        if self._index.applied_seq() > self._vault.seq():
            self._pipeline.begin_anew()  # an older copy of the vault stands in its place
        for root in self._index.files.roots() - {root.id for root in self._vault.roots.all()}:
            self._pipeline.forget_root(root)
        self.catch_up()
        with self._index.write() as tx:
            self._index.files.requeue(tx, unstable=True)
        self._capturer.settle(self._vault.entries.pending())
        if self.feeder is not None:
            self.feeder.nudge()

    def _next(self) -> _Task | None:
        """Waits for the next task; None at the end."""
        with self._wake:
            while True:
                if self._urgent:
                    task = self._urgent.popleft()
                elif self._results or self._refused:
                    task = self._record_group()
                elif self._tasks:
                    task = self._tasks.popleft()
                elif self._stopping:
                    return None
                elif (due := self._due()) is not None:
                    task = _Task(due)
                else:
                    self._wake.wait(self._seconds_to_deadline())
                    continue
                self._busy = True
                self._wake.notify_all()
                return task

    def _due(self) -> Callable[[], None] | None:
        now = self._now_ns()
        if self._settle_at is not None and self._settle_at <= now:
            return self._settle
        if self._retry_at is not None and self._retry_at <= now:
            return self._retry
        return None

    def _seconds_to_deadline(self) -> float | None:
        deadlines = [at for at in (self._settle_at, self._retry_at) if at is not None]
        return max(0.0, (min(deadlines) - self._now_ns()) / 1e9) if deadlines else None

    def _settle(self) -> None:
        self._settle_at = self._capturer.settle()

    def _retry(self) -> None:
        self._retry_at = None
        with self._index.write() as tx:
            self._index.files.requeue(tx, unstable=True)
        if self.feeder is not None:
            self.feeder.nudge()

    def _observe(self, root: Root, batch: ScanBatch, first: bool, urgent: bool) -> None:
        if not self._vault.roots.is_watched(root.id):
            return  # removed, or absorbed by a root above it, since the look was taken
        changed = self._reconciler.apply(root, batch, first=first, fresh=urgent)
        if not changed.entries and not changed.gone:
            return
        tags = self._vault.tags.of_many([entry.lineage for entry in changed.entries])
        self._pipeline.follow(changed.entries, changed.gone, judge=self._judge, tags=tags)
        self._settle_at = 0 if self._settle_at is None else self._settle_at
        self._expect_settling(changed.entries)
        if self.feeder is None:
            return
        files = [entry.id for entry in changed.entries if entry.kind is Kind.FILE]
        if urgent and 0 < len(files) <= _URGENT_FILES:
            rows = self._index.files.many(files).values()
            self.feeder.urgent([row for row in rows if row.state == "queued"])
        self.feeder.nudge()

    def _expect_settling(self, entries: Sequence[Entry]) -> None:
        if any(entry.pending is not None for entry in entries):
            soon = self._now_ns() + 2_000_000_000
            self._settle_at = soon if self._settle_at in (None, 0) else min(self._settle_at or soon, soon)

    def _record_group(self) -> _Task:
        """Takes as many results as one commit should have; the caller holds the lock."""
        group: list[ReadResult] = []
        size = 0
        while self._results and len(group) < _GROUP_FILES and size < _GROUP_BYTES:
            result = self._results.popleft()
            size += result.text_bytes
            group.append(result)
        self._result_bytes -= size
        refused, self._refused = self._refused, []
        return _Task(lambda: self._record(group, refused), lambda: self._release(group, refused))

    def _release(self, results: Sequence[ReadResult], refused: Sequence[tuple[int, str]]) -> None:
        """Has files read again, after a while, whose results could not be recorded."""
        files = [*(r.job for r in results), *(file_id for file_id, _ in refused)]
        try:
            with self._index.write() as tx:
                self._index.files.set_state(tx, [(i, "unstable", "what was read could not be recorded") for i in files])
        finally:
            self.retry_later()
            self._finished(results, refused)

    def _finished(self, results: Sequence[ReadResult], refused: Sequence[tuple[int, str]]) -> None:
        if self.feeder is not None:
            files = [*(r.job for r in results), *(file_id for file_id, _ in refused)]
            self.feeder.finished(files, [r.content for r in results if r.content])

    def _record(self, results: Sequence[ReadResult], refused: Sequence[tuple[int, str]]) -> None:
        tags = self.feeder.tags_of([r.job for r in results]) if self.feeder is not None else {}
        readings = [
            Reading(r.job, r.content, r.key, tags.get(r.job)) for r in results if r.content and r.key is not None
        ]
        outcome = self._capturer.apply(readings)
        captured = outcome.entries
        code = {entry.id for entry in captured if family(extension(os.path.basename(entry.path))) == "code"}
        texts = [text for r in results if (text := text_of(r, r.job in code)) is not None]
        standings = {r.job: s for r in results if (s := standing_of(r)) is not None}
        own_tags = self._vault.tags.of_many([entry.lineage for entry in captured])
        self._pipeline.follow(captured, judge=self._judge, tags=own_tags, texts=texts, standings=standings)
        unread = [(r.job, s.state, s.reason) for r in results if not r.content and (s := standings.get(r.job))]
        unread += [(file_id, "failed", reason) for file_id, reason in refused]
        # Another file stands at the path by now; its event, or at the latest the next scan, tells.
        unread += [(entry_id, "unstable", "it was replaced while it was read") for entry_id in outcome.replaced]
        if unread:
            with self._index.write() as tx:
                self._index.files.set_state(tx, unread)
            if any(state == "unstable" for _, state, _ in unread):
                self.retry_later()
        self._expect_settling(captured)
        self._miss_texts(captured, results)
        self._finished(results, refused)

    def _miss_texts(self, captured: Sequence[Entry], results: Sequence[ReadResult]) -> None:
        """Has files read again whose content was known when it was asked for, and has been swept out since."""
        known = {r.content for r in results if r.outcome is Outcome.KNOWN}
        known &= {entry.content for entry in captured if entry.content is not None and not entry.unindexed}
        if not known:
            return
        coming = self.feeder.claimed(list(known)) if self.feeder is not None else set()
        if known - coming - set(self._index.contents.known(list(known))):
            self.retry_later()
