"""``lsfsd doctor --repair``: a damaged vault is set aside, its daily copy takes its place, and what lies among the kept
objects tells what the copy does not know.

Nothing is thrown away: what was set aside lies beside the vault, and a scan records again what the copy does not know.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from lsfs.core.api import DoctorFinding
from lsfs.core.errors import LsfsError
from lsfs.core.locations import Paths
from lsfs.objects.disk import translated
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.index import Index
from lsfs.store.vault import COPY, Vault
from lsfs.versions.contents import ContentStore
from lsfs.versions.copies import BESIDE, end_ops, fold
from lsfs.versions.rebuild import Rebuilt, rebuild

_NEVER = 1 << 62
"""More changes than any vault has seen."""


def repair_vault(paths: Paths, stamp: str) -> list[DoctorFinding]:
    """What was done; the caller holds the daemon's lock.  `stamp` ends the names of what is set aside."""
    vault = Path(paths.vault_dir, "vault.db")
    copy = vault.with_name(COPY)
    if not vault.exists() and not copy.exists():
        return [DoctorFinding(severity="note", what="there is no vault yet", path=str(vault), hint="lsfs up FOLDER")]
    lost = not vault.exists() or vault.stat().st_size == 0
    damage = "it is gone or empty" if lost else damage_of(vault)
    if not damage:
        return list(_agreed(vault))
    found = DoctorFinding(severity="warning", what=f"the vault was damaged: {damage}", path=str(vault))
    partial = vault.with_name(f"{vault.name}.partial")
    if not copy.exists() or _damage_of_copy(copy, partial):
        hint = f"keep {vault} as it is; to begin anew, move it away: files are not touched, their history is in there"
        return [DoctorFinding(severity="error", what=found.what, path=str(vault), hint=hint)]
    with contextlib.closing(Vault(partial)) as repaired:
        end_ops(repaired, time.time_ns(), "the vault was repaired from a copy that was made while it ran")
        rebuilt = _rebuilt(repaired)
    fold(partial)
    follow_anew(Path(paths.index_dir, "index.db"))
    aside = vault.with_name(f"{vault.name}.damaged-{stamp}")
    for suffix in ("", *BESIDE):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{vault}{suffix}", f"{aside}{suffix}")
    os.rename(partial, vault)
    done = DoctorFinding(severity="ok", what="its daily copy took its place; the old one is kept", path=str(aside))
    return [found, done, *_said(rebuilt)]


def damage_of(path: Path) -> str:
    """What is wrong with the vault at `path`, empty where nothing is."""
    try:
        with contextlib.closing(Vault(path)) as vault:
            state = vault.check()
    except LsfsError as error:
        return error.message
    return "" if state == "ok" else state


def _damage_of_copy(copy: Path, partial: Path) -> str:
    """What is wrong with the daily copy, of which another is made as `partial`: opening it may bring it up to date."""
    for suffix in ("", *BESIDE):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{partial}{suffix}")  # of a repair that was killed
    with translated(partial, "it cannot be written"):
        shutil.copyfile(copy, partial)
        partial.chmod(0o600)
    return damage_of(partial)


def _agreed(vault: Path) -> Iterator[DoctorFinding]:
    """Brings a sound vault to what lies among the objects."""
    with contextlib.closing(Vault(vault)) as sound:
        if sound.newer:
            yield DoctorFinding(severity="error", what=sound.newer, path=str(vault), hint="upgrade lsfs")
            return
        rebuilt = _rebuilt(sound)
    nothing = ": there is nothing to mend" if rebuilt == Rebuilt() else ""
    yield DoctorFinding(severity="ok", what=f"the vault is sound{nothing}", path=str(vault))
    yield from _said(rebuilt)


def _rebuilt(vault: Vault) -> Rebuilt:
    with contextlib.closing(Packs(vault.path.with_name("objects"))) as packs:
        return rebuild(vault, ContentStore(vault, packs, Codec()), time.time_ns())


def _said(rebuilt: Rebuilt) -> Iterator[DoctorFinding]:
    if rebuilt.moved or rebuilt.added:
        what = f"of the kept objects {rebuilt.moved} lay elsewhere and {rebuilt.added} were not known: they are now"
        yield DoctorFinding(severity="ok", what=what)
    if rebuilt.versions:
        yield DoctorFinding(severity="ok", what=f"{rebuilt.versions} versions since then were found among the objects")
    if rebuilt.lost:
        what = f"{rebuilt.lost} objects that the vault knew are not there"
        hint = "they were tidied away since the copy, or are lost; lsfs history PATH says what is kept"
        yield DoctorFinding(severity="warning", what=what, hint=hint)


def follow_anew(path: Path) -> None:
    """Has the index at `path` follow the vault from the beginning: it has followed another, whose numbers differ."""
    if path.exists():
        with contextlib.closing(Index(path)) as index, index.write() as tx:
            index.set_applied_seq(tx, _NEVER)
