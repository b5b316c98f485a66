"""Reading an open file once, as it stood still."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

import msgspec
from blake3 import blake3

from lsfs.core.records import StatKey

ATTEMPTS = 4
"""One reading and three more when the file changes meanwhile."""
HEAD_BYTES = 4096
_STREAM_BYTES = 1 << 20


class Unstable(Exception):
    """The file changed during every attempt."""


class NotAFile(Exception):
    """The descriptor is of something that has no bytes of its own: a folder, a device, a FIFO."""


class Reading(msgspec.Struct, frozen=True):
    """The bytes of a file (all, or only the beginning), and what they hash to."""

    data: bytes
    content: bytes
    key: StatKey
    whole: bool


def read_stable(fd: int, keep: int, tick: Callable[[], None] = lambda: None) -> Reading:
    """The file at `fd`, hashed from beginning to end; of one larger than `keep` bytes only the first `keep` are kept.

    The descriptor's offset is neither used nor moved: parent and worker share it.  `tick` is called now and then
    while a large file is hashed, which may take minutes.
    Raises `Unstable`, `NotAFile`, or OSError from the disk.
    """
    for _ in range(ATTEMPTS):
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise NotAFile
        whole = before.st_size <= keep
        if whole:
            data = _read_all(fd, before.st_size)
            content, size = blake3(data).digest(), len(data)
        else:
            data = _read_all(fd, keep - 1)
            content, size = _hash_stream(fd, before.st_size, tick)
        key = StatKey.of(os.fstat(fd))
        if size == before.st_size and key == StatKey.of(before):
            return Reading(data, content, key, whole)
    raise Unstable


def _read_all(fd: int, expected: int) -> bytes:
    """Up to `expected` + 1 bytes: the one more shows growth without another call."""
    data = os.pread(fd, expected + 1, 0)
    if len(data) in (0, expected, expected + 1):
        return data
    parts, at = [data], len(data)  # interrupted by a signal, or cut by the kernel's limit of 2 GiB a call
    while at <= expected and (part := os.pread(fd, expected + 1 - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _hash_stream(fd: int, size: int, tick: Callable[[], None]) -> tuple[bytes, int]:
    """No more than `size` bytes: a file that grows as fast as it is read would never end."""
    hasher, at = blake3(), 0
    while part := os.pread(fd, min(_STREAM_BYTES, size - at), at):
        hasher.update(part)
        at += len(part)
        tick()
    return hasher.digest(), at
