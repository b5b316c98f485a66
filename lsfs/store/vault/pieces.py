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
_PAGE = 1000
"""Rows held at once of a table that is gone through."""


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
        found = self.many(ids)
        # One that is gone stands as one that cannot be read.
        return [found.get(one) or PieceRow(one, b"", -1, 0, 0, 0) for one in ids]

    def by_hash(self, hashes: Sequence[bytes]) -> list[PieceRow]:
        """The kept pieces with these hashes."""
        return [PieceRow(*row) for row in self._db.rows_in(f"SELECT {_PIECE} FROM pieces WHERE hash IN ({{}})", hashes)]

    def many(self, ids: Sequence[int]) -> dict[int, PieceRow]:
        """Pieces by id; those that are gone are left out."""
        rows = self._db.rows_in(f"SELECT {_PIECE} FROM pieces WHERE id IN ({{}})", ids)
        return {row[0]: PieceRow(*row) for row in rows}

    def content(self, content: bytes) -> ContentRow | None:
        """A content of several pieces; None where it is none, or is not kept."""
        rows = self._db.rows(f"SELECT {_CONTENT} FROM contents WHERE hash = ?", (content,))
        return ContentRow(*rows[0]) if rows else None

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

    def in_turn(self) -> Iterator[PieceRow]:
        """Every kept piece, those that come meanwhile included; few are held at once."""
        after = 0
        while rows := self._db.rows(f"SELECT {_PIECE} FROM pieces WHERE id > ? ORDER BY id LIMIT ?", (after, _PAGE)):
            yield from (PieceRow(*row) for row in rows)
            after = rows[-1][0]

    def contents_in_turn(self) -> Iterator[ContentRow]:
        """Every kept content of several pieces, in the same way."""
        sql = f"SELECT {_CONTENT}, id FROM contents WHERE id > ? ORDER BY id LIMIT ?"
        after = 0
        while rows := self._db.rows(sql, (after, _PAGE)):
            yield from (ContentRow(*row[:-1]) for row in rows)
            after = rows[-1][-1]

    def newest_content(self) -> int:
        """The id of the newest content of several pieces; 0 where there is none."""
        return int(self._db.rows("SELECT coalesce(max(id), 0) FROM contents")[0][0])

    def contents_after(self, content_id: int) -> list[ContentRow]:
        """The contents of several pieces with higher ids."""
        return [
            ContentRow(*row) for row in self._db.rows(f"SELECT {_CONTENT} FROM contents WHERE id > ?", (content_id,))
        ]

    def lying_in(self, pack: int) -> tuple[list[PieceRow], list[ContentRow]]:
        """Whose records lie in a pack."""
        pieces = self._db.rows(f"SELECT {_PIECE} FROM pieces WHERE pack = ? ORDER BY offset", (pack,))
        contents = self._db.rows(f"SELECT {_CONTENT} FROM contents WHERE pack = ? ORDER BY offset", (pack,))
        return [PieceRow(*row) for row in pieces], [ContentRow(*row) for row in contents]

    def records_of(self, contents: Sequence[bytes]) -> dict[bytes, list[tuple[int, int]]]:
        """The records of those contents that are kept: (which, its bytes); a list has a negative id."""
        found = {
            row[0]: [(row[1], row[2])]
            for row in self._db.rows_in("SELECT hash, id, stored FROM pieces WHERE hash IN ({})", contents)
        }
        sql = "SELECT hash, id, stored, pieces FROM contents WHERE hash IN ({})"
        several = {row[0]: (row[1], row[2], set(piece_ids(row[3]))) for row in self._db.rows_in(sql, contents)}
        pieces = self.many(list({which for _, _, ids in several.values() for which in ids}))
        for digest, (number, stored, ids) in several.items():
            found[digest] = [(-number, stored), *((which, pieces[which].stored) for which in ids if which in pieces)]
        return found

    def count(self) -> int:
        """How many pieces are kept."""
        return int(self._db.rows("SELECT count(*) FROM pieces")[0][0])

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
    def correct(tx: apsw.Connection, table: str, rows: Iterable[tuple[bytes, int, int, int]]) -> None:
        """Records that records (of ``pieces`` or ``contents``) lie elsewhere: (hash, pack, offset, stored)."""
        tx.executemany(
            f"UPDATE {table} SET pack = ?, offset = ?, stored = ? WHERE hash = ?",
            ((pack, offset, stored, digest) for digest, pack, offset, stored in rows),
        )

    @staticmethod
    def forget(tx: apsw.Connection, pieces: Iterable[bytes], contents: Iterable[bytes] = ()) -> None:
        """Takes pieces and contents, by hash, out of the tables."""
        tx.executemany("DELETE FROM contents WHERE hash = ?", ((digest,) for digest in contents))
        tx.executemany("DELETE FROM pieces WHERE hash = ?", ((digest,) for digest in pieces))
