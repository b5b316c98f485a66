"""Merges PDF documents in a process of its own, which ends with that."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from lsfs.core.errors import WorkerFailed
from lsfs.workers.child import Child
from lsfs.workers.merge_messages import FromMergeWorker, MergeFailed, MergeSetup, in_parts
from lsfs.workers.protocol import ChannelClosed
from lsfs.workers.sandbox import Limits

_COMMAND = (sys.executable, "-P", "-m", "lsfs.workers.merge_worker")
_LIMITS = Limits(memory=2 << 30, cpu_s=120, descriptors=64)
_DEADLINE_S = 180.0


def merge_pdfs(
    documents: Sequence[bytes],
    most_bytes: int,
    limits: Limits = _LIMITS,
    deadline_s: float = _DEADLINE_S,
    command: Sequence[str] = _COMMAND,
) -> bytes | MergeFailed:
    """One document with the pages of all, or why there is none.

    Raises `WorkerFailed` where the process died, or did not end in time, or made more than `most_bytes`; OSError where
    it cannot be started.
    """
    until = time.monotonic() + deadline_s
    with tempfile.TemporaryDirectory(prefix="lsfs-merge-") as scratch:
        child: Child[FromMergeWorker] = Child(command, (), FromMergeWorker, scratch=Path(scratch), idle_priority=False)
        try:
            return _asked(child, documents, most_bytes, limits, until)
        except ChannelClosed as error:
            raise WorkerFailed(
                "the documents cannot be merged", hint=f"the process ended: {child.destroy()}"
            ) from error
        except TimeoutError as error:
            raise WorkerFailed("the documents cannot be merged: it takes too long") from error
        finally:
            child.kill()
            child.close()


def _asked(
    child: Child[FromMergeWorker], documents: Sequence[bytes], most_bytes: int, limits: Limits, until: float
) -> bytes | MergeFailed:
    child.channel.send(MergeSetup(len(documents), limits))
    for document in documents:
        for part in in_parts(document):
            child.channel.send(part)
    merged = bytearray()
    while True:
        answer, _ = child.channel.receive(max(until - time.monotonic(), 0.0))
        if isinstance(answer, MergeFailed):
            return answer
        merged += answer.data
        if len(merged) > most_bytes:
            raise WorkerFailed(f"the documents cannot be merged: more than {most_bytes >> 20} MiB would come of it")
        if answer.last:
            return bytes(merged)
