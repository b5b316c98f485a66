"""Entries: what stands at each path now, and the lineages they belong to."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apsw
import msgspec

from lsfs.core.records import Kind, StatKey
from lsfs.store.database import Database, insert_many, marks, one, parts

_COLUMNS = (
    "id, root, path, kind, ino, btime_ns, size, mode, mtime_ns, ctime_ns, target, content, lineage, seq, pending, "
    "gone, unindexed, unversioned, xattrs, mirror"
)

_PAGE = 5000
"""Rows held at once of all that stands in a root."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What stands at a path now, or last stood there where `gone`."""

    id: int
    root: int
    path: bytes
    kind: Kind
    ino: int
    btime_ns: int
    size: int
    mode: int
    mtime_ns: int
    ctime_ns: int
    target: bytes | None
    content: bytes | None
    lineage: int
    seq: int
    pending: int | None
    """When the first content that is not yet a version was captured, in ns."""
    gone: int
    unindexed: str = ""
    """Why it is not searched; empty where it is."""
    unversioned: str = ""
    """Why no versions of it are kept; empty where they are."""
    xattrs: bytes | None = None
    """Extended attributes but tags, as `lsfs.core.xattrs` encodes them; None: it has none, or was not read yet."""
    mirror: str | None = None
    """The tags on the file itself (user.xdg.tags), as last seen or written; None where that was never looked at."""

    @property
    def key(self) -> StatKey:
        """What a look at the unchanged file would show."""
        return StatKey(self.ino, self.size, self.mtime_ns, self.ctime_ns, self.mode)


_KINDS = {kind.value: kind for kind in Kind}


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(row[0], row[1], row[2], _KINDS[row[3]], *row[4:])


