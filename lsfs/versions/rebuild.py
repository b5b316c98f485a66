"""Brings a vault's tables to what lies in the object files: after its copy took its place, or after it was moved.

Everything is told by the records' headers; only what the vault does not know as it lies is read and proved.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator

import msgspec

from lsfs.objects.packs import LOOSE, Found, Packs, Place
from lsfs.objects.piece import HEADER_BYTES, Header, ObjectDamaged, RecordKind, read_header
from lsfs.store.database import Transaction
from lsfs.store.vault import ContentRow, PieceRow, Vault
from lsfs.store.vault.pieces import piece_ids
from lsfs.versions.contents import ContentStore, Manifest, Placed
from lsfs.versions.notes import all_notes
from lsfs.versions.recall import Recall
from lsfs.versions.verify import DAMAGED, objects_of, require_damage

GONE = "its bytes were not there any more when the vault was repaired"
"""Why the content of a version is not kept."""
_TOGETHER = 500


class Rebuilt(msgspec.Struct, frozen=True):
    """What was changed."""

    moved: int = 0
    """Records that lay elsewhere than the vault said."""
    added: int = 0
    """Pieces and contents that it did not know."""
    lost: int = 0
    """Pieces and contents that it knew and that are nowhere."""
    versions: int = 0
    """Versions made of notes."""


def rebuild(
    vault: Vault, contents: ContentStore, now_ns: int, stands: Callable[[bytes], bool] = os.path.lexists
) -> Rebuilt:
    """Does it in one transaction; doing it again changes nothing.  Nobody else may be writing.

    `stands` tells whether there is something at an absolute path now.  Raises `StorageError` where the objects as a
    whole cannot be read, and what `Vault.write` raises.
    """
    needed = vault.pieces.stored_bytes() > 0
    with objects_of(contents.packs, needed=needed), vault.turn, vault.write() as tx:
        places = _Places(tx, vault, contents)
        places.look()
        places.settle(now_ns)
        recall = Recall(tx, vault, now_ns, stands)
        for note in all_notes(contents.packs):
            recall.take(note)
        return Rebuilt(places.moved, places.added, places.lost, recall.finish())


class _Places:
    """Where everything lies; first `look`, then `settle`."""

    def __init__(self, tx: Transaction, vault: Vault, contents: ContentStore) -> None:
        self._tx = tx
        self._vault = vault
        self._pieces = vault.pieces
        self._contents = contents
        self._headers = _Headers(contents.packs)
        self._missing: dict[bytes, PieceRow] = {}
        """Pieces that do not lie where the vault says."""
        self._unlisted: set[bytes] = set()
        """Contents whose list does not lie where the vault says."""
        self._lists: list[Found] = []
        """Lists of contents that the vault does not know."""
        self.moved = self.added = self.lost = 0

    def look(self) -> None:
        """Compares what the vault says with every header, and corrects what lies elsewhere."""
        for piece in self._pieces.in_turn():
            if not self._headers.lies(piece, RecordKind.PIECE):
                self._missing[piece.hash] = piece
        for content in self._pieces.contents_in_turn():
            if not self._headers.lies(content, RecordKind.MANIFEST):
                self._unlisted.add(content.hash)
        for group in _grouped(self._contents.packs.everything()):
            self._take_pieces([found for found in group if found.header.kind is RecordKind.PIECE])
            self._take_lists([found for found in group if found.header.kind is RecordKind.MANIFEST])

    def _take_pieces(self, group: list[Found]) -> None:
        known = set(self._pieces.ids_of(self._tx, [found.header.hash for found in group]))
        for found in group:
            digest, place = found.header.hash, found.place
            missing = digest in self._missing
            if (digest in known and not missing) or not self._is_sound(found):
                continue
            if missing:
                self._correct("pieces", found)
                del self._missing[digest]
            else:
                self._pieces.add(self._tx, [(digest, place.pack, place.offset, place.stored, found.header.size)])
                self.added += 1
                known.add(digest)

    def _take_lists(self, group: list[Found]) -> None:
        known = self._pieces.kept([found.header.hash for found in group])
        for found in group:
            digest = found.header.hash
            if digest not in known:
                self._lists.append(found)
            elif digest in self._unlisted and self._manifest(found) is not None:
                self._correct("contents", found)
                self._unlisted.discard(digest)

    def _correct(self, table: str, found: Found) -> None:
        place = found.place
        self._pieces.correct(self._tx, table, [(found.header.hash, place.pack, place.offset, place.stored)])
        self.moved += 1

    def _is_sound(self, found: Found) -> bool:
        place, header = found.place, found.header
        try:
            self._contents.proved(PieceRow(0, header.hash, place.pack, place.offset, place.stored, header.size))
        except ObjectDamaged as error:
            require_damage(error)
            return False
        return True

    def _manifest(self, found: Found) -> Manifest | None:
        """What a list says; None where it is damaged."""
        place, digest = found.place, found.header.hash
        try:
            listed = self._contents.listed(ContentRow(digest, 0, b"", place.pack, place.offset, place.stored))
        except ObjectDamaged as error:
            require_damage(error)
            return None
        return Manifest(digest, sum(piece.size for piece in listed), tuple(listed))

    def settle(self, now_ns: int) -> None:
        """Forgets what is nowhere, and takes in the contents that were not known.

        A content whose list alone is nowhere stays: its pieces are known, and `verify` lists them again.
        """
        broken = self._broken()
        self._pieces.forget(self._tx, self._missing, broken)
        self.lost = len(self._missing) + len(broken)
        for found in self._lists:
            manifest = self._manifest(found)
            if manifest is not None and self._pieces.missing(self._tx, [manifest.content]):
                self._contents.record(self._tx, Placed([], [(manifest, found.place)]))
                self.added += not self._pieces.missing(self._tx, [manifest.content])
        gone = {*self._missing, *broken}
        needing = [version.seq for version in self._vault.versions.needing(gone)] if gone else []
        self._vault.versions.drop(self._tx, needing, now_ns, GONE)
        self._vault.versions.regain(self._tx, (DAMAGED, GONE))

    def _broken(self) -> list[bytes]:
        """The contents of which a piece is nowhere."""
        lost = {row.id for row in self._missing.values()}
        found = []
        for row in self._pieces.contents_in_turn():
            ids = set(piece_ids(row.pieces))
            if ids & lost or len(self._pieces.many(list(ids))) < len(ids):
                found.append(row.hash)
        return found


class _Headers:
    """What lies where, by the headers."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._sizes: dict[int, int] = {}

    def lies(self, row: PieceRow | ContentRow, kind: RecordKind) -> bool:
        """Whether a whole record of that kind lies where a row says."""
        header = self._header(row)
        return header is not None and (header.hash, header.kind, header.stored) == (row.hash, kind, row.stored)

    def _header(self, row: PieceRow | ContentRow) -> Header | None:
        place = Place(row.pack, row.offset, row.stored)
        path = self._packs.path(place, row.hash)
        try:
            if row.pack == LOOSE:
                with open(path, "rb") as file:
                    return (
                        read_header(file.read(HEADER_BYTES)) if os.fstat(file.fileno()).st_size == row.stored else None
                    )
            if row.pack not in self._sizes:
                self._sizes[row.pack] = path.stat().st_size
            if row.offset + row.stored > self._sizes[row.pack]:
                return None
            return read_header(self._packs.read(Place(row.pack, row.offset, HEADER_BYTES), row.hash))
        except FileNotFoundError:
            return None


def _grouped(records: Iterable[Found]) -> Iterator[list[Found]]:
    whole = iter(records)
    while group := list(itertools.islice(whole, _TOGETHER)):
        yield group
