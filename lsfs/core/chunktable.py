"""Chunks of a text as a packed table: 12 bytes a row, little-endian, read by the store with numpy.

A row is start byte in the UTF-8 text (uint32), 1-based line (uint32), words (uint16, 65535 for more) and the index of
its heading path in the content's list of headings (uint16).  A chunk ends where the next begins, the last
with the text.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import msgspec

CHUNK_RECORD = "<IIHH"
CHUNK_BYTES = 12
MOST_WORDS = MOST_HEADINGS = 0xFFFF

_RECORD = struct.Struct(CHUNK_RECORD)


class ChunkRow(msgspec.Struct, frozen=True, array_like=True):
    """One row of the table."""

    start: int
    line: int
    words: int
    heading: int


def pack(rows: Iterable[tuple[int, int, int, int]]) -> bytes:
    """The table of (start byte, line, words, heading index); counts of words past what fits are cut."""
    return b"".join(
        [_RECORD.pack(start, line, min(words, MOST_WORDS), heading) for start, line, words, heading in rows]
    )


def unpack(table: bytes) -> list[ChunkRow]:
    """The rows of `table`; raises ValueError when its length is not a multiple of a row."""
    if len(table) % CHUNK_BYTES:
        raise ValueError(f"a chunk table of {len(table)} bytes is cut off")
    return [ChunkRow(*row) for row in _RECORD.iter_unpack(table)]
