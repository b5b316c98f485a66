"""Names of files and folders: words with prefixes, and trigrams for parts of names and misspellings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import apsw

from lsfs.store.database import Database

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COMMON = 3000
"""A word in more names than this picks nothing out unless it is all there is."""
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|[\W_]+")


def words(name: str) -> str:
    """A name's words, split at punctuation, digits and capitals: ``taxReturn_2024.pdf`` → ``tax Return 2024 pdf``.

    >>> words("taxReturn_2024.pdf")
    'tax Return 2024 pdf'
    """
    return " ".join(word for word in _WORD_BREAK.split(name) if word)


VOCABULARY = ("CREATE VIRTUAL TABLE temp.name_terms USING fts5vocab('main', 'names', 'row')",)
"""What a reading connection needs for `Names`."""


class Names:
    """The two FTS5 tables over names; rowid = file id."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def frequency(self, word: str) -> int:
        """In how many files' names, paths or tags a word stands whole."""
        rows = self._db.rows("SELECT doc FROM temp.name_terms WHERE term = ?", (word.lower(),))
        return int(rows[0][0]) if rows else 0

    def known(self, word: str) -> bool:
        """Whether some name, path or tag has a word that begins so."""
        low = word.lower()
        sql = "SELECT 1 FROM temp.name_terms WHERE term >= ? AND term < ? LIMIT 1"
        return bool(self._db.rows(sql, (low, low + "\U0010ffff")))

    def candidates(self, query_words: Sequence[str], limit: int = 40) -> list[int]:
        """File ids whose names, paths or tags hold some of the words or begin with them, the closest first."""
        rare = [word for word in query_words if self.frequency(word) <= _COMMON]
        match = " OR ".join(
            f'"{word}"{" *" if len(word) > 2 else ""}' for word in rare or query_words if '"' not in word
        )
        if not match:
            return []
        rows = self._db.rows(
            "SELECT rowid FROM names WHERE names MATCH ? ORDER BY bm25(names, 10.0, 3.0, 5.0) LIMIT ?", (match, limit)
        )
        return [int(row[0]) for row in rows]

    def holding(self, phrase: str) -> list[int]:
        """File ids in whose name, path or tags the words of a phrase stand one after the other."""
        quoted = '"' + words(phrase).replace('"', '""') + '"'
        return [int(row[0]) for row in self._db.rows("SELECT rowid FROM names WHERE names MATCH ?", (quoted,))]

    def alike(self, word: str, limit: int = 50) -> list[tuple[int, float]]:
        """(file id, share of the word's trigrams in the name) of names that hold at least two fifths of them."""
        import numpy as np

        grams = {word[i : i + 3].lower() for i in range(len(word) - 2)}
        if not grams:
            return []
        parts = [self._holding(gram) for gram in grams]
        found, counts = np.unique(np.concatenate(parts), return_counts=True)
        shares = counts / len(grams)
        keep = np.flatnonzero(shares >= 0.4)
        best = keep[np.lexsort((found[keep], -shares[keep]))][:limit]
        return [(int(found[i]), float(shares[i])) for i in best]

    def _holding(self, gram: str) -> NDArray[np.int64]:
        import numpy as np

        quoted = '"' + gram.replace('"', '""') + '"'
        sql = "SELECT group_concat(rowid) FROM grams WHERE grams MATCH ?"
        return np.fromstring(self._db.rows(sql, (quoted,))[0][0] or "", dtype=np.int64, sep=",")

    def add(self, tx: apsw.Connection, rows: Sequence[tuple[int, str, str, str]], *, replace: bool = True) -> None:
        """Adds (file id, name, folders, tags); with `replace` what was there is removed first."""
        if replace:
            self.remove(tx, [row[0] for row in rows])
        tx.executemany(
            "INSERT INTO names (rowid, name, path, tags) VALUES (?, ?, ?, ?)",
            ((i, f"{words(name)} {name}", words(path), tags) for i, name, path, tags in rows),
        )
        tx.executemany("INSERT INTO grams (rowid, name) VALUES (?, ?)", ((row[0], row[1].lower()) for row in rows))

    def clear(self, tx: apsw.Connection) -> None:
        """Forgets every name."""
        for table in ("names", "grams"):
            tx.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")

    def remove(self, tx: apsw.Connection, ids: Sequence[int]) -> None:
        """Forgets the names of these files."""
        for table in ("names", "grams"):
            tx.executemany(f"DELETE FROM {table} WHERE rowid = ?", ((i,) for i in ids))
