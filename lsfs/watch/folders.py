"""Opening folders and looking at names relative to them: no link followed, no limit on the length of a path."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from lsfs.core.ignore_patterns import MAX_BYTES
from lsfs.core.posix import open_beneath, statx_btime
from lsfs.core.records import Kind, Seen, StatKey

_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PASS = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
_HOP = 3500
"""Bytes of a path opened at once, below PATH_MAX (4096)."""


Opened = AbstractContextManager[int]


@contextmanager
def root_folder(root: bytes) -> Iterator[int]:
    """A descriptor of the folder at an absolute path; raises OSError."""
    fd = os.open(root, _LIST)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def folder(root_fd: int, path: bytes) -> Iterator[int]:
    """A descriptor for listing `path`, however long; raises OSError."""
    at = root_fd
    try:
        while len(path) > _HOP and (cut := path.rfind(b"/", 0, _HOP)) > 0:
            at = _step(root_fd, at, open_beneath(at, path[:cut], _PASS))
            path = path[cut + 1 :]
        at = _step(root_fd, at, open_beneath(at, path, _LIST))
        yield at
    finally:
        if at != root_fd:
            os.close(at)


def child(root_fd: int, fd: int, name: bytes) -> int:
    """The folder `name` in `fd`, which is closed unless it is the root's; raises OSError and then leaves `fd` open."""
    return _step(root_fd, fd, os.open(name, _PASS, dir_fd=fd))


def _step(root_fd: int, old: int, new: int) -> int:
    if old != root_fd:
        os.close(old)
    return new


def ignore_reader(fd: int) -> Callable[[bytes], bytes]:
    """Gives the bytes of an ignore file in folder `fd`, by its path in the root."""
    return lambda path: _read_ignore_file(fd, path[path.rfind(b"/") + 1 :])


def _read_ignore_file(fd: int, name: bytes) -> bytes:
    """Up to the limit; raises OSError for all but regular files."""
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=fd)
    with open(file, "rb", buffering=0) as stream:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError("not a regular file")
        return stream.read(MAX_BYTES)


def seen(fd: int, name: bytes, path: bytes, found: os.stat_result, key: StatKey) -> Seen:
    """The record of one name in folder `fd`; raises OSError if it went away meanwhile."""
    kind = kind_of(found.st_mode)
    target = os.readlink(name, dir_fd=fd) if kind is Kind.SYMLINK else None
    return Seen(path, kind, key, statx_btime(fd, name), target, found.st_nlink)


def kind_of(mode: int) -> Kind:
    """What `st_mode` says stands there."""
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.DIR
    return Kind.SYMLINK if stat.S_ISLNK(mode) else Kind.OTHER
