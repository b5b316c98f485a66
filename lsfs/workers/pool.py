"""Extraction as the rest of lsfs sees it: open files in, hashes and texts out, whatever the files do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import msgspec

from lsfs.core.errors import WorkerFailed
from lsfs.extract.base import MAX_DOCUMENT_BYTES, MAX_TEXT_BYTES
from lsfs.workers.batches import Archive, Batch, OnResults, ReadJob, Submission, Tier, WantedTexts, WorkQueue
from lsfs.workers.lane import Lane, LaneSettings
from lsfs.workers.messages import BATCH_FILES, Outcome, ReadResult, Setup
from lsfs.workers.sandbox import Limits, SandboxReport

DOCUMENT_BATCH_FILES = 8

__all__ = ["ExtractPool", "Outcome", "PoolSettings", "ReadJob", "ReadResult", "WorkerReport"]


class PoolSettings(msgspec.Struct, frozen=True):
    """How many workers of which kind, and their bounds; seconds and bytes."""

    scratch: Path
    """A folder of ours that may be written before a worker's sandbox closes; made with mode 0700."""
    command: tuple[str, ...] = (sys.executable, "-P", "-m", "lsfs.workers.extract_worker")
    text_workers: int = 1
    deadline_s: float = 30.0
    text_idle_s: float = 60.0
    document_idle_s: float = 60.0
    urgent_idle_s: float = 300.0
    text_limits: Limits = Limits(threads=0)
    document_limits: Limits = Limits()
    max_document_bytes: int = MAX_DOCUMENT_BYTES
    max_text_bytes: int = MAX_TEXT_BYTES
    most_waiting: int = 4
    """Batches of text files waiting in the queue before `submit` blocks."""
    most_documents: int = 256
    """Documents waiting for the document worker, with their descriptors open, before they are handed back."""
    stderr: int | None = None
    """A descriptor for what workers write to standard error; None drops it."""


class WorkerReport(msgspec.Struct, frozen=True):
    """One worker, for ``doctor`` and ``status``."""

    tier: Tier
    urgent: bool
    pid: int | None
    busy: bool
    sandbox: SandboxReport | None
    """None until the worker was started for the first time."""


class ExtractPool:
    """Worker processes for the backlog and for just saved files, started on first use and ended when idle."""

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._queue = WorkQueue(settings.most_waiting)
        kinds: list[tuple[Tier, bool]] = [("text", False)] * settings.text_workers
        kinds += [("text", True), ("document", False), ("document", True)]
        self._lanes = [Lane(self._lane_settings(tier, urgent), self._queue, self._escalate) for tier, urgent in kinds]
        for lane in self._lanes:
            lane.start()

    def submit(
        self,
        jobs: Sequence[ReadJob],
        wanted: WantedTexts | None,
        on_results: OnResults,
        *,
        archive: Archive | None = None,
        urgent: bool = False,
        tier: Tier = "text",
    ) -> Future[None]:
        """Has every job read, and hands each result to `on_results`; the future is done after the last.

        `wanted` is asked which of some hashes need their text (None: all do).  Both functions are called from threads
        of the pool, `on_results` by one at a time for a submission.  While they run, that worker waits, so they must
        not call `submit`, which might wait for them.
        `archive` is asked for the bytes of jobs with `keep`; it is told of a document's before its text is made.
        `urgent` goes to workers that the backlog never uses.  ``tier="document"`` spares files that are surely
        documents the way through a text worker.  Blocks while too much is waiting.
        The descriptors belong to the pool from here on, also when this raises.
        An outcome `ESCALATE` says that too many documents wait, with their files open: nothing was read but the hash,
        and the caller submits the file again later, with ``tier="document"``.
        The future raises `WorkerFailed` when workers cannot be started or the pool is closed; the files that got no
        result are as if never submitted.
        """
        submission = Submission(jobs, wanted, on_results, archive)
        size = BATCH_FILES if tier == "text" else DOCUMENT_BATCH_FILES
        for at in range(0, len(jobs), size):
            batch = Batch(submission, jobs[at : at + size], {})
            try:
                self._queue.put(batch, tier, urgent, wait=not urgent)
            except WorkerFailed as error:
                submission.abandon([job.id for job in jobs[at:]], error)
                raise
        return submission.future

    def pause(self) -> None:
        """Hands out no more of the backlog; what a worker has begun is finished, just saved files go on."""
        self._queue.pause(True)

    def resume(self) -> None:
        """Ends a `pause`."""
        self._queue.pause(False)

    def report(self) -> list[WorkerReport]:
        """Every worker, running or not."""
        return [
            WorkerReport(lane.settings.tier, lane.settings.urgent, lane.pid, lane.busy, lane.sandbox)
            for lane in self._lanes
        ]

    def close(self) -> None:
        """Ends all workers; unfinished submissions raise `WorkerFailed`.  Closing twice does nothing."""
        for batch in self._queue.close():
            batch.abandon(WorkerFailed("the worker pool was closed"))
        for lane in self._lanes:
            lane.abort()
        for lane in self._lanes:
            lane.join()

    def _escalate(self, batch: Batch, results: list[ReadResult], urgent: bool) -> None:
        """Queues documents that a text worker found, or hands them back when too many wait already."""
        if not urgent and self._queue.waiting_jobs("document", False) >= self._settings.most_documents:
            batch.submission.deliver(results)
            return
        jobs = list(batch.pending.values())
        try:
            while jobs:
                part = Batch(batch.submission, jobs[:DOCUMENT_BATCH_FILES], batch.expected)
                self._queue.put(part, "document", urgent, wait=False)
                del jobs[:DOCUMENT_BATCH_FILES]
        except WorkerFailed as error:
            batch.submission.abandon([job.id for job in jobs], error)

    def _lane_settings(self, tier: Tier, urgent: bool) -> LaneSettings:
        settings = self._settings
        idle_s = settings.text_idle_s if tier == "text" else settings.document_idle_s
        limits = settings.text_limits if tier == "text" else settings.document_limits
        return LaneSettings(
            tier=tier,
            urgent=urgent,
            idle_s=settings.urgent_idle_s if urgent and tier == "text" else idle_s,
            setup=Setup(limits, settings.max_document_bytes, settings.max_text_bytes),
            command=settings.command,
            scratch=settings.scratch,
            deadline_s=settings.deadline_s,
            stderr=settings.stderr,
        )
