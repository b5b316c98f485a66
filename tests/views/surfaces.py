"""The tree of a mount as the tests see it: in memory, and through the kernel; both speak OSError."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from lsfs.compose.viewers import open_views
from lsfs.core.config import Config, save_config
from lsfs.core.locations import Paths
from lsfs.core.posix import mountinfo, renameat2
from lsfs.core.wirepath import to_wire
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import launch_daemon
from lsfsd.fuse.command import live_of
from tests.conftest import private_environment

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon", "cli")]
RUN_LSFSD = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfsd.main import main; main()"
RUN_LSFS = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfs_cli.main import main; sys.exit(main())"


class Home:
    """A home with a real daemon over one root, `Documents`."""

    def __init__(self, folder: Path, embedder: str = "hashing") -> None:
        self.folder = folder / "home"
        runtime = folder / "run"
        self.root = self.folder / "Documents"
        self.root.mkdir(parents=True)
        runtime.mkdir(mode=0o700)
        self.environ = {**os.environ, **private_environment(self.folder, runtime), "TZ": "UTC"}
        self.paths = Paths.from_env(self.environ)
        save_config(self.paths.config_file, Config(embedder=embedder))
        self.client = self._client()

    def _client(self) -> Client:
        caller = caller_fields(self.environ, b"/", "cli")
        command = [sys.executable, "-c", RUN_LSFSD, "run"]
        return Client(
            self.paths, caller, launch=lambda: launch_daemon(self.paths, self.environ, command), build="0", answer_s=60
        )

    def up(self, *folders: Path, until: str = "all") -> None:
        """Watches the root, or these, and returns when everything is found and kept, or as `settled` says."""
        self.client.call("up", {"paths": [to_wire(os.fsencode(each)) for each in folders or (self.root,)]})
        self.settled(until)

    def settled(self, until: str = "all") -> None:
        """Returns when everything that is known to be due is recorded; with ``words``, once it can be found."""
        for _ in self.client.stream("progress", {"until": until}):
            pass

    def tags(self, path: Path) -> list[str]:
        """The tags of a file, as the daemon says."""
        (file,) = self.client.call("tags", {"paths": [to_wire(os.fsencode(path))]})["files"]
        return file["tags"]

    def pid(self) -> int:
        """Of the daemon."""
        return int(self.client.call("status")["pid"])


@contextlib.contextmanager
def home_at(folder: Path, embedder: str = "hashing") -> Iterator[Home]:
    """A home below a folder; its daemon is ended."""
    home = Home(folder, embedder)
    try:
        yield home
    finally:
        home.client.stop_daemon()


class Mount:
    """A mount of a home, and the process behind it."""

    def __init__(self, home: Home, point: Path) -> None:
        self.home = home
        self.point = point
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Mounts it."""
        lock = self.home.folder.parent / f"{self.point.name}.lock"
        command = [sys.executable, "-c", RUN_LSFSD, "fuse", str(self.point), "--lock", str(lock)]
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [*command, "--ready-fd", str(writing)],
            env=dict(self.home.environ),
            pass_fds=(writing,),
            cwd="/",
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        os.close(writing)
        with open(reading, "rb") as report:
            said = report.readline()
        assert said == b'{"ready": true}\n', said

    def end(self) -> None:
        """Unmounts it, unless that was done, and sees its process end."""
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait(20)
        self.process = None
        until = time.monotonic() + 10
        while is_mounted(self.point):
            assert time.monotonic() < until, f"still mounted: {self.point}"
            time.sleep(0.02)


def is_mounted(point: Path) -> bool:
    """Whether something is mounted there; nothing there is touched."""
    return any(mount.mount_point == os.fsencode(point) for mount in mountinfo())


@contextlib.contextmanager
def mount_of(home: Home, point: Path | None = None) -> Iterator[Mount]:
    """A mount at an empty folder, one beside the home if none is named."""
    mount = Mount(home, point or Path(tempfile.mkdtemp(prefix="m", dir=home.folder.parent)))
    try:
        mount.up()
        yield mount
    finally:
        mount.end()


