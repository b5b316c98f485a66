"""Where evaluated prefixes are kept from one start to the next: one file each, for this user alone.

A file may hold what a user has said, so it is made with mode 0600 in a folder of mode 0700.  It carries a digest of
itself, because llama.cpp trusts what it is given, and a damaged state would end the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import secrets
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from blake3 import blake3

Bytes = bytes | bytearray | memoryview

_HEAD = struct.Struct("<8s32s32s")
_MAGIC = b"lsfsLLM1"
_SUFFIX, _WRITING = ".state", ".part"
_MARK = "prepared-"
_UNUSED_S = 60 * 86_400.0
"""What was last read so long before the newest is taken away: its prompt, or its model, is no longer what is used.

By the newest and not by the clock: who comes back after a long time finds everything as it was."""


class StateFiles(Protocol):
    """Opens the files; the key says what one holds."""

    def read(self, key: str) -> int | None:
        """A descriptor to read from, which the caller closes; None where nothing is kept under that key."""

    def write(self, key: str, fill: Callable[[int], None]) -> None:
        """Keeps what `fill` writes to a descriptor; a failure of the disk keeps nothing and raises OSError."""


class NewState:
    """A state that is being written, under a name of its own until it is finished."""

    def __init__(self, temporary: Path, path: Path, kept: Callable[[], None]) -> None:
        self._temporary = temporary
        self._path = path
        self._kept = kept
        self.descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with contextlib.suppress(OSError):  # a file system without locks: it may be taken for left behind
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def finish(self, whole: bool) -> None:
        """Gives the file its name, or takes it away where it is not `whole`; raises OSError."""
        try:
            if whole:
                os.rename(self._temporary, self._path)
                self._kept()
        finally:
            os.close(self.descriptor)  # not before: it is what says that the file is being written
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._temporary)


class StateFolder:
    """`StateFiles` in a folder, which keeps the `newest` by their last use, at most `most_bytes` of them.

    The default is what lsfs's own fixed prompts are, eleven, and a few that they were before.
    """

    def __init__(self, folder: Path, newest: int = 14, most_bytes: int = 512 << 20) -> None:
        self._folder = folder
        self._newest = newest
        self._most_bytes = most_bytes

    def read(self, key: str) -> int | None:
        """A descriptor to read from, which the caller closes; None where nothing is kept under that key."""
        try:
            path = self._path(key)
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # in use: among the newest
        return fd

    def write(self, key: str, fill: Callable[[int], None]) -> None:
        """Keeps what `fill` writes to a descriptor; a failure of the disk keeps nothing and raises OSError."""
        new = self.new(key)
        whole = False
        try:
            fill(new.descriptor)
            whole = True
        finally:
            new.finish(whole)

    def new(self, key: str) -> NewState:
        """A file to be written, which takes its place when it is finished; raises OSError."""
        path = self._path(key)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return NewState(self._folder / f"{secrets.token_hex(8)}{_WRITING}", path, self.tidy)

    def _path(self, key: str) -> Path:
        if not key.isalnum():  # a worker names it
            raise OSError(f"no such state: {key}")
        return self._folder / f"{key}{_SUFFIX}"

    def tidy(self) -> None:
        """Takes away what is too old or too much, and what writers that were killed left behind."""
        files = sorted(_files(self._folder), reverse=True)
        since = _unused(files)
        room, kept = self._most_bytes, 0
        for used, size, path in files:
            if path.suffix == _WRITING:
                stays = _is_held(path)
            else:
                room -= size
                kept += 1
                stays = kept == 1 or (kept <= self._newest and room >= 0 and used >= since)
            if not stays:
                _remove(path)


def drop_unused(parent: Path) -> None:
    """Takes states away from a folder that has a folder of them for each model: of models that are not used any more,
    and what earlier versions of lsfs kept beside those."""
    try:
        beside = list(parent.iterdir())
    except OSError:
        return
    folders = {path: _files(path) for path in beside if path.is_dir() and not path.is_symlink()}
    since = _unused([file for files in folders.values() for file in files])
    for path in beside:
        if path not in folders and (path.suffix in (_SUFFIX, _WRITING) or path.name.startswith(_MARK)):
            _remove(path)
    for folder, files in folders.items():
        if files and all(used < since for used, _, _ in files):
            for _, _, path in files:
                _remove(path)
            with contextlib.suppress(OSError):  # something that is not ours lies there
                folder.rmdir()


def _unused(files: Iterable[tuple[float, int, Path]]) -> float:
    """Since when what is still used was read, by the last of all reading."""
    return max((used for used, _, _ in files), default=0.0) - _UNUSED_S


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """Last use (seconds since 1970), bytes and path of each file of ours."""
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.suffix in (_SUFFIX, _WRITING):
                with contextlib.suppress(OSError):
                    status = path.stat(follow_symlinks=False)
                    found.append((status.st_mtime, status.st_size, path))
    return found


def _is_held(path: Path) -> bool:
    """Whether a process, this one or another, writes a file still."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def pack(fd: int, key: str, state: Bytes) -> None:
    """Writes a state with its key and digest to a descriptor."""
    name = bytes.fromhex(key)
    _write(fd, _HEAD.pack(_MAGIC, name, _digest(name, state)))
    _write(fd, state)


@contextlib.contextmanager
def unpacked(fd: int, key: str) -> Iterator[memoryview | None]:
    """The state that was packed under this key, None where the file holds something else or is damaged."""
    size = os.fstat(fd).st_size
    if size <= _HEAD.size:
        yield None
        return
    with mmap.mmap(fd, size, prot=mmap.PROT_READ) as mapped, memoryview(mapped) as view:
        magic, name, digest = _HEAD.unpack_from(view)
        with view[_HEAD.size :] as state:
            whole = magic == _MAGIC and name == bytes.fromhex(key) and digest == _digest(name, state)
            yield state if whole else None


def _digest(name: bytes, state: Bytes) -> bytes:
    return blake3(name).update(state).digest()


def _write(fd: int, data: Bytes) -> None:
    with memoryview(data).cast("B") as view:
        at = 0
        while at < len(view):
            at += os.write(fd, view[at : at + (1 << 30)])
