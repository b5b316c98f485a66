"""A service that keeps lsfs mounted, with a stand-in for what is shown and a real engine beside it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.api import MountInfo, MountRequest, UmountRequest
from lsfs.core.errors import NothingFound
from lsfs.core.paths import is_within
from lsfs.core.posix import mountinfo
from lsfsd.mounts import requirements
from lsfsd.mounts.process import holder
from lsfsd.mounts.service import MountService

needs_fuse = pytest.mark.skipif(requirements.missing() is not None, reason=f"no FUSE here: {requirements.missing()}")
STAND_IN = str(Path(__file__).parent / "stand_in_fuse.py")
BUILD = "9/1/a"


class Mounted:
    """A running service over an engine, which can be ended and started anew as a daemon is."""

    def __init__(self, lsfs) -> None:
        self.lsfs = lsfs
        self.point = lsfs.root / "shown"
        self.service: MountService | None = None

    def start(self, behaviour: str = "well", *, build: str = BUILD) -> None:
        vault = str(Path(self.lsfs.paths.vault_dir, "vault.db"))
        self.service = MountService(
            self.lsfs.engine.mounting,
            self.lsfs.paths,
            build,
            [sys.executable, STAND_IN, behaviour, build, vault],
            pauses=lambda: iter([0.1] * 1000),
        )
        self.thread = threading.Thread(target=self.service.run, args=(lambda: None,))
        self.thread.start()

    def stop(self) -> None:
        """As the daemon's end: what is mounted stays."""
        if self.service is not None:
            self.service.stop()
            self.thread.join()
            self.service.close()
            self.service = None

    def mount(self, path: Path | None = None, *, allow_other: bool = False) -> MountInfo:
        return self.service.mount(MountRequest(path=str(path or self.point), allow_other=allow_other))

    def want(self, *, allow_other: bool = False) -> None:
        """As `mount` has it stored, and without mounting."""
        mounting = self.lsfs.engine.mounting
        mounting.store(mounting.check(os.fsencode(self.point), allow_other=allow_other))

    def umount(self, path: Path | None = None, *, force: bool = False) -> None:
        self.service.umount(UmountRequest(path=str(path or self.point), force=force))

    def umount_all(self, *, force: bool = False) -> None:
        self.service.umount(UmountRequest(path=None, force=force))

    def info(self) -> MountInfo:
        (info,) = self.service.list().mounts
        return info

    def stands(self) -> bool:
        return self.info().mounted and self.info().note == ""

    def locks(self) -> list[Path]:
        return sorted(Path(self.lsfs.paths.state_dir, "mounts").glob("*.lock"))


@pytest.fixture
def mounted(short_tmp: Path, start_lsfs) -> Iterator[Mounted]:
    with start_lsfs(short_tmp) as lsfs:
        made = Mounted(lsfs)
        lsfs.up()
        yield made
        if made.service is None:
            made.start()
        with contextlib.suppress(NothingFound):
            made.umount_all(force=True)
        made.stop()
        assert not [mount for mount in mountinfo() if is_within(mount.mount_point, os.fsencode(lsfs.root))]
        assert not [lock for lock in made.locks() if holder(lock)]


def kill_helpers(point: Path) -> None:
    """Ends what would unmount `point` after its process has died."""
    killed = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"fusermount3") and os.fsencode(point) in words:
                os.kill(int(entry.name), signal.SIGKILL)
                killed.append(entry)
    assert killed
