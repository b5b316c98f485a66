"""Before an op acts: is everything as it was when the plan was made?  And what is about to be overwritten is kept."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence

import msgspec

from lsfs.core.errors import ConflictError
from lsfs.core.paths import join
from lsfs.core.records import Kind, StatKey
from lsfs.plan.disk import Disk, unchanged
from lsfs.plan.steps import (
    Call,
    Exchange,
    Guard,
    MakeDir,
    Move,
    Put,
    RemoveDir,
    Row,
    Step,
    Trash,
    Untrash,
    Where,
    is_tree,
)
from lsfs.plan.trash_folder import TrashFolder
from lsfs.plan.trash_spec import TrashNames
from lsfs.plan.ways import Ways
from lsfs.versions.contents import ContentStore, NotStill


class Check:
    """Looks at what the steps of one op are to change, where it stands before the op; for one thread."""

    def __init__(
        self, disk: Disk, contents: ContentStore, steps: Sequence[Step], ways: Ways, lease: Callable[[bytes], None]
    ) -> None:
        self._disk = disk
        self._contents = contents
        self._ways = ways
        self._lease = lease
        self._seen: set[Where] = set()
        self._inodes: set[tuple[int, int, int]] = set()
        """Files that passed: the guard of another name may count in already what the op's own steps change."""
        self._names = TrashNames()

    def passed(self, number: int, step: Step) -> Step:
        """Step `number` of the op, with what could not be known of it before.

        Raises ConflictError where the disk is not as it was planned for, and OSError.
        """
        for where, guard in _guarded(step):
            self._look(number, where, guard, step)
        match step:
            case Move(src, dst):
                self._free(number, dst, src)
            case MakeDir(at) | Put(at, before=None):
                self._free(number, at)
            case RemoveDir(at):
                self._empty(number, at)
            case Untrash():
                self._free(number, step.at)
                self._in_trash(step)
            case Trash():
                return self._with_free_name(step)
            case Put():
                return self._with_pre_image(number, step)
        return step

    def _look(self, number: int, where: Where, guard: Guard, step: Step) -> None:
        at = self._ways.before(where, number)
        # What the op's own steps change of it, its later guards leave out.
        if at is None or at in self._seen:
            return
        self._seen.add(at)
        found = self._disk.look(at)
        same = found is not None and self._disk.is_same(at, found, guard)
        if found is None or not same:
            raise self._disk.changed(where)
        inode = found.st_dev, found.st_ino, guard.btime_ns
        if inode not in self._inodes and not is_tree(step):
            # The times of a folder are those of the names in it.
            folder = stat.S_ISDIR(found.st_mode)
            if not (found.st_mode == (guard.mode or found.st_mode) if folder else unchanged(found, guard)):
                raise self._disk.changed(where)
        self._inodes.add(inode)

    def _free(self, number: int, where: Where, comes: Where | None = None) -> None:
        at = self._ways.before(where, number)
        if at is None or self._disk.look(at) is None:
            return
        source = self._ways.before(comes, number) if comes is not None else None
        if source is None or not self._disk.is_own_name(source, at):
            raise ConflictError("something stands there by now", path=self._disk.shown(where), hint="plan it again")

    def _empty(self, number: int, where: Where) -> None:
        """Raises ConflictError for a name in a folder that no step before has taken away."""
        at = self._ways.before(where, number)
        for name in os.listdir(self._disk.folder(at)) if at is not None else ():
            inside = Where(where.base, join(where.path, os.fsencode(name)))
            if self._ways.before(inside, number) is not None:
                raise ConflictError("it is new in a folder that is to go", path=self._disk.shown(inside))

    def _in_trash(self, step: Untrash) -> None:
        with contextlib.closing(TrashFolder(step.folder)) as folder:
            if not folder.holds(step.name, step.guard):
                raise ConflictError("it is not in the Trash any more", path=self._disk.shown(step.at))

    def _with_free_name(self, step: Trash) -> Trash:
        """Under another name where something else has taken that meanwhile."""
        name = self._names.claim(step.folder, step.name)
        return msgspec.structs.replace(step, name=name) if name != step.name else step

    def _with_pre_image(self, number: int, step: Put) -> Put:
        before, at = step.before, self._ways.before(step.at, number)
        if before is None or before.kind is not Kind.FILE or before.source is not None or at is None:
            return step
        if before.content is not None and self._contents.has(before.content):
            self._lease(before.content)
            return step
        fd = self._disk.open(at, os.O_RDONLY)
        try:
            kept = self._contents.keep_file(fd)
            found = os.fstat(fd)
        except NotStill:
            raise ConflictError("it changes all the time", path=self._disk.shown(step.at)) from None
        finally:
            os.close(fd)
        if kept.key != StatKey.of(found) or (step.guard is not None and not unchanged(found, step.guard)):
            raise self._disk.changed(step.at)
        self._lease(kept.content)
        return msgspec.structs.replace(step, before=msgspec.structs.replace(before, content=kept.content))


def _guarded(step: Step) -> Iterator[tuple[Where, Guard]]:
    """The places that a step has guards for."""
    match step:
        case Exchange(one, other, guard_one, guard_other):
            pairs = [(one, guard_one), (other, guard_other)]
        case Move(src, _, guard):
            pairs = [(src, guard)]
        case MakeDir() | Row() | Untrash() | Call():
            pairs = []
        case _:
            pairs = [(step.at, step.guard)]
    return ((where, guard) for where, guard in pairs if guard is not None)
