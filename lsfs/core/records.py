"""The values that cross layers: frozen structs with no behaviour beyond small derivations.

Paths are ``bytes`` relative to their root, without a leading slash (the root itself is ``b""``):
a name on Linux is any bytes but NUL and slash.  Times are nanoseconds since the epoch, sizes bytes.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


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
