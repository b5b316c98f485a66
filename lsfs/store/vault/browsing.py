"""What the semantic folders ask of the vault: files by date and tag, and what one folder holds, now, ever, or then."""

from __future__ import annotations

from typing import Any

import msgspec

from lsfs.store.database import Database
from lsfs.store.vault.versions import Bound, Version, Versions, below

_WATCHED = "root IN (SELECT id FROM roots WHERE removed_ns IS NULL AND state = 'online')"


class Present(msgspec.Struct, frozen=True, array_like=True):
    """What stands somewhere now and is searched."""

    root: int
    path: bytes
    size: int
    mtime_ns: int


class Child(msgspec.Struct, frozen=True, array_like=True):
    """A name that there is, or was, in a folder."""

    name: bytes
    mtime_ns: int
    """Of the newest below it, or of itself."""


class Browsing:
    """Reads across tables."""

    def __init__(self, db: Database, versions: Versions) -> None:
        self._db = db
        self._versions = versions

    def files(
        self,
        *,
        since_ns: int | None = None,
        until_ns: int | None = None,
        tags: tuple[str, ...] = (),
        newest: int | None = None,
    ) -> list[Present]:
        """What was modified in ``[since_ns, until_ns)`` and has all `tags`, by path; or the `newest` so many.

        Searched files only; where tags are asked for, whatever has them.
        """
        where, bindings = ["gone = 0", _WATCHED], list[Any]()
        if not tags:
            where.append("kind = 'file' AND unindexed = ''")
        if since_ns is not None:
            where.append("mtime_ns >= ?")
            bindings.append(since_ns)
        if until_ns is not None:
            where.append("mtime_ns < ?")
            bindings.append(until_ns)
        for tag in tags:
            where.append("lineage IN (SELECT lineage FROM tags WHERE tag = ?)")
            bindings.append(tag)
        order = "root, path" if newest is None else f"mtime_ns DESC, root, path LIMIT {int(newest)}"
        rows = self._db.rows(
            "SELECT root, path, size, mtime_ns FROM entries "
            f"{'INDEXED BY entries_by_lineage ' if tags else ''}WHERE {' AND '.join(where)} ORDER BY {order}",
            bindings,
        )
        return [Present(*row) for row in rows]

    def quarters_of_hours(self) -> list[int]:
        """When files were modified, each quarter of an hour once, in seconds: no zone divides one."""
        rows = self._db.rows(
            "SELECT DISTINCT mtime_ns / 900000000000 FROM entries "
            f"WHERE gone = 0 AND kind = 'file' AND unindexed = '' AND {_WATCHED}"
        )
        return [row[0] * 900 for row in rows]

    def tags(self) -> list[str]:
        """The tags that something has which is there, sorted."""
        rows = self._db.rows(
            "SELECT DISTINCT tag FROM tags AS t WHERE EXISTS (SELECT 1 FROM entries INDEXED BY entries_by_lineage "
            f"WHERE lineage = t.lineage AND gone = 0 AND {_WATCHED}) ORDER BY tag"
        )
        return [row[0] for row in rows]

    def ever(self, root: int, folder: bytes) -> list[Child]:
        """The names in a folder under which versions are known, by name: what is gone, too."""
        low, high = below(folder)
        rows = self._db.rows(
            "SELECT iif(slash, substr(rest, 1, slash - 1), rest) AS name, max(slash > 0 OR kind = 'dir'), "
            "max(iif(slash = 0 AND kind = 'file', EXISTS ("
            "SELECT 1 FROM versions AS v WHERE v.lineage = e.lineage AND v.number IS NOT NULL), 0)), max(mtime_ns) "
            "FROM (SELECT substr(path, ?1) AS rest, instr(substr(path, ?1), x'2f') AS slash, kind, mtime_ns, lineage "
            "FROM entries WHERE root = ?2 AND path > ?3 AND path < ?4 AND kind IN ('file', 'dir')) AS e "
            "GROUP BY name ORDER BY name",
            (len(low) + 1, root, low, high),
        )
        return [Child(row[0], row[3]) for row in rows if row[1] or row[2]]

    def then(self, root: int, folder: bytes, bound: Bound) -> dict[bytes, Version]:
        """What stood directly in a folder then, by name."""
        low, _ = below(folder)
        found = self._versions.children(root, folder, bound)
        return {path[len(low) :]: version for path, version in found.items()}
