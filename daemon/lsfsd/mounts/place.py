"""One mount point, and the process that shows what is there."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lsfs.core.errors import ConflictError, UnavailableError
from lsfs.core.paths import display
from lsfs.rpc.launch import is_locked, wait_until
from lsfs.store.vault import StoredMount
from lsfsd.mounts.process import (
    BY_SIGNAL,
    UNMOUNTED,
    Claim,
    FuseProcess,
    claim_in,
    device_at,
    holder,
    is_mounted,
    start,
    unmount,
    where,
)
from lsfsd.mounts.users import users_of

_END_SECONDS = 5.0
_BUSY_SECONDS = 1.0
_FORCED_SECONDS = 2.0
"""What a process may take to end by itself."""


class Surroundings(NamedTuple):
    """What every place is started with."""

    folder: Path
    """The lock files."""
    build: str
    vault: Path
    """The vault's database."""
    command: Sequence[str]
    make_ready: Callable[[StoredMount], None]
    """Makes the folder, and raises where nothing may be mounted on it; asked when nothing is."""
    abort: int
    """A descriptor that can be read from once the daemon stops."""


class Ended(NamedTuple):
    """How a process has ended."""

    code: int | None
    """None where it was another daemon's child."""
    unmounted: bool
    """Whether somebody has unmounted it, rather than ended the process."""
    by_signal: bool
    """Whether a signal has ended it in an orderly way."""


