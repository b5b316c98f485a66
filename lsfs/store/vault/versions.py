"""Versions: what stood at a path, written once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import apsw
import msgspec

from lsfs.store.database import Database, insert_many, marks, parts

_COLUMNS = (
    "seq, lineage, number, root, path, kind, content, target, size, mode, mtime_ns, xattrs, seen_ns, since_ns, op, gone"
)


class Version(msgspec.Struct, frozen=True, array_like=True):
    """A state of a lineage; `number` counts contents and is None where only name, mode or time changed."""

    seq: int
    lineage: int
    number: int | None
    root: int
    path: bytes
    kind: str
    content: bytes | None
    target: bytes | None
    size: int
    mode: int
    mtime_ns: int
    xattrs: bytes | None
    seen_ns: int
    since_ns: int
    op: int | None = None
    gone: int = 0


class Versions:
    """The table of versions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, lineage: int) -> list[Version]:
        """A lineage's versions, oldest first."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM versions WHERE lineage = ? ORDER BY seq", (lineage,))
        return [Version(*row) for row in rows]

    def count(self) -> int:
        """How many rows there are."""
        return int(self._db.rows("SELECT count(*) FROM versions")[0][0])

    def add(self, tx: apsw.Connection, versions: Iterable[Version]) -> None:
        """Records versions as they are."""
        rows = (msgspec.to_builtins(version, builtin_types=(bytes,)) for version in versions)
        insert_many(tx, f"INTO versions ({_COLUMNS})", 16, rows)

    @staticmethod
    def newest(tx: apsw.Connection, lineages: Sequence[int]) -> dict[int, Version]:
        """The newest version of each lineage that has one."""
        found: dict[int, Version] = {}
        for part in parts(lineages):
            # SQLite takes the bare columns of a max() query from the row with the maximum.
            rows = tx.execute(
                f"SELECT max(seq), {_COLUMNS} FROM versions WHERE lineage IN ({marks(part)}) GROUP BY lineage", part
            )
            found.update((row[2], Version(*row[1:])) for row in rows)
        return found

    @staticmethod
    def newest_contents(tx: apsw.Connection, lineages: Sequence[int]) -> dict[int, bytes | None]:
        """The content of each lineage's newest numbered version."""
        found: dict[int, bytes | None] = {}
        for part in parts(lineages):
            sql = "SELECT lineage, content, max(seq) FROM versions WHERE number IS NOT NULL AND lineage IN "
            found.update((row[0], row[1]) for row in tx.execute(f"{sql}({marks(part)}) GROUP BY lineage", part))
        return found

    @staticmethod
    def next_numbers(tx: apsw.Connection, lineages: Sequence[int]) -> dict[int, int]:
        """Takes the next number of each lineage, counted from 1; none is ever given twice."""
        found: dict[int, int] = {}
        for part in parts(lineages):
            sql = f"UPDATE lineages SET numbers = numbers + 1 WHERE id IN ({marks(part)}) RETURNING id, numbers"
            found.update(tx.execute(sql, part))
        return found

    @staticmethod
    def drop(tx: apsw.Connection, seqs: Iterable[int], now_ns: int, reason: str) -> None:
        """Records why the contents of versions are not kept."""
        tx.executemany("INSERT OR IGNORE INTO dropped VALUES (?, ?, ?)", ((seq, now_ns, reason) for seq in seqs))
