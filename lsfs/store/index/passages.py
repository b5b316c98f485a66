"""The full-text index of passages: postings for ranking, matches for phrases.

Ranking is ours (:mod:`lsfs.index.rank`), so postings come as arrays, read from FTS5's own vocabulary table:
a term with 40,000 occurrences takes 6 ms that way, FTS5's bm25() over it 25 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import apsw

from lsfs.store.database import Database, translate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


VOCABULARY = (
    "CREATE VIRTUAL TABLE temp.occurrences USING fts5vocab('main', 'passages', 'instance')",
    "CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'passages', 'row')",
)
"""What a reading connection needs for `Passages`."""


class Passages:
    """The FTS5 table of chunks; rowid = chunk id."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._local = threading.local()

    def tokens(self, text: str) -> list[str]:
        """The terms that the table's tokenizer makes of a text, in order."""
        tokenizer: Any = getattr(self._local, "tokenizer", None)
        if tokenizer is None:
            try:
                tokenizer = self._db.read().fts5_tokenizer("porter", ["unicode61", "remove_diacritics", "2"])
            except apsw.Error as error:
                raise translate(error, self._db.path) from error
            self._local.tokenizer = tokenizer
        found = tokenizer(
            text.encode("utf-8", "replace"),
            apsw.FTS5_TOKENIZE_QUERY,
            None,
            include_offsets=False,
            include_colocated=False,
        )
        return list(found)

    def frequency(self, term: str) -> int:
        """In how many chunks a term stands."""
        rows = self._db.rows("SELECT doc FROM temp.terms WHERE term = ?", (term,))
        return int(rows[0][0]) if rows else 0

    def starting(self, prefix: str, limit: int = 2000) -> list[tuple[str, int]]:
        """The terms that begin so, with the number of chunks each stands in."""
        rows = self._db.rows(
            "SELECT term, doc FROM temp.terms WHERE term >= ? AND term < ? LIMIT ?",
            (prefix, prefix + "\U0010ffff", limit),
        )
        return [(str(term), int(doc)) for term, doc in rows]

    def postings(self, term: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The chunks in which a term stands, ascending, and how often in each."""
        import numpy as np

        # One string from C instead of a Python tuple per occurrence: a fifth of the time.
        ((joined,),) = self._db.rows("SELECT group_concat(doc) FROM temp.occurrences WHERE term = ?", (term,))
        occurrences = np.fromstring(joined or "", dtype=np.int64, sep=",")  # ascending, as FTS5 keeps them
        firsts = np.flatnonzero(np.diff(occurrences, prepend=-1))
        return occurrences[firsts], np.diff(firsts, append=len(occurrences))

    def match(self, phrase: str, *, cjk: bool = False) -> NDArray[np.int64]:
        """The chunks in which the words of a phrase stand one after the other, ascending."""
        import numpy as np

        column = "cjk" if cjk else "body"
        quoted = '"' + phrase.replace('"', '""') + '"'
        ((joined,),) = self._db.rows(
            "SELECT group_concat(rowid) FROM passages WHERE passages MATCH ?", (f"{column} : {quoted}",)
        )
        return np.sort(np.fromstring(joined or "", dtype=np.int64, sep=","))

    def add(self, tx: apsw.Connection, rows: Iterable[tuple[int, str, str]]) -> None:
        """Adds (chunk id, text, CJK bigrams)."""
        tx.executemany("INSERT INTO passages (rowid, body, cjk) VALUES (?, ?, ?)", rows)

    def remove(self, tx: apsw.Connection, spans: Iterable[tuple[int, int]]) -> None:
        """Removes spans of (first chunk, number of chunks)."""
        tx.executemany(
            "DELETE FROM passages WHERE rowid = ?",
            ((chunk,) for first, n in spans for chunk in range(first, first + n)),
        )