class Place:
    """The mount that `stored` asks for, as far as it stands."""

    def __init__(self, stored: StoredMount, around: Surroundings) -> None:
        self.stored = stored
        self._around = around
        self.process: FuseProcess | None = None
        """Replaced as a whole, so that it can be read from any thread."""

    @property
    def lock(self) -> Path:
        """The file that the process holds locked."""
        return self._around.folder / f"{_key(self.stored.path)}.lock"

    def stands(self) -> bool:
        """Whether it is mounted where it is wanted, and its process runs."""
        return self.where() == self.stored.path

    def where(self) -> bytes | None:
        """The folder at which its process shows: the wanted one, or what that was moved to; None where none does."""
        process = self.process
        return None if process is None or process.ended() else where(self.stored.path, process.device)

    def bring_up(self) -> None:
        """Has the process run: one that still does is kept, else one is started.

        Raises what kept it from starting, and `UnavailableError` where an old mount cannot be taken away.
        """
        point = self.stored.path
        if self._adopt():
            return
        self._clear()
        self._around.make_ready(self.stored)
        others = ["--allow-other"] if self.stored.allow_other else []
        self.lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        command: list[str | bytes] = [*self._around.command, point, "--lock", str(self.lock), *others]
        try:
            process = start(command, self._around.abort)
        except BaseException:
            unmount(point, lazy=True)  # a process that was killed may leave its mount behind
            raise
        claim = claim_in(self.lock)
        process.device = claim.device if claim is not None and claim.pid == process.pid else ""
        self.process = process

    def take_down(self, *, force: bool = False) -> None:
        """Unmounts, and ends the process; raises `ConflictError` where a program uses it, unless by `force`."""
        for point in self._points():
            if force:
                unmount(point, lazy=True)
            elif said := _freed(point):
                using = users_of(point)
                why = f"the mount is in use: {using}" if using else f"the mount cannot be taken away: {said}"
                raise ConflictError(why, path=display(point), hint="lsfs umount --force")
        self._adopt(anyhow=True)
        self._end(_FORCED_SECONDS if force else _END_SECONDS, ask=force)
        if force:
            unmount(self.stored.path, lazy=True)
        self.lock.unlink(missing_ok=True)

    def lost(self) -> Ended | None:
        """How the process has ended, if it has since; it is forgotten."""
        process = self.process
        if process is None or not process.ended():
            return None
        point = self.stored.path
        moved = where(point, process.device)
        if moved not in (None, point):
            unmount(moved, lazy=True)  # now, as long as the device is known for this one's
        self.process = None
        claim = claim_in(self.lock)
        said = claim.ended if claim is not None and claim.pid == process.pid else ""
        return Ended(process.close(), said == UNMOUNTED and not is_mounted(point), said == BY_SIGNAL)

    def let_go(self) -> None:
        """Has the process run on without us."""
        self._forget()

    def _adopt(self, *, anyhow: bool = False) -> bool:
        """Whether there is a process that can go on; with `anyhow` one that is to be ended will do."""
        point = self.stored.path
        if self.process is not None and not self.process.ended():
            return anyhow or self.where() is not None
        found = holder(self.lock)
        if found is None:
            return False
        process, claim = found
        if anyhow or (where(point, process.device) is not None and self._fits(claim)):
            self._forget()
            self.process = process
            return True
        process.close()
        return False

    def _fits(self, claim: Claim) -> bool:
        """Whether a process of an earlier daemon is what this one would start (the same build, so the same schema)."""
        vault = os.stat(self._around.vault)
        would_be = (self._around.build, vault.st_ino, vault.st_dev, self.stored.allow_other)
        return (claim.build, claim.vault_ino, claim.vault_dev, claim.allow_other) == would_be

    def _clear(self) -> None:
        """Ends what still runs, and takes away what it has left mounted."""
        points = self._points()
        self._adopt(anyhow=True)
        self._end(_END_SECONDS, ask=True)
        for point in points:
            if said := unmount(point, lazy=True):
                raise UnavailableError(f"an old mount cannot be taken away: {said}", path=display(point))

    def _points(self) -> list[bytes]:
        """The folder, and the one to which a running process's mount was moved with what it lies on."""
        moved = self.where()
        if self.process is None and is_locked(str(self.lock)) and (claim := claim_in(self.lock)) is not None:
            moved = where(self.stored.path, claim.device)
        return [self.stored.path] if moved in (None, self.stored.path) else [self.stored.path, moved]

    def _end(self, seconds: float, *, ask: bool = False) -> None:
        """Ends a process that is to end by itself since its mount is gone; `ask` it first where it is not."""
        process = self.process
        if process is None:
            return
        if ask or not process.ended(seconds):
            process.send(signal.SIGTERM)
        if not process.ended(seconds):
            process.kill()
        self._forget()

    def _forget(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.close()


def _key(path: bytes) -> str:
    return hashlib.blake2b(path, digest_size=8).hexdigest()


def _freed(point: bytes) -> str:
    """Unmounts; why it is still mounted after a second, '' otherwise.

    Whoever looked in just now is let finish.
    """
    said = [""]

    def free() -> bool:
        said[0] = unmount(point)
        return not said[0]

    wait_until(free, _BUSY_SECONDS)
    return said[0]


def end_holder(lock: Path) -> None:
    """Ends the process that holds `lock`; what it has left mounted, or did before it died, goes, and the file too.

    Raises `UnavailableError` where that stays mounted: the file is kept then.
    """
    found = holder(lock)
    claim = claim_in(lock)
    point = None
    if found is not None:
        process, claim = found
        point = where(claim.mount, process.device)
        process.send(signal.SIGTERM)
        if not process.ended(_END_SECONDS):
            process.kill()
        process.close()
    elif claim is not None and claim.device in ("", device_at(claim.mount)):
        point = claim.mount
    if point is not None and (said := unmount(point, lazy=True)):
        raise UnavailableError(f"an old mount cannot be taken away: {said}", path=display(point))
    lock.unlink(missing_ok=True)


def unwanted(folder: Path, wanted: Sequence[StoredMount]) -> Iterator[Path]:
    """The lock files of mounts that nobody wants any more."""
    keys = {_key(mount.path) for mount in wanted}
    return (lock for lock in sorted(folder.glob("*.lock")) if lock.stem not in keys)
