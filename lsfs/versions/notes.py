"""Notes among the objects: where contents were found, so that objects without their vault still tell a history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from lsfs.objects.packs import Packs, Place
from lsfs.objects.piece import Codec, ObjectDamaged, RecordKind


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


def all_notes(packs: Packs) -> Iterator[list[Found]]:
    """What each note among the objects says, in the order in which they were written; damaged ones are left out.

    Each is read twice, so that only one is held at a time.
    """
    codec = Codec()
    written = []
    for record in packs.everything():
        if record.header.kind is RecordKind.NOTE and (said := _said(packs, codec, record.place, record.header.hash)):
            written.append((said[0].seen_ns, record.place, record.header.hash))
    # Tidying moves notes behind newer ones: where they lie says nothing of when they were written.
    for _, place, digest in sorted(written, key=lambda each: each[0]):
        yield _said(packs, codec, place, digest)


def _said(packs: Packs, codec: Codec, place: Place, digest: bytes) -> list[Found]:
    try:
        _, body = codec.unpack(packs.read(place, digest))
    except ObjectDamaged:
        return []
    return read_note(body)
