"""The program of an extract worker: ``python -m lsfs.workers.extract_worker FD TIER PARENT``.

FD is the socket to the parent, TIER ``text`` or ``document``, PARENT the process that must stay alive.  A text worker
reads, hashes, extracts what is text, and hands back the rest as `Outcome.ESCALATE`; a document worker has the parsers.
"""

from __future__ import annotations

import gc
import mmap
import os
import resource
import socket
import sys
import time

import msgspec

from lsfs.core.records import Document
from lsfs.extract.base import ExtractError, Recipe, Tier
from lsfs.workers.extraction import Extraction, InstalledExtraction
from lsfs.workers.messages import (
    Done,
    Hashed,
    Outcome,
    ReadBatch,
    ReadResult,
    Ready,
    Results,
    Setup,
    ToExtractWorker,
    Wanted,
)
from lsfs.workers.packing import Packer
from lsfs.workers.progress import ProgressWriter
from lsfs.workers.protocol import Channel, ChannelClosed
from lsfs.workers.reading import HEAD_BYTES, NotAFile, Reading, Unstable, read_stable
from lsfs.workers.sandbox import die_with_parent, enter

SMALL_FILE = 1 << 20
"""Up to this size a file is read before it is known whether its bytes are needed."""
PART_BYTES = 32 << 20
"""Bytes held between hashing and extracting; a batch with more is done in parts."""
FLUSH_BYTES = 512 << 10
"""Results are sent when about so much has gathered."""
NO_TEXT_REASONS = frozenset({"unsupported", "empty", "too-large"})


class _Pending(msgspec.Struct):
    """A file between its hash and its text."""

    job: int
    name: bytes
    reading: Reading
    recipe: Recipe | None = None


