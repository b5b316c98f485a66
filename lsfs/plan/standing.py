"""How far a step got, read off the disk after a crash."""

from __future__ import annotations

import os
import stat
from enum import StrEnum

from blake3 import blake3

from lsfs.core.records import Kind
from lsfs.plan.acts import ASIDE
from lsfs.plan.disk import Disk, beside
from lsfs.plan.steps import (
    Exchange,
    Guard,
    MakeDir,
    Move,
    Put,
    RemoveDir,
    Row,
    SetMeta,
    Step,
    Trash,
    Untrash,
    Where,
)
from lsfs.plan.trash_folder import TrashFolder


class Standing(StrEnum):
    """How far a step got."""

    NOT = "not"
    DONE = "done"
    HALF = "half"
    """Written in place, and not to its end."""
    UNKNOWN = "unknown"
    """Something else stands there: neither what was before nor what the step makes."""


class Look:
    """Looks at what the steps of an op have left; for one thread."""

    def __init__(self, disk: Disk, started_ns: int) -> None:
        """`started_ns`: when the op began; what is younger may be its own."""
        self._disk = disk
        self._started_ns = started_ns

    def standing(self, step: Step) -> Standing:
        """How far a step got, as the disk shows it."""
        look = self._disk.look
        match step:
            case MakeDir(at):
                found = look(at)
                ours = found is not None and stat.S_ISDIR(found.st_mode) and self._is_young(at)
                return Standing.DONE if ours else Standing.NOT
            case RemoveDir(at):
                return Standing.DONE if look(at) is None else Standing.NOT
            case Put():
                return self._standing_of_put(step)
            case Move(src, dst, guard):
                return self._which(src, dst, guard)
            case Exchange(one, other, guard_one, guard_other):
                if guard_other is not None and self._holds(one, guard_other):
                    return Standing.DONE
                if guard_other is None and guard_one is not None and self._holds(other, guard_one):
                    return Standing.DONE
                return Standing.NOT
            case Trash() | Untrash():
                folder = TrashFolder(step.folder)
                try:
                    there = folder.holds(step.name, step.guard)
                finally:
                    folder.close()
                done = there if isinstance(step, Trash) else not there and look(step.at) is not None
                return Standing.DONE if done else Standing.NOT
            case SetMeta(at, _, after):
                found = look(at)
                if found is None:
                    return Standing.UNKNOWN
                same = stat.S_IMODE(found.st_mode) == stat.S_IMODE(after.mode) and found.st_mtime_ns == after.mtime_ns
                return Standing.DONE if same else Standing.HALF
            case Row():
                return Standing.NOT  # committed together with the end of the op, which is not there

    def _is_young(self, at: Where) -> bool:
        born = self._disk.btime(at)
        return not born or born >= self._started_ns - 1_000_000_000

    def _which(self, src: Where, dst: Where, guard: Guard | None) -> Standing:
        if guard is None:
            moved = self._disk.look(src) is None and self._disk.look(dst) is not None
            return Standing.DONE if moved else Standing.NOT
        if self._disk.is_same(dst, self._disk.look(dst), guard):
            return Standing.DONE
        return Standing.NOT if self._disk.is_same(src, self._disk.look(src), guard) else Standing.UNKNOWN

    def _standing_of_put(self, step: Put) -> Standing:
        if step.in_place:
            return self._standing_in_place(step)
        temporary = beside(step.at, step.temporary)
        aside = beside(step.at, step.temporary + ASIDE)
        for displaced in (temporary, aside):
            found = self._disk.look(displaced)
            if step.before is not None and step.guard is not None and self._disk.is_same(displaced, found, step.guard):
                return Standing.DONE
        if step.before is None:
            # Once renamed, the temporary name is gone; before that it may not be there yet.
            if self._disk.look(temporary) is not None:
                return Standing.NOT
            return Standing.DONE if self._is_ours(step) else Standing.NOT
        return Standing.NOT

    def _is_ours(self, step: Put) -> bool:
        """Whether what stands at a path that was free is what the step put there."""
        found = self._disk.look(step.at)
        if found is None or step.after is None:
            return False
        if step.after.kind is Kind.SYMLINK:
            fd, name = self._disk.parent(step.at)
            return stat.S_ISLNK(found.st_mode) and os.readlink(name, dir_fd=fd) == step.after.target
        return stat.S_ISREG(found.st_mode) and self._is_young(step.at) and self._content(step.at) == self._wanted(step)

    def _wanted(self, step: Put) -> bytes | None:
        assert step.after is not None
        if step.after.source is not None:
            return self._content(step.after.source)
        return step.after.content

    def _content(self, at: Where) -> bytes | None:
        try:
            fd = self._disk.open(at, os.O_RDONLY)
        except OSError:
            return None
        try:
            hasher, offset = blake3(), 0
            while part := os.pread(fd, 1 << 20, offset):
                hasher.update(part)
                offset += len(part)
            return hasher.digest()
        finally:
            os.close(fd)

    def _standing_in_place(self, step: Put) -> Standing:
        now = self._content(step.at)
        if step.before is not None and now == step.before.content:
            return Standing.NOT
        return Standing.DONE if now == self._wanted(step) else Standing.HALF

    def _holds(self, at: Where, guard: Guard | None) -> bool:
        return guard is None or self._disk.is_same(at, self._disk.look(at), guard)
