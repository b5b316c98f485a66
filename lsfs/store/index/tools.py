"""Tools as their sources last gave them, vectors of their texts, and what the language model wrote of them.

All of it is made again from the sources when it is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import apsw
import msgspec

from lsfs.core.tools import Tool
from lsfs.store.database import Database, insert_many

_META = "tool_embedder"


class Tools:
    """The tables of tools."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[tuple[Tool, bytes]]:
        """Every tool by id, with the hash of what it says of itself."""
        decode = msgspec.json.Decoder(Tool).decode
        return [(decode(row[0]), row[1]) for row in self._db.rows("SELECT document, hash FROM tools ORDER BY id")]

    def get(self, tool_id: str) -> Tool | None:
        """A tool by id."""
        rows = self._db.rows("SELECT document FROM tools WHERE id = ?", (tool_id,))
        return msgspec.json.decode(rows[0][0], type=Tool) if rows else None

    def hashes(self, source: str) -> dict[str, bytes]:
        """The ids and hashes of a source's tools."""
        return dict(self._db.rows("SELECT id, hash FROM tools WHERE source = ?", (source,)))

    def counts(self) -> dict[str, int]:
        """How many tools each source has."""
        return dict(self._db.rows("SELECT source, count(*) FROM tools GROUP BY source"))

    def stamps(self) -> dict[str, str]:
        """By source, what told when it was read last whether it is to be read again."""
        return dict(self._db.rows("SELECT source, stamp FROM tool_stamps"))

    @staticmethod
    def put_stamp(tx: apsw.Connection, source: str, stamp: str) -> None:
        """Records that a source was read."""
        tx.execute("INSERT OR REPLACE INTO tool_stamps VALUES (?, ?)", (source, stamp))

    @staticmethod
    def forget(tx: apsw.Connection, source: str) -> None:
        """Forgets a source's tools, and that it was read."""
        tx.execute("DELETE FROM tools WHERE source = ?", (source,))
        tx.execute("DELETE FROM tool_stamps WHERE source = ?", (source,))

    @staticmethod
    def replace(tx: apsw.Connection, source: str, tools: Iterable[tuple[Tool, bytes]]) -> None:
        """Makes these, with their hashes, all tools of a source."""
        tx.execute("DELETE FROM tools WHERE source = ?", (source,))
        encode = msgspec.json.Encoder().encode
        insert_many(tx, "INTO tools", 4, ((tool.id, source, encode(tool), digest) for tool, digest in tools))

    # Vectors

    def embedder(self) -> str:
        """The id of the embedder whose vectors are stored; empty before the first."""
        return str(self._db.rows("SELECT value FROM meta WHERE key = ?", (_META,))[0][0])

    @staticmethod
    def begin(tx: apsw.Connection, embedder_id: str) -> None:
        """Forgets every vector and takes those of this embedder from now on."""
        tx.execute("DELETE FROM tool_vectors")
        tx.execute("UPDATE meta SET value = ? WHERE key = ?", (embedder_id, _META))

    def vectors(self) -> tuple[list[bytes], bytes]:
        """The hashes of the texts that have a vector, and the float32 rows end to end."""
        rows = self._db.rows("SELECT hash, vector FROM tool_vectors")
        return [row[0] for row in rows], b"".join(row[1] for row in rows)

    def embedded(self) -> set[bytes]:
        """The hashes of the texts that have a vector."""
        return {row[0] for row in self._db.rows("SELECT hash FROM tool_vectors")}

    @staticmethod
    def add_vectors(tx: apsw.Connection, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Stores (hash of the text, float32 bytes)."""
        tx.executemany("INSERT OR REPLACE INTO tool_vectors VALUES (?, ?)", rows)

    @staticmethod
    def drop_vectors(tx: apsw.Connection, hashes: Sequence[bytes]) -> None:
        """Forgets vectors of texts that nothing says any more."""
        tx.executemany("DELETE FROM tool_vectors WHERE hash = ?", ((digest,) for digest in hashes))

    # What the language model wrote

    def written(self, hashes: Sequence[bytes]) -> dict[bytes, tuple[str, ...]]:
        """The requests that were written for tools, by the hash of what each says of itself."""
        rows = self._db.rows_in("SELECT hash, queries FROM tool_written WHERE hash IN ({})", hashes)
        return {digest: msgspec.json.decode(queries, type=tuple[str, ...]) for digest, queries in rows}

    @staticmethod
    def put_written(tx: apsw.Connection, digest: bytes, queries: Sequence[str]) -> None:
        """Keeps the requests that were written for a tool; none is an answer, too."""
        tx.execute("INSERT OR REPLACE INTO tool_written VALUES (?, ?)", (digest, msgspec.json.encode(queries).decode()))

    def shown(self) -> dict[str, int]:
        """How often each tool was shown for a request."""
        return dict(self._db.rows("SELECT tool, times FROM tool_shown"))

    @staticmethod
    def add_shown(tx: apsw.Connection, times: Mapping[str, int]) -> None:
        """Counts how often tools were shown, on top of what was counted before."""
        tx.executemany(
            "INSERT INTO tool_shown VALUES (?, ?) ON CONFLICT DO UPDATE SET times = times + excluded.times",
            times.items(),
        )
