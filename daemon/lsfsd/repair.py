"""``lsfsd doctor --repair``: a damaged vault is set aside, and its daily copy takes its place.

Nothing is thrown away: what was set aside lies beside the vault, and a scan records again what the copy does not know.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from lsfs.core.api import DoctorFinding
from lsfs.core.errors import LsfsError
from lsfs.store.vault import Vault

_BELONGING = ("", "-wal", "-shm")


def repair_vault(vault: Path, copy: Path, stamp: str) -> list[DoctorFinding]:
    """What was done; the caller holds the daemon's lock.  `stamp` ends the names of what is set aside."""
    if not vault.exists() and not copy.exists():
        return [DoctorFinding(severity="note", what="there is no vault yet", path=str(vault), hint="lsfs up FOLDER")]
    lost = not vault.exists() or vault.stat().st_size == 0
    damage = "it is gone or empty" if lost else damage_of(vault)
    if not damage:
        return [DoctorFinding(severity="ok", what="the vault is sound: there is nothing to mend", path=str(vault))]
    found = DoctorFinding(severity="warning", what=f"the vault was damaged: {damage}", path=str(vault))
    if not copy.exists() or damage_of(copy):
        hint = f"keep {vault} as it is; to begin anew, move it away: files are not touched, their history is in there"
        return [DoctorFinding(severity="error", what=found.what, path=str(vault), hint=hint)]
    partial = vault.with_name(f"{vault.name}.partial")
    shutil.copyfile(copy, partial)
    partial.chmod(0o600)
    with open(partial, "rb") as written:
        os.fsync(written.fileno())
    aside = vault.with_name(f"{vault.name}.damaged-{stamp}")
    for suffix in _BELONGING:
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{vault}{suffix}", f"{aside}{suffix}")
    os.rename(partial, vault)
    done = DoctorFinding(severity="ok", what="its daily copy took its place; the old one is kept", path=str(aside))
    return [found, done]


def damage_of(path: Path) -> str:
    """What is wrong with the vault at `path`, empty where nothing is."""
    try:
        with contextlib.closing(Vault(path)) as vault:
            state = vault.check()
    except LsfsError as error:
        return error.message
    return "" if state == "ok" else state
