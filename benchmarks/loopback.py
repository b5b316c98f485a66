"""A plain loopback in Python over mfusepy, to measure a mount beside: python loopback.py SOURCE MOUNT_POINT.

What its documentation shows as the simplest file system of files: no caching but the kernel's, one call for one call.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

os.environ["FUSE_LIBRARY_NAME"] = "fuse3"

import mfusepy


class Loopback(mfusepy.Operations):  # type: ignore[misc]
    """The files below a folder, to be read."""

    use_ns = True

    def __init__(self, source: str) -> None:
        self.source = source

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """What `lstat` says."""
        found = os.lstat(self.source + path)
        names = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid")
        return {**{name: getattr(found, name) for name in names}, "st_mtime": found.st_mtime_ns}

    def readdir(self, path: str, fh: int) -> list[str]:
        """The names in a folder."""
        return [".", "..", *os.listdir(self.source + path)]

    def open(self, path: str, flags: int) -> int:
        """A descriptor."""
        return os.open(self.source + path, os.O_RDONLY)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """A part of a file."""
        return os.pread(fh, size, offset)

    def release(self, path: str, fh: int) -> int:
        """Closes the descriptor."""
        os.close(fh)
        return 0


if __name__ == "__main__":
    with contextlib.suppress(RuntimeError):  # what it says when a signal ends it
        mfusepy.FUSE(Loopback(sys.argv[1]), sys.argv[2], foreground=True, ro=True, fsname="loopback")
