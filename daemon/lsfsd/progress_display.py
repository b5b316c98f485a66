"""Progress of long work in bytes: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import IO

from lsfs.core.progress import NullProgress, Progress
from lsfs.core.sizes import size_text

_LINE_SECONDS = 10.0
"""Between two lines about one piece of work, in a log that nobody watches."""
_DRAW_SECONDS = 0.1
_BAR_WIDTH = 20
_CLEAR_LINE = "\x1b[K"
"""ECMA-48 EL: what an earlier, longer line left is erased."""


def byte_progress(stream: IO[str], *, quiet: bool) -> Progress:
    """What suits `stream`: a bar where it is a terminal, lines where it is not, nothing where `quiet`."""
    if quiet:
        return NullProgress()
    return BarProgress(stream) if stream.isatty() else LineProgress(stream)


class LineProgress:
    """A line at the start and the end, and one now and then between."""

    def __init__(self, stream: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._what = ""
        self._total: int | None = None
        self._count = 0
        self._next = 0.0

    def start(self, total: int | None, what: str) -> None:
        """Writes what begins, and how much it is."""
        self._what, self._total, self._count = what, total, 0
        self._next = self._clock() + _LINE_SECONDS
        self._write(what if total is None else f"{what}: {size_text(total)}")

    def advance(self, n: int) -> None:
        """Writes how far it is, every ten seconds."""
        self._count += n
        if self._what and self._clock() >= self._next:
            self._next = self._clock() + _LINE_SECONDS
            of = "" if self._total is None else f" of {size_text(self._total)}"
            self._write(f"{self._what}: {size_text(self._count)}{of}")

    def done(self) -> None:
        """Writes that it is complete, where it is."""
        if self._what and self._count == self._total:
            self._write(f"{self._what}: complete")
        self._what = ""

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


class BarProgress:
    """One line on a terminal, drawn over itself."""

    def __init__(self, stream: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._what: str | None = None
        self._total: int | None = None
        self._count = 0
        self._next = 0.0

    def start(self, total: int | None, what: str) -> None:
        """Draws the bar."""
        self.done()
        self._what, self._total, self._count = what, total, 0
        self._draw()

    def advance(self, n: int) -> None:
        """Moves the bar, ten times a second at most."""
        self._count += n
        if self._what is not None and self._clock() >= self._next:
            self._draw()

    def done(self) -> None:
        """Leaves the bar as it stands and goes to the line below it."""
        if self._what is not None:
            self._draw()
            self._stream.write("\n")
            self._stream.flush()
        self._what = None

    def _draw(self) -> None:
        self._next = self._clock() + _DRAW_SECONDS
        text = bar_text(self._what or "", self._count, self._total)
        self._stream.write(f"\r{text[: shutil.get_terminal_size().columns - 1]}{_CLEAR_LINE}")
        self._stream.flush()


def bar_text(what: str, count: int, total: int | None) -> str:
    """The bar in ASCII, 20 wide, and the numbers: ``name [##########          ]  50% 1.0 MB of 2.0 MB``."""
    if not total:
        return f"{what} {size_text(count)}"
    share = min(max(count / total, 0.0), 1.0)
    filled = "#" * int(share * _BAR_WIDTH)
    return f"{what} [{filled:<{_BAR_WIDTH}}] {int(share * 100):3}% {size_text(count)} of {size_text(total)}"
