"""How far a step got, read off the disk after a crash."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from enum import StrEnum

from blake3 import blake3

from lsfs.core.paths import ancestors, split
from lsfs.core.records import Kind
from lsfs.plan.disk import Disk, beside, unchanged
from lsfs.plan.putting import ASIDE
from lsfs.plan.steps import (
    Call,
    Exchange,
    Guard,
    MakeDir,
    Move,
    Put,
    RemoveDir,
    Row,
    SetMeta,
    State,
    Step,
    Trash,
    Untrash,
    Where,
)
from lsfs.plan.torn import is_torn
from lsfs.plan.trash_folder import TrashFolder, is_in_trash_too
from lsfs.plan.ways import Ways
from lsfs.versions.contents import ContentStore

_PART_BYTES = 1 << 20
_CLOCKS_DIFFER_NS = 1_000_000_000
"""A file system's times may be this much behind the clock."""


class Standing(StrEnum):
    """How far a step got."""

    NOT = "not"
    DONE = "done"
    HALF = "half"
    """Written in place, or given a mode and times, and not to its end."""
    UNKNOWN = "unknown"
    """Something else stands there: neither what was before nor what the step makes."""


class Look:
    """Looks at what the steps of an op have left, the last first, each taken back before the one before it is looked
    at; for one thread.  Raises OSError."""

    def __init__(self, disk: Disk, contents: ContentStore, steps: Sequence[Step], started_ns: int) -> None:
        """`started_ns`: when the op began; what is younger may be its own."""
        self._disk = disk
        self._contents = contents
        self._steps = steps
        self._started_ns = started_ns - _CLOCKS_DIFFER_NS
        self._vacated = _vacated(steps)
        self._number = 0
        """The step that is looked at."""

    def standing(self, number: int) -> Standing:
        """How far a step got, as the disk shows it; the steps are counted from 0."""
        step, self._number = self._steps[number], number
        before = _makes_way_for(self._vacated, number, step)
        if before is not None and self._standing(self._steps[before]) is Standing.NOT:
            return Standing.NOT  # what stood there before stands there yet
        return self._standing(step)

    def _standing(self, step: Step) -> Standing:
        match step:
            case MakeDir(at):
                found = self._disk.look(at)
                ours = found is not None and stat.S_ISDIR(found.st_mode) and self.is_young(at)
                return Standing.DONE if ours else Standing.NOT
            case RemoveDir(at):
                # A folder that is not there yet, or not any more, says nothing about those in it.
                gone = self._disk.look(at) is None and self._disk.look(_above(at)) is not None
                return Standing.DONE if gone else Standing.NOT
            case Put(in_place=True):
                return self._standing_in_place(step)
            case Put():
                return self._standing_of_put(step)
            case Move(src, dst, guard):
                return self._which(src, dst, guard)
            case Exchange(one, other, guard_one, guard_other):
                swapped = (
                    self._disk.holds(one, guard_other)
                    if guard_other is not None
                    else guard_one is not None and self._disk.holds(other, guard_one)
                )
                return Standing.DONE if swapped else Standing.NOT
            case Trash():
                return Standing.DONE if self._is_in_trash(step) else Standing.NOT
            case Untrash():
                if self._is_in_trash(step):
                    # Without a rename that replaces nothing, it has both names for an instant.
                    return Standing.HALF if is_in_trash_too(self._disk, step) else Standing.NOT
                back = self._disk.look(step.at) is not None
                return Standing.DONE if back and self._disk.holds(step.at, step.guard) else Standing.NOT
            case SetMeta():
                return self._standing_of_meta(step)
            case Row() | Call():
                return Standing.NOT  # committed together with the end of the op, which is not there

    def is_young(self, at: Where) -> bool:
        """Whether what stands at a place was made after the op began."""
        born = self._disk.btime(at)
        return not born or born >= self._started_ns

    def _which(self, src: Where, dst: Where, guard: Guard | None) -> Standing:
        if guard is None:
            moved = self._disk.look(src) is None and self._disk.look(dst) is not None
            return Standing.DONE if moved or self._disk.are_two_names(src, dst) else Standing.NOT
        if self._disk.holds(dst, guard):
            return Standing.DONE
        return Standing.NOT if self._disk.holds(src, guard) else Standing.UNKNOWN

    def _is_in_trash(self, step: Trash | Untrash) -> bool:
        try:
            folder = TrashFolder(step.folder)
        except FileNotFoundError:
            return False  # it is made before anything goes there
        try:
            return folder.holds(step.name, step.guard)
        finally:
            folder.close()

    def _standing_of_meta(self, step: SetMeta) -> Standing:
        found = self._disk.look(step.at)
        if found is None or not self._disk.holds(step.at, step.guard):
            return Standing.UNKNOWN
        if step.guard is not None and step.guard.ctime_ns is not None and unchanged(found, step.guard):
            return Standing.NOT
        if not stat.S_ISDIR(found.st_mode) and found.st_mtime_ns not in (step.before.mtime_ns, step.after.mtime_ns):
            return Standing.UNKNOWN  # somebody has written to it since
        same = stat.S_IMODE(found.st_mode) == stat.S_IMODE(step.after.mode)
        return Standing.DONE if same and found.st_mtime_ns == step.after.mtime_ns else Standing.HALF

    # What was put

    def _standing_of_put(self, step: Put) -> Standing:
        if self._is_displaced(step):
            # Without an exchange there is an instant at which nothing stands at the path.
            free = self._disk.look(step.at) is None
            cut_off = self._disk.are_two_names(step.at, beside(step.at, step.temporary + ASIDE))
            ours = free or cut_off or step.after is None or self._stands_as(step.at, step.after)
            return Standing.DONE if ours else Standing.UNKNOWN
        if step.before is not None or step.after is None:
            return Standing.NOT
        # A name that was free: once what was written has it, the temporary name is gone; before that it may not be
        # there yet.
        if self._disk.are_two_names(beside(step.at, step.temporary), step.at):
            return Standing.DONE
        if self._disk.look(beside(step.at, step.temporary)) is not None or self._disk.look(step.at) is None:
            return Standing.NOT
        if step.after.kind is not Kind.SYMLINK and not self.is_young(step.at):
            return Standing.NOT
        return Standing.DONE if self._stands_as(step.at, step.after) else Standing.UNKNOWN

    def _is_displaced(self, step: Put) -> bool:
        """Whether what stood at the path lies under a temporary name."""
        if step.before is None:
            return False
        for temporary in (beside(step.at, step.temporary), beside(step.at, step.temporary + ASIDE)):
            if self._disk.look(temporary) is None:
                continue
            if step.guard is not None:
                displaced = self._disk.holds(temporary, step.guard)
            else:
                # An earlier step made it: what is written for this one may lie there as well.
                displaced = step.after is None or self._stands_as(temporary, step.before)
            if displaced:
                return True
        return False

    def _stands_as(self, at: Where, state: State) -> bool:
        """Whether a place has what a state says, its bytes or where it points to."""
        found = self._disk.look(at)
        if found is None:
            return False
        if state.kind is Kind.SYMLINK:
            fd, name = self._disk.parent(at)
            return stat.S_ISLNK(found.st_mode) and os.readlink(name, dir_fd=fd) == state.target
        return stat.S_ISREG(found.st_mode) and self._content(at) == self._wanted(state)

    def _wanted(self, state: State) -> bytes | None:
        """The hash of what a state says; of what was copied, the source may have moved on in an earlier step."""
        if state.content is not None or state.source is None:
            return state.content
        source = Ways(self._steps[: self._number]).after(state.source) if self._vacated else state.source
        return self._content(source) if source is not None else None

    def _content(self, at: Where) -> bytes | None:
        """The hash of a file; None where it cannot be read."""
        try:
            fd = self._disk.open(at, os.O_RDONLY)
        except OSError:
            return None
        try:
            hasher, offset = blake3(), 0
            while part := os.pread(fd, _PART_BYTES, offset):
                hasher.update(part)
                offset += len(part)
            return hasher.digest()
        finally:
            os.close(fd)

    # What was written in place

    def _standing_in_place(self, step: Put) -> Standing:
        assert step.before is not None and step.after is not None
        found = self._disk.look(step.at)
        if found is None or not self._disk.holds(step.at, step.guard):
            return Standing.UNKNOWN
        if step.guard is not None and step.guard.ctime_ns is not None and unchanged(found, step.guard):
            return Standing.NOT
        now, before = self._content(step.at), self._wanted(step.before)
        if now == self._wanted(step.after):
            return Standing.DONE
        if now == before:
            # The first bytes may be the same: then only its time shows that it was being written.
            return Standing.HALF if found.st_mtime_ns >= self._started_ns else Standing.NOT
        return Standing.HALF if self._is_torn(step.at, step.before, step.after) else Standing.UNKNOWN

    def _is_torn(self, at: Where, before: State, after: State) -> bool:
        """Whether a file has nothing but bytes of the two states."""
        if before.content is None or after.content is None:
            return True  # copied from another file: nothing is known to compare with
        fd = self._disk.open(at, os.O_RDONLY)
        try:
            offset = 0
            while now := os.pread(fd, _PART_BYTES, offset):
                old = self._contents.read_at(before.content, offset, len(now))
                new = self._contents.read_at(after.content, offset, len(now))
                if not is_torn(now, old, new):
                    return False
                offset += len(now)
            return True
        finally:
            os.close(fd)


def _above(where: Where) -> Where:
    return Where(where.base, split(where.path)[0])


def _vacated(steps: Sequence[Step]) -> dict[Where, list[int]]:
    """The steps, by number, that take away what stands at a place."""
    found: dict[Where, list[int]] = {}
    for number, step in enumerate(steps):
        match step:
            case Move(src):
                found.setdefault(src, []).append(number)
            case Trash(at) | RemoveDir(at) | Put(at, after=None):
                found.setdefault(at, []).append(number)
            case _:
                continue
    return found


def _makes_way_for(vacated: Mapping[Where, Sequence[int]], number: int, step: Step) -> int | None:
    """The last step before one that takes away what stands where that makes something; None where nothing does."""
    match step:
        case MakeDir(at) | Put(at, before=None):
            places = [Where(at.base, path) for path in (at.path, *ancestors(at.path))]
            return max((n for place in places for n in vacated.get(place, ()) if n < number), default=None)
        case _:
            return None