@contextlib.contextmanager
def mounted(home: Home) -> Iterator[Path]:
    """The mount point of a mount beside the home."""
    with mount_of(home) as mount:
        yield mount.point


class Surface(Protocol):
    """What the suite asks of a tree; paths are below its top."""

    def names(self, path: str) -> set[str]: ...

    def mode(self, path: str) -> int: ...

    def size(self, path: str) -> int: ...

    def mtime_ns(self, path: str) -> int: ...

    def target(self, path: str) -> str: ...

    def read(self, path: str, offset: int = 0, size: int = 1 << 20) -> bytes: ...

    def write(self, path: str, data: bytes) -> None: ...

    def mkdir(self, path: str) -> None: ...

    def rmdir(self, path: str) -> None: ...

    def symlink(self, target: str, path: str) -> None: ...

    def unlink(self, path: str) -> None: ...

    def rename(self, old: str, new: str, flags: int = 0) -> None: ...


class TreeSurface:
    """The tree in memory, with the daemon's answers."""

    def __init__(self, home: Home, closing: contextlib.ExitStack) -> None:
        caller = caller_fields(home.environ, b"/", "mount")
        self.tree = open_views(home.paths, live_of(home.paths, caller), "UTC", closing).tree

    def names(self, path: str) -> set[str]:
        return {os.fsdecode(item.name) for item in self.tree.listing(os.fsencode(path))}

    def mode(self, path: str) -> int:
        return self.tree.attributes(os.fsencode(path)).mode

    def size(self, path: str) -> int:
        return self.tree.attributes(os.fsencode(path)).size

    def mtime_ns(self, path: str) -> int:
        return self.tree.attributes(os.fsencode(path)).mtime_ns

    def target(self, path: str) -> str:
        return os.fsdecode(self.tree.target(os.fsencode(path)))

    def read(self, path: str, offset: int = 0, size: int = 1 << 20) -> bytes:
        return self.tree.file(os.fsencode(path)).read(offset, size)

    def write(self, path: str, data: bytes) -> None:
        writing = self.tree.file(os.fsencode(path)).rewriting()
        writing.truncate(0)
        writing.write(0, data)
        writing.commit()

    def mkdir(self, path: str) -> None:
        self.tree.make_folder(os.fsencode(path))

    def rmdir(self, path: str) -> None:
        self.tree.remove_folder(os.fsencode(path))

    def symlink(self, target: str, path: str) -> None:
        self.tree.make_link(os.fsencode(path), os.fsencode(target))

    def unlink(self, path: str) -> None:
        self.tree.remove(os.fsencode(path))

    def rename(self, old: str, new: str, flags: int = 0) -> None:
        self.tree.rename(os.fsencode(old), os.fsencode(new), flags)


class MountSurface:
    """A real mount."""

    def __init__(self, point: Path) -> None:
        self.point = point

    def _at(self, path: str) -> str:
        return f"{self.point}/{path}"

    def names(self, path: str) -> set[str]:
        return set(os.listdir(self._at(path)))

    def mode(self, path: str) -> int:
        return os.lstat(self._at(path)).st_mode

    def size(self, path: str) -> int:
        return os.lstat(self._at(path)).st_size

    def mtime_ns(self, path: str) -> int:
        return os.lstat(self._at(path)).st_mtime_ns

    def target(self, path: str) -> str:
        return os.readlink(self._at(path))

    def read(self, path: str, offset: int = 0, size: int = 1 << 20) -> bytes:
        descriptor = os.open(self._at(path), os.O_RDONLY | os.O_NOFOLLOW)
        try:
            return os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)

    def write(self, path: str, data: bytes) -> None:
        descriptor = os.open(self._at(path), os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def mkdir(self, path: str) -> None:
        os.mkdir(self._at(path))

    def rmdir(self, path: str) -> None:
        os.rmdir(self._at(path))

    def symlink(self, target: str, path: str) -> None:
        os.symlink(target, self._at(path))

    def unlink(self, path: str) -> None:
        os.unlink(self._at(path))

    def rename(self, old: str, new: str, flags: int = 0) -> None:
        renameat2(None, os.fsencode(self._at(old)), None, os.fsencode(self._at(new)), flags)
