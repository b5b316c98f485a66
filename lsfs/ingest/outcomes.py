"""What a finished reading means to the index."""

from __future__ import annotations

from lsfs.index.pipeline import Standing, Text
from lsfs.store.index import NewContent
from lsfs.workers.messages import Outcome, ReadResult


def standing_of(result: ReadResult) -> Standing | None:
    """Why a file is not indexed as it was read, None where it is."""
    if result.outcome is Outcome.UNSTABLE:
        return Standing("unstable", result.reason or "it kept changing while it was read")
    if result.outcome is Outcome.ESCALATE:
        return Standing("queued")  # captured; its text comes later
    if result.outcome is Outcome.FAILED and not result.content:
        return Standing("failed", result.reason)
    return None


def text_of(result: ReadResult, code: bool) -> Text | None:
    """What the index keeps of a result, None where it brings no new content."""
    if not result.content or result.outcome not in (Outcome.TEXT, Outcome.NO_TEXT, Outcome.FAILED):
        return None
    content = NewContent(
        hash=result.content,
        state=result.outcome.value,
        extractor=result.extractor,
        reason=result.reason,
        title=result.title or "",
        metadata=result.metadata,
        anchors=tuple((anchor.offset, anchor.label) for anchor in result.anchors),
        headings=result.headings,
        code=code,
        own_text=result.own_text,
        text_bytes=result.text_bytes,
        chunks=len(result.chunks),
        chunk_table=result.chunk_table,
        text=result.text_zstd or None,
    )
    return Text(content, result.chunks, result.cjk)
