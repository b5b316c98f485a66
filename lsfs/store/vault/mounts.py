"""Where the user wants lsfs mounted, whether it is mounted now or not."""

from __future__ import annotations

import apsw
import msgspec

from lsfs.store.database import Database

_KEY = "mounts"


class StoredMount(msgspec.Struct, frozen=True, kw_only=True):
    """A mount point that is to stay mounted until the user takes it away; `path` is absolute bytes, links resolved."""

    path: bytes
    allow_other: bool = False
    """Whether other users may look into it, too."""


class Mounts:
    """The mounts, kept as one value of the table of single values."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> tuple[StoredMount, ...]:
        """Every mount, in the order of their paths."""
        return _read(self._db.rows("SELECT value FROM meta WHERE key = ?", (_KEY,)))

    @classmethod
    def put(cls, tx: apsw.Connection, mount: StoredMount) -> None:
        """Adds a mount, or changes the one at its path."""
        cls._write(tx, [*cls._others(tx, mount.path), mount])

    @classmethod
    def remove(cls, tx: apsw.Connection, path: bytes) -> None:
        """Forgets the mount at `path`, if there is one."""
        cls._write(tx, cls._others(tx, path))

    @staticmethod
    def _others(tx: apsw.Connection, path: bytes) -> list[StoredMount]:
        rows = tx.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchall()
        return [mount for mount in _read(rows) if mount.path != path]

    @staticmethod
    def _write(tx: apsw.Connection, mounts: list[StoredMount]) -> None:
        value = msgspec.json.encode(sorted(mounts, key=lambda mount: mount.path)).decode()
        tx.execute("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", (_KEY, value))


def _read(rows: list[tuple[object, ...]]) -> tuple[StoredMount, ...]:
    return msgspec.json.decode(str(rows[0][0]), type=tuple[StoredMount, ...]) if rows else ()
