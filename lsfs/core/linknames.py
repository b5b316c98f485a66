"""Names for links to files in one folder: the file's own name, numbered where two would be the same."""

from __future__ import annotations

from collections.abc import Container, Iterable

NAME_BYTES = 255
"""The longest name that Linux takes."""


def link_names(names: Iterable[bytes], reserved: Container[bytes] = ()) -> list[bytes]:
    """A name for each of `names` in order, all different and none `reserved`: ``a.txt``, ``a (2).txt`` …"""
    used: set[bytes] = set()
    last: dict[bytes, int] = {}
    given = []
    for name in names:
        wanted = name
        number = last.get(name, 1)
        while wanted in used or wanted in reserved:
            number += 1
            wanted = numbered(name, number)
        last[name] = number
        used.add(wanted)
        given.append(wanted)
    return given


def numbered(name: bytes, number: int) -> bytes:
    """``name (number)`` before the extension, cut so that it still is a name; no character is cut in two."""
    stem, dot, extension = name.rpartition(b".")
    if not stem or len(extension) > 16:
        stem, dot, extension = name, b"", b""
    mark = b" (%d)" % number + dot + extension
    return cut(stem, NAME_BYTES - len(mark)) + mark


def cut(name: bytes, most: int) -> bytes:
    """The beginning of a name, at most `most` bytes, without half a character at its end."""
    if len(name) <= most:
        return name
    shorter = name[:most]
    # What follows a first byte in UTF-8 is 10xxxxxx.
    while shorter and name[len(shorter)] & 0xC0 == 0x80:
        shorter = shorter[:-1]
    return shorter or name[:most]


def root_names(paths: Iterable[bytes]) -> list[bytes]:
    """A name for each watched folder in order: its last part, with ``-2`` where two have the same."""
    used: set[bytes] = set()
    given = []
    for path in paths:
        base = wanted = path.rsplit(b"/", 1)[-1] or b"root"
        number = 1
        while wanted in used:
            number += 1
            suffix = b"-%d" % number
            wanted = cut(base, NAME_BYTES - len(suffix)) + suffix
        used.add(wanted)
        given.append(wanted)
    return given
