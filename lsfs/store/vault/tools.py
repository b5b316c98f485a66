"""Tools: their sources, what the user switched off, example requests, trained weights, and macros."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import apsw
import msgspec

from lsfs.core.tools import Allowance, Origin, ToolProblem, ToolSource
from lsfs.store.database import Database

SECRET_KEYS = ("env", "headers")
"""What of a source's `where` is kept apart: it is never shown and never logged."""

_WEIGHTS_KEPT = 2


class StoredSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source and how it was when it was read last."""

    source: ToolSource
    state: Literal["ready", "partial", "failed"] = "ready"
    error: str = ""
    problems: tuple[ToolProblem, ...] = ()
    checked_ns: int | None = None


class StoredExample(msgspec.Struct, frozen=True, array_like=True):
    """An example request of a tool."""

    tool: str
    query: str
    origin: Origin
    created_ns: int


class StoredMacro(msgspec.Struct, frozen=True, array_like=True):
    """A tool made of an op; `document` is JSON that only its maker reads."""

    name: str
    document: bytes
    hash: bytes
    created_ns: int


_SOURCE_COLUMNS = "name, kind, place, secrets, enabled, allow, watched, state, error, problems, checked_ns"


def _stored(row: tuple[Any, ...]) -> StoredSource:
    name, kind, place, secrets, enabled, allow, watched, state, error, problems, checked = row
    source = ToolSource(
        name=name,
        kind=kind,
        where=msgspec.json.decode(place) | msgspec.json.decode(secrets),
        enabled=bool(enabled),
        allow=allow,
        watched=bool(watched),
    )
    found = msgspec.json.decode(problems, type=tuple[ToolProblem, ...])
    return StoredSource(source=source, state=state, error=error, problems=found, checked_ns=checked)


class Tools:
    """The tables of tools that could not be made again."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # Sources

    def sources(self) -> list[StoredSource]:
        """Every source, by name."""
        return [_stored(row) for row in self._db.rows(f"SELECT {_SOURCE_COLUMNS} FROM tool_sources ORDER BY name")]

    def source(self, name: str) -> StoredSource | None:
        """A source by name."""
        rows = self._db.rows(f"SELECT {_SOURCE_COLUMNS} FROM tool_sources WHERE name = ?", (name,))
        return _stored(rows[0]) if rows else None

    @staticmethod
    def put_source(tx: apsw.Connection, source: ToolSource, now_ns: int) -> None:
        """Adds a source, or changes the one of its name; how it was when it was read last stays."""
        place = {key: value for key, value in source.where.items() if key not in SECRET_KEYS}
        secrets = {key: value for key, value in source.where.items() if key in SECRET_KEYS}
        tx.execute(
            "INSERT INTO tool_sources (name, kind, place, secrets, enabled, allow, watched, added_ns) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE "
            "SET kind = ?2, place = ?3, secrets = ?4, enabled = ?5, allow = ?6, watched = ?7",
            (
                source.name,
                source.kind,
                msgspec.json.encode(place).decode(),
                msgspec.json.encode(secrets).decode(),
                int(source.enabled),
                source.allow,
                int(source.watched),
                now_ns,
            ),
        )

    @staticmethod
    def set_state(
        tx: apsw.Connection, name: str, state: str, error: str, problems: Sequence[ToolProblem], now_ns: int
    ) -> None:
        """Records how a source was when it was read."""
        tx.execute(
            "UPDATE tool_sources SET state = ?, error = ?, problems = ?, checked_ns = ? WHERE name = ?",
            (state, error, msgspec.json.encode(problems).decode(), now_ns, name),
        )

    @staticmethod
    def enable_source(tx: apsw.Connection, name: str, *, enabled: bool, allow: Allowance | None = None) -> None:
        """Switches a source on or off, and changes what of it runs unasked where that is given."""
        tx.execute(
            "UPDATE tool_sources SET enabled = ?, allow = coalesce(?, allow) WHERE name = ?",
            (int(enabled), allow, name),
        )

    @staticmethod
    def remove_source(tx: apsw.Connection, name: str) -> None:
        """Forgets a source; examples of its tools stay, for the day that it is added again."""
        tx.execute("DELETE FROM tool_sources WHERE name = ?", (name,))

    # Tools that are switched off

    def off(self) -> set[str]:
        """The ids of tools that are switched off."""
        return {row[0] for row in self._db.rows("SELECT tool FROM tools_off")}

    @staticmethod
    def enable_tool(tx: apsw.Connection, tool: str, *, enabled: bool) -> None:
        """Switches a tool on or off."""
        sql = "DELETE FROM tools_off WHERE tool = ?" if enabled else "INSERT OR IGNORE INTO tools_off VALUES (?)"
        tx.execute(sql, (tool,))

    # Examples

    def examples(self, tool: str) -> list[StoredExample]:
        """The example requests of a tool, the newest first."""
        sql = "SELECT tool, query, origin, created_ns FROM tool_examples WHERE tool = ? ORDER BY created_ns DESC, id"
        return [StoredExample(*row) for row in self._db.rows(sql, (tool,))]

    def all_examples(self) -> list[StoredExample]:
        """The example requests of every tool, by tool, the oldest first."""
        sql = "SELECT tool, query, origin, created_ns FROM tool_examples ORDER BY tool, created_ns, id"
        return [StoredExample(*row) for row in self._db.rows(sql)]

    @staticmethod
    def add_examples(tx: apsw.Connection, examples: Iterable[StoredExample]) -> None:
        """Adds example requests; one that is known is only made newer."""
        tx.executemany(
            "INSERT INTO tool_examples (tool, query, origin, created_ns) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET created_ns = max(created_ns, excluded.created_ns)",
            ((one.tool, one.query, one.origin, one.created_ns) for one in examples),
        )

    @staticmethod
    def forget_examples(tx: apsw.Connection, pairs: Iterable[tuple[str, str]], origin: Origin) -> int:
        """Forgets these (tool, request) pairs of one origin; how many there were."""
        before = tx.total_changes()
        tx.executemany(
            "DELETE FROM tool_examples WHERE tool = ? AND query = ? AND origin = ?",
            ((tool, query, origin) for tool, query in pairs),
        )
        return tx.total_changes() - before

    @staticmethod
    def remove_examples(tx: apsw.Connection, tool: str, origin: Origin) -> None:
        """Forgets the example requests of a tool that have one origin."""
        tx.execute("DELETE FROM tool_examples WHERE tool = ? AND origin = ?", (tool, origin))

    # Trained weights

    def weights(self) -> list[bytes]:
        """The weights in use, then those before them; empty where nothing was trained."""
        return [row[0] for row in self._db.rows("SELECT weights FROM tool_weights ORDER BY id DESC")]

    @staticmethod
    def put_weights(tx: apsw.Connection, weights: bytes, now_ns: int) -> None:
        """Puts new weights in use; of the older ones the newest are kept."""
        tx.execute("INSERT INTO tool_weights (made_ns, weights) VALUES (?, ?)", (now_ns, weights))
        tx.execute(
            "DELETE FROM tool_weights WHERE id NOT IN (SELECT id FROM tool_weights ORDER BY id DESC LIMIT ?)",
            (_WEIGHTS_KEPT,),
        )

    # Macros

    def macros(self) -> list[StoredMacro]:
        """Every macro, by name."""
        rows = self._db.rows("SELECT name, document, hash, created_ns FROM macros ORDER BY name")
        return [StoredMacro(*row) for row in rows]

    def macro(self, name: str) -> StoredMacro | None:
        """A macro by name."""
        rows = self._db.rows("SELECT name, document, hash, created_ns FROM macros WHERE name = ?", (name,))
        return StoredMacro(*rows[0]) if rows else None

    def macro_like(self, digest: bytes) -> StoredMacro | None:
        """The macro that does what `digest` is the hash of."""
        rows = self._db.rows("SELECT name, document, hash, created_ns FROM macros WHERE hash = ?", (digest,))
        return StoredMacro(*rows[0]) if rows else None

    @staticmethod
    def put_macro(tx: apsw.Connection, name: str, document: bytes, digest: bytes, now_ns: int) -> None:
        """Adds a macro, or changes the one of its name; no other may have the same hash."""
        tx.execute(
            "INSERT INTO macros VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET document = ?2, hash = ?3",
            (name, document, digest, now_ns),
        )

    @staticmethod
    def remove_macro(tx: apsw.Connection, name: str) -> None:
        """Forgets a macro."""
        tx.execute("DELETE FROM macros WHERE name = ?", (name,))
