"""Vectors are made in the background: what stops it is said, and what is over is noticed."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from lsfs.core.chunktable import pack
from lsfs.core.errors import WorkerFailed
from lsfs.core.records import Kind
from lsfs.embed.hashing import HashingEmbedder
from lsfs.index.embedding import EmbeddingJob
from lsfs.index.texts import Texts
from lsfs.index.vectors import VectorIndex
from lsfs.store.index import FileRow, Index, NewContent

DIMENSIONS = 64


class Embedder(HashingEmbedder):
    """One that can be made to fail."""

    def __init__(self) -> None:
        super().__init__(DIMENSIONS)
        self.error: Exception | None = None
        self.calls = 0
        self.on_call = lambda: None

    def embed(self, texts):
        if self.error is not None:
            raise self.error
        self.calls += 1
        self.on_call()
        return super().embed(texts)


class Job:
    """An embedding job over one content, of the word ``lease`` again and again, and what it tells."""

    def __init__(self, index: Index, chunks: int = 1) -> None:
        import zstandard

        self.index = index
        self.allowed = True
        self.reason = "the disk is full"
        self.refusal: Exception | None = None
        self.embedder = Embedder()
        self.changed = threading.Condition()
        vectors = VectorIndex(index, DIMENSIONS)
        content = NewContent(
            hash=b"h" * 32,
            state="text",
            extractor="1",
            text_bytes=5 * chunks,
            chunks=chunks,
            chunk_table=pack([(5 * place, 1, 1, 0) for place in range(chunks)]),
            text=zstandard.ZstdCompressor().compress(b"lease" * chunks),
        )
        with index.write() as tx:
            index.vectors.begin(tx, DIMENSIONS)
            self.content = index.contents.add(tx, content, index.take_chunks(tx, chunks))
            row = FileRow(1, 1, b"f", "f", "", Kind.FILE.value, 1, 0, content.hash, None, 1, "done")
            index.files.put(tx, [row])
        self.job = EmbeddingJob(
            index, Texts(index, lambda row: -1), vectors, self.embedder, self._tell, self._refused, retry_s=0.05
        )

    def _refused(self) -> str | None:
        if self.refusal is not None:
            raise self.refusal
        return None if self.allowed else self.reason

    def _tell(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def until(self, condition) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, 20)

    def embedded(self) -> bool:
        return self.index.contents.embedded(self.content)


@pytest.fixture
def job(tmp_path):
    index = Index(tmp_path / "index.db")
    job = Job(index)
    yield job
    job.job.stop()
    index.close()


def test_a_refusal_is_a_reason_as_long_as_vectors_are_missing_and_is_asked_again(job):
    job.allowed = False
    job.job.start()
    job.until(lambda: job.job.trouble != "")
    assert not job.embedded()
    job.allowed = True  # nobody tells the job that there is room again
    job.until(lambda: job.embedded() and job.job.trouble == "")


def test_work_that_was_begun_waits_where_something_else_is_asked_for(tmp_path):
    index = Index(tmp_path / "index.db")
    job = Job(index, chunks=400)
    try:
        job.embedder.on_call = lambda: setattr(job, "allowed", False)
        job.job.start()
        job.until(lambda: job.job.trouble != "")
        assert (job.embedder.calls, job.embedded()) == (1, False)
        job.embedder.on_call = lambda: None
        job.allowed = True
        job.job.nudge()
        job.until(lambda: job.embedded() and job.job.trouble == "")
    finally:
        job.job.stop()
        index.close()


def test_waiting_for_what_is_asked_for_is_no_trouble(tmp_path):
    index = Index(tmp_path / "index.db")
    job = Job(index, chunks=400)
    called = threading.Event()
    try:
        job.reason = ""
        job.embedder.on_call = lambda: (setattr(job, "allowed", False), called.set())
        job.job.start()
        assert called.wait(20)
        assert (job.job.trouble, job.job.missing(), job.embedded()) == ("", True, False)
        job.embedder.on_call = lambda: None
        job.allowed = True
        job.job.nudge()
        job.until(job.embedded)
    finally:
        job.job.stop()
        index.close()


def test_a_refusal_is_no_matter_where_every_vector_is_there(job):
    job.job.start()
    job.until(lambda: job.embedded() and not job.job.missing())
    job.allowed = False
    job.job.nudge()
    job.until(lambda: not job.job.missing())
    assert job.job.trouble == ""


@pytest.mark.parametrize("error", [WorkerFailed("it died"), OSError(28, "no space"), ValueError("of a library")])
def test_whatever_the_embedder_raises_is_said_and_tried_again(job, error):
    job.embedder.error = error
    job.job.start()
    job.until(lambda: job.job.trouble != "")
    assert job.job.missing()
    job.embedder.error = None
    job.until(lambda: job.embedded() and job.job.trouble == "")
    (row,) = job.index.vectors.get(1, 1)
    assert np.array_equal(np.frombuffer(row, np.float32), HashingEmbedder(DIMENSIONS).embed(["lease"])[0])


def test_a_disk_that_cannot_be_asked_does_not_end_the_thread(job):
    job.refusal = FileNotFoundError("the folder is gone")
    job.job.start()
    job.until(lambda: "FileNotFoundError" in job.job.trouble)
    job.refusal = None
    job.until(job.embedded)
