"""Every kept object, read and proved: what is damaged is mended where it can be, and forgotten where it cannot.

What is forgotten counts as not kept: it is never handed out as good, and the next capture of the same bytes keeps them
anew.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec
from blake3 import blake3

from lsfs.core.errors import StorageError
from lsfs.core.paths import join
from lsfs.core.records import StatKey
from lsfs.objects.packs import Packs
from lsfs.objects.piece import ManifestPiece, ObjectDamaged, RecordKind
from lsfs.store.database import parts
from lsfs.store.vault import ContentRow, PieceRow, Vault, Version
from lsfs.store.vault.pieces import piece_ids
from lsfs.versions.contents import ContentStore, Manifest

DAMAGED = "damaged"
"""Why the content of a version is not kept any more."""

_AT_ONCE = 100
"""Objects between two words about how far it is."""
_OF_THE_DISK = frozenset((errno.EIO, errno.ENODATA, errno.EBADMSG, errno.EUCLEAN))
"""Failures of reading that say that the bytes are gone; all others say nothing of them."""
_ALL = 1 << 62


class Looked(msgspec.Struct, frozen=True):
    """How far a verification is, in bytes of kept records."""

    done: int
    total: int


class Lost(msgspec.Struct, frozen=True):
    """A content that is gone for good, and what needs it."""

    content: bytes
    reason: str
    versions: tuple[Version, ...]
    ops: tuple[int, ...]
    """Ops that cannot be taken back any more."""


class Verified(msgspec.Struct, frozen=True):
    """What a verification found."""

    bytes: int
    lost: tuple[Lost, ...]
    mended: int
    """Objects found elsewhere or written anew, and contents that files still hold and that are to be read from them."""


def verify(vault: Vault, contents: ContentStore, now_ns: Callable[[], int]) -> Iterator[Looked | Verified]:
    """How far it is, now and then, and in the end what was found; few rows are held at once.

    Raises `StorageError` where the objects as a whole cannot be read, which says nothing of them; nothing is forgotten
    then.
    """
    vault.require_writable()
    run = _Run(vault, contents)
    with objects_of(contents.packs, needed=run.total > 0):
        for looks in (run.look_at_pieces(), run.look_for_others(), run.look_at_lists()):
            for number, _ in enumerate(looks, 1):
                if number % _AT_ONCE == 0:
                    yield Looked(run.done, max(run.done, run.total))
        yield run.ended(now_ns())


class _Damaged(msgspec.Struct, frozen=True):
    row: PieceRow
    reason: str


class _Broken(msgspec.Struct, frozen=True):
    """A content of several pieces that cannot be had."""

    piece: int | None
    """Id of the piece that is to blame."""
    reason: str


class _Run:
    """One verification; its methods are to be called in the order in which they stand here."""

    def __init__(self, vault: Vault, contents: ContentStore) -> None:
        self._vault = vault
        self._contents = contents
        self._damaged: dict[int, _Damaged] = {}
        self._broken: dict[bytes, _Broken] = {}
        self._unlisted: list[Manifest] = []
        """Contents that can be had though the record that lists their pieces is damaged."""
        self._mended = 0
        self.total = vault.pieces.stored_bytes()
        self.done = 0

    def look_at_pieces(self) -> Iterator[None]:
        """Reads every piece."""
        for row in self._vault.pieces.in_turn():
            if reason := self._damage_of(row):
                self._damaged[row.id] = _Damaged(row, reason)
            self.done += row.stored
            yield

    def _damage_of(self, row: PieceRow) -> str:
        """What is wrong with a piece, '' where it is sound or not kept any more."""
        try:
            self._contents.proved(row)
        except ObjectDamaged as error:
            require_damage(error)
            again = self._vault.pieces.many([row.id]).get(row.id)
            if again is None or again == row:
                return "" if again is None else error.message
            return self._damage_of(again)  # tidying has put it elsewhere meanwhile
        return ""

    def look_for_others(self) -> Iterator[None]:
        """Looks for damaged pieces elsewhere: a crash may have left a second record of one."""
        wanted = {each.row.hash: each.row for each in self._damaged.values()}
        found: dict[int, PieceRow] = {}
        for record in self._contents.packs.everything() if wanted else ():
            row = wanted.get(record.header.hash)
            if row is not None and record.header.kind is RecordKind.PIECE and row.id not in found:
                place = record.place
                other = PieceRow(row.id, row.hash, place.pack, place.offset, place.stored, record.header.size)
                if self._is_sound(other):
                    found[row.id] = other
            yield
        if found:
            self._correct(found)

    def _correct(self, found: Mapping[int, PieceRow]) -> None:
        pieces = self._vault.pieces
        with self._vault.turn, self._vault.write() as tx:
            current = pieces.many(list(found))
            same = [row for i, row in found.items() if current.get(i) == self._damaged[i].row]
            pieces.correct(tx, "pieces", [(row.hash, row.pack, row.offset, row.stored) for row in same])
        self._mended += len(same)
        for i in found:
            del self._damaged[i]

    def _is_sound(self, row: PieceRow) -> bool:
        try:
            self._contents.proved(row)
        except ObjectDamaged:
            return False
        return True

    def look_at_lists(self) -> Iterator[None]:
        """Reads the record of every content of several pieces, and compares it with what the vault says."""
        for row in self._vault.pieces.contents_in_turn():
            self._look_at_list(row)
            self.done += row.stored
            yield

    def _look_at_list(self, row: ContentRow) -> None:
        ids = piece_ids(row.pieces)
        if (bad := next((i for i in ids if i in self._damaged), None)) is not None:
            self._broken[row.hash] = _Broken(bad, self._damaged[bad].reason)
            return
        known = self._vault.pieces.many(list(dict.fromkeys(ids)))
        again = self._vault.pieces.content(row.hash)
        if again is None:
            return  # tidied away meanwhile
        if any(i not in known for i in ids):
            self._broken[row.hash] = _Broken(None, "a piece of it is not kept")
            return
        pieces = [ManifestPiece(known[i].hash, known[i].size) for i in ids]
        if not self._is_listed(again, pieces):
            self._prove_whole(row, pieces)

    def _is_listed(self, row: ContentRow, pieces: list[ManifestPiece]) -> bool:
        try:
            return [each.hash for each in self._contents.listed(row)] == [each.hash for each in pieces]
        except ObjectDamaged as error:
            require_damage(error)
            return False

    def _prove_whole(self, row: ContentRow, pieces: list[ManifestPiece]) -> None:
        """Whether the pieces make up the content, which its damaged list does not say any more."""
        whole = blake3()
        try:
            for data in self._contents.read(row.hash):
                whole.update(data)
        except ObjectDamaged as error:
            self._broken[row.hash] = _Broken(None, error.message)
            return
        if whole.digest() == row.hash:
            self._unlisted.append(Manifest(row.hash, sum(piece.size for piece in pieces), tuple(pieces)))
        else:
            self._broken[row.hash] = _Broken(None, "its pieces make up another content")

    def ended(self, now_ns: int) -> Verified:
        """Takes out of the vault what is damaged and cannot be mended, and says who needs it."""
        self._list_again()
        reasons = self._forget()
        held = self._held(reasons)
        gone = {content: reason for content, reason in reasons.items() if content not in held}
        needing = self._needing(gone)
        if needing:
            with self._vault.turn, self._vault.write() as tx:
                for versions in needing.values():
                    self._vault.versions.drop(tx, [version.seq for version in versions], now_ns, DAMAGED)
        ops = self._vault.ops.needing(list(gone))
        lost = [
            Lost(content, reason, tuple(needing.get(content, ())), tuple(ops.get(content, ())))
            for content, reason in gone.items()
            if content in needing or content in ops
        ]
        return Verified(self.done, tuple(lost), self._mended + len(held))

    def _list_again(self) -> None:
        """Writes the lists anew that were damaged."""
        if not self._unlisted:
            return
        placed = self._contents.place([], self._unlisted)
        with self._vault.turn, self._vault.write() as tx:
            self._vault.pieces.forget(tx, [], [manifest.content for manifest in self._unlisted])
            self._contents.record(tx, placed)
        self._mended += len(self._unlisted)

    def _forget(self) -> dict[bytes, str]:
        """What is forgotten, by its hash, and why; what has changed since it was looked at stays."""
        if not self._damaged and not self._broken:
            return {}
        pieces = self._vault.pieces
        with self._vault.turn, self._contents.unasked() as leased, self._vault.write() as tx:
            current = pieces.many(list(self._damaged))
            bad = {
                i: each
                for i, each in self._damaged.items()
                if current.get(i) == each.row and each.row.hash not in leased
            }
            broken = {
                content: each.reason
                for content, each in self._broken.items()
                if content not in leased and (each.piece is None or each.piece in bad)
            }
            pieces.forget(tx, [each.row.hash for each in bad.values()], broken)
        return {each.row.hash: each.reason for each in bad.values()} | broken

    def _held(self, contents: Collection[bytes]) -> set[bytes]:
        """Those of the contents that files still hold: they are not kept now, and are read again."""
        held: set[bytes] = set()
        roots = {root.id: root.path for root in self._vault.roots.all()}
        for ids in parts(self._vault.entries.unkept(_ALL) if contents else []):
            for entry in self._vault.entries.many(ids).values():
                if (
                    entry.content is not None
                    and entry.content in contents
                    and _stands(join(roots[entry.root], entry.path), entry.key)
                ):
                    held.add(entry.content)
        return held

    def _needing(self, contents: Collection[bytes]) -> dict[bytes, list[Version]]:
        found: dict[bytes, list[Version]] = {}
        for version in self._vault.versions.needing(contents) if contents else ():
            assert version.content is not None
            found.setdefault(version.content, []).append(version)
        return found


def _stands(path: bytes, key: StatKey) -> bool:
    """Whether the file that was read still stands at a path, unchanged."""
    try:
        return StatKey.of(os.lstat(path)) == key
    except OSError:
        return False


@contextlib.contextmanager
def objects_of(packs: Packs, *, needed: bool) -> Iterator[None]:
    """For a look at all objects of a vault: raises `StorageError` where they cannot be reached, which is no damage.

    `needed`: whether there have to be some.
    """
    folder = packs.folder
    if needed and not folder.is_dir():
        hint = "see that its disk is mounted; if it is lost for good, make an empty folder in its place"
        raise StorageError("the folder of kept objects is not there", path=str(folder), hint=hint)
    try:
        yield
    except OSError as error:
        raise StorageError(f"kept objects cannot be read: {error.strerror}", path=str(folder)) from error


def require_damage(error: ObjectDamaged) -> None:
    """Raises `StorageError` where reading failed for a reason that says nothing of the bytes: no permission, say."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno not in _OF_THE_DISK:
        raise StorageError(error.message, path=error.path) from cause
