"""Contents by their hash: stored as pieces, read back only if every byte is what it was."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from blake3 import blake3

from lsfs.core.records import StatKey
from lsfs.objects.cut import Cutters, parts_of
from lsfs.objects.packs import Packs, Place
from lsfs.objects.piece import Codec, ManifestPiece, ObjectDamaged, Record, RecordKind, manifest_pieces
from lsfs.store.database import Transaction
from lsfs.store.vault import ContentRow, PieceRow, Vault
from lsfs.store.vault.pieces import packed_ids

_PART_BYTES = 8 << 20
"""Bytes gathered before they are written."""


class Manifest(msgspec.Struct, frozen=True, array_like=True):
    """A content of several pieces."""

    content: bytes
    size: int
    pieces: tuple[ManifestPiece, ...]


class Placed(msgspec.Struct, frozen=True):
    """Records that are on the disk, still to be recorded in the vault."""

    pieces: list[tuple[bytes, Place, int]]
    """(hash, where, bytes unpacked)."""
    manifests: list[tuple[Manifest, Place]]


class Kept(msgspec.Struct, frozen=True):
    """A file whose bytes are kept."""

    content: bytes
    key: StatKey
    """Held before and after it was read."""


class NotKept(ObjectDamaged):
    """A content is not in the vault (any more)."""

    code = "not-kept"


class NotStill(Exception):
    """A file changed during every attempt to read it."""


class ContentStore:
    """The kept contents of one vault; for any thread."""

    def __init__(self, vault: Vault, packs: Packs, codec: Codec) -> None:
        self._vault = vault
        self._packs = packs
        self._codec = codec
        self._leases: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        self._here = threading.local()
        """`lease`: that of the block of `leased` which the thread is in."""

    @property
    def packs(self) -> Packs:
        """The files that everything lies in."""
        return self._packs

    def place(self, records: Sequence[Record], manifests: Sequence[Manifest] = (), note: bytes = b"") -> Placed:
        """Writes records that are not kept yet, and the lists of contents whose pieces they are.

        They are on the disk when this returns, and are to be handed to `record`.  `note` says where the contents were
        found, for whoever has lost the vault.  Raises `DiskFull` and other `StorageError`.
        """
        known = self._known([record.hash for record in records])
        fresh = list({record.hash: record for record in records if record.hash not in known}.values())
        listed = [self._codec.manifest(each.content, each.pieces) for each in manifests]
        last = [self._codec.note(note)] if note else []
        places = self._packs.append([*fresh, *listed, *last])
        return Placed(
            pieces=[(record.hash, place, record.size) for record, place in zip(fresh, places, strict=False)],
            manifests=list(zip(manifests, places[len(fresh) :], strict=False)),
        )

    def record(self, tx: Transaction, placed: Placed) -> None:
        """Records where `place` has put things; a content of which a piece is missing stays unkept."""
        pieces = self._vault.pieces
        pieces.add(
            tx, ((digest, place.pack, place.offset, place.stored, size) for digest, place, size in placed.pieces)
        )
        for manifest, place in placed.manifests:
            ids = pieces.ids_of(tx, list({piece.hash for piece in manifest.pieces}))
            if all(piece.hash in ids for piece in manifest.pieces):
                packed = packed_ids(ids[piece.hash] for piece in manifest.pieces)
                row = ContentRow(manifest.content, manifest.size, packed, place.pack, place.offset, place.stored)
                pieces.add_content(tx, row)

    def has(self, content: bytes) -> bool:
        """Whether the content is kept; in a block of `leased` it is leased with the answer."""
        return bool(self.kept([content]))

    def kept(self, contents: Sequence[bytes]) -> set[bytes]:
        """Those of the contents that are kept; in a block of `leased` they are leased with the answer."""
        self._claim(contents)
        return self._vault.pieces.kept(contents)

    def size(self, content: bytes) -> int | None:
        """Bytes of a kept content; None where it is not kept."""
        pieces = self._vault.pieces.of(content)
        return None if pieces is None else sum(piece.size for piece in pieces)

    def read(self, content: bytes) -> Iterator[bytes]:
        """The bytes of a content, piece by piece, each proved; raises `ObjectDamaged` where one is not what it was.

        It does so at the end where every piece is sound, and the list of them is not.
        """
        pieces = self.pieces(content)
        whole = blake3()
        for piece in pieces:
            data = self.piece(content, piece)
            if len(pieces) > 1:
                whole.update(data)
            yield data
        if len(pieces) > 1 and whole.digest() != content:
            raise ObjectDamaged(f"the pieces of the content {content.hex()[:16]} are not listed as they were")

    def read_at(self, content: bytes, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` on, unpacking no piece that is not asked for; raises `ObjectDamaged`."""
        found = []
        at = 0
        for piece in self.pieces(content):
            if at >= offset + length:
                break
            if at + piece.size > offset:
                data = self.piece(content, piece)
                found.append(data[max(0, offset - at) : offset + length - at])
            at += piece.size
        return b"".join(found)

    def pieces(self, content: bytes) -> list[PieceRow]:
        """The pieces of a content, in order; raises `ObjectDamaged` where it is not kept."""
        pieces = self._vault.pieces.of(content)
        if pieces is None:
            raise NotKept(f"the content {content.hex()[:16]} is not kept", hint="lsfs doctor --verify")
        return pieces

    def whole_pieces(self, contents: Sequence[bytes]) -> list[PieceRow]:
        """The pieces of those contents that are kept as one piece each."""
        return self._vault.pieces.by_hash(contents)

    def piece(self, content: bytes, piece: PieceRow) -> bytes:
        """The bytes of one of the pieces of a content, proved; raises `ObjectDamaged`."""
        try:
            return self.proved(piece)
        except ObjectDamaged:
            # Tidying may have put it elsewhere since the rows were read.
            again = {row.id: row for row in self.pieces(content)}.get(piece.id)
            if again is None or again == piece:
                raise
            return self.proved(again)

    def proved(self, piece: PieceRow) -> bytes:
        """The bytes of a piece, whose hash was checked; raises `ObjectDamaged`."""
        place = Place(piece.pack, piece.offset, piece.stored)
        header, body = self._codec.unpack(self._packs.read(place, piece.hash))
        if header.hash != piece.hash or header.kind is not RecordKind.PIECE:
            raise ObjectDamaged("another object lies where a kept one should", path=str(self._packs.path(place)))
        return body

    def listed(self, row: ContentRow) -> list[ManifestPiece]:
        """What the record of a content of several pieces lists; raises `ObjectDamaged`."""
        place = Place(row.pack, row.offset, row.stored)
        header, body = self._codec.unpack(self._packs.read(place, row.hash))
        if header.hash != row.hash or header.kind is not RecordKind.MANIFEST:
            raise ObjectDamaged("another object lies where a kept one should", path=str(self._packs.path(place)))
        return manifest_pieces(body)

    # Keeping what this process holds or has open, at once: what lsfs itself is about to overwrite, or to write.

    def keep_bytes(self, data: bytes) -> bytes:
        """Keeps bytes, and returns the hash of the content; see `keep_parts` for how long."""
        content = blake3(data).digest()
        self.keep_parts(iter([data]), len(data), data[:4096], content)
        return content

    def keep_parts(self, parts: Iterator[bytes], size: int, head: bytes, content: bytes | None = None) -> bytes:
        """Keeps a content that comes in parts, and returns its hash; `content` is that hash where it is known.

        It stays until something refers to it where this is called in a block of `leased` that lasts so long.
        Raises `ValueError` if the bytes are not those of `content`.
        """
        if getattr(self._here, "lease", None) is None:
            with self.leased():  # else what is known of its pieces might be tidied away before all are kept
                return self.keep_parts(parts, size, head, content)
        if content is not None and self.has(content):
            return content
        whole = blake3()
        listed: list[ManifestPiece] = []
        waiting: list[tuple[bytes, bytes]] = []
        held = 0
        for view in Cutters().stream(size, head, parts):
            data = bytes(view)
            whole.update(data)
            piece = ManifestPiece(blake3(data).digest(), len(data))
            listed.append(piece)
            waiting.append((piece.hash, data))
            held += len(data)
            if held >= _PART_BYTES:
                self._keep(waiting)
                waiting, held = [], 0
        digest = whole.digest()
        if content is not None and digest != content:
            raise ValueError("other bytes came than were announced")
        manifest = Manifest(digest, sum(piece.size for piece in listed), tuple(listed))
        self._claim([digest])
        self._keep(waiting, [manifest] if len(listed) > 1 else [])
        return digest

    def _keep(self, pieces: Sequence[tuple[bytes, bytes]], manifests: Sequence[Manifest] = ()) -> None:
        known = self._known([digest for digest, _ in pieces])
        records = [self._codec.piece(data, digest) for digest, data in pieces if digest not in known]
        placed = self.place(records, manifests)
        with self._vault.write() as tx:
            self.record(tx, placed)

    def keep_file(self, descriptor: int, attempts: int = 4) -> Kept:
        """Keeps what an open file holds, whatever its size, read while it stood still; raises `NotStill`, OSError."""
        for _ in range(attempts):
            before = os.fstat(descriptor)
            head = os.pread(descriptor, 4096, 0)
            content = self.keep_parts(parts_of(descriptor, before.st_size), before.st_size, head)
            key = StatKey.of(os.fstat(descriptor))
            if key == StatKey.of(before):
                return Kept(content, key)
        raise NotStill

    @contextlib.contextmanager
    def leased(self, contents: Iterable[bytes] = ()) -> Iterator[Callable[[bytes], None]]:
        """Contents that tidying leaves alone meanwhile; the function adds further ones.

        So does the thread itself with whatever it asks this store about meanwhile: a yes holds until the end.  Neither
        is to be done within a transaction.
        """
        mine: list[bytes] = []

        def lease(content: bytes) -> None:
            with self._lock:
                self._leases[content] += 1
            mine.append(content)

        outer = getattr(self._here, "lease", None)
        self._here.lease = lease
        try:
            for content in contents:
                lease(content)
            yield lease
        finally:
            self._here.lease = outer
            with self._lock:
                self._leases.subtract(mine)
                self._leases += Counter()

    def leases(self) -> set[bytes]:
        """The contents, and pieces of contents, that are leased now."""
        with self._lock:
            return set(self._leases)

    @contextlib.contextmanager
    def unasked(self) -> Iterator[set[bytes]]:
        """What is leased; nobody gets a lease, or an answer to rely on, until the block's end.  For who forgets things.

        The transaction that forgets is to be begun and ended within.
        """
        with self._lock:
            yield set(self._leases)

    def _claim(self, hashes: Iterable[bytes]) -> None:
        """Leases what is asked about for the block that the thread is in, before the answer is looked up."""
        if (lease := getattr(self._here, "lease", None)) is not None:
            for digest in hashes:
                lease(digest)

    def _known(self, hashes: Sequence[bytes]) -> set[bytes]:
        self._claim(hashes)
        return self._vault.pieces.known(hashes)
