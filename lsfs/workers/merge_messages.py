"""What is said between the daemon and a worker that merges documents."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lsfs.workers.sandbox import Limits

_PART_BYTES = 8 << 20


class MergeSetup(msgspec.Struct, tag="merge", frozen=True, array_like=True):
    """The parent's first message."""

    documents: int
    limits: Limits


class MergePart(msgspec.Struct, tag="part", frozen=True, array_like=True):
    """Bytes of a document, in order."""

    data: bytes
    last: bool


class MergeFailed(msgspec.Struct, tag="failed", frozen=True, array_like=True):
    """The worker's answer where there is no document."""

    number: int
    """Which of the documents it is due to, counted from 0."""
    why: str


ToMergeWorker = MergeSetup | MergePart
FromMergeWorker = MergePart | MergeFailed


def in_parts(data: bytes) -> Iterator[MergePart]:
    """A document as messages."""
    for at in range(0, max(len(data), 1), _PART_BYTES):
        yield MergePart(data[at : at + _PART_BYTES], at + _PART_BYTES >= len(data))
