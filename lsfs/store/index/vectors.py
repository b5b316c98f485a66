"""Vectors of chunks, kept as int8 rows and compared by sqlite-vec.

A plain table rather than a vec0 one: rows are read by chunk id (a few hundred a search), which takes a plain
table 4 µs each and vec0 40, and nobody scans: see docs/decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import apsw

from lsfs.core.errors import StorageError
from lsfs.store.database import Database

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Vectors:
    """The table of vectors; int8, each scaled to its own largest component, so only angles mean anything."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, tx: apsw.Connection, rows: Iterable[tuple[int, bytes]]) -> None:
        """Stores (chunk id, int8 bytes)."""
        tx.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def remove(self, tx: apsw.Connection, spans: Iterable[tuple[int, int]]) -> None:
        """Removes spans of (first chunk, number of chunks)."""
        tx.executemany("DELETE FROM vectors WHERE chunk >= ? AND chunk < ? + ?", ((f, f, n) for f, n in spans))

    def clear(self, tx: apsw.Connection) -> None:
        """Forgets every vector."""
        tx.execute("DELETE FROM vectors")

    def cosines(self, chunks: NDArray[np.int64], query: bytes) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of those chunks that have a vector, their ids and cosines with an int8 query vector."""
        import numpy as np

        wanted = "[" + ",".join(map(str, chunks.tolist())) + "]"
        rows = self._db.rows(
            "SELECT v.chunk, 1.0 - vec_distance_cosine(vec_int8(v.embedding), vec_int8(?)) "
            "FROM json_each(?) AS j JOIN vectors AS v ON v.chunk = j.value",
            (query, wanted),
        )
        if not rows:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        found, cosines = zip(*rows, strict=True)
        return np.array(found, np.int64), np.array(cosines, np.float32)

    def get(self, first_chunk: int, count: int) -> list[bytes]:
        """The int8 rows of a span of chunks, those that are there."""
        return [
            row[0]
            for row in self._db.rows(
                "SELECT embedding FROM vectors WHERE chunk >= ? AND chunk < ? ORDER BY chunk",
                (first_chunk, first_chunk + count),
            )
        ]

    def all(self, batch: int = 4096) -> Iterator[tuple[list[int], bytes]]:
        """Every vector by chunk id, in batches: ids, and their rows end to end."""
        last = 0
        while True:
            rows = self._db.rows(
                "SELECT chunk, embedding FROM vectors WHERE chunk > ? ORDER BY chunk LIMIT ?", (last, batch)
            )
            if not rows:
                return
            ids = [int(row[0]) for row in rows]
            if any(len(row[1]) != len(rows[0][1]) for row in rows):
                raise StorageError("vectors of different lengths are stored", path=str(self._db.path))
            last = ids[-1]
            yield ids, b"".join(row[1] for row in rows)

    def count(self) -> int:
        """How many chunks have a vector."""
        return int(self._db.rows("SELECT count(*) FROM vectors")[0][0])
