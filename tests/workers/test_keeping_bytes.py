"""What a worker sends of a file whose bytes are to be kept: real workers, an archive that only remembers."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from lsfs.objects.piece import Codec, Record, header_of
from lsfs.workers.extract_worker import PART_BYTES
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.pool import ExtractPool, PoolSettings, ReadJob
from tests.workers.conftest import Files


class Memory:
    """An archive."""

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}
        self.unwanted: set[bytes] = set()
        self.asked: list[bytes] = []
        self.early: list[ReadResult] = []
        self._codec = Codec()

    def contents(self, hashes: list[bytes], sizes: list[int]) -> list[bool]:
        self.asked += hashes
        return [content not in self.unwanted for content in hashes]

    def pieces(self, hashes: list[bytes]) -> list[bool]:
        return [digest not in self.held for digest in hashes]

    def take(self, records: list[Record]) -> None:
        for record in records:
            _, data = self._codec.unpack(header_of(record) + record.payload)
            assert blake3(data).digest() == record.hash
            self.held[record.hash] = data

    def captured(self, results: list[ReadResult]) -> None:
        self.early += results

    def content(self, result: ReadResult) -> bytes:
        if result.piece is not None:
            self.take([result.piece])
            return self.held[result.piece.hash]
        return b"".join(self.held[piece.hash] for piece in result.pieces)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[ExtractPool]:
    pool = ExtractPool(PoolSettings(scratch=tmp_path / "scratch"))
    yield pool
    pool.close()


def read(
    pool: ExtractPool, files: Files, archive: Memory, named: dict[str, bytes], *, keep: bool = True, texts: bool = True
) -> dict[str, ReadResult]:
    """The results of files that are to be kept."""
    results: dict[str, ReadResult] = {}
    names = list(named)
    jobs = []
    for number, name in enumerate(names):
        made = files.job(number, name, named[name])
        jobs.append(ReadJob(made.id, made.name, made.fd, keep))

    def gather(some: list[ReadResult]) -> None:
        results.update({names[result.job]: result for result in some})

    pool.submit(jobs, lambda hashes: [texts] * len(hashes), gather, archive=archive).result(60)
    return results


def test_a_small_file_is_one_piece_that_comes_with_its_text(real, files):
    memory = Memory()
    (result,) = read(real, files, memory, {"a.txt": b"a small text"}).values()
    assert result.outcome is Outcome.TEXT and result.chunks == ("a small text",)
    assert result.piece is not None and not result.pieces
    assert memory.content(result) == b"a small text"
    assert not memory.held.keys() - {result.content}


@pytest.mark.parametrize(
    "size", [0, 1, 64 << 10, (64 << 10) + 1, 5 << 20, PART_BYTES + 1], ids=lambda size: f"{size} bytes"
)
def test_bytes_of_any_size_arrive_as_they_are(real, files, size):
    memory = Memory()
    data = random.Random(size).randbytes(size)
    (result,) = read(real, files, memory, {"a.bin": data}).values()
    assert result.content == blake3(data).digest()
    assert memory.content(result) == data


def test_what_is_kept_already_is_not_sent_again(real, files):
    memory = Memory()
    data = random.Random(1).randbytes(3 << 20)
    (first,) = read(real, files, memory, {"a.bin": data}).values()
    taken: list[Record] = []
    memory.take = taken.extend  # type: ignore[method-assign]
    # One byte more at the end: of a group that the archive is asked about, only the last pieces are others.
    (second,) = read(real, files, memory, {"b.bin": data + b"!"}).values()
    assert len(first.pieces) > 4
    assert set(second.pieces) - set(first.pieces)
    assert {record.hash for record in taken} & {piece.hash for piece in second.pieces}
    memory.unwanted.add(second.content)
    taken.clear()
    (third,) = read(real, files, memory, {"c.bin": data + b"!"}).values()
    assert third.piece is None and not third.pieces and not taken


def test_a_file_that_is_not_to_be_kept_is_not_asked_about(real, files):
    memory = Memory()
    (result,) = read(real, files, memory, {"a.txt": b"a text"}, keep=False).values()
    assert result.outcome is Outcome.TEXT and result.piece is None
    assert memory.asked == []


def test_bytes_are_kept_though_no_text_is_wanted(real, files):
    memory = Memory()
    (result,) = read(real, files, memory, {"a.txt": b"a text"}, texts=False).values()
    assert result.outcome is Outcome.KNOWN and not result.chunks
    assert memory.content(result) == b"a text"


def test_a_document_is_kept_before_its_text_is_had(real, files):
    """A document takes long, and its bytes may be overwritten meanwhile."""
    memory = Memory()
    (result,) = read(real, files, memory, {"a.docx": b"PK\x03\x04 not a document at all"}).values()
    (early,) = memory.early
    assert early.outcome is Outcome.ESCALATE and memory.content(early) == b"PK\x03\x04 not a document at all"
    assert result.outcome in (Outcome.FAILED, Outcome.NO_TEXT) and result.piece is None


def written_during(pool: ExtractPool, files: Files, write: Callable[[int], None]) -> ReadResult:
    """The result of a large file to which `write` is done again and again while it is read."""
    path = files.folder / "large.bin"
    path.write_bytes(bytes(PART_BYTES + (8 << 20)))
    done = threading.Event()

    def disturb() -> None:
        target = os.open(path, os.O_RDWR)
        while not done.is_set():
            write(target)
            done.wait(0.002)
        os.close(target)

    thread = threading.Thread(target=disturb)
    thread.start()
    results: list[ReadResult] = []
    try:
        job = ReadJob(1, b"large.bin", os.open(path, os.O_RDONLY | os.O_CLOEXEC), True)
        pool.submit([job], lambda hashes: [True], results.extend, archive=Memory()).result(60)
    finally:
        done.set()
        thread.join()
    return results[0]


def test_a_file_that_is_written_to_while_it_is_read_is_never_kept_torn(real, files):
    result = written_during(real, files, lambda fd: os.pwrite(fd, os.urandom(8), 4096))
    assert result.outcome is Outcome.UNSTABLE and not result.pieces


def test_a_file_that_grows_as_fast_as_it_is_read_comes_to_an_end(real, files):
    def grow(fd: int) -> None:
        if os.fstat(fd).st_size < 400 << 20:
            os.pwrite(fd, bytes(4 << 20), os.fstat(fd).st_size)

    assert written_during(real, files, grow).outcome is Outcome.UNSTABLE
