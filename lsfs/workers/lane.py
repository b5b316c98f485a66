"""One thread and the worker process it owns: takes batches, and sees to it that a hostile file costs only itself."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from lsfs.core.errors import WorkerFailed
from lsfs.workers.batches import Batch, ReadJob, Tier, WorkQueue
from lsfs.workers.checking import flaw, flaw_of_records
from lsfs.workers.child import Child
from lsfs.workers.messages import (
    Cut,
    Done,
    FromExtractWorker,
    Hashed,
    Outcome,
    Pieces,
    ReadBatch,
    ReadResult,
    Ready,
    Results,
    Setup,
    WantedPieces,
)
from lsfs.workers.progress import ProgressPage, Stopwatch
from lsfs.workers.protocol import ChannelClosed
from lsfs.workers.sandbox import SandboxReport

LOOK_S = 0.5
"""How often a busy worker's progress is looked at; an idle one costs nothing."""
_START_S = 120.0
_START_TRIES = 3
_LONGEST_BACKOFF_S = 5.0

_log = logging.getLogger(__name__)

OnEscalate = Callable[[Batch, list[ReadResult], bool], None]


class LaneSettings(msgspec.Struct, frozen=True):
    """One kind of worker."""

    tier: Tier
    urgent: bool
    """Takes just saved files, at normal priority; the others take the backlog, when nothing else wants to run."""
    idle_s: float
    """Without work for so long, the process is ended and its memory given back."""
    setup: Setup
    command: tuple[str, ...]
    scratch: Path
    deadline_s: float
    stderr: int | None = None


class _Broken(Exception):
    """The worker is gone: `job` was in its hands (or none is known), `why` for the file's record."""

    def __init__(self, why: str, job: int | None, *, timeout: bool = False) -> None:
        super().__init__(why)
        self.why, self.job, self.timeout = why, job, timeout


