"""Pages of several PDF documents as one document."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.core.errors import WorkerFailed
from lsfs.plan.problems import Problem
from lsfs.workers.merge_messages import MergeFailed
from lsfs.workers.merging import merge_pdfs


def merged_pdf(documents: Sequence[tuple[str, bytes]], most_bytes: int) -> bytes:
    """One document with the pages of all, given as (shown path, bytes); raises `Problem` for what cannot be read."""
    try:
        merged = merge_pdfs([data for _, data in documents], most_bytes)
    except WorkerFailed as error:
        raise Problem("not-merged", error.message) from error
    if not isinstance(merged, MergeFailed):
        return merged
    # What a worker says is not to be trusted, its number included.
    number = min(max(merged.number, 0), len(documents) - 1)
    raise Problem("not-a-pdf", f"{documents[number][0]} {merged.why}")