class ExtractWorker:
    """Serves batches until the parent closes the connection."""

    def __init__(
        self,
        channel: Channel[ToExtractWorker],
        tier: Tier,
        extraction: Extraction,
        setup: Setup,
        progress: ProgressWriter,
    ) -> None:
        self._channel = channel
        self._tier = tier
        self._extraction = extraction
        self._setup = setup
        self._progress = progress
        self._packer = Packer()
        self._results: list[ReadResult] = []
        self._gathered = 0
        self._poisoned = False
        # A process inherits the peak of the one that started it, which may be a large one.
        self._inherited_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def serve(self) -> None:
        """Answers each batch with its results and a `Done`."""
        while True:
            message, descriptors = self._channel.receive()
            if not isinstance(message, ReadBatch) or not len(message.names) == len(message.jobs) == len(descriptors):
                raise ChannelClosed("the parent sent something else than a batch")
            self._do_batch(message, descriptors)
            self._flush()
            self._channel.send(Done(self._poisoned or self._worn()))

    def _do_batch(self, batch: ReadBatch, descriptors: list[int]) -> None:
        part: list[_Pending] = []
        held = 0
        for job, name, fd in zip(batch.jobs, batch.names, descriptors, strict=True):
            self._progress.begin(job)
            reading = self._read(job, name, fd)
            os.close(fd)
            if reading is None:
                continue
            part.append(_Pending(job, name, reading))
            held += len(reading.data)
            if held >= PART_BYTES:
                self._do_part(part, batch.ask)
                part, held = [], 0
        if part:
            self._do_part(part, batch.ask)

    def _read(self, job: int, name: bytes, fd: int) -> Reading | None:
        try:
            keep = SMALL_FILE
            if os.fstat(fd).st_size > SMALL_FILE:
                keep = self._bytes_to_keep(self._extraction.plan(name, os.pread(fd, HEAD_BYTES, 0)))
            return read_stable(fd, keep, lambda: self._progress.begin(job))
        except Unstable:
            self._add(ReadResult(job, Outcome.UNSTABLE))
        except NotAFile:
            self._add(ReadResult(job, Outcome.FAILED, reason="not-a-file"))
        except OSError as error:
            self._add(ReadResult(job, Outcome.FAILED, reason=f"unreadable: {error.strerror}"))
        except MemoryError:
            self._add(ReadResult(job, Outcome.FAILED, reason="memory"))
        return None

    def _bytes_to_keep(self, recipe: Recipe) -> int:
        if recipe.tier == "text":
            return self._setup.max_text_bytes
        return self._setup.max_document_bytes if recipe.tier == self._tier else HEAD_BYTES

    def _do_part(self, part: list[_Pending], ask: bool) -> None:
        readings = [pending.reading for pending in part]
        self._channel.send(
            Hashed(
                [pending.job for pending in part], [each.content for each in readings], [each.key for each in readings]
            )
        )
        flags = [True] * len(part)
        if ask:
            answer, _ = self._channel.receive()
            if not isinstance(answer, Wanted) or len(answer.flags) != len(part):
                raise ChannelClosed("the parent did not answer which texts it wants")
            flags = answer.flags
        for pending, wanted in zip(part, flags, strict=True):
            if wanted:
                self._progress.begin(pending.job)
                self._add(self._guarded(pending))
            else:
                reading = pending.reading
                self._add(ReadResult(pending.job, Outcome.KNOWN, reading.content, reading.key))

    def _guarded(self, pending: _Pending) -> ReadResult:
        """The result of one file, whatever its extractor does short of ending the process."""
        try:
            return self._extract(pending)
        except ExtractError as error:
            outcome = Outcome.NO_TEXT if error.reason in NO_TEXT_REASONS else Outcome.FAILED
            return self._without_text(pending, outcome, f"{error.reason}: {error.message}")
        except MemoryError:
            return self._without_text(pending, Outcome.FAILED, "memory")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a Rust panic is no Exception, and leaves its library in an unknown state
            self._poisoned = not isinstance(error, Exception)
            return self._without_text(pending, Outcome.FAILED, f"crash: {type(error).__name__}: {error}"[:500])

    def _extract(self, pending: _Pending) -> ReadResult:
        reading = pending.reading
        pending.recipe = recipe = self._extraction.plan(pending.name, reading.data[:HEAD_BYTES])
        if recipe.tier == "names":
            return self._without_text(pending, Outcome.NO_TEXT, "")
        if recipe.tier == "document":
            if self._tier != "document":
                return self._without_text(pending, Outcome.ESCALATE, "")
            if not reading.whole:
                return self._without_text(pending, Outcome.NO_TEXT, "too-large")
        document: Document = self._extraction.extract(reading.data, pending.name, recipe)
        if not document.text or document.text.isspace():
            return self._without_text(pending, Outcome.NO_TEXT, "empty")
        if not reading.whole and not document.truncated:
            document = msgspec.structs.replace(document, truncated=True)
        return self._packer.pack(
            pending.job,
            reading.content,
            reading.key,
            recipe.extractor_id,
            document,
            self._extraction.chunk(document),
            reading.data,
        )

    @staticmethod
    def _without_text(pending: _Pending, outcome: Outcome, reason: str) -> ReadResult:
        recipe = pending.recipe
        return ReadResult(
            pending.job,
            outcome,
            pending.reading.content,
            pending.reading.key,
            reason.encode("utf-8", "replace").decode(),
            recipe.extractor_id if recipe else "",
        )

    def _add(self, result: ReadResult) -> None:
        self._results.append(result)
        self._gathered += result.text_bytes + 200
        if self._gathered >= FLUSH_BYTES or self._tier == "document":
            self._flush()

    def _flush(self) -> None:
        if self._results:
            self._channel.send(Results(self._results))
            self._results, self._gathered = [], 0

    def _worn(self) -> bool:
        limits = self._setup.limits
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return bool(
            (limits.cpu_s and time.process_time() > limits.cpu_s / 2)
            or (limits.memory and peak_kib > self._inherited_kib and peak_kib * 1024 > limits.memory / 2)
        )


def run(arguments: list[str], extraction: Extraction | None = None) -> None:
    """Everything from the command line to the end of the connection."""
    fd, parent = int(arguments[0]), int(arguments[2])
    tier: Tier = "document" if arguments[1] == "document" else "text"
    die_with_parent(parent)
    channel: Channel[ToExtractWorker] = Channel(socket.socket(fileno=fd), ToExtractWorker)
    try:
        setup, descriptors = channel.receive()
        if not isinstance(setup, Setup) or len(descriptors) != 1:
            raise ChannelClosed("the parent sent something else than the set-up")
        page = mmap.mmap(descriptors[0], mmap.PAGESIZE)
        os.close(descriptors[0])
        extraction = extraction or InstalledExtraction(tier)
        extraction.warm_up()
        worker = ExtractWorker(channel, tier, extraction, setup, ProgressWriter(page))
        time.localtime()  # reads the zone's file once
        gc.collect()
        gc.freeze()
        channel.send(Ready(enter(setup.limits)))
        worker.serve()
    except ChannelClosed:
        pass
    sys.stdout.flush()
    os._exit(0)  # no clean-up of libraries whose threads and files the sandbox cut off


if __name__ == "__main__":
    run(sys.argv[1:])
