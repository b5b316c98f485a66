"""The beginning of a file that is being pulled: whatever its source, its bytes are a prefix of the same file."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from lsfs.core.progress import Progress


class SourceFailed(Exception):
    """A source could not give the file; the text says why in a few words, and the next source is tried."""


class Part:
    """``NAME.part``: kept when a pull breaks off, so that the next one goes on from there, from any source.

    Raises OSError where the disk does.
    """

    def __init__(self, path: Path, total: int, progress: Progress) -> None:
        self.path = path
        self.total = total
        self._progress = progress
        self._stream = path.open("ab", buffering=0)
        self.length = self._stream.tell()
        self._shown = 0
        if self.length > total:
            self.restart()
        self.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def complete(self) -> bool:
        """Whether all bytes are there; nobody has verified them yet."""
        return self.length == self.total

    def write(self, block: bytes) -> None:
        """Appends `block`; raises SourceFailed where that is more than the file has."""
        if self.length + len(block) > self.total:
            raise SourceFailed(f"gives more than the file's {self.total} bytes")
        view = memoryview(block)
        while view:
            written = self._stream.write(view)
            self.length += written
            view = view[written:]
        self.underway(self.length, self.total)

    def restart(self) -> None:
        """Forgets what is there: the next byte written is the file's first."""
        self._stream.truncate(0)
        self.length = 0
        self.settle()

    def flush(self) -> None:
        """Brings what was written to the disk."""
        os.fsync(self._stream.fileno())

    def underway(self, arrived: int, limit: int) -> None:
        """Shows `arrived` bytes as done, at most `limit`: they are on this machine, if not all written here yet."""
        self._show(max(self._shown, min(arrived, limit)))

    def settle(self) -> None:
        """Shows exactly what is written."""
        self._show(self.length)

    def _show(self, amount: int) -> None:
        if amount != self._shown:
            self._progress.advance(amount - self._shown)
            self._shown = amount