class Lane(threading.Thread):
    """Serves one kind of work from the queue until that is closed."""

    def __init__(self, settings: LaneSettings, queue: WorkQueue, on_escalate: OnEscalate) -> None:
        super().__init__(name=f"lsfs-{settings.tier}-{'urgent' if settings.urgent else 'backlog'}", daemon=True)
        self.settings = settings
        self._queue = queue
        self._on_escalate = on_escalate
        self._child: Child[FromExtractWorker] | None = None
        self._progress: ProgressPage | None = None
        self._failures = 0
        self.busy = False
        self.sandbox: SandboxReport | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process id, None while there is none."""
        child = self._child
        return child.pid if child else None

    def abort(self) -> None:
        """Ends the worker under the lane, which then notices; for closing from another thread."""
        child = self._child
        if child:
            child.kill()

    def run(self) -> None:
        """The thread: batches in, results out, the worker ended after a while without work."""
        while not self._queue.closed:
            patience = self.settings.idle_s if self._child else None
            batch = self._queue.take(self.settings.tier, self.settings.urgent, patience)
            if batch is None:
                self._end_child()
                continue
            self.busy = True
            try:
                self._process(batch)
            except WorkerFailed as error:
                batch.abandon(error)
            except Exception as error:  # of the caller's functions; the lane must live on
                _log.exception("a batch could not be processed")
                batch.abandon(error)
                self._end_child(at_once=True)
            self.busy = False
        self._end_child(at_once=True)

    def _process(self, batch: Batch) -> None:
        """Every job of `batch` gets a result; after a crash each is tried alone, and what crashes alone has failed."""
        groups = deque([list(batch.pending)])
        while groups:
            group = groups.popleft()
            try:
                self._run(batch, [batch.pending[job] for job in group])
                self._failures = 0
            except _Broken as broken:
                self._end_child(at_once=True)
                if self._queue.closed:
                    raise WorkerFailed("the worker pool was closed") from broken
                left = [job for job in group if job in batch.pending]
                if left and (len(group) == 1 or broken.timeout):
                    culprit = broken.job if broken.job in left else left[0]
                    _log.warning("a file cost a worker: %s", broken.why)
                    left.remove(culprit)
                    del batch.pending[culprit]
                    content, key = batch.hashed.get(culprit, (b"", None))
                    failed = ReadResult(culprit, Outcome.FAILED, content, key, broken.why)
                    batch.submission.deliver([failed])
                groups.extend([job] for job in left)
                self._back_off()

    def _run(self, batch: Batch, group: list[ReadJob]) -> None:
        """Gives `group` to the worker until none of it is pending; raises `_Broken`."""
        child, progress = self._ensure_child()
        watch = _Watch(child.pid, progress, self.settings.deadline_s)
        try:
            # What was hashed already was kept then.
            keep = [job.keep and batch.ask for job in group]
            request = ReadBatch([job.id for job in group], [job.name for job in group], keep, batch.ask)
            child.channel.send(request, [job.fd for job in group])
            while True:
                if self._queue.closed:
                    raise _Broken("closed", None)
                try:
                    message, _ = child.channel.receive(LOOK_S)
                except TimeoutError:
                    if watch.overdue():
                        raise _Broken("timeout", watch.job, timeout=True) from None
                    continue
                match message:
                    case Hashed():
                        self._take_hashes(batch, message)
                        if batch.ask:
                            child.channel.send(batch.wanted(message))
                        watch.restart()
                    case Cut(hashes) if batch.submission.archive is not None:
                        child.channel.send(WantedPieces(batch.submission.archive.pieces(hashes)))
                        watch.restart()
                    case Pieces(records) if batch.submission.archive is not None:
                        if wrong := flaw_of_records(records):
                            raise ChannelClosed(f"the worker gave {wrong}")
                        batch.submission.archive.take(records)
                        watch.restart()
                    case Results(results):
                        self._take_results(batch, results)
                        watch.restart()
                    case Done(retire) if not any(job.id in batch.pending for job in group):
                        if retire:
                            self._end_child()
                        return
                    case _:
                        raise ChannelClosed("the worker said what it should not")
        except ChannelClosed as error:
            ending = child.destroy()
            _, job = progress.read()
            raise _Broken(f"crash: {ending}" if ending != "exit status 0" else f"crash: {error}", job) from error

    @staticmethod
    def _take_hashes(batch: Batch, message: Hashed) -> None:
        if not set(message.jobs) <= batch.pending.keys() or any(len(content) != 32 for content in message.contents):
            raise ChannelClosed("the worker answered for a file that it was not given")
        batch.hashed.update(
            (job, (content, key))
            for job, content, key in zip(message.jobs, message.contents, message.keys, strict=False)
        )

    def _take_results(self, batch: Batch, results: list[ReadResult]) -> None:
        if not {result.job for result in results} <= batch.pending.keys():
            raise ChannelClosed("the worker answered for a file that it was not given")
        for result in results:
            if wrong := flaw(result, batch.hashed.get(result.job), self.settings.tier):
                raise ChannelClosed(f"the worker gave {wrong}")
        jobs = {result.job: batch.pending.pop(result.job) for result in results}
        escalated = [result for result in results if result.outcome is Outcome.ESCALATE]
        if escalated:
            hashes = {result.job: result.content for result in escalated}
            if batch.submission.archive is not None:
                batch.submission.archive.captured([result for result in escalated if jobs[result.job].keep])
            again = Batch(batch.submission, [jobs[job] for job in hashes], hashes)
            self._on_escalate(again, escalated, self.settings.urgent)
        others = [result for result in results if result.outcome is not Outcome.ESCALATE]
        batch.submission.deliver([_as_expected(result, batch) for result in others])

    def _ensure_child(self) -> tuple[Child[FromExtractWorker], ProgressPage]:
        if self._child and self._progress:
            return self._child, self._progress
        settings = self.settings
        why = ""
        for _ in range(_START_TRIES):
            if self._queue.closed:
                break
            self._progress = ProgressPage()
            try:
                self._child = child = Child[FromExtractWorker](
                    settings.command,
                    [settings.tier],
                    FromExtractWorker,
                    scratch=settings.scratch,
                    idle_priority=not settings.urgent,
                    stderr=settings.stderr,
                )
                child.channel.send(settings.setup, [self._progress.descriptor])
                ready, _ = child.channel.receive(_START_S)
                if isinstance(ready, Ready):
                    self.sandbox = ready.sandbox
                    if ready.sandbox.missing:
                        _log.info("the %s worker runs without %s", settings.tier, ", ".join(ready.sandbox.missing))
                    return child, self._progress
                why = "it said something unexpected"
            except (OSError, ChannelClosed) as error:  # TimeoutError is an OSError
                why = str(error) or "it did not get ready in time"
            why += f" ({self._end_child(at_once=True)})"
            self._back_off()
        raise WorkerFailed(f"the {settings.tier} worker does not start: {why}", hint="lsfs doctor")

    def _back_off(self) -> None:
        self._failures += 1
        self._queue.wait_closed(min(_LONGEST_BACKOFF_S, 0.02 * 2 ** min(self._failures, 10)))

    def _end_child(self, *, at_once: bool = False) -> str:
        child, self._child = self._child, None
        progress, self._progress = self._progress, None
        if progress:
            progress.close()
        if child is None:
            return "never ran"
        return child.destroy() if at_once else child.close()


class _Watch:
    """How long a worker has been at one file."""

    def __init__(self, pid: int, progress: ProgressPage, deadline_s: float) -> None:
        self._pid = pid
        self._progress = progress
        self._deadline_s = deadline_s
        self.restart()

    def restart(self) -> None:
        """The worker has just been heard of."""
        self._step, self.job = self._progress.read()
        # Made when it is first asked for: with every message it would cost more than most messages do.
        self._watch: Stopwatch | None = None

    def overdue(self) -> bool:
        """Whether it has been at the same file for longer than the deadline."""
        if self._progress.read()[0] != self._step:
            self.restart()
        if self._watch is None:
            self._watch = Stopwatch(self._pid)
        return self._watch.elapsed() > self._deadline_s


def _as_expected(result: ReadResult, batch: Batch) -> ReadResult:
    """`result`, or "unstable" where a document worker read other bytes than the text worker had hashed."""
    expected = batch.expected.get(result.job)
    if expected is None or result.content == expected or not result.content:
        return result
    return ReadResult(result.job, Outcome.UNSTABLE)
