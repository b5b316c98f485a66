"""What a copy of a vault needs before it takes a vault's place."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from lsfs.core.errors import StorageError
from lsfs.store.vault import Vault
from lsfs.store.vault.ops import UNFINISHED

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database while it is open."""
_ALL = 1 << 62


def end_ops(vault: Vault, now_ns: int, error: str) -> None:
    """Ends the ops that were being carried out when the vault was copied: what became of them, the copy cannot tell."""
    with vault.write() as tx:
        for op in vault.ops.newest(_ALL, UNFINISHED):
            vault.ops.set_state(tx, op.id, "failed", now_ns, error)


def fold(database: Path) -> None:
    """Makes a database that was closed one file, and syncs it; raises `StorageError` where its log is not empty."""
    log = Path(f"{database}{BESIDE[0]}")
    if log.exists() and log.stat().st_size:
        raise StorageError("the log could not be folded into the vault", path=str(database), hint="free some space")
    for suffix in BESIDE:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{database}{suffix}")
    with open(database, "rb") as written:
        os.fsync(written.fileno())
