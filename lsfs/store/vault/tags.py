"""Tags, by lineage, so that they follow a file through saves and moves."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from lsfs.store.database import Database


class Tags:
    """The table of tags."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, lineage: int) -> list[str]:
        """A lineage's tags, sorted."""
        return [row[0] for row in self._db.rows("SELECT tag FROM tags WHERE lineage = ? ORDER BY tag", (lineage,))]

    def of_many(self, lineages: Iterable[int]) -> dict[int, list[str]]:
        """The tags of those lineages that have some."""
        found: dict[int, list[str]] = {}
        if self._db.rows("SELECT 1 FROM tags LIMIT 1"):
            for lineage in lineages:
                if tags := self.of(lineage):
                    found[lineage] = tags
        return found

    @staticmethod
    def change(tx: apsw.Connection, lineage: int, tag: str, *, on: bool) -> None:
        """Adds a tag to a lineage, or takes it away."""
        sql = "INSERT OR IGNORE INTO tags VALUES (?, ?)" if on else "DELETE FROM tags WHERE lineage = ? AND tag = ?"
        tx.execute(sql, (lineage, tag))

    def tagged(self) -> list[int]:
        """The lineages that have tags."""
        return [row[0] for row in self._db.rows("SELECT DISTINCT lineage FROM tags ORDER BY lineage")]

    def set(self, tx: apsw.Connection, lineage: int, tags: Iterable[str]) -> None:
        """Makes these the lineage's tags."""
        tx.execute("DELETE FROM tags WHERE lineage = ?", (lineage,))
        tx.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", ((lineage, tag) for tag in tags))
