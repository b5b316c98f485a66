"""Reading a file once, as it stood still."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from lsfs.core.records import StatKey
from lsfs.workers.reading import NotAFile, Unstable, read_stable


@pytest.fixture
def log(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    path = tmp_path / "log"
    path.write_bytes(b"begin\n")
    fd = os.open(path, os.O_RDONLY)
    yield path, fd
    os.close(fd)


def change_while_reading(path: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    real: Callable[[int, int, int], bytes] = os.pread
    left = [times]

    def pread(fd: int, count: int, offset: int) -> bytes:
        data = real(fd, count, offset)
        if left[0] > 0:
            left[0] -= 1
            with path.open("ab") as writer:
                writer.write(b"more\n")
        return data

    monkeypatch.setattr(os, "pread", pread)


def test_a_file_that_changes_during_every_reading_is_unstable(
    log: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_while_reading(log[0], monkeypatch, 1000)
    with pytest.raises(Unstable):
        read_stable(log[1], 1 << 20)


def test_a_file_that_changes_once_is_read_as_it_stood_afterwards(
    log: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_while_reading(log[0], monkeypatch, 1)
    result = read_stable(log[1], 1 << 20)
    assert result.data == b"begin\nmore\n"
    assert result.content == blake3(result.data).digest()
    assert result.key == StatKey.of(os.stat(log[0]))


def test_an_edit_with_size_and_mtime_put_back_is_seen(log: tuple[Path, int], monkeypatch: pytest.MonkeyPatch) -> None:
    path, fd = log
    before = os.stat(path)
    real: Callable[[int, int, int], bytes] = os.pread
    edits = iter([b"BEGIN\n"])

    def pread(fd: int, count: int, offset: int) -> bytes:
        data = real(fd, count, offset)
        for edit in edits:
            while os.stat(path).st_ctime_ns == before.st_ctime_ns:  # the clock of the file system may be coarse
                path.write_bytes(edit)
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return data

    monkeypatch.setattr(os, "pread", pread)
    assert read_stable(fd, 1 << 20).data == b"BEGIN\n"


def test_a_file_larger_than_what_is_kept_is_hashed_to_its_end(tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    (tmp_path / "big").write_bytes(data)
    fd = os.open(tmp_path / "big", os.O_RDONLY)
    os.lseek(fd, 5, os.SEEK_SET)
    result = read_stable(fd, 1000)
    assert (result.data, result.whole) == (data[:1000], False)
    assert result.content == blake3(data).digest()
    assert os.lseek(fd, 0, os.SEEK_CUR) == 5, "the offset is shared with the parent"
    os.close(fd)


def test_an_empty_file_has_the_hash_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    fd = os.open(tmp_path / "empty", os.O_RDONLY)
    assert read_stable(fd, 10).content == blake3(b"").digest()
    os.close(fd)


def test_a_fifo_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    fd = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(NotAFile):
        read_stable(fd, 10)
    os.close(fd)
