"""What tests of hostile circumstances share: trouble at every boundary of an op, and small volumes.

`Trouble` is told of the boundaries that the op's own thread reaches; what a test wants to happen there, it does.
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsfs.core.api import PlanResult
from lsfs.core.errors import LsfsError
from tests.crash.doer import Stop
from tests.crash.tree import last_changes, tree_of
from tests.plan.conftest import Desk, walk

Happening = Callable[[], None]


class Trouble:
    """Has something happen when an op reaches a boundary for the so-and-so-many-th time."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.broken: str = ""
        """The boundary at which the disk says that it is broken."""
        self._stop: Stop | None = None
        self._happen: Happening = lambda: None

    def reach(self, name: str) -> None:
        """What the engine calls; of other threads than the op's own it takes no note."""
        if threading.current_thread().name != "lsfs-ops":
            return
        self.reached.append(name)
        if self._stop is not None and (name, self.reached.count(name)) == (self._stop.name, self._stop.count):
            self._stop = None
            self._happen()
        if name == self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def watch(self) -> None:
        """Begins to take note of boundaries, and lets nothing happen."""
        self.reached, self._stop = [], None

    def at(self, stop: Stop, happen: Happening) -> None:
        """From now on: has this happen once, there."""
        self.reached, self._stop, self._happen = [], stop, happen

    @property
    def came(self) -> bool:
        """Whether it has happened."""
        return self._stop is None


class Canary:
    """A folder outside every watched one: whether anything at all was done there."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        """Has files with the names that an op would meet if it were led here."""
        self.folder = folder
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"not to be touched: {name}\n")
        self._before = self._state()

    def _state(self) -> tuple:
        return tree_of(self.folder), last_changes(self.folder)

    def touched(self) -> list[str]:
        """What is not as it was."""
        now = self._state()
        return [
            f"{name} outside: {new.get(name)}, not {old.get(name)}"
            for new, old in zip(now, self._before, strict=True)
            for name in sorted(new.keys() | old.keys())
            if new.get(name) != old.get(name)
        ]


def bodies(*folders: Path) -> set[bytes]:
    """The contents of all files below some folders."""
    paths = [path for folder in folders for path in folder.rglob("*")]
    return {path.read_bytes() for path in paths if path.is_file() and not path.is_symlink()}


def lost(desk: Desk, owed: set[bytes], *folders: Path) -> list[bytes]:
    """Those of some contents that neither stand in the folders, nor lie in a Trash, nor are kept as a version."""
    missing = owed - bodies(desk.root, desk.trash, *folders)
    rows = desk.vault.versions._db.rows("SELECT DISTINCT content FROM versions WHERE content IS NOT NULL")
    for (content,) in rows if missing else ():
        missing.discard(b"".join(desk.lsfs.engine._parts.contents.read(content)))
    return sorted(missing)


def litter(folder: Path) -> list[str]:
    """Names below a folder that only an op under way has."""
    return [path.decode(errors="replace") for path in walk(bytes(folder)) if path.split(b"/")[-1].startswith(b".lsfs-")]


def attempt(desk: Desk, plan: PlanResult) -> LsfsError | None:
    """Carries out a plan; the error where it did not come to that."""
    try:
        desk.apply(plan)
    except LsfsError as error:
        return error
    return None


def look_around(desk: Desk) -> None:
    """What is done every few seconds: it is seen whether the folders are there, and what was left undone is done."""
    desk.lsfs.engine.run_job("presence")
    while not desk.lsfs.engine._parts.ops.idle():
        time.sleep(0.005)


@contextlib.contextmanager
def small_volume(folder: Path, size: str = "8m") -> Iterator[Path]:
    """A file system of its own at a folder, that holds so much; it goes with all that is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "lsfs-test", folder], capture_output=True
    )
    if made.returncode:
        pytest.skip(f"nothing can be mounted here: {made.stderr.decode(errors='replace').strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], capture_output=True)


def remount(folder: Path, how: str) -> None:
    """Changes the options of a volume."""
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True, capture_output=True)


def fill(path: Path, leave: int) -> Path:
    """Fills a volume up to so many bytes, by a file on it; its path."""
    with open(path, "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(1 << 18)) or True:
                pass
        os.ftruncate(file.fileno(), max(0, file.tell() - leave))
    return path
