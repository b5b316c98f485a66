"""Which Trash a file goes to, under which name, with which note beside it.

freedesktop.org, The FreeDesktop.org Trash specification, version 1.0: the home Trash for what lies on its volume, else
the volume's own, ``$topdir/.Trash/$uid`` or ``$topdir/.Trash-$uid``.  A volume that has neither, and lets none be made,
leaves the home Trash, which then takes a copy.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import stat
import urllib.parse
from collections.abc import Sequence

import msgspec

from lsfs.core.paths import is_within, join
from lsfs.core.posix import Mount
from lsfs.plan.naming import NAME_MOST, numbered

_NAME_MOST = NAME_MOST - len(b".trashinfo")


class TrashPlace(msgspec.Struct, frozen=True):
    """A Trash folder, absolute."""

    folder: bytes
    top: bytes | None
    """The volume's folder that paths in notes are relative to; None in the home Trash, where they are absolute."""
    copies: bool = False
    """It lies on another volume, so that what goes there is copied."""


def home_trash(data_home: bytes) -> bytes:
    """The Trash of a user whose XDG_DATA_HOME is `data_home`."""
    return join(data_home, b"Trash")


def place_for(path: bytes, device: int, home: bytes, mounts: Sequence[Mount], uid: int) -> TrashPlace:
    """The Trash for what stands at absolute `path` on `device`; `home` is the home Trash, made or not."""
    home = os.path.realpath(home)
    if _device(home) == device:
        return TrashPlace(home, None)
    top = _top_of(path, mounts)
    if top is not None and _device(top) == device:
        shared = join(top, b".Trash")
        if _is_shared(shared):
            own = join(shared, b"%d" % uid)
            if _is_own(own, uid) or (not os.path.lexists(own) and os.access(shared, os.W_OK)):
                return TrashPlace(own, top)
        own = join(top, b".Trash-%d" % uid)
        if _is_own(own, uid) or (not os.path.lexists(own) and os.access(top, os.W_OK)):
            return TrashPlace(own, top)
    return TrashPlace(home, None, copies=True)


def make_trash(folder: bytes) -> None:
    """Makes a Trash with its two folders, for its user alone; raises OSError."""
    above = _first_above(folder)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # A link that took its place meanwhile could lead anywhere.
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        made = above != folder
        for name in (b"files", b"info"):
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=fd)
                made = True
        if made:
            os.fsync(fd)
    finally:
        os.close(fd)
    while folder != above:
        folder = os.path.dirname(folder)
        _sync(folder)


def _first_above(folder: bytes) -> bytes:
    """The folder itself, or the first above it that is there."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return folder


def _sync(folder: bytes) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class TrashNames:
    """Names in Trash folders that one plan takes."""

    def __init__(self) -> None:
        self._claimed: set[tuple[bytes, bytes]] = set()
        self._tried: dict[tuple[bytes, bytes], int] = {}

    def claim(self, trash: bytes, name: bytes) -> bytes:
        """A name that nothing in the Trash has, and that was not claimed before; like `name` if it can be."""
        number = self._tried.get((trash, name), 0)
        while True:
            number += 1
            candidate = numbered(name, number, _NAME_MOST)
            here = (join(trash, b"files/" + candidate), join(trash, b"info/" + candidate + b".trashinfo"))
            if (trash, candidate) not in self._claimed and not any(os.path.lexists(path) for path in here):
                self._claimed.add((trash, candidate))
                self._tried[trash, name] = number
                return candidate


def info_text(place: TrashPlace, path: bytes, when: dt.datetime) -> str:
    """The text of the note: where it was, and when it went (local time)."""
    shown = path if place.top is None else path[len(place.top) :].lstrip(b"/")
    quoted = urllib.parse.quote_from_bytes(shown, safe="/")
    return f"[Trash Info]\nPath={quoted}\nDeletionDate={when:%Y-%m-%dT%H:%M:%S}\n"


def is_in_trash(path: bytes, home: bytes) -> bool:
    """Whether a path is a Trash, or lies in one."""
    if is_within(path, home):
        return True
    return any(part == b".Trash" or part.startswith(b".Trash-") for part in path.split(b"/"))


def _device(path: bytes) -> int:
    """The device of a path, or of the first folder above it that is there."""
    while True:
        try:
            return os.stat(path).st_dev
        except OSError:
            if path in (b"/", b""):
                return -1
            path = os.path.dirname(path)


def _top_of(path: bytes, mounts: Sequence[Mount]) -> bytes | None:
    covering = [mount.mount_point for mount in mounts if is_within(path, mount.mount_point.rstrip(b"/"))]
    return max(covering, key=len, default=None)


def _is_shared(path: bytes) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    # The specification's own check: a folder, no link, sticky; else anyone could set a trap there.
    return stat.S_ISDIR(found.st_mode) and bool(found.st_mode & stat.S_ISVTX)


def _is_own(path: bytes, uid: int) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and os.access(path, os.W_OK)
