"""Watched folders."""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from lsfs.store.database import Database, one

_COLUMNS = "id, path, fs_uuid, ino, state, reason, added_ns, baseline, policy"


class Root(msgspec.Struct, frozen=True, array_like=True):
    """A watched folder; `path` is absolute bytes."""

    id: int
    path: bytes
    fs_uuid: str
    ino: int
    state: str
    reason: str
    added_ns: int
    baseline: int
    """Newest lineage when the first scan was whole; 0 until then.  Older lineages were found, not seen to appear."""
    policy: str = "{}"
    """Its settings, see `lsfs.core.policy`."""

    @property
    def online(self) -> bool:
        """False while something else, or nothing, stands at the path: then nothing is recorded."""
        return self.state == "online"


def _root(row: tuple[Any, ...]) -> Root:
    return Root(*row)


class Roots:
    """The table of roots."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Root]:
        """The watched folders, by path."""
        return [
            _root(row) for row in self._db.rows(f"SELECT {_COLUMNS} FROM roots WHERE removed_ns IS NULL ORDER BY path")
        ]

    def get(self, root_id: int) -> Root | None:
        """A root by id, removed ones too."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM roots WHERE id = ?", (root_id,))
        return _root(rows[0]) if rows else None

    def is_watched(self, root_id: int) -> bool:
        """Whether there is such a root and it was not removed."""
        return bool(self._db.rows("SELECT 1 FROM roots WHERE id = ? AND removed_ns IS NULL", (root_id,)))

    def removed(self, path: bytes) -> Root | None:
        """The newest root that was at `path` and was removed with its history kept."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM roots WHERE path = ? AND removed_ns IS NOT NULL ORDER BY removed_ns DESC LIMIT 1",
            (path,),
        )
        return _root(rows[0]) if rows else None

    def add(self, tx: apsw.Connection, path: bytes, fs_uuid: str, ino: int, now_ns: int) -> Root:
        """Adds a root and returns it; an id is never given out twice, since work on a purged root may go on."""
        (newest,) = one(tx, "SELECT coalesce(max(id), 0) FROM roots")
        (root_id,) = one(
            tx,
            "INSERT INTO meta VALUES ('root', ?1) ON CONFLICT DO UPDATE SET value = max(value + 1, ?1) RETURNING value",
            (newest + 1,),
        )
        row = one(
            tx,
            "INSERT INTO roots (id, path, fs_uuid, ino, state, added_ns) VALUES (?, ?, ?, ?, 'online', ?) "
            f"RETURNING {_COLUMNS}",
            (root_id, path, fs_uuid, ino, now_ns),
        )
        return _root(row)

    def revive(self, tx: apsw.Connection, root_id: int, fs_uuid: str, ino: int) -> Root:
        """Takes up a removed root again, history included."""
        row = one(
            tx,
            "UPDATE roots SET removed_ns = NULL, state = 'online', reason = '', fs_uuid = ?, ino = ?, baseline = 0 "
            f"WHERE id = ? RETURNING {_COLUMNS}",
            (fs_uuid, ino, root_id),
        )
        return _root(row)

    def set_state(self, tx: apsw.Connection, root_id: int, state: str, reason: str) -> None:
        """Marks a root online or offline."""
        tx.execute("UPDATE roots SET state = ?, reason = ? WHERE id = ?", (state, reason, root_id))

    def set_policy(self, tx: apsw.Connection, root_id: int, policy: str) -> None:
        """Stores a root's settings."""
        tx.execute("UPDATE roots SET policy = ? WHERE id = ?", (policy, root_id))

    def set_path(self, tx: apsw.Connection, root_id: int, path: bytes) -> None:
        """Has a root be at another path, after its vault was moved here."""
        tx.execute("UPDATE roots SET path = ? WHERE id = ?", (path, root_id))

    def set_identity(self, tx: apsw.Connection, root_id: int, fs_uuid: str, ino: int) -> None:
        """Takes the folder that stands at a root's path now for the root's own, after its vault was moved here."""
        tx.execute("UPDATE roots SET fs_uuid = ?, ino = ? WHERE id = ?", (fs_uuid, ino, root_id))

    def set_baseline(self, tx: apsw.Connection, root_id: int) -> None:
        """Records that the first scan was whole: files of later lineages are new."""
        newest = "SELECT coalesce(max(id), 1) FROM lineages"
        tx.execute(f"UPDATE roots SET baseline = ({newest}) WHERE id = ? AND baseline = 0", (root_id,))

    def remove(self, tx: apsw.Connection, root_id: int, now_ns: int) -> None:
        """Stops watching; everything known stays until `purge`."""
        tx.execute("UPDATE roots SET removed_ns = ? WHERE id = ?", (now_ns, root_id))

    def absorb(self, tx: apsw.Connection, child: int, parent: int, prefix: bytes) -> None:
        """Hands a root's entries and versions to a root above it, lineages kept; their sequence numbers stay.

        `prefix` is the child's path below the parent, with a trailing slash.  What the parent knew there from before
        it was removed ends: the child has followed those files since.
        """
        tx.execute("DELETE FROM entries WHERE root = ? AND path > ? AND path < ?", (parent, prefix, prefix[:-1] + b"0"))
        for table in ("entries", "versions"):
            tx.execute(
                f"UPDATE {table} SET root = ?1, path = CAST(?2 || path AS BLOB) WHERE root = ?3",
                (parent, prefix, child),
            )
        tx.execute("DELETE FROM roots WHERE id = ?", (child,))

    def purge(self, tx: apsw.Connection, root_id: int) -> None:
        """Forgets a root with its entries, versions and tags for good."""
        lineages = [
            row[0]
            for row in tx.execute(
                "SELECT lineage FROM entries WHERE root = ?1 UNION SELECT lineage FROM versions WHERE root = ?1",
                (root_id,),
            )
        ]
        tx.execute("DELETE FROM entries WHERE root = ?", (root_id,))
        tx.execute("DELETE FROM dropped WHERE seq IN (SELECT seq FROM versions WHERE root = ?)", (root_id,))
        tx.execute("DELETE FROM versions WHERE root = ?", (root_id,))
        for lineage in lineages:
            # A lineage that moved to another root lives on there.
            used = tx.execute(
                "SELECT 1 FROM entries WHERE lineage = ?1 UNION SELECT 1 FROM versions WHERE lineage = ?1", (lineage,)
            ).fetchone()
            if used is None:
                tx.execute("DELETE FROM tags WHERE lineage = ?", (lineage,))
                tx.execute("DELETE FROM lineages WHERE id = ?", (lineage,))
        tx.execute("DELETE FROM roots WHERE id = ?", (root_id,))
