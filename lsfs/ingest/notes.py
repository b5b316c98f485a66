"""Notes among the objects: where contents were found, so that objects without their vault still tell a history."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Found(msgspec.Struct, frozen=True, array_like=True):
    """A content as it was captured."""

    content: bytes
    root: bytes
    """Absolute path of the watched folder."""
    path: bytes
    lineage: int
    size: int
    mode: int
    mtime_ns: int
    seen_ns: int


def note_of(found: Sequence[Found]) -> bytes:
    """The bytes of a note; empty for nothing."""
    return msgspec.msgpack.encode(found) if found else b""


def read_note(data: bytes) -> list[Found]:
    """What a note says; nothing where it cannot be read."""
    try:
        return msgspec.msgpack.decode(data, type=list[Found])
    except msgspec.DecodeError:
        return []
