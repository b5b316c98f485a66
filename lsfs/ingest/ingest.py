"""The ingest thread: takes looks at the disk and finished readings from any thread, and has them recorded in order.

One task after the other; those of just saved files go first.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from lsfs.core.errors import LsfsError, StorageError, UnavailableError
from lsfs.ingest import agenda as deadlines
from lsfs.ingest.agenda import Agenda
from lsfs.ingest.feeder import Feeder
from lsfs.ingest.recording import Recording
from lsfs.objects.piece import Record
from lsfs.store.vault import Root
from lsfs.watch.records import ScanBatch
from lsfs.workers.messages import ReadResult

_GROUP_FILES = 500
_GROUP_BYTES = 16 << 20
"""A commit takes in at most this much, so that a just saved file never waits long behind it."""
_WAITING_BYTES = 64 << 20
"""Read and not yet written; the pool waits above it."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class _Task(NamedTuple):
    """Something for the ingest thread to do, and what to do where that fails for good."""

    run: Callable[[], None]
    give_up: Callable[[], None] = lambda: None


class Ingest:
    """Takes looks and readings from any thread and records them in order."""

    def __init__(
        self, recording: Recording, agenda: Agenda, now_ns: Callable[[], int], on_change: Callable[[], None]
    ) -> None:
        """`on_change` is called after every commit, from the ingest thread."""
        self._recording = recording
        self._agenda = agenda
        self._now_ns = now_ns
        self._on_change = on_change
        self._wake = threading.Condition()
        agenda.wake = self._woken
        self._urgent: deque[_Task] = deque()
        self._tasks: deque[_Task] = deque()
        self._results: deque[ReadResult] = deque()
        self._pieces: deque[Record] = deque()
        self._result_bytes = 0
        """Of results and pieces."""
        self._refused: list[tuple[int, str]] = []
        self._busy = False
        self._closing = False
        self._stopping = False
        self._ended = False
        self.trouble: LsfsError | None = None
        """Why nothing can be written now (a full disk, say), None while all is well."""
        self._thread = threading.Thread(target=self._run, name="lsfs-ingest", daemon=True)

    def start(self, feeder: Feeder) -> None:
        """Catches up with the vault, then takes tasks."""
        self._recording.feeder = feeder
        self._thread.start()

    def _woken(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def vault_changed(self) -> None:
        """Says that somebody else changes entries; to be called before that is committed, and `follow` after."""
        self._recording.vault_changed()

    def follow(self) -> None:
        """Has the index follow what somebody else has changed in the vault."""

        def follow() -> None:
            self._recording.catch_up(behind=False)
            self._agenda.settle_soon()

        with self._wake:
            self._urgent.append(_Task(follow))
            self._wake.notify_all()

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
        self._hand_in(_Task(lambda: self._recording.observe(root, batch, first, urgent)), urgent)

    def observe_later(self, root: Root, look: Callable[[], ScanBatch]) -> None:
        """Has `look` taken when its turn comes, so that what events have told meanwhile is not undone."""
        self._hand_in(_Task(lambda: self._recording.observe(root, look(), False, False)), urgent=False)

    def _hand_in(self, task: _Task, urgent: bool) -> None:
        with self._wake:
            # A scan may run far ahead of the commits, but not without end.
            while len(self._tasks) > 64 and not urgent and not self._closing:
                self._wake.wait()
            (self._urgent if urgent else self._tasks).append(task)
            self._wake.notify_all()

    def read_again(self, root_id: int) -> None:
        """Queues the files of a root that were out of reach when they were to be read."""
        self.call(lambda: self._recording.read_again(root_id))

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
                self._recording.vault_changed()
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
            waiting = self._busy or self._urgent or self._tasks or self._results or self._pieces or self._refused
        feeder = self._recording.feeder
        return not waiting and feeder is not None and feeder.idle()

    def receive(self, results: list[ReadResult]) -> None:
        """Takes what the pool has read; blocks while too much waits to be written."""
        with self._room_for(sum(result.weight for result in results)):
            self._results.extend(results)

    def receive_pieces(self, records: list[Record]) -> None:
        """Takes pieces of a content that has several; blocks while too much waits to be written."""
        with self._room_for(sum(record.stored for record in records)):
            self._pieces.extend(records)

    @contextmanager
    def _room_for(self, count: int) -> Iterator[None]:
        with self._wake:
            while self._result_bytes > _WAITING_BYTES and not self._closing:
                self._wake.wait()
            self._result_bytes += count
            yield
            self._wake.notify_all()

    def refuse(self, file_id: int, reason: str) -> None:
        """Takes a file that could not be opened."""
        with self._wake:
            self._refused.append((file_id, reason))
            self._wake.notify_all()

    def retry_later(self) -> None:
        """Has files queued again, after a while, whose content the index lacks or that kept changing."""
        self._agenda.retry_later()

    def keep_missing(self) -> None:
        """Has files read again whose bytes are to be kept and are not."""
        self._recording.keep_missing()

    def catch_up(self) -> None:
        """Has the index follow what it lacks of the vault; for tasks that run in the ingest thread."""
        self._recording.catch_up()

    # From here on everything runs in the ingest thread.

    def _run(self) -> None:
        self._attempt(_Task(self._recording.begin))
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
                self._recording.catch_up(behind=False)
                task.run()
            except StorageError as error:
                self._recording.vault_changed()  # what the vault has of the task already is no news to it
                if self.trouble is None or self.trouble.code != error.code:
                    log.error("%s: %s", error.code, error.message)
                self.trouble = error
                self._on_change()
                with self._wake:
                    self._wake.notify_all()
                    if self._stopping or self._wake.wait_for(lambda: self._stopping, deadlines.RETRY_S):
                        return
            except Exception:
                log.exception("a task of the ingest thread failed")
                # Else the next task would move the index past what this one left in the vault.
                self._recording.vault_changed()
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

    def _next(self) -> _Task | None:
        """Waits for the next task; None at the end."""
        with self._wake:
            while True:
                if self._urgent:
                    task = self._urgent.popleft()
                elif self._pieces:
                    task = self._keep_group()
                elif self._results or self._refused:
                    task = self._record_group()
                elif (due := self._due()) is not None:
                    # Before a backlog of looks, which may take minutes: what stood still until now may not by then.
                    task = _Task(due)
                elif self._tasks:
                    task = self._tasks.popleft()
                elif self._stopping:
                    return None
                else:
                    self._wake.wait(self._seconds_to_deadline())
                    continue
                self._busy = True
                self._wake.notify_all()
                return task

    def _due(self) -> Callable[[], None] | None:
        now = self._now_ns()
        if self._agenda.settle_at is not None and self._agenda.settle_at <= now:
            return self._recording.settle
        if self._agenda.retry_at is not None and self._agenda.retry_at <= now:
            return self._recording.retry
        return None

    def _seconds_to_deadline(self) -> float | None:
        deadlines = [at for at in (self._agenda.settle_at, self._agenda.retry_at) if at is not None]
        return max(0.0, (min(deadlines) - self._now_ns()) / 1e9) if deadlines else None

    def _record_group(self) -> _Task:
        """Takes as many results as one commit should have; the caller holds the lock."""
        group: list[ReadResult] = []
        size = 0
        while self._results and len(group) < _GROUP_FILES and size < _GROUP_BYTES:
            result = self._results.popleft()
            size += result.weight
            group.append(result)
        self._result_bytes -= size
        refused, self._refused = self._refused, []
        return _Task(lambda: self._recording.record(group, refused), lambda: self._recording.release(group, refused))

    def _keep_group(self) -> _Task:
        """Takes the pieces that wait, which go before the results that name them; the caller holds the lock."""
        group: list[Record] = []
        size = 0
        while self._pieces and size < _GROUP_BYTES:
            record = self._pieces.popleft()
            size += record.stored
            group.append(record)
        self._result_bytes -= size
        return _Task(lambda: self._recording.keep(group))
