"""Names beside one that is taken.  Pure."""

from __future__ import annotations

NAME_MOST = 255
"""Bytes of a name (NAME_MAX of Linux)."""
PATH_MOST = 4095
"""Bytes of a path (PATH_MAX of Linux, less the NUL at its end)."""


def numbered(name: bytes, number: int, most: int = NAME_MOST) -> bytes:
    """`name` with a number before its ending (the first has none), shortened where it would have more than `most`
    bytes."""
    stem, ending = _split(name)
    if len(ending) * 2 > most:
        stem, ending = name, b""
    middle = b" (%d)" % number if number > 1 else b""
    return _shortened(stem, most - len(middle) - len(ending)) + middle + ending


def _split(name: bytes) -> tuple[bytes, bytes]:
    """(stem, ending with its dot); ``.tar.gz`` and the like are one ending, a leading dot is none."""
    stem, dot, ending = name.rpartition(b".")
    if not dot or not stem:
        return name, b""
    if stem.endswith(b".tar"):
        return stem[:-4], b".tar." + ending
    return stem, b"." + ending


def _shortened(stem: bytes, most: int) -> bytes:
    if len(stem) <= most:
        return stem
    # Not within a character of UTF-8.
    while most > 1 and 0x80 <= stem[most] < 0xC0:
        most -= 1
    return stem[:most]
