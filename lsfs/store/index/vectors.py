"""Vectors of chunks, durable in a vec0 table of sqlite-vec and compared by its functions.

vec0's chunks are kept small (eight vectors): a search reads a few hundred rows by id and never scans, which takes
4 µs a row this way, and a chunk whose rows are all gone is given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import apsw

from lsfs.store.database import Database, translate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 4096


class Vectors:
    """The table of vectors: float32, rowid = chunk id."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, tx: apsw.Connection, dimensions: int) -> None:
        """Forgets every vector and takes vectors of this length from now on."""
        tx.execute("DROP TABLE IF EXISTS vectors")
        tx.execute(f"CREATE VIRTUAL TABLE vectors USING vec0(embedding float[{int(dimensions)}], chunk_size=8)")

    def add(self, tx: apsw.Connection, rows: Iterable[tuple[int, bytes]]) -> None:
        """Stores (chunk id, float32 bytes) of chunks that have none yet."""
        tx.executemany("INSERT INTO vectors (rowid, embedding) VALUES (?, ?)", rows)

    def remove(self, tx: apsw.Connection, spans: Iterable[tuple[int, int]]) -> None:
        """Removes spans of (first chunk, number of chunks)."""
        tx.executemany(
            "DELETE FROM vectors WHERE rowid = ?", ((chunk,) for first, n in spans for chunk in range(first, first + n))
        )

    def cosines(self, chunks: NDArray[np.int64], query: bytes) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of those chunks that have a vector, their ids and cosines with a float32 query vector."""
        import numpy as np

        wanted = "[" + ",".join(map(str, chunks.tolist())) + "]"
        rows = self._db.rows(
            "SELECT v.rowid, 1.0 - vec_distance_cosine(v.embedding, ?) "
            "FROM json_each(?) AS j JOIN vectors AS v ON v.rowid = j.value",
            (query, wanted),
        )
        if not rows:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        found, cosines = zip(*rows, strict=True)
        return np.array(found, np.int64), np.array(cosines, np.float32)

    def get(self, first_chunk: int, count: int) -> list[bytes]:
        """The float32 rows of a span of chunks, those that are there."""
        wanted = "[" + ",".join(map(str, range(first_chunk, first_chunk + count))) + "]"
        sql = "SELECT v.embedding FROM json_each(?) AS j JOIN vectors AS v ON v.rowid = j.value"
        return [row[0] for row in self._db.rows(sql, (wanted,))]

    def all(self) -> Iterator[tuple[list[int], bytes]]:
        """Every vector, in batches: chunk ids, and their rows end to end."""
        try:
            cursor = self._db.read().execute("SELECT rowid, embedding FROM vectors")
            ids: list[int] = []
            rows: list[bytes] = []
            for chunk, row in cursor:
                ids.append(chunk)
                rows.append(row)
                if len(ids) == _BATCH:
                    yield ids, b"".join(rows)
                    ids, rows = [], []
            if ids:
                yield ids, b"".join(rows)
        except apsw.Error as error:
            raise translate(error, self._db.path) from error

    def count(self) -> int:
        """How many chunks have a vector."""
        return int(self._db.rows("SELECT count(*) FROM vectors")[0][0])
