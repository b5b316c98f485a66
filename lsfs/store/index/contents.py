"""What is in files, keyed by hash: a text's state, chunk table, headings, and the text where the file is not it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apsw
import msgspec

from lsfs.store.database import Database, one

_COLUMNS = (
    "id, hash, state, reason, extractor, title, metadata, anchors, headings, own_text, text_bytes, "
    "first_chunk, chunks, chunk_table"
)


class NewContent(msgspec.Struct, frozen=True):
    """A content as it comes from a worker, before it has chunk ids."""

    hash: bytes
    state: str
    """``text``, ``no-text`` or ``failed``."""
    extractor: str
    reason: str = ""
    title: str = ""
    metadata: dict[str, str] = {}
    anchors: tuple[tuple[int, str], ...] = ()
    headings: tuple[str, ...] = ()
    code: bool = False
    """Source code, where words weigh less."""
    own_text: bool = False
    text_bytes: int = 0
    chunks: int = 0
    chunk_table: bytes = b""
    text: bytes | None = None
    """zstd of the UTF-8 text; None where the file is its own text, or has none."""


class Content(msgspec.Struct, frozen=True, array_like=True):
    """A stored content."""

    id: int
    hash: bytes
    state: str
    reason: str
    extractor: str
    title: str
    metadata: dict[str, str]
    anchors: list[tuple[int, str]]
    headings: list[str]
    own_text: int
    """1 where the file's bytes are its text."""
    text_bytes: int
    first_chunk: int
    chunks: int
    chunk_table: bytes


def _content(row: tuple[Any, ...]) -> Content:
    decoded = [msgspec.json.decode(value) for value in row[6:9]]
    return Content(*row[:6], *decoded, *row[9:])


class Contents:
    """The tables of contents and texts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def known(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Those hashes that the index has, with their ids."""
        return {row[0]: row[1] for row in self._db.rows_in("SELECT hash, id FROM contents WHERE hash IN ({})", hashes)}

    def get(self, content_id: int) -> Content | None:
        """A content by id."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM contents WHERE id = ?", (content_id,))
        return _content(rows[0]) if rows else None

    def embedded(self, content_id: int) -> bool:
        """Whether the vectors of a content are stored."""
        return bool(self._db.rows("SELECT 1 FROM contents WHERE id = ? AND embedded = 1", (content_id,)))

    def text(self, content_id: int) -> bytes | None:
        """The stored text, zstd-compressed UTF-8; None where the file is its own text."""
        rows = self._db.rows("SELECT body FROM texts WHERE content = ?", (content_id,))
        return rows[0][0] if rows else None

    def has(self, tx: apsw.Connection, content_hash: bytes) -> bool:
        """Whether a content is stored, seen from within the transaction."""
        return tx.execute("SELECT 1 FROM contents WHERE hash = ?", (content_hash,)).fetchone() is not None

    def add(self, tx: apsw.Connection, content: NewContent, first_chunk: int) -> int:
        """Stores a content that is not there yet and returns its id."""
        encode = msgspec.json.encode
        (content_id,) = one(
            tx,
            "INSERT INTO contents (hash, state, reason, extractor, title, metadata, anchors, headings, code, "
            "own_text, text_bytes, first_chunk, chunks, chunk_table) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "RETURNING id",
            (
                content.hash,
                content.state,
                content.reason,
                content.extractor,
                content.title,
                encode(content.metadata).decode(),
                encode(content.anchors).decode(),
                encode(content.headings).decode(),
                content.code,
                content.own_text,
                content.text_bytes,
                first_chunk,
                content.chunks,
                content.chunk_table,
            ),
        )
        if content.text is not None:
            tx.execute("INSERT INTO texts VALUES (?, ?)", (content_id, content.text))
        return int(content_id)

    def layout(self, after_id: int = 0) -> Iterator[tuple[int, int, int, bytes, bool]]:
        """(id, first chunk, chunks, chunk table, code) of every content with text and a higher id, by id."""
        sql = "SELECT id, first_chunk, chunks, chunk_table, code FROM contents WHERE chunks > 0 AND id > ? ORDER BY id"
        for row in self._db.rows(sql, (after_id,)):
            yield row[0], row[1], row[2], row[3], bool(row[4])

    def unembedded(self, limit: int) -> list[int]:
        """Contents whose vectors are to be made, most recently modified file first."""
        return [
            row[0]
            for row in self._db.rows(
                "SELECT c.id FROM contents AS c JOIN files AS f ON f.content = c.id "
                "WHERE c.embedded = 0 AND c.chunks > 0 GROUP BY c.id ORDER BY max(f.mtime_ns) DESC LIMIT ?",
                (limit,),
            )
        ]

    def still_there(self, tx: apsw.Connection, content_ids: Sequence[int]) -> list[int]:
        """Those of the contents that are stored, seen from within the transaction."""
        marks = ",".join("?" * len(content_ids))
        return [row[0] for row in tx.execute(f"SELECT id FROM contents WHERE id IN ({marks})", content_ids)]

    def set_embedded(self, tx: apsw.Connection, content_ids: Iterable[int]) -> None:
        """Records that the vectors of these are stored."""
        tx.executemany("UPDATE contents SET embedded = 1 WHERE id = ?", ((i,) for i in content_ids))

    def forget_vectors(self, tx: apsw.Connection) -> None:
        """Marks every content as not embedded: another embedder begins."""
        tx.execute("UPDATE contents SET embedded = 0 WHERE embedded = 1")

    def orphans(self, limit: int) -> list[tuple[int, int, int]]:
        """(id, first chunk, chunks) of contents that no file has any more."""
        rows = self._db.rows(
            "SELECT id, first_chunk, chunks FROM contents "
            "WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.content = contents.id) LIMIT ?",
            (limit,),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def outdated(self, extractor: str) -> list[tuple[int, int, int]]:
        """(id, first chunk, chunks) of contents that an older extractor failed on."""
        rows = self._db.rows(
            "SELECT id, first_chunk, chunks FROM contents WHERE state = 'failed' AND extractor <> ?", (extractor,)
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def remove(self, tx: apsw.Connection, content_ids: Iterable[int]) -> None:
        """Forgets contents and their texts; passages and vectors are the caller's to remove."""
        ids = [(i,) for i in content_ids]
        tx.executemany("UPDATE files SET content = NULL WHERE content = ?", ids)
        tx.executemany("DELETE FROM contents WHERE id = ?", ids)

    def totals(self) -> dict[str, int]:
        """Contents by state, bytes of text, chunks, and contents that wait for vectors."""
        rows = self._db.rows(
            "SELECT state, count(*), total(text_bytes), total(chunks), total(embedded = 0 AND chunks > 0), "
            "total(CASE WHEN embedded THEN chunks ELSE 0 END) FROM contents GROUP BY state"
        )
        totals = {f"{row[0]}": int(row[1]) for row in rows}
        totals["text_bytes"] = sum(int(row[2]) for row in rows)
        totals["chunks"] = sum(int(row[3]) for row in rows)
        totals["unembedded"] = sum(int(row[4]) for row in rows)
        totals["vectors"] = sum(int(row[5]) for row in rows)
        return totals
