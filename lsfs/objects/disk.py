"""What is done to object files on the disk: written whole, synced, and what the system says of it as our errors."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from lsfs.core.errors import DiskFull, PermissionRefused, StorageError

_BUFFERS = 1024
"""IOV_MAX of Linux."""


def write_all(descriptor: int, buffers: list[bytes]) -> None:
    """Writes all buffers, however many and however long."""
    for start in range(0, len(buffers), _BUFFERS):
        part: list[memoryview] = [memoryview(buffer) for buffer in buffers[start : start + _BUFFERS]]
        while part:
            count = os.writev(descriptor, part)
            while part and count >= len(part[0]):
                count -= len(part.pop(0))
            if part:
                part[0] = part[0][count:]


def sync_folder(folder: Path) -> None:
    """Has the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def written_since(path: Path, before_ns: int | None) -> bool:
    """Whether a file is there and was written to after a time, where one is given."""
    return before_ns is not None and path.exists() and path.stat().st_mtime_ns > before_ns


@contextlib.contextmanager
def translated(path: Path, what: str = "kept contents cannot be written") -> Iterator[None]:
    """Turns what the system says of files of ours at `path` into our errors, which begin with `what`."""
    try:
        yield
    except OSError as error:
        said = f"{what}: {error.strerror or error}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(said, path=str(path), hint="free some space; nothing was lost") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise PermissionRefused(said, path=str(path)) from error
        raise StorageError(said, path=str(path)) from error
