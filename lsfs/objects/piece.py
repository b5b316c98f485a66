"""One record of the object files: a header that says what follows, and a payload that proves it.

A record can be found, read and checked without the vault.  Its header, 56 bytes, little-endian:

====== ===== ==========================================================
offset bytes
====== ===== ==========================================================
0      4     ``LSFP``
4      1     version of this format, 1
5      1     kind: 0 piece, 1 manifest, 2 note
6      1     codec of the payload: 0 as it is, 1 zstd (one frame)
7      1     0
8      4     length of the payload
12     4     length of what the payload unpacks to
16     32    BLAKE3 of the unpacked bytes; of a manifest the content's, and the unpacked bytes begin with 8 of their own
48     8     first bytes of the BLAKE3 of the 48 bytes before
====== ===== ==========================================================
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Sequence
from enum import IntEnum

import msgspec
from blake3 import blake3

from lsfs.core.errors import StorageError

HASH_BYTES = 32
LEVEL = 3
"""Of zstd; what is written once and read seldom could take more, but a save waits for it."""

MAGIC = b"LSFP"
_FORMAT = 1
_HEAD = struct.Struct("<4sBBBxII32s")
_CHECK_BYTES = 8
HEADER_BYTES = _HEAD.size + _CHECK_BYTES
_RAW, _ZSTD = 0, 1
CODECS = frozenset((_RAW, _ZSTD))
_SHORT_BYTES = 64
"""Nothing shorter gets smaller."""
_MOST_BYTES = 1 << 28
"""No record unpacks to more; a damaged header must not ask for gigabytes."""


class ObjectDamaged(StorageError):
    """Kept bytes are gone, or are not what they were; they are never handed out as good."""

    code = "object-damaged"


class RecordKind(IntEnum):
    """What a record holds."""

    PIECE = 0
    """Bytes of a content, or all of them."""
    MANIFEST = 1
    """The pieces of a content that has several, in order."""
    NOTE = 2
    """Where contents of the same batch were found: what a lost vault is rebuilt from."""


_KINDS = {kind.value: kind for kind in RecordKind}


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A record in memory, its payload as it is stored."""

    hash: bytes
    size: int
    """Bytes that the payload unpacks to."""
    codec: int
    payload: bytes
    kind: RecordKind = RecordKind.PIECE

    @property
    def stored(self) -> int:
        """Bytes of the record in a file, header included."""
        return HEADER_BYTES + len(self.payload)


class Header(msgspec.Struct, frozen=True):
    """A record's header, checked."""

    kind: RecordKind
    codec: int
    stored: int
    """Bytes of the record, header included."""
    size: int
    hash: bytes


class ManifestPiece(msgspec.Struct, frozen=True, array_like=True):
    """One piece of a content."""

    hash: bytes
    size: int


class Codec:
    """Packs and unpacks records; for any thread, each with a context of zstd's own, which are dear to make."""

    def __init__(self) -> None:
        self._contexts = threading.local()

    def piece(self, data: bytes | memoryview, digest: bytes | None = None) -> Record:
        """The record of a piece; `digest` is its BLAKE3 where that is known already."""
        codec, payload = self._compress(data)
        return Record(digest or blake3(data).digest(), len(data), codec, payload)

    def manifest(self, content: bytes, pieces: Sequence[ManifestPiece]) -> Record:
        """The record that lists the pieces of a content."""
        listed = msgspec.msgpack.encode(pieces)
        data = blake3(listed).digest(_CHECK_BYTES) + listed
        codec, payload = self._compress(data)
        return Record(content, len(data), codec, payload, RecordKind.MANIFEST)

    def note(self, data: bytes) -> Record:
        """The record of a note."""
        codec, payload = self._compress(data)
        return Record(blake3(data).digest(), len(data), codec, payload, RecordKind.NOTE)

    def unpack(self, data: bytes) -> tuple[Header, bytes]:
        """Header and unpacked bytes of a whole record; raises `ObjectDamaged` unless they are what they were."""
        header = read_header(data)
        if header is None or header.stored != len(data):
            raise ObjectDamaged("a kept object has no valid header")
        payload = memoryview(data)[HEADER_BYTES:]
        body = bytes(payload) if header.codec == _RAW else self._decompress(payload, header.size)
        if header.kind is RecordKind.MANIFEST:
            sound = blake3(body[_CHECK_BYTES:]).digest(_CHECK_BYTES) == body[:_CHECK_BYTES]
        else:
            sound = blake3(body).digest() == header.hash
        if not sound or len(body) != header.size:
            raise ObjectDamaged("a kept object is not what it was")
        return header, body

    def _compress(self, data: bytes | memoryview) -> tuple[int, bytes]:
        if len(data) < _SHORT_BYTES:
            return _RAW, bytes(data)
        compressor = getattr(self._contexts, "compressor", None)
        if compressor is None:
            import zstandard

            compressor = self._contexts.compressor = zstandard.ZstdCompressor(level=LEVEL)
        packed: bytes = compressor.compress(data)
        return (_ZSTD, packed) if len(packed) < len(data) else (_RAW, bytes(data))

    def _decompress(self, payload: memoryview, size: int) -> bytes:
        try:
            decompressor, failure = self._contexts.decompressor
        except AttributeError:
            import zstandard

            decompressor, failure = zstandard.ZstdDecompressor(), zstandard.ZstdError
            self._contexts.decompressor = decompressor, failure
        try:
            body: bytes = decompressor.decompress(payload, max_output_size=size)
        except failure as error:
            raise ObjectDamaged(f"a kept object cannot be unpacked: {error}") from error
        return body


def manifest_pieces(data: bytes) -> list[ManifestPiece]:
    """The pieces in the unpacked bytes of a manifest; raises `ObjectDamaged`."""
    try:
        return msgspec.msgpack.decode(data[_CHECK_BYTES:], type=list[ManifestPiece])
    except msgspec.DecodeError as error:
        raise ObjectDamaged(f"a list of pieces is damaged: {error}") from error


def header_of(record: Record) -> bytes:
    """The bytes of a record's header."""
    head = _HEAD.pack(MAGIC, _FORMAT, record.kind, record.codec, len(record.payload), record.size, record.hash)
    return head + blake3(head).digest(_CHECK_BYTES)


def record_of(data: bytes) -> Record:
    """The record that has these bytes, its payload as it is stored, unproved; raises `ObjectDamaged` for none."""
    header = read_header(data)
    if header is None or header.stored != len(data):
        raise ObjectDamaged("a kept object has no valid header")
    return Record(header.hash, header.size, header.codec, data[HEADER_BYTES:], header.kind)


def read_header(data: bytes) -> Header | None:
    """The header that `data` begins with; None where it begins with none."""
    if len(data) < HEADER_BYTES or data[:4] != MAGIC:
        return None
    head = data[: _HEAD.size]
    if blake3(head).digest(_CHECK_BYTES) != data[_HEAD.size : HEADER_BYTES]:
        return None
    _, form, kind, codec, length, size, digest = _HEAD.unpack(head)
    if form != _FORMAT or kind not in _KINDS or size > _MOST_BYTES:
        return None
    return Header(_KINDS[kind], codec, HEADER_BYTES + length, size, digest)
