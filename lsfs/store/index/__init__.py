"""The index: contents with their passages and vectors, files with their names; made again when lost.

`Index` gathers the table families; like the vault's they take a transaction to write and none to read.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import apsw

from lsfs.store.database import Damaged, Database, SchemaNewer, one
from lsfs.store.index.contents import Content, Contents, NewContent
from lsfs.store.index.files import FileRow, Files
from lsfs.store.index.names import VOCABULARY as NAME_VOCABULARY
from lsfs.store.index.names import Names
from lsfs.store.index.passages import VOCABULARY as PASSAGE_VOCABULARY
from lsfs.store.index.passages import Passages
from lsfs.store.index.tools import Tools
from lsfs.store.index.vectors import Vectors

__all__ = ["APPLICATION_ID", "Content", "FileRow", "Index", "NewContent"]

APPLICATION_ID = 0x4C534649
"""'LSFI', in the database's header."""


class Index:
    """The open index; a damaged or newer one is moved aside and begun again, `rebuilt` says why."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rebuilt = ""
        try:
            self._db = self._open()
            if (state := self._db.check()) != "ok":
                self._db.close()
                raise Damaged(state, path=str(path))
        except (Damaged, SchemaNewer) as error:
            aside = _move_aside(path)
            self.rebuilt = f"the index was not usable ({error.message}); it was moved to {aside} and is made again"
            self._db = self._open()
        self.files = Files(self._db)
        self.names = Names(self._db)
        self.contents = Contents(self._db)
        self.passages = Passages(self._db)
        self.vectors = Vectors(self._db)
        self.tools = Tools(self._db)

    def _open(self) -> Database:
        import sqlite_vec

        # NORMAL: a crash of the machine may cost the last commits, which are made again from the vault.
        return Database(
            self.path,
            package=__name__,
            application_id=APPLICATION_ID,
            page_size=4096,
            pragmas=("PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-32000", "PRAGMA wal_autocheckpoint=16384"),
            reading=("PRAGMA cache_size=-8000", *NAME_VOCABULARY, *PASSAGE_VOCABULARY),
            extensions=(sqlite_vec.loadable_path(),),
        )

    def write(self) -> AbstractContextManager[apsw.Connection]:
        """One transaction."""
        return self._db.write()

    def applied_seq(self) -> int:
        """Up to which of the vault's changes the index has followed."""
        return int(self._db.rows("SELECT value FROM meta WHERE key = 'applied_seq'")[0][0])

    @staticmethod
    def set_applied_seq(tx: apsw.Connection, seq: int) -> None:
        """Records how far the index has followed; never goes back."""
        tx.execute("UPDATE meta SET value = max(value, ?) WHERE key = 'applied_seq'", (seq,))

    @staticmethod
    def follow_from_the_beginning(tx: apsw.Connection) -> None:
        """Records that the vault is to be followed anew."""
        tx.execute("UPDATE meta SET value = 0 WHERE key = 'applied_seq'")

    def embedder(self) -> str:
        """The id of the embedder whose vectors are stored; empty before the first."""
        return str(self._db.rows("SELECT value FROM meta WHERE key = 'embedder'")[0][0])

    @staticmethod
    def set_embedder(tx: apsw.Connection, embedder_id: str) -> None:
        """Records whose vectors are stored."""
        tx.execute("UPDATE meta SET value = ? WHERE key = 'embedder'", (embedder_id,))

    @staticmethod
    def set_extractor(tx: apsw.Connection, version: str) -> bool:
        """Records which version of the extractors reads from now on; whether it was another one before."""
        (before,) = one(tx, "SELECT value FROM meta WHERE key = 'extractor'")
        tx.execute("UPDATE meta SET value = ? WHERE key = 'extractor'", (version,))
        return bool(before != version)

    @staticmethod
    def take_chunks(tx: apsw.Connection, count: int) -> int:
        """Takes `count` chunk ids that follow each other and returns the first."""
        row = one(tx, "UPDATE meta SET value = value + ? WHERE key = 'next_chunk' RETURNING value", (count,))
        return int(row[0]) - count

    def next_chunk(self) -> int:
        """One past the highest chunk id given out."""
        return int(self._db.rows("SELECT value FROM meta WHERE key = 'next_chunk'")[0][0])

    def size(self) -> int:
        """Bytes on disk."""
        return self._db.size()

    def shrink(self) -> None:
        """Merges the word index and gives free pages back to the file system."""
        with self._db.write() as tx:
            tx.execute("INSERT INTO passages (passages, rank) VALUES ('merge', 500)")
        with self._db.write() as tx:
            tx.execute("PRAGMA incremental_vacuum(2000)").fetchall()

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the file."""
        self._db.checkpoint()

    def close(self) -> None:
        """Closes every connection."""
        self._db.close()


def _move_aside(path: Path) -> Path:
    """Renames a database that cannot be used, with its log, to the first free ``.damaged-N``."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.rename(aside.with_name(aside.name + suffix))
    return aside