class Entries:
    """The tables of entries and lineages."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, entry_id: int) -> Entry | None:
        """An entry by id."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM entries WHERE id = ?", (entry_id,))
        return _entry(rows[0]) if rows else None

    def many(self, ids: Sequence[int]) -> dict[int, Entry]:
        """Entries by id."""
        rows = self._db.rows_in(f"SELECT {_COLUMNS} FROM entries WHERE id IN ({{}})", ids)
        return {row[0]: _entry(row) for row in rows}

    def at(self, root: int, paths: Sequence[bytes]) -> dict[bytes, Entry]:
        """The entries at these paths, gone ones included."""
        rows = self._db.rows_in(f"SELECT {_COLUMNS} FROM entries WHERE path IN ({{}}) AND root = ?", paths, (root,))
        return {row[2]: _entry(row) for row in rows}

    def by_inode(self, ino: int, btime_ns: int) -> list[Entry]:
        """Every entry last seen with this inode, gone ones included, newest change first."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM entries WHERE ino = ? AND btime_ns = ? ORDER BY seq DESC", (ino, btime_ns)
        )
        return [_entry(row) for row in rows]

    def children(self, root: int, directory: bytes) -> dict[bytes, StatKey]:
        """The stat keys of the living entries directly in a directory, by name."""
        low = directory + b"/" if directory else b""
        rows = self._db.rows(
            "SELECT substr(path, ?1), ino, size, mtime_ns, ctime_ns, mode FROM entries "
            "WHERE root = ?2 AND path > ?3 AND path < ?4 AND gone = 0 AND instr(substr(path, ?1), x'2f') = 0",
            (len(low) + 1, root, low, _after(low)),
        )
        return {row[0]: StatKey(*row[1:]) for row in rows}

    def keys_below(self, root: int, directory: bytes, limit: int) -> list[tuple[bytes, StatKey]]:
        """Paths and stat keys of the living entries anywhere under a directory, by path, up to `limit` of them."""
        low = directory + b"/" if directory else b""
        rows = self._db.rows(
            "SELECT path, ino, size, mtime_ns, ctime_ns, mode FROM entries "
            "WHERE root = ? AND path > ? AND path < ? AND gone = 0 ORDER BY path LIMIT ?",
            (root, low, _after(low), limit),
        )
        return [(row[0], StatKey(*row[1:])) for row in rows]

    def below(self, root: int, directory: bytes, *, gone: bool = False) -> list[Entry]:
        """The entries under a directory, itself left out, by path; with `gone` the vanished ones too."""
        low = directory + b"/" if directory else b""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM entries WHERE root = ? AND path > ? AND path < ? AND gone <= ? ORDER BY path",
            (root, low, _after(low), int(gone)),
        )
        return [_entry(row) for row in rows]

    def folders(self, root: int, paths: Sequence[bytes]) -> set[bytes]:
        """Those of the paths at which a directory stands."""
        sql = "SELECT path FROM entries WHERE path IN ({}) AND root = ? AND kind = 'dir' AND gone = 0"
        return {row[0] for row in self._db.rows_in(sql, paths, (root,))}

    def orphans(self, root: int) -> Iterator[bytes]:
        """The paths of living entries in whose folder's place none stands, by path; looks at every row."""
        folders = {b""}
        after = b""
        sql = (
            "SELECT path, kind = 'dir' FROM entries WHERE root = ? AND path > ? AND gone = 0 ORDER BY path "
            f"LIMIT {_PAGE}"
        )
        while rows := self._db.rows(sql, (root, after)):
            for path, is_folder in rows:
                if is_folder:
                    folders.add(path)
                if path.rpartition(b"/")[0] not in folders:
                    yield path
            after = rows[-1][0]

    def any_below(self, root: int, directory: bytes) -> bool:
        """Whether anything was ever known under a directory."""
        low = directory + b"/" if directory else b""
        sql = "SELECT 1 FROM entries WHERE root = ? AND path > ? AND path < ? LIMIT 1"
        return bool(self._db.rows(sql, (root, low, _after(low))))

    def reach(self, root: int, directory: bytes) -> tuple[int, int]:
        """How many files and links stand under a directory, and their bytes."""
        low = directory + b"/" if directory else b""
        rows = self._db.rows(
            "SELECT count(*), coalesce(sum(size), 0) FROM entries "
            "WHERE root = ? AND path > ? AND path < ? AND gone = 0 AND kind <> 'dir'",
            (root, low, _after(low)),
        )
        return int(rows[0][0]), int(rows[0][1])

    def since(self, seq: int, limit: int) -> list[Entry]:
        """The entries of watched roots that changed after `seq`, in order of change, gone ones included."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM entries WHERE seq > ? AND root IN (SELECT id FROM roots WHERE removed_ns IS NULL) "
            "ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return [_entry(row) for row in rows]

    def pending(self) -> list[Entry]:
        """Entries whose content is not yet a version."""
        return [_entry(row) for row in self._db.rows(f"SELECT {_COLUMNS} FROM entries WHERE pending IS NOT NULL")]

    def unsettled(self, root: int, directory: bytes, baseline: int) -> list[Entry]:
        """Files under a directory of which something is not a version yet, those of the first scan left out that have
        none; `baseline` is the last lineage of that scan."""
        low = directory + b"/" if directory else b""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM entries WHERE root = ? AND path > ? AND path < ? AND gone = 0 "
            "AND (pending IS NOT NULL OR content IS NULL AND kind = 'file' AND unversioned = '' "
            "AND (lineage > ? OR EXISTS (SELECT 1 FROM versions AS v WHERE v.lineage = entries.lineage)))",
            (root, low, _after(low), baseline or sys.maxsize),
        )
        return [_entry(row) for row in rows]

    def unversioned(self) -> int:
        """How many captured states of watched roots are to become versions; a file not read yet has none."""
        rows = self._db.rows(
            "SELECT count(*) FROM entries WHERE pending IS NOT NULL AND (content IS NOT NULL OR kind <> 'file') "
            "AND root IN (SELECT id FROM roots WHERE removed_ns IS NULL)"
        )
        return int(rows[0][0])

    def unread(self, limit: int, searched_bytes: int) -> list[Entry]:
        """Files that are read for their versions alone, most recently modified first: they are not searched, or are
        larger than what is searched by content."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM entries INDEXED BY entries_unread WHERE content IS NULL AND kind = 'file' "
            "AND gone = 0 AND unversioned = '' AND (unindexed <> '' OR size > 1048576) "
            "AND (unindexed <> '' OR size > ?) "
            "AND root IN (SELECT id FROM roots WHERE removed_ns IS NULL AND state = 'online') "
            "ORDER BY mtime_ns DESC LIMIT ?",
            (searched_bytes, limit),
        )
        return [_entry(row) for row in rows]

    def contents(self, after: int = 0) -> set[bytes]:
        """The contents of what stands anywhere, of removed roots too; with `after` of what changed after that."""
        rows = self._db.rows(
            "SELECT DISTINCT content FROM entries WHERE seq > ? AND gone = 0 AND content IS NOT NULL", (after,)
        )
        return {row[0] for row in rows}

    @staticmethod
    def forget_content(tx: apsw.Connection, ids: Iterable[int]) -> None:
        """Has files read again that are read for their versions alone."""
        tx.executemany("UPDATE entries SET content = NULL WHERE id = ?", ((i,) for i in ids))

    def unkept(self, limit: int, most_bytes: int = sys.maxsize) -> list[int]:
        """Files of up to `most_bytes` whose content is known and is to be kept, and is not."""
        rows = self._db.rows(
            "SELECT id FROM entries AS e WHERE gone = 0 AND kind = 'file' AND unversioned = '' AND content IS NOT NULL "
            "AND root IN (SELECT id FROM roots WHERE removed_ns IS NULL AND state = 'online') AND size <= ? "
            "AND NOT EXISTS (SELECT 1 FROM pieces WHERE hash = e.content) "
            "AND NOT EXISTS (SELECT 1 FROM contents WHERE hash = e.content) LIMIT ?",
            (most_bytes, limit),
        )
        return [row[0] for row in rows]

    def protected(self) -> tuple[int, int]:
        """(bytes of files whose content is kept, bytes of all files), in watched roots."""
        rows = self._db.rows(
            "SELECT coalesce(sum(iif(EXISTS (SELECT 1 FROM pieces WHERE hash = e.content) "
            "OR EXISTS (SELECT 1 FROM contents WHERE hash = e.content), size, 0)), 0), coalesce(sum(size), 0) "
            "FROM entries AS e WHERE gone = 0 AND kind = 'file' "
            "AND root IN (SELECT id FROM roots WHERE removed_ns IS NULL)"
        )
        return int(rows[0][0]), int(rows[0][1])

    def unversioned_of(self, ids: Sequence[int]) -> set[int]:
        """Those of the entries of which no versions are kept."""
        return {
            row[0] for row in self._db.rows_in("SELECT id FROM entries WHERE id IN ({}) AND unversioned <> ''", ids)
        }

    def any(self, root: int) -> bool:
        """Whether anything was ever recorded in the root."""
        return bool(self._db.rows("SELECT 1 FROM entries WHERE root = ? LIMIT 1", (root,)))

    def living(self, root: int) -> int:
        """How many entries stand in the root now."""
        return int(self._db.rows("SELECT count(*) FROM entries WHERE root = ? AND gone = 0", (root,))[0][0])

    def counts(self) -> dict[str, int]:
        """How many living entries there are by kind, in watched roots."""
        return dict(
            self._db.rows(
                "SELECT e.kind, count(*) FROM entries AS e JOIN roots AS r ON r.id = e.root "
                "WHERE e.gone = 0 AND r.removed_ns IS NULL GROUP BY e.kind"
            )
        )

    def holders(self, lineages: Sequence[int]) -> list[Entry]:
        """The living entries that hold one of these lineages."""
        sql = f"SELECT {_COLUMNS} FROM entries WHERE lineage IN ({{}}) AND gone = 0"
        return [_entry(row) for row in self._db.rows_in(sql, lineages)]

    @staticmethod
    def new_lineages(tx: apsw.Connection, parents: Sequence[tuple[int, int] | None]) -> list[int]:
        """Begins a lineage for each item, which is the (lineage, seq) it was copied or linked from, or None."""
        (last,) = one(tx, "SELECT coalesce(max(id), 0) FROM lineages")
        rows = ((i, *(parent or (None, None))) for i, parent in enumerate(parents, last + 1))
        insert_many(tx, "INTO lineages (id, parent, parent_seq)", 3, rows)
        return list(range(last + 1, last + 1 + len(parents)))

    @staticmethod
    def lineages_in(tx: apsw.Connection, lineages: Sequence[int]) -> set[int]:
        """Those of the lineages that there are, as the transaction sees it."""
        return {
            row[0]
            for part in parts(lineages)
            for row in tx.execute(f"SELECT id FROM lineages WHERE id IN ({marks(part)})", part)
        }

    @staticmethod
    def begin_lineage(tx: apsw.Connection, lineage: int) -> None:
        """Begins a lineage under the id that it had in a vault that was lost."""
        tx.execute("INSERT INTO lineages (id) VALUES (?)", (lineage,))

    @staticmethod
    def next_id(tx: apsw.Connection) -> int:
        """The id of the next entry that is made."""
        return int(one(tx, "SELECT coalesce(max(id), 0) + 1 FROM entries")[0])

    @staticmethod
    def captured(tx: apsw.Connection, entries: Iterable[Entry]) -> None:
        """Writes what reading a file can change of its entry."""
        tx.executemany(
            "UPDATE entries SET size = ?, mode = ?, mtime_ns = ?, ctime_ns = ?, content = ?, seq = ?, pending = ?, "
            "xattrs = ?, mirror = ? WHERE id = ?",
            (
                (e.size, e.mode, e.mtime_ns, e.ctime_ns, e.content, e.seq, e.pending, e.xattrs, e.mirror, e.id)
                for e in entries
            ),
        )

    @staticmethod
    def put(tx: apsw.Connection, entries: Iterable[Entry]) -> None:
        """Writes entries whole, in the place of what is known of their paths."""
        insert_many(
            tx,
            f"INTO entries ({_COLUMNS})",
            20,
            (msgspec.to_builtins(entry, builtin_types=(bytes,)) for entry in entries),
            "ON CONFLICT (root, path) DO UPDATE SET kind = excluded.kind, ino = excluded.ino, "
            "btime_ns = excluded.btime_ns, size = excluded.size, mode = excluded.mode, mtime_ns = excluded.mtime_ns, "
            "ctime_ns = excluded.ctime_ns, target = excluded.target, content = excluded.content, "
            "lineage = excluded.lineage, seq = excluded.seq, pending = excluded.pending, gone = excluded.gone, "
            "unindexed = excluded.unindexed, unversioned = excluded.unversioned, xattrs = excluded.xattrs, "
            "mirror = excluded.mirror",
        )

    @staticmethod
    def ids(tx: apsw.Connection, root: int) -> list[int]:
        """Every entry of a root, gone ones included."""
        return [row[0] for row in tx.execute("SELECT id FROM entries WHERE root = ?", (root,))]

    @staticmethod
    def renumber(tx: apsw.Connection, entry_ids: Iterable[int], first_seq: int) -> None:
        """Gives entries the sequence numbers from `first_seq` on, so that the index follows them again."""
        numbered = enumerate(entry_ids, first_seq)
        tx.executemany("UPDATE entries SET seq = ? WHERE id = ?", numbered)

    @staticmethod
    def settled(tx: apsw.Connection, entry_ids: Iterable[int]) -> None:
        """Records that what was pending has become versions."""
        tx.executemany("UPDATE entries SET pending = NULL WHERE id = ?", ((i,) for i in entry_ids))


def _after(prefix: bytes) -> bytes:
    """The smallest key after every path that begins with `prefix`, a directory with its slash or nothing."""
    return prefix[:-1] + b"0" if prefix else b"\xff" * 8192
