"""Where kept bytes lie: the pieces, and which of them make up a content."""

from __future__ import annotations

import array
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

import apsw
import msgspec

from lsfs.store.database import Database, insert_many, marks, parts

_PIECE = "id, hash, pack, offset, stored, size"
_CONTENT = "hash, size, pieces, pack, offset, stored"


class PieceRow(msgspec.Struct, frozen=True, array_like=True):
    """A kept piece."""

    id: int
    hash: bytes
    pack: int
    """Number of its pack, 0 for a file of its own."""
    offset: int
    stored: int
    """Bytes of the record, header included."""
    size: int
    """Bytes of the piece."""


class ContentRow(msgspec.Struct, frozen=True, array_like=True):
    """A kept content of several pieces, and where the record lies that lists them."""

    hash: bytes
    size: int
    pieces: bytes
    """Ids of the pieces in order, see `piece_ids`."""
    pack: int
    offset: int
    stored: int


def piece_ids(packed: bytes) -> list[int]:
    """The ids in `ContentRow.pieces`."""
    ids = array.array("q", packed)
    if sys.byteorder == "big":
        ids.byteswap()
    return ids.tolist()


def packed_ids(ids: Iterable[int]) -> bytes:
    """What `piece_ids` reads."""
    made = array.array("q", ids)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


class Pieces:
    """The tables of pieces and contents.  A content of one piece is the piece with its hash."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def kept(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Those of the contents that are kept."""
        return {
            row[0]
            for table in ("pieces", "contents")
            for row in self._db.rows_in(f"SELECT hash FROM {table} WHERE hash IN ({{}})", hashes)
        }

    def known(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Those of the pieces that are kept."""
        return {row[0] for row in self._db.rows_in("SELECT hash FROM pieces WHERE hash IN ({})", hashes)}

    def of(self, content: bytes) -> list[PieceRow] | None:
        """The pieces of a content in order; None where it is not kept."""
        rows = self._db.rows(f"SELECT {_PIECE} FROM pieces WHERE hash = ?", (content,))
        if rows:
            return [PieceRow(*rows[0])]
        several = self._db.rows("SELECT pieces FROM contents WHERE hash = ?", (content,))
        if not several:
            return None
        ids = piece_ids(several[0][0])
        found = {
            row[0]: PieceRow(*row) for row in self._db.rows_in(f"SELECT {_PIECE} FROM pieces WHERE id IN ({{}})", ids)
        }
        # One that is gone stands as one that cannot be read.
        return [found.get(one) or PieceRow(one, b"", -1, 0, 0, 0) for one in ids]

    @staticmethod
    def missing(tx: apsw.Connection, hashes: Sequence[bytes]) -> set[bytes]:
        """Those of the contents that are not kept, as the transaction sees it."""
        left = set(hashes)
        for table in ("pieces", "contents"):
            for part in parts(list(left)):
                left -= {row[0] for row in tx.execute(f"SELECT hash FROM {table} WHERE hash IN ({marks(part)})", part)}
        return left

    @staticmethod
    def add(tx: apsw.Connection, rows: Iterable[tuple[bytes, int, int, int, int]]) -> None:
        """Records (hash, pack, offset, stored, size); a piece that is kept already stays where it is."""
        insert_many(tx, "INTO pieces (hash, pack, offset, stored, size)", 5, rows, "ON CONFLICT DO NOTHING")

    @staticmethod
    def ids_of(tx: apsw.Connection, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """The ids of those pieces that are kept, as the transaction sees it."""
        found: dict[bytes, int] = {}
        for part in parts(hashes):
            found.update(tx.execute(f"SELECT hash, id FROM pieces WHERE hash IN ({marks(part)})", part))
        return found

    @staticmethod
    def add_content(tx: apsw.Connection, row: ContentRow) -> None:
        """Records a content of several pieces; one that is kept already stays as it is."""
        tx.execute(
            f"INSERT INTO contents ({_CONTENT}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            msgspec.to_builtins(row, builtin_types=(bytes,)),
        )

    def every_piece(self) -> list[PieceRow]:
        """Every kept piece."""
        return [PieceRow(*row) for row in self._db.rows(f"SELECT {_PIECE} FROM pieces")]

    def every_content(self) -> Iterator[ContentRow]:
        """Every kept content of several pieces."""
        for row in self._db.rows(f"SELECT {_CONTENT} FROM contents"):
            yield ContentRow(*row)

    def stored_bytes(self) -> int:
        """Bytes that all kept records take."""
        return sum(
            int(self._db.rows(f"SELECT coalesce(sum(stored), 0) FROM {table}")[0][0])
            for table in ("pieces", "contents")
        )

    @staticmethod
    def move(tx: apsw.Connection, table: str, places: Mapping[bytes, tuple[int, int]]) -> None:
        """Records that records (of ``pieces`` or ``contents``), by hash, lie at (pack, offset) now."""
        tx.executemany(
            f"UPDATE {table} SET pack = ?, offset = ? WHERE hash = ?",
            ((pack, offset, digest) for digest, (pack, offset) in places.items()),
        )

    @staticmethod
    def forget(tx: apsw.Connection, pieces: Iterable[bytes], contents: Iterable[bytes] = ()) -> None:
        """Takes pieces and contents, by hash, out of the tables."""
        tx.executemany("DELETE FROM contents WHERE hash = ?", ((digest,) for digest in contents))
        tx.executemany("DELETE FROM pieces WHERE hash = ?", ((digest,) for digest in pieces))
