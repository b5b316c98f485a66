"""What was opened through mounts, the last first; kept in a file that the processes of several mounts share.

The kernel does not say that a link was opened, only that it was read.  Programs that list a folder read links too, so
a link counts as opened when it is read by a process that has no folder of the mount open.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

_MOST = 200


class Opened:
    """A list of paths; for any thread, and any number of processes."""

    def __init__(self, file: Path | None) -> None:
        """`file` keeps it; with None nothing is kept."""
        self._file = file
        self._lock = threading.Lock()

    def change(self) -> int:
        """Another number after every change."""
        if self._file is None:
            return 0
        with contextlib.suppress(OSError):
            return self._file.stat().st_mtime_ns
        return 0

    def paths(self) -> list[bytes]:
        """Absolute paths, the one that was opened last first."""
        if self._file is None:
            return []
        try:
            return msgspec.msgpack.decode(self._file.read_bytes(), type=list[bytes])
        except (OSError, msgspec.DecodeError):
            return []

    def note(self, path: bytes) -> None:
        """Puts a path first."""
        if self._file is None:
            return
        # On a full disk it is not remembered.
        with contextlib.suppress(OSError), self._lock, _locked(self._file.with_suffix(".lock")):
            before = self.paths()
            if before[:1] != [path]:
                _write(self._file, msgspec.msgpack.encode([path, *(one for one in before if one != path)][:_MOST]))


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(file: Path, data: bytes) -> None:
    temporary = file.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(data)
    temporary.replace(file)
