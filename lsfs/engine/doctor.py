"""What is wrong, and how to mend it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import UNSET

from lsfs.core.api import DoctorFinding
from lsfs.core.paths import display
from lsfs.core.sizes import size_text
from lsfs.store.index import Index
from lsfs.store.vault import Vault

_COPY_AGE_S = 3 * 24 * 3600
_DEEP_WATCHES = 65536


class Doctor:
    """Looks at every part in turn; writes nothing.

    `budget` is how many bytes kept objects may take, `sandbox` names the protections of the workers that are active,
    `embedder` why there are no vectors or '', `notes` what the rest of the daemon has to say.
    """

    def __init__(
        self,
        vault: Vault,
        index: Index,
        copy: Path,
        budget: int,
        free_floor: int,
        sandbox: Callable[[], tuple[str, ...]],
        embedder: Callable[[], str],
        notes: Callable[[], tuple[str, ...]],
    ) -> None:
        self._vault = vault
        self._index = index
        self._copy = copy
        self._budget = budget
        self._free_floor = free_floor
        self._sandbox = sandbox
        self._embedder = embedder
        self._notes = notes

    def findings(self) -> list[DoctorFinding]:
        """One finding for everything that was looked at."""
        found = [
            *self._vault_findings(),
            *self._kept(),
            *self._index_findings(),
            *self._machine(),
            *self._roots(),
            *self._rest(),
        ]
        said = {finding.what for finding in found}
        notes = [note for note in self._notes() if note not in said]
        return found + [DoctorFinding(severity="note", what=note, path=UNSET) for note in notes]

    def _vault_findings(self) -> Iterator[DoctorFinding]:
        path = str(self._vault.path)
        if self._vault.newer:
            yield DoctorFinding(
                severity="error", what=f"the vault is only read: {self._vault.newer}", path=path, hint="upgrade lsfs"
            )
        state = self._vault.check()
        if state == "ok":
            yield DoctorFinding(severity="ok", what="the vault passes SQLite's check", path=path)
        else:
            hint = "lsfs down, then lsfs doctor --repair"
            if not self._copy.exists():
                hint = f"there is no copy of it: keep {path} as it is, and move it away to begin anew"
            yield DoctorFinding(severity="error", what=f"the vault is damaged: {state}", path=path, hint=hint)
        try:
            age = time.time() - self._copy.stat().st_mtime
        except FileNotFoundError:
            yield DoctorFinding(severity="note", what="the vault has no copy yet; one is made daily", path=path)
        else:
            if age > _COPY_AGE_S:
                what = f"the vault's copy is {age / 86400:.0f} days old"
                yield DoctorFinding(severity="warning", what=what, path=str(self._copy), hint="let the daemon run")
            else:
                yield DoctorFinding(severity="ok", what="the vault has a fresh copy", path=str(self._copy))

    def _kept(self) -> Iterator[DoctorFinding]:
        folder = str(self._vault.path.with_name("objects"))
        used = self._vault.pieces.stored_bytes()
        what = f"{self._vault.pieces.count()} kept objects take {size_text(used)} of {size_text(self._budget)}"
        if used > self._budget:
            hint = "what must be kept takes more than its budget; lsfs config set versions_budget_mb gives it more"
            yield DoctorFinding(severity="warning", what=what, path=folder, hint=hint)
        else:
            yield DoctorFinding(severity="ok", what=f"{what}; lsfs doctor --verify reads them all", path=folder)

    def _index_findings(self) -> Iterator[DoctorFinding]:
        path = str(self._index.path)
        if self._index.rebuilt:
            yield DoctorFinding(severity="note", what=self._index.rebuilt, path=path, hint="nothing to do")
        failed = self._index.files.totals().get("failed", 0) + self._index.contents.totals().get("failed", 0)
        if failed:
            yield DoctorFinding(
                severity="note", what=f"{failed} files could not be read", hint="lsfs status PATH says why"
            )
        else:
            yield DoctorFinding(severity="ok", what="the index is in use", path=path)

    def _machine(self) -> Iterator[DoctorFinding]:
        free = shutil.disk_usage(self._vault.path.parent).free
        if free < self._free_floor:
            yield DoctorFinding(
                severity="warning",
                what=f"only {free >> 20} MiB are free: no vectors are made",
                path=str(self._vault.path.parent),
                hint="free some space",
            )
        else:
            yield DoctorFinding(severity="ok", what=f"{free >> 20} MiB are free", path=str(self._vault.path.parent))
        active = self._sandbox()
        if active:
            yield DoctorFinding(severity="ok", what=f"files are read in a sandbox: {', '.join(active)}")
        else:
            yield DoctorFinding(severity="note", what="no worker has been started yet, so its sandbox is not known")
        try:
            watches = int(Path("/proc/sys/fs/inotify/max_user_watches").read_text())
        except (OSError, ValueError):
            watches = _DEEP_WATCHES
        if watches < _DEEP_WATCHES:
            yield DoctorFinding(
                severity="note",
                what=f"the system allows {watches} watched folders",
                hint="sysctl fs.inotify.max_user_watches=524288; folders beyond are scanned regularly",
            )

    def _roots(self) -> Iterator[DoctorFinding]:
        for root in self._vault.roots.all():
            if not root.online:
                yield DoctorFinding(
                    severity="warning",
                    what=f"offline: {root.reason}",
                    path=display(root.path),
                    hint="nothing of it is lost",
                )
            elif not os.access(root.path, os.R_OK | os.X_OK):
                yield DoctorFinding(severity="error", what="the folder cannot be read", path=display(root.path))

    def _rest(self) -> Iterator[DoctorFinding]:
        if reason := self._embedder():
            yield DoctorFinding(severity="warning", what=f"no vectors: {reason}", hint="lsfs models pull")
        else:
            yield DoctorFinding(severity="ok", what="the embedder can be used")
