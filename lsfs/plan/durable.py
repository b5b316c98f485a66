"""Bringing to the disk what an op has changed: each by itself while it is little, else whole file systems at once."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection, Sequence

from lsfs.core.paths import split
from lsfs.core.posix import sync_file_system
from lsfs.plan.disk import Disk, beside
from lsfs.plan.steps import MakeDir, Put, Row, SetMeta, Step, Trash, Untrash, Where, paths
from lsfs.plan.trash_folder import TrashFolder

_SYNC_ONE_BY_ONE = 16


class Written:
    """Files that were written and are to be on the disk; for one thread.  Raises OSError."""

    def __init__(self, count: int) -> None:
        """`count`: how many there will be, about."""
        self._one_by_one = count <= _SYNC_ONE_BY_ONE
        self._devices: dict[int, int] = {}

    def add(self, fd: int) -> None:
        """Takes over a descriptor."""
        try:
            device = os.fstat(fd).st_dev
            if self._one_by_one:
                os.fsync(fd)
            elif device not in self._devices:
                self._devices[device] = os.dup(fd)
        finally:
            os.close(fd)

    def sync(self) -> None:
        """Returns when all of them are on the disk."""
        for fd in self._devices.values():
            sync_file_system(fd)

    def close(self) -> None:
        """Closes what is open."""
        while self._devices:
            os.close(self._devices.popitem()[1])


def sync_changes(disk: Disk, steps: Sequence[Step], given: Collection[Where]) -> None:
    """Returns when what steps have changed is on the disk, or what taking them back has; raises OSError.

    `given` are the places that got modes, times and attributes.
    """
    _sync_folders(disk, {folder for step in steps for folder in _folders_of(step)})
    _sync_trashes(steps)
    _sync_meta(disk, given)


def _folders_of(step: Step) -> set[Where]:
    """The folders in which a step changes names, and those that it makes."""
    if isinstance(step, Row | SetMeta):
        return set()
    made = {step.at} if isinstance(step, MakeDir) else set()
    changed = paths(step)
    if isinstance(step, Put) and not step.in_place:
        changed = (*changed, beside(step.at, step.temporary))
    return made | {Where(where.base, split(where.path)[0]) for where in changed}


def _sync_folders(disk: Disk, folders: Collection[Where]) -> None:
    """Returns when the names in those of the folders that are there are on the disk; raises OSError."""
    synced: set[int] = set()
    for folder in folders:
        found = disk.look(folder)
        if found is None or not stat.S_ISDIR(found.st_mode):
            continue  # a later step took it away
        if len(folders) <= _SYNC_ONE_BY_ONE:
            os.fsync(disk.folder(folder))
        elif found.st_dev not in synced:
            sync_file_system(disk.folder(folder))
            synced.add(found.st_dev)


def _sync_trashes(steps: Sequence[Step]) -> None:
    """Returns when the names in every Trash that steps change are on the disk; raises OSError."""
    for path in {step.folder for step in steps if isinstance(step, Trash | Untrash)}:
        with contextlib.suppress(FileNotFoundError), contextlib.closing(TrashFolder(path)) as folder:
            folder.sync()


def _sync_meta(disk: Disk, places: Collection[Where]) -> None:
    """Returns when modes, times and attributes of what is there of the places are on the disk; raises OSError."""
    synced: set[int] = set()
    for place in places:
        found = disk.look(place)
        if found is None or found.st_dev in synced:
            continue
        if len(places) > _SYNC_ONE_BY_ONE or not _sync_one(disk, place, found):
            sync_file_system(disk.folder(Where(place.base, split(place.path)[0])))
            synced.add(found.st_dev)


def _sync_one(disk: Disk, place: Where, found: os.stat_result) -> bool:
    """Whether it could be synced by itself: that takes a descriptor, which a link has none of."""
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        return False
    try:
        fd = disk.open(place, os.O_RDONLY)
    except PermissionError:
        return False
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    return True
