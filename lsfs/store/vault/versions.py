"""Versions: what stood at a path, written once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import apsw
import msgspec

from lsfs.store.database import Database

_COLUMNS = (
    "seq, lineage, number, root, path, kind, content, target, size, mode, mtime_ns, xattrs, seen_ns, since_ns, op, gone"
)

_IN_CHUNK = 500


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
        tx.executemany(
            f"INSERT INTO versions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (msgspec.to_builtins(v, builtin_types=(bytes,)) for v in versions),
        )

    @staticmethod
    def newest(tx: apsw.Connection, lineages: Sequence[int]) -> dict[int, Version]:
        """The newest version of each lineage that has one."""
        found: dict[int, Version] = {}
        for part in _parts(lineages):
            # SQLite takes the bare columns of a max() query from the row with the maximum.
            rows = tx.execute(
                f"SELECT max(seq), {_COLUMNS} FROM versions WHERE lineage IN ({_marks(part)}) GROUP BY lineage", part
            )
            found.update((row[2], Version(*row[1:])) for row in rows)
        return found

    @staticmethod
    def newest_contents(tx: apsw.Connection, lineages: Sequence[int]) -> dict[int, bytes | None]:
        """The content of each lineage's newest numbered version."""
        found: dict[int, bytes | None] = {}
        for part in _parts(lineages):
            sql = "SELECT lineage, content, max(seq) FROM versions WHERE number IS NOT NULL AND lineage IN "
            found.update((row[0], row[1]) for row in tx.execute(f"{sql}({_marks(part)}) GROUP BY lineage", part))
        return found

    @staticmethod
    def next_numbers(tx: apsw.Connection, lineages: Sequence[int]) -> dict[int, int]:
        """Takes the next number of each lineage, counted from 1; none is ever given twice."""
        found: dict[int, int] = {}
        for part in _parts(lineages):
            sql = f"UPDATE lineages SET numbers = numbers + 1 WHERE id IN ({_marks(part)}) RETURNING id, numbers"
            found.update(tx.execute(sql, part))
        return found


def _parts(items: Sequence[int]) -> Iterator[Sequence[int]]:
    return (items[start : start + _IN_CHUNK] for start in range(0, len(items), _IN_CHUNK))


def _marks(part: Sequence[int]) -> str:
    return ",".join("?" * len(part))
