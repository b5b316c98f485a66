"""PDF documents are merged in a process of its own, with bounds."""

from __future__ import annotations

import sys

import pytest

from lsfs.core.errors import WorkerFailed
from lsfs.extract.pdfpages import sample
from lsfs.workers.merge_messages import MergeFailed
from lsfs.workers.merging import merge_pdfs
from lsfs.workers.sandbox import Limits

MOST = 1 << 20

LYING = """
import os, socket, sys
from lsfs.workers.merge_messages import MergePart
from lsfs.workers.protocol import Channel
channel = Channel(socket.socket(fileno=int(sys.argv[1])), MergePart)
{act}
"""


def lying(act: str) -> tuple[str, ...]:
    """A worker that does as it likes."""
    return (sys.executable, "-c", LYING.format(act=act))


def test_pages_of_several_documents_become_one():
    merged = merge_pdfs([sample(), sample(), sample()], MOST)
    assert isinstance(merged, bytes)
    assert merged.startswith(b"%PDF-") and merged.count(b"/MediaBox") == 3


@pytest.mark.parametrize("broken", [b"", b"no document", sample()[:200], sample().replace(b"/Pages", b"/Nages")])
def test_a_document_that_cannot_be_read_is_named(broken: bytes):
    answer = merge_pdfs([sample(), broken, sample()], MOST)
    assert isinstance(answer, MergeFailed)
    assert answer.number == 1 and "cannot be read as a PDF document" in answer.why


def test_a_document_of_several_messages_arrives_whole():
    # Readers look for the end from behind: what stands before the document is passed over.
    large = b"%" + bytes(20 << 20) + b"\n" + sample()
    answer = merge_pdfs([sample(), large + sample()], MOST)
    assert isinstance(answer, bytes) and answer.count(b"/MediaBox") == 2


def test_a_process_that_ends_or_hangs_or_never_stops_talking_fails_alone():
    with pytest.raises(WorkerFailed, match="cannot be merged") as caught:
        merge_pdfs([sample()], MOST, command=lying("os.abort()"))
    assert "SIGABRT" in str(caught.value.hint)
    with pytest.raises(WorkerFailed, match="too long"):
        merge_pdfs([sample()], MOST, deadline_s=0.5, command=lying("import time; time.sleep(60)"))
    with pytest.raises(WorkerFailed, match="more than 1 MiB"):
        merge_pdfs([sample()], MOST, command=lying("while True: channel.send(MergePart(bytes(1 << 16), False))"))


def test_memory_is_bounded():
    with_room = [sample() + b"\n" * (64 << 20) + sample()] * 2
    limits = Limits(memory=160 << 20, cpu_s=60, descriptors=64)
    try:
        answer = merge_pdfs(with_room, MOST, limits)
    except WorkerFailed:
        return
    assert isinstance(answer, MergeFailed), "it took more memory than it was given"
