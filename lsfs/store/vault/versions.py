"""Versions: what stood at a path, written once."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Container, Iterable, Iterator, Sequence

import apsw
import msgspec

from lsfs.store.database import Database, insert_many, marks, one, parts

_COLUMNS = (
    "seq, lineage, number, root, path, kind, content, target, size, mode, mtime_ns, xattrs, seen_ns, since_ns, op, gone"
)

_KEPT = (
    "NOT EXISTS (SELECT 1 FROM dropped WHERE seq = v.seq) AND (EXISTS (SELECT 1 FROM pieces WHERE hash = v.content) "
    "OR EXISTS (SELECT 1 FROM contents WHERE hash = v.content))"
)
"""That the content of a version `v` is kept, and for its sake."""
_NEXT = (
    "coalesce((SELECT seq FROM versions WHERE lineage = v.lineage AND seq > v.seq AND number IS NOT NULL "
    "ORDER BY seq LIMIT 1), 9223372036854775807)"
)
"""The next version with a number after a version `v`."""
_PAGE = 5000
"""Rows held at once of the whole table."""


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


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A version with a number whose content is kept, and how long it was what its file held."""

    seq: int
    lineage: int
    number: int
    since_ns: int
    until_ns: int | None
    """When the lineage's next state began, never before this one was seen; None where none has."""
    content: bytes
    size: int


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
        return self._newest(self._tree(root, "v.path > ?2 AND v.path < ?3", below(folder), bound))

    def children(self, root: int, folder: bytes, bound: Bound) -> dict[bytes, Version]:
        """What stood directly in a folder then, by path."""
        low, high = below(folder)
        where = f"v.path > ?2 AND v.path < ?3 AND instr(substr(v.path, {len(low) + 1}), x'2f') = 0"
        return self._newest(self._tree(root, where, (low, high), bound))

    @staticmethod
    def _newest(rows: Iterable[Version]) -> dict[bytes, Version]:
        """The newest at each path, by path."""
        found: dict[bytes, Version] = {}
        for row in rows:
            if row.path not in found or found[row.path].seq < row.seq:
                found[row.path] = row
        return dict(sorted(found.items()))

    def _tree(self, root: int, where: str, bindings: tuple[bytes, ...], bound: Bound) -> list[Version]:
        # The last state of its lineage up to then: one that came after it was elsewhere, or gone.
        columns = ", ".join(f"v.{name}" for name in _COLUMNS.split(", "))
        rows = self._db.rows(
            f"SELECT {columns} FROM versions AS v WHERE v.root = ?1 AND {where} AND v.gone = 0 AND v.{bound.sql} "
            "AND NOT EXISTS (SELECT 1 FROM versions AS w "
            f"WHERE w.lineage = v.lineage AND w.seq > v.seq AND w.{bound.sql})",
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

    def spans(self, *, single: bool = False) -> list[Span]:
        """The kept versions of files that had several, by lineage and number; with `single` of all files.

        A content that came back with nothing between but the file's absence, or another kind, stood all along.
        """
        rows = self._db.rows(
            "SELECT v.seq, v.lineage, v.number, v.since_ns, max(v.seen_ns, ("
            "SELECT since_ns FROM versions WHERE lineage = v.lineage AND seq > ("
            "SELECT max(seq) FROM versions WHERE lineage = v.lineage AND content = v.content AND gone = 0 "
            f"AND seq >= v.seq AND seq < {_NEXT}) ORDER BY seq LIMIT 1)), v.content, v.size "
            "FROM lineages AS l CROSS JOIN versions AS v ON v.lineage = l.id "
            f"WHERE l.numbers > ? AND v.number IS NOT NULL AND {_KEPT} ORDER BY v.lineage, v.seq",
            (0 if single else 1,),
        )
        return [Span(*row) for row in rows]

    def made_by(self, op: int, after: int) -> list[Version]:
        """The versions with a number that an op has made, whose changes have numbers above `after`."""
        sql = f"SELECT {_COLUMNS} FROM versions WHERE seq > ? AND op = ? AND number IS NOT NULL ORDER BY seq"
        return [Version(*row) for row in self._db.rows(sql, (after, op))]

    def kept(self) -> int:
        """How many versions with a number have their contents kept."""
        return int(self._db.rows(f"SELECT count(*) FROM versions AS v WHERE number IS NOT NULL AND {_KEPT}")[0][0])

    def contents(self, without: Iterable[int] = ()) -> set[bytes]:
        """The contents that versions need which have not given them up, those with these sequence numbers left out."""
        rows = self._db.rows(
            "SELECT DISTINCT content FROM versions AS v WHERE content IS NOT NULL AND gone = 0 "
            "AND NOT EXISTS (SELECT 1 FROM dropped WHERE seq = v.seq) AND seq NOT IN (SELECT value FROM json_each(?))",
            (_json(without),),
        )
        return {row[0] for row in rows}

    def contents_after(self, seq: int) -> set[bytes]:
        """The contents of versions after `seq`."""
        rows = self._db.rows("SELECT DISTINCT content FROM versions WHERE seq > ? AND content IS NOT NULL", (seq,))
        return {row[0] for row in rows}

    def with_followers(self, seqs: Iterable[int]) -> dict[int, int]:
        """These versions, and those after each where only name, mode or time changed; by which each goes."""
        rows = self._db.rows(
            "SELECT f.seq, v.seq FROM json_each(?) AS j CROSS JOIN versions AS v ON v.seq = j.value "
            f"CROSS JOIN versions AS f ON f.lineage = v.lineage AND f.seq >= v.seq AND f.seq < {_NEXT} "
            "WHERE f.content = v.content",
            (_json(seqs),),
        )
        return dict(rows)

    def places(self, seqs: Iterable[int]) -> dict[int, tuple[int, bytes]]:
        """(root, path) of versions by their sequence numbers."""
        rows = self._db.rows(
            "SELECT seq, root, path FROM versions WHERE seq IN (SELECT value FROM json_each(?))", (_json(seqs),)
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def needing(self, contents: Container[bytes]) -> Iterator[Version]:
        """The versions that have one of these contents and have not given it up, oldest first; looks at every row."""
        after = 0
        sql = (
            f"SELECT {_COLUMNS} FROM versions AS v WHERE seq > ? AND content IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM dropped AS d WHERE d.seq = v.seq) ORDER BY seq LIMIT ?"
        )
        while rows := self._db.rows(sql, (after, _PAGE)):
            yield from (version for row in rows if (version := Version(*row)).content in contents)
            after = rows[-1][0]

    def newest_ns(self) -> int:
        """When the newest version was recorded, in ns; 0 where there is none."""
        return int(self._db.rows("SELECT coalesce(max(seen_ns), 0) FROM versions")[0][0])

    def paths_like(self, root: int, folder: bytes, glob: bytes, limit: int) -> list[bytes]:
        """Paths below a folder, of now and of the past, in order, that a pattern matches there.

        A ``*`` matches slashes, too; bytes that are not UTF-8 are characters of their own.
        """
        # Python's patterns have [!…] for what the shell's also have as [^…].
        pattern = fnmatch.translate(glob.decode("utf-8", "surrogateescape").replace("[^", "[!"))
        matches = re.compile(pattern).match
        low, high = (folder + b"/", folder + b"0") if folder else (b"", b"\xff" * 8192)
        skipped = len(folder) + 1 if folder else 0
        sql = (
            "SELECT path FROM entries WHERE root = ?1 AND path > ?2 AND path < ?3 UNION "
            "SELECT path FROM versions WHERE root = ?1 AND path > ?2 AND path < ?3 ORDER BY path LIMIT ?4"
        )
        found: list[bytes] = []
        while len(found) < limit and (rows := self._db.rows(sql, (root, low, high, _PAGE))):
            found += (path for (path,) in rows if matches(path[skipped:].decode("utf-8", "surrogateescape")))
            low = rows[-1][0]
        return found[:limit]

    def get(self, seq: int) -> Version | None:
        """A version by its sequence number."""
        return self.many([seq]).get(seq)

    def many(self, seqs: Sequence[int]) -> dict[int, Version]:
        """Versions by sequence number; those that are dropped are left out."""
        rows = self._db.rows_in(f"SELECT {_COLUMNS} FROM versions WHERE seq IN ({{}})", seqs)
        return {version.seq: version for version in (Version(*row) for row in rows)}

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
    def came_ns(tx: apsw.Connection, lineage: int, root: int, path: bytes) -> int | None:
        """Since when a history goes on at a path; None where its newest version is not there."""
        elsewhere = "SELECT max(seq) FROM versions WHERE lineage = ?1 AND (gone <> 0 OR root <> ?2 OR path <> ?3)"
        sql = f"SELECT min(since_ns) FROM versions WHERE lineage = ?1 AND seq > coalesce(({elsewhere}), -1)"
        (since,) = one(tx, sql, (lineage, root, path))
        return None if since is None else int(since)

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
    def attribute(tx: apsw.Connection, op: int, after: int, places: Iterable[tuple[int, bytes]]) -> None:
        """Has versions that were made of places (root, path) after a change, by nobody's op, be those of an op."""
        tx.executemany(
            "UPDATE versions SET op = ? WHERE seq > ? AND op IS NULL AND root = ? AND path = ?",
            ((op, after, root, path) for root, path in places),
        )

    @staticmethod
    def drop(tx: apsw.Connection, seqs: Iterable[int], now_ns: int, reason: str) -> None:
        """Records why the contents of versions are not kept."""
        tx.executemany("INSERT OR IGNORE INTO dropped VALUES (?, ?, ?)", ((seq, now_ns, reason) for seq in seqs))

    @staticmethod
    def regain(tx: apsw.Connection, reasons: Sequence[str]) -> int:
        """Takes back that contents were given up for one of these reasons, where they are kept after all.  How many."""
        tx.execute(
            f"DELETE FROM dropped WHERE reason IN ({marks(reasons)}) AND EXISTS ("
            "SELECT 1 FROM versions AS v WHERE v.seq = dropped.seq "
            "AND (EXISTS (SELECT 1 FROM pieces WHERE hash = v.content) "
            "OR EXISTS (SELECT 1 FROM contents WHERE hash = v.content)))",
            reasons,
        )
        return int(one(tx, "SELECT changes()")[0])

    @staticmethod
    def last_seen(tx: apsw.Connection, lineages: Sequence[int]) -> dict[int, int]:
        """When the newest version of each lineage that has one was recorded, in ns."""
        found: dict[int, int] = {}
        for part in parts(lineages):
            sql = f"SELECT lineage, max(seen_ns) FROM versions WHERE lineage IN ({marks(part)}) GROUP BY lineage"
            found.update(tx.execute(sql, part))
        return found


def below(folder: bytes) -> tuple[bytes, bytes]:
    """The bounds, both outside, of the paths that lie below a folder."""
    return (folder + b"/", folder + b"0") if folder else (b"", b"\xff" * 8192)


def _json(seqs: Iterable[int]) -> str:
    """Any number of sequence numbers as one binding, for json_each()."""
    return msgspec.json.encode(list(seqs)).decode()
