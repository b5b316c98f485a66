"""The vault: roots, lineages, entries, versions and tags; everything that could not be made again.

Writers take a transaction (``with vault.write() as tx``) and hand it to the table families, so that what belongs
together commits together.  Reading needs none.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from lsfs.core.errors import LsfsError, VaultDamaged, VaultNewer
from lsfs.store.database import Damaged, Database, SchemaNewer, one
from lsfs.store.vault.browsing import Browsing, Child, Present
from lsfs.store.vault.entries import Entries, Entry
from lsfs.store.vault.mounts import Mounts, StoredMount
from lsfs.store.vault.ops import FolderChange, FolderTimes, OpRow, Ops, Touch
from lsfs.store.vault.pieces import ContentRow, PieceRow, Pieces
from lsfs.store.vault.roots import Root, Roots
from lsfs.store.vault.saved import SavedQueries
from lsfs.store.vault.tags import Tags
from lsfs.store.vault.tools import StoredExample, StoredMacro, StoredSource, Tools
from lsfs.store.vault.versions import Bound, Span, Version, Versions

__all__ = [
    "APPLICATION_ID",
    "COPY",
    "Bound",
    "Child",
    "ContentRow",
    "Entry",
    "FolderChange",
    "FolderTimes",
    "OpRow",
    "PieceRow",
    "Present",
    "Root",
    "Span",
    "StoredExample",
    "StoredMacro",
    "StoredMount",
    "StoredSource",
    "Touch",
    "Vault",
    "Version",
]

APPLICATION_ID = 0x4C534656
"""'LSFV', in the database's header, so that `file` and doctor tell whose it is."""

COPY = "vault.copy.db"
"""Name of the daily copy, beside the vault."""


def _is_lost(path: Path) -> bool:
    """Whether a vault was here and is not any more: beginning a new one would bury the copy that is left of it."""
    try:
        empty = path.stat().st_size == 0
    except FileNotFoundError:
        empty = True
    return empty and path.with_name(COPY).exists()


class Vault:
    """The open vault.  Raises VaultDamaged where it must not be written, VaultNewer where it can only be read.

    With `readonly` nothing is ever written, whatever its format: for a look while somebody else has it.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        self.newer: str = ""
        """Why the vault is only read, empty where it is written too."""
        self.turn = threading.RLock()
        """Held by whoever reads entries, decides what becomes of them, and writes that."""
        self._damage = ""
        if _is_lost(path):
            raise self._damaged("it is gone or empty, and its copy is not")
        try:
            self._db = self._open(readonly=readonly)
        except SchemaNewer as error:
            self.newer = error.message
            self._db = self._open(readonly=True)
        except Damaged as error:
            raise self._damaged(error.message) from error
        self.roots = Roots(self._db)
        self.entries = Entries(self._db)
        self.versions = Versions(self._db)
        self.tags = Tags(self._db)
        self.pieces = Pieces(self._db)
        self.ops = Ops(self._db)
        self.saved = SavedQueries(self._db)
        self.mounts = Mounts(self._db)
        self.tools = Tools(self._db)
        self.browsing = Browsing(self._db, self.versions)

    def _open(self, *, readonly: bool) -> Database:
        # FULL: a commit is on the disk when it returns, the journal of later ops rests on it.
        return Database(
            self.path,
            package=__name__,
            application_id=APPLICATION_ID,
            page_size=4096,
            pragmas=("PRAGMA synchronous=FULL", "PRAGMA cache_size=-8000"),
            readonly=readonly,
        )

    @contextmanager
    def write(self) -> Iterator[apsw.Connection]:
        """One durable transaction; raises what :meth:`require_writable` does."""
        self.require_writable()
        try:
            with self._db.write() as tx:
                yield tx
        except Damaged as error:
            raise self._damaged(error.message) from error

    def require_writable(self) -> None:
        """Raises VaultNewer or VaultDamaged where nothing may be written."""
        if self.newer:
            raise VaultNewer(self.newer, path=str(self.path), hint="upgrade lsfs; until then it can only be read")
        if self._damage:
            raise self._damaged(self._damage)

    def verify(self) -> None:
        """Reads every page (13 ms a MB); once damage was found, nothing more is written.  Raises VaultDamaged."""
        self.require_writable()
        if (state := self.check()) != "ok":
            raise self._damaged(state)

    def _damaged(self, damage: str) -> VaultDamaged:
        self._damage = damage
        return VaultDamaged(
            f"the vault is damaged and is not written: {damage}",
            path=str(self.path),
            hint="lsfs down, then lsfs doctor --repair",
        )

    @staticmethod
    def next_seq(tx: apsw.Connection, count: int = 1) -> int:
        """Takes `count` sequence numbers and returns the first."""
        (last,) = one(tx, "UPDATE meta SET value = value + ? WHERE key = 'seq' RETURNING value", (count,))
        return int(last) - count + 1

    def seq(self) -> int:
        """The newest sequence number given out."""
        return int(self._db.rows("SELECT value FROM meta WHERE key = 'seq'")[0][0])

    @staticmethod
    def seq_in(tx: apsw.Connection) -> int:
        """The newest sequence number given out, as the transaction sees it."""
        return int(one(tx, "SELECT value FROM meta WHERE key = 'seq'")[0])

    def schema(self) -> int:
        """The number of the newest migration that the file has seen."""
        return int(self._db.rows("PRAGMA user_version")[0][0])

    def check(self) -> str:
        """``ok``, or what is wrong first."""
        return self._db.check()

    def size(self) -> int:
        """Bytes on disk."""
        return self._db.size()

    def shrink(self) -> None:
        """Gives free pages back to the file system, 8 MiB of them at most."""
        with self.write() as tx:
            tx.execute("PRAGMA incremental_vacuum(2000)").fetchall()

    def backup(self, to: Path) -> None:
        """Writes a compact copy (VACUUM INTO) to a new file."""
        partial = to.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        try:
            self._db.rows("VACUUM INTO ?", (str(partial),))
        except LsfsError:
            partial.unlink(missing_ok=True)
            raise
        partial.chmod(0o600)
        with open(partial, "rb") as written:
            os.fsync(written.fileno())  # SQLite leaves that to the caller here
        partial.replace(to)

    def close(self) -> None:
        """Folds the log into the file and closes every connection."""
        if not self._damage:
            # On a full disk the log stays beside the file, and is read with it by the next start.
            with suppress(LsfsError):
                self._db.checkpoint()
        self._db.close()
