"""Text made fit for a terminal: a few colours, and nothing of a file that the terminal would obey."""

from __future__ import annotations

from lsfs.core.failures import plain

__all__ = ["Style", "count_text", "plain", "readable"]


class Style:
    """Marks up text with the colours of ECMA-48, or leaves it plain."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def path(self, text: str) -> str:
        """A path."""
        return self._in("1", text)

    def dim(self, text: str) -> str:
        """What is beside the point."""
        return self._in("2", text)

    def match(self, text: str) -> str:
        """What was looked for."""
        return self._in("1;33", text)

    def bad(self, text: str) -> str:
        """What needs attention."""
        return self._in("31", text)

    def good(self, text: str) -> str:
        """What came in."""
        return self._in("32", text)

    def place(self, text: str) -> str:
        """Where in a file something is."""
        return self._in("36", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def count_text(count: int, noun: str) -> str:
    """``1 file``, ``1,200 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def readable(text: str) -> str:
    """`text` of several lines with control characters made visible, but for line ends."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(plain(line.replace("\t", " ")) for line in lines)
