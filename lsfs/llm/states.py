"""Where evaluated prefixes are kept from one start to the next: one file each, for this user alone.

A file may hold what a user has said, so it is made with mode 0600 in a folder of mode 0700.  It carries a digest of
itself, because llama.cpp trusts what it is given, and a damaged state would end the process.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from blake3 import blake3

Bytes = bytes | bytearray | memoryview

_HEAD = struct.Struct("<8s32s32s")
_MAGIC = b"lsfsLLM1"
_SUFFIX = ".state"
_WRITING_NS = 600 * 10**9
"""What was not finished for so long never will be."""


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

    def finish(self, whole: bool) -> None:
        """Gives the file its name, or takes it away where it is not `whole`; raises OSError."""
        os.close(self.descriptor)
        try:
            if whole:
                os.rename(self._temporary, self._path)
                self._kept()
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._temporary)


class StateFolder:
    """`StateFiles` in a folder, which keeps the `newest` and at most `most_bytes` of them."""

    def __init__(self, folder: Path, newest: int = 24, most_bytes: int = 512 << 20) -> None:
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
        return NewState(self._folder / f"{secrets.token_hex(8)}.part", path, self._prune)

    def _path(self, key: str) -> Path:
        if not key.isalnum():  # a worker names it
            raise OSError(f"no such state: {key}")
        return self._folder / f"{key}{_SUFFIX}"

    def _prune(self) -> None:
        """Takes away the oldest, and what writers that were killed left behind."""
        found = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime_ns, status.st_size, path))
        newest = max(found, default=(0, 0, self._folder))[0]
        room, kept = self._most_bytes, 0
        for changed, size, path in sorted(found, reverse=True):
            if path.suffix == _SUFFIX:
                room -= size
                kept += 1
                stays = kept == 1 or (kept <= self._newest and room >= 0)
            else:
                stays = newest - changed < _WRITING_NS
            if not stays:
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
