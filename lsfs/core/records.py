"""The values that cross layers: frozen structs with no behaviour beyond small derivations.

Paths are ``bytes`` relative to their root, without a leading slash (the root itself is ``b""``):
a name on Linux is any bytes but NUL and slash.  Times are nanoseconds since the epoch, sizes bytes.
"""

from __future__ import annotations

import os
from enum import StrEnum

import msgspec

_MOST = (1 << 63) - 1


def storable_ns(ns: int) -> int:
    """`ns`, or the nearest time that a signed 64-bit number holds: a file may be dated past the year 2262."""
    return ns if -_MOST <= ns <= _MOST else min(max(ns, -_MOST - 1), _MOST)


def signed_ino(ino: int) -> int:
    """An inode number with the same 64 bits as a signed number: some file systems use all of them."""
    return ino if ino <= _MOST else ino - (1 << 64)


class Kind(StrEnum):
    """What stands at a path."""

    FILE = "file"
    DIR = "dir"
    SYMLINK = "symlink"
    OTHER = "other"


class StatKey(msgspec.Struct, frozen=True, array_like=True):
    """What must be unchanged for a file's bytes to be taken as unchanged.

    ctime cannot be set by a program, so an edit with the mtime put back still shows.
    The device number is left out: it changes over reboots.
    """

    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int
    mode: int

    @classmethod
    def of(cls, found: os.stat_result) -> StatKey:
        """The key in what stat(2) said, each number one that SQLite's signed 64 bits hold."""
        return cls(
            signed_ino(found.st_ino),
            found.st_size,
            storable_ns(found.st_mtime_ns),
            storable_ns(found.st_ctime_ns),
            found.st_mode,
        )


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """What a look at one path found (no link followed)."""

    path: bytes
    kind: Kind
    key: StatKey
    btime_ns: int = 0
    """Birth time of the inode, 0 where the file system keeps none; (ino, btime_ns) names a file."""
    target: bytes | None = None
    """Where a symlink points, as stored in it."""
    nlink: int = 1


class Anchor(msgspec.Struct, frozen=True, array_like=True):
    """A place in an extracted text that people cite: from `offset` (characters) on, `label` holds."""

    offset: int
    label: str
    """``page 3``, ``slide 2``, ``sheet Budget`` …"""


class Document(msgspec.Struct, frozen=True, array_like=True):
    """What an extractor makes of a file's bytes."""

    text: str
    title: str | None = None
    metadata: dict[str, str] = {}
    anchors: tuple[Anchor, ...] = ()
    markup: str = "plain"
    """How the text is structured, for the chunker: plain, markdown, rst, latex, org, code or rows."""
    truncated: bool = False
    """True where the text was cut at the output limit."""


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """A passage: characters ``start:end`` of the text; the chunks of a text follow each other without a gap."""

    start: int
    end: int
    line: int
    """1-based line of `start`."""
    heading: str = ""
    """Titles above the passage, outermost first, joined by `` › ``; a function or class for code."""
