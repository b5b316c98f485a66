"""What was opened through the mount, the last first; kept in a file of the user's own, read and written by one process.

The kernel does not say that a link was opened, only that it was read.  Programs that list a folder read links too, so
a link counts as opened when it is read by a process that has no folder of the mount open.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import msgspec

_MOST = 200


class Opened:
    """A list of paths; for any thread."""

    def __init__(self, file: Path | None) -> None:
        """`file` keeps it; None keeps it in memory."""
        self._file = file
        self._lock = threading.Lock()
        self._paths: dict[bytes, None] = {}
        self.count = 0
        """Goes up with every change."""
        if file is not None:
            with contextlib.suppress(OSError, msgspec.DecodeError):
                self._paths = dict.fromkeys(msgspec.msgpack.decode(file.read_bytes(), type=list[bytes]))

    def paths(self) -> list[bytes]:
        """Absolute paths, the one that was opened last first."""
        with self._lock:
            return list(reversed(self._paths))

    def note(self, path: bytes) -> None:
        """Puts a path first."""
        with self._lock:
            if next(reversed(self._paths), None) == path:
                return
            self._paths.pop(path, None)
            self._paths[path] = None
            while len(self._paths) > _MOST:
                del self._paths[next(iter(self._paths))]
            self.count += 1
            listed = list(self._paths)
            if self._file is not None:
                with contextlib.suppress(OSError):  # a full disk costs the memory of what was opened
                    _write(self._file, msgspec.msgpack.encode(listed))


def _write(file: Path, data: bytes) -> None:
    temporary = file.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(data)
    temporary.replace(file)
