"""Saved queries, by name."""

from __future__ import annotations

import apsw

from lsfs.store.database import Database


class SavedQueries:
    """The table of saved queries."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> dict[str, str]:
        """Every query by its name, in the order of names."""
        return dict(self._db.rows("SELECT name, query FROM saved ORDER BY name"))

    def get(self, name: str) -> str | None:
        """The query called `name`."""
        rows = self._db.rows("SELECT query FROM saved WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    @staticmethod
    def put(tx: apsw.Connection, name: str, query: str | None, now_ns: int) -> None:
        """Makes `query` the one of that name; None forgets the name."""
        if query is None:
            tx.execute("DELETE FROM saved WHERE name = ?", (name,))
        else:
            tx.execute(
                "INSERT INTO saved VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET query = ?2", (name, query, now_ns)
            )
