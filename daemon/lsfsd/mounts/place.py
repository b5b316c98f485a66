"""One mount point and the processes that show what is there."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lsfs.core.errors import ConflictError, UnavailableError
from lsfs.core.paths import display, join
from lsfs.rpc.launch import wait_until
from lsfs.store.vault import StoredMount
from lsfsd.mounts.process import Claim, FuseProcess, holder, is_mounted, start, unmount
from lsfsd.mounts.users import users_of

Parts = tuple[tuple[str, bytes], ...]

PARTS: Parts = (("all", b""),)
"""What each process of a mount shows, and where below the mount point; started in this order, stopped in reverse."""

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
    parts: Parts
    make_ready: Callable[[StoredMount], None]
    """Makes the folder, and raises where nothing may be mounted on it; asked when nothing is."""
    abort: int
    """A descriptor that can be read from once the daemon stops."""


class Place:
    """The mount that `stored` asks for, as far as it stands."""

    def __init__(self, stored: StoredMount, around: Surroundings) -> None:
        self.stored = stored
        self._around = around
        self.running: dict[str, FuseProcess] = {}
        """The processes by their part; replaced as a whole, so that it can be read from any thread."""

    def stands(self) -> bool:
        """Whether every part is mounted and its process runs."""
        running = self.running
        return all(
            name in running and not running[name].ended() and is_mounted(point) for name, point in self._points()
        )

    def bring_up(self) -> None:
        """Has all parts run: those that still do are kept, the others are started.

        Raises what kept a process from starting, and `UnavailableError` where an old mount cannot be taken away.
        """
        self._end_others()
        fit = True
        anew = []
        for name, point in self._points():
            # What lies on a part that has to be started anew goes with it.
            fit = fit and self._adopt(name, point)
            if not fit:
                anew.append((name, point))
        for name, point in reversed(anew):
            self._clear(name, point)
        if len(anew) == len(self._around.parts):
            self._around.make_ready(self.stored)
        for name, point in anew:
            others = ["--allow-other"] if self.stored.allow_other else []
            lock = self.lock(name)
            lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            command: list[str | bytes] = [*self._around.command, point, "--part", name, "--lock", str(lock), *others]
            try:
                self.running = self.running | {name: start(command, self._around.abort)}
            except BaseException:
                unmount(point, lazy=True)  # a process that was killed may leave its mount behind
                raise

    def take_down(self, *, force: bool = False) -> None:
        """Unmounts, and ends the processes; raises `ConflictError` where a program uses it, unless by `force`."""
        if force:
            # From the top: on the way to what is mounted below, whatever hangs would be asked.
            for _, point in self._points():
                unmount(point, lazy=True)
        for name, point in reversed(self._points()):
            said = "" if force else _freed(point)
            if said:
                using = users_of(self.stored.path)
                why = f"the mount is in use: {using}" if using else f"the mount cannot be taken away: {said}"
                raise ConflictError(why, path=display(self.stored.path), hint="lsfs umount --force")
            self._adopt(name, point, anyhow=True)
            self._end(name, _FORCED_SECONDS if force else _END_SECONDS, ask=force)
        for _, point in self._points():
            if force and is_mounted(point):
                unmount(point, lazy=True)
        for name, _ in self._points():
            self.lock(name).unlink(missing_ok=True)

    def lost(self) -> dict[str, int | None]:
        """The parts whose process has ended since, with its exit code where that is known; they are forgotten."""
        ended = {name: process.close() for name, process in self.running.items() if process.ended()}
        self.running = {name: process for name, process in self.running.items() if name not in ended}
        return ended

    def let_go(self) -> None:
        """Has the processes run on without us."""
        for process in self.running.values():
            process.close()
        self.running = {}

    def lock(self, part: str) -> Path:
        """The file that the process of a part holds locked."""
        return self._around.folder / f"{_key(self.stored.path)}-{part}.lock"

    def _points(self) -> list[tuple[str, bytes]]:
        path = self.stored.path
        return [(name, join(path, below) if below else path) for name, below in self._around.parts]

    def _adopt(self, name: str, point: bytes, *, anyhow: bool = False) -> bool:
        """Whether the part has a process that can go on; with `anyhow` one that is to be ended will do."""
        if name in self.running and not self.running[name].ended():
            return anyhow or is_mounted(point)
        found = holder(self.lock(name))
        if found is None:
            return False
        process, claim = found
        if anyhow or (is_mounted(point) and self._fits(claim)):
            self._forget(name)
            self.running = self.running | {name: process}
            return True
        process.close()
        return False

    def _fits(self, claim: Claim) -> bool:
        """Whether a process of an earlier daemon is what this one would start (the same build, so the same schema)."""
        vault = os.stat(self._around.vault)
        return (claim.build, claim.vault_ino, claim.vault_dev) == (self._around.build, vault.st_ino, vault.st_dev)

    def _clear(self, name: str, point: bytes) -> None:
        """Ends what still runs for a part, and takes away what it has left mounted."""
        self._adopt(name, point, anyhow=True)
        self._end(name, _END_SECONDS, ask=True)
        if said := unmount(point, lazy=True):
            raise UnavailableError(f"an old mount cannot be taken away: {said}", path=display(point))

    def _end(self, name: str, seconds: float, *, ask: bool = False) -> None:
        """Ends a process that is to end by itself since its mount is gone; `ask` it first where it is not."""
        process = self.running.get(name)
        if process is None:
            return
        if ask or not process.ended(seconds):
            process.send(signal.SIGTERM)
        if not process.ended(seconds):
            process.kill()
        self._forget(name)

    def _forget(self, name: str) -> None:
        running = dict(self.running)
        process = running.pop(name, None)
        self.running = running
        if process is not None:
            process.close()

    def _end_others(self) -> None:
        """Ends processes of parts that there are no more: of a build that divided the folders otherwise."""
        known = {self.lock(name) for name, _ in self._around.parts}
        for lock in sorted(self._around.folder.glob(f"{_key(self.stored.path)}-*.lock")):
            if lock not in known:
                end_holder(lock)


def _key(path: bytes) -> str:
    return hashlib.blake2b(path, digest_size=8).hexdigest()


def _freed(point: bytes) -> str:
    """Unmounts; why it is still mounted after a second, '' otherwise.

    Whoever looked in just now is let finish: what unmounts a part that lies below, too, for an instant.
    """
    said = [""]

    def free() -> bool:
        said[0] = unmount(point)
        return not said[0]

    wait_until(free, _BUSY_SECONDS)
    return said[0]


def end_holder(lock: Path) -> None:
    """Ends the process that holds `lock`, and its mount with it; the file goes too."""
    found = holder(lock)
    if found is not None:
        process, claim = found
        process.send(signal.SIGTERM)
        if not process.ended(_END_SECONDS):
            process.kill()
        process.close()
        unmount(claim.mount, lazy=True)
    lock.unlink(missing_ok=True)


def unwanted(folder: Path, wanted: Sequence[StoredMount]) -> Iterator[Path]:
    """The lock files of mounts that nobody wants any more."""
    keys = {_key(mount.path) for mount in wanted}
    return (lock for lock in sorted(folder.glob("*-*.lock")) if lock.name.partition("-")[0] not in keys)
