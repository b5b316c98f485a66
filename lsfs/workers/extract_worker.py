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
from lsfs.objects.piece import ManifestPiece, Record
from lsfs.workers.extraction import Extraction, InstalledExtraction
from lsfs.workers.keeping import PieceSender
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
"""Bytes held between hashing and extracting; a batch with more is done in parts.  A larger file whose bytes are wanted
is read a second time for them."""
WORTH_TELLING_S = 0.05
"""What reading a file has to take for the time to be told."""
FLUSH_BYTES = 512 << 10
"""Results are sent when about so much has gathered."""
NO_TEXT_REASONS = frozenset({"unsupported", "empty", "too-large"})


class _Pending(msgspec.Struct):
    """A file between its hash and its text."""

    job: int
    name: bytes
    reading: Reading
    keep: bool
    fd: int | None
    """Of a file that has to be read again to be kept; closed once that is done."""
    seconds: float
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
        self.sender = PieceSender(channel)
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
        for job, name, fd, keep in zip(batch.jobs, batch.names, descriptors, batch.keep, strict=True):
            self._progress.begin(job)
            pending = self._read(job, name, fd, keep)
            if pending is None or pending.fd is None:
                os.close(fd)
            if pending is None:
                continue
            part.append(pending)
            held += len(pending.reading.data)
            if held >= PART_BYTES:
                self._do_part(part, batch.ask)
                part, held = [], 0
        if part:
            self._do_part(part, batch.ask)

    def _read(self, job: int, name: bytes, fd: int, keep: bool) -> _Pending | None:
        began = time.monotonic()
        try:
            limit = SMALL_FILE
            size = os.fstat(fd).st_size
            if size > SMALL_FILE:
                limit = self._bytes_to_keep(self._extraction.plan(name, os.pread(fd, HEAD_BYTES, 0)))
                if keep and size <= PART_BYTES:
                    limit = max(limit, size)
            reading = read_stable(fd, limit, lambda: self._progress.begin(job))
            again = fd if keep and not reading.whole else None
            return _Pending(job, name, reading, keep, again, time.monotonic() - began)
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
        texts, contents = [True] * len(part), [False] * len(part)
        if ask:
            answer, _ = self._channel.receive()
            if not isinstance(answer, Wanted) or not len(answer.texts) == len(answer.contents) == len(part):
                raise ChannelClosed("the parent did not answer what it wants")
            texts, contents = answer.texts, answer.contents
        for pending, wanted, keep in zip(part, texts, contents, strict=True):
            self._progress.begin(pending.job)
            try:
                kept = self._kept(pending) if keep else (None, ())
            except Unstable:
                self._add(ReadResult(pending.job, Outcome.UNSTABLE))
                continue
            except OSError as error:
                self._add(ReadResult(pending.job, Outcome.FAILED, reason=f"unreadable: {error.strerror}"))
                continue
            finally:
                if pending.fd is not None:
                    os.close(pending.fd)
            self._progress.begin(pending.job)
            reading = pending.reading
            known = ReadResult(pending.job, Outcome.KNOWN, reading.content, reading.key)
            result = self._guarded(pending) if wanted else known
            if keep or pending.seconds >= WORTH_TELLING_S:
                seconds = pending.seconds if pending.seconds >= WORTH_TELLING_S else 0.0
                result = msgspec.structs.replace(result, piece=kept[0], pieces=kept[1], seconds=seconds)
            self._add(result)

    def _kept(self, pending: _Pending) -> tuple[Record | None, tuple[ManifestPiece, ...]]:
        began = time.monotonic()
        kept = self.sender.send(pending.reading, pending.fd, lambda: self._progress.begin(pending.job))
        pending.seconds += time.monotonic() - began
        return kept

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
        self._gathered += result.weight + 200
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
        if tier == "text":
            worker.sender.warm_up()
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
