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


class Bound(msgspec.Struct, frozen=True):
    """Up to when: a time, or a change of the vault."""

    ns: int | None = None
    """States that were valid from then or before."""
    seq: int | None = None
    """States up to and with this change, whatever the clock said."""

    @property
    def sql(self) -> str:
        """The condition on a version."""
        return f"since_ns <= {int(self.ns)}" if self.ns is not None else f"seq <= {int(self.seq or 0)}"


class Versions:
    """The table of versions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, lineage: int) -> list[Version]:
        """A lineage's versions, oldest first."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM versions WHERE lineage = ? ORDER BY seq", (lineage,))
        return [Version(*row) for row in rows]

    def at(self, lineage: int, bound: Bound) -> Version | None:
        """The state of a lineage at a point in its past, its end included; None before its first."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM versions WHERE lineage = ? AND {bound.sql} ORDER BY seq DESC LIMIT 1", (lineage,)
        )
        return Version(*rows[0]) if rows else None

    def standing(self, root: int, path: bytes, bound: Bound) -> Version | None:
        """What stood at a path then, by whichever lineage; None where nothing is known to have stood there."""
        found = [row for row in self._tree(root, "v.path = ?2", (path,), bound) if row.path == path]
        return max(found, key=lambda row: row.seq, default=None)

    def tree(self, root: int, folder: bytes, bound: Bound) -> dict[bytes, Version]:
        """What stood below a folder then, by path."""
        low, high = (folder + b"/", folder + b"0") if folder else (b"", b"\xff" * 8192)
        found: dict[bytes, Version] = {}
        for row in self._tree(root, "v.path > ?2 AND v.path < ?3", (low, high), bound):
            if row.path not in found or found[row.path].seq < row.seq:
                found[row.path] = row
        return dict(sorted(found.items()))

    def _tree(self, root: int, where: str, bindings: tuple[bytes, ...], bound: Bound) -> list[Version]:
        # Every lineage that was ever there, each with its state then: it may have been elsewhere, or gone.
        columns = ", ".join(f"v.{name}" for name in _COLUMNS.split(", "))
        rows = self._db.rows(
            f"SELECT {columns} FROM versions AS v JOIN ("
            f"SELECT lineage AS l, (SELECT max(seq) FROM versions WHERE lineage = c.lineage AND {bound.sql}) AS s "
            f"FROM (SELECT DISTINCT v.lineage FROM versions AS v WHERE v.root = ?1 AND {where}) AS c"
            f") ON v.seq = s WHERE v.root = ?1 AND {where} AND v.gone = 0",
            (root, *bindings),
        )
        return [Version(*row) for row in rows]

    def moments(self, root: int, path: bytes) -> list[Version]:
        """Everything that ever stood at a path, by whichever lineage, oldest first."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM versions WHERE root = ? AND path = ? ORDER BY seq", (root, path))
        return [Version(*row) for row in rows]

    def dropped(self, lineage: int) -> dict[int, str]:
        """Why contents of a lineage's versions are not kept, by their sequence numbers."""
        rows = self._db.rows(
            "SELECT d.seq, d.reason FROM dropped AS d JOIN versions AS v ON v.seq = d.seq WHERE v.lineage = ?",
            (lineage,),
        )
        return dict(rows)

    def paths_like(self, root: int, glob: str, limit: int) -> list[bytes]:
        """Paths, of now and of the past, that a pattern of SQLite's GLOB matches."""
        rows = self._db.rows(
            "SELECT path FROM entries WHERE root = ?1 AND CAST(path AS TEXT) GLOB ?2 "
            "UNION SELECT path FROM versions WHERE root = ?1 AND CAST(path AS TEXT) GLOB ?2 ORDER BY path LIMIT ?3",
            (root, glob, limit),
        )
        return [row[0] for row in rows]

    def get(self, seq: int) -> Version | None:
        """A version by its sequence number."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM versions WHERE seq = ?", (seq,))
        return Version(*rows[0]) if rows else None

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
