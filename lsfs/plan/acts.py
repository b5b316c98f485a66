"""What each step does to the disk, and how it is taken back.

Every act leaves something by which a later process can tell, after any crash, whether it happened (`standing`): the
guard's inode stands in the old place or in the new one, a temporary name exists or not.
"""

from __future__ import annotations

import contextlib
import os
import stat

import msgspec

from lsfs.core import xattrs
from lsfs.core.errors import ConflictError
from lsfs.core.faults import Reach, unreached
from lsfs.core.posix import open_beneath
from lsfs.core.records import StatKey, signed_ino
from lsfs.plan.disk import Disk
from lsfs.plan.putting import Putting
from lsfs.plan.steps import (
    After,
    Call,
    Exchange,
    Guard,
    MakeDir,
    Meta,
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
from lsfs.plan.trash_folder import TrashFolder, is_in_trash_too
from lsfs.plan.trash_spec import make_trash
from lsfs.versions.contents import ContentStore


class Acts:
    """Carries out single steps; for one thread.  Raises OSError, and ConflictError where a guard does not hold."""

    def __init__(self, disk: Disk, contents: ContentStore, reach: Reach = unreached) -> None:
        self._disk = disk
        self._reach = reach
        self._putting = Putting(disk, contents, reach)
        self._half = False

    @property
    def half(self) -> bool:
        """Whether the step that raised last has changed something all the same."""
        return self._half or self._putting.half

    # Before anything is changed

    def prepare(self, step: Step) -> int | None:
        """Makes what a step needs; the descriptor of a file that it wrote, to be synced and closed, or None."""
        if isinstance(step, Trash):
            make_trash(step.folder)
        return self._putting.prepare(step) if isinstance(step, Put) else None

    # The change itself

    def act(self, step: Step) -> None:
        """Carries out a step; where it raises without `half` being true, nothing is changed."""
        self._half = self._putting.half = False
        match step:
            case MakeDir(at, meta):
                self._make_folder(at, meta)
            case RemoveDir(at, guard):
                self._disk.check(at, guard, exact=False)
                fd, name = self._disk.parent(at)
                self._disk.forget(at)
                os.rmdir(name, dir_fd=fd)
            case Put():
                self._putting.put(step)
            case Move(src, dst, guard, tree):
                self._move(src, dst, guard, tree)
            case Exchange(one, other, guard_one, guard_other, tree):
                self._disk.check(one, guard_one, exact=True)
                self._disk.check(other, guard_other, exact=True)
                self._exchange(one, other, tree)
                if not (self._disk.holds(other, guard_one) and self._disk.holds(one, guard_other)):
                    self._exchange(one, other, tree)
                    raise self._disk.changed(one)
            case Trash():
                self._trash(step)
            case Untrash():
                self._untrash(step)
            case SetMeta(at, _, after, guard):
                # A folder's own times change with the names that the op's other steps make in it.
                self._disk.check(at, guard, exact=guard is not None and not stat.S_ISDIR(guard.mode or 0))
                self._half = True
                self._set_meta(at, after)
            case Row() | Call():
                pass  # in the vault, with the commit that ends the op; a call is not made here
        self._half = False

    def made(self, step: Step) -> StatKey | None:
        """What was written for a step, as it was left; None where nothing was."""
        return self._putting.made(step) if isinstance(step, Put) else None

    def _make_folder(self, at: Where, meta: Meta) -> None:
        fd, name = self._disk.parent(at)
        os.mkdir(name, 0o700, dir_fd=fd)
        self._half = True
        try:
            self._reach("act.folder")
            self._set_meta(at, msgspec.structs.replace(meta, mode=meta.mode | stat.S_IRWXU))
        except BaseException:
            os.rmdir(name, dir_fd=fd)
            self._half = False
            raise

    def finish_folder(self, at: Where, meta: Meta) -> None:
        """Gives a folder that was made what would have kept others from putting something in it, or was changed by
        that."""
        if meta.mtime_ns is not None or meta.mode & stat.S_IRWXU != stat.S_IRWXU:
            self._set_meta(at, meta)

    def _move(self, src: Where, dst: Where, guard: Guard | None, tree: bool) -> None:
        self._disk.check(src, guard, exact=not tree)
        self._rename(src, dst, tree)
        if guard is not None and not self._moved(dst, guard):
            # Another file slipped in between the look and the move.
            self._rename(dst, src, tree)
            raise self._disk.changed(src)

    def _moved(self, dst: Where, guard: Guard) -> bool:
        # The move itself changes the ctime.
        found = self._disk.look(dst)
        return found is not None and signed_ino(found.st_ino) == guard.ino

    def _rename(self, src: Where, dst: Where, tree: bool) -> None:
        if tree:
            self._disk.forget(src)
            self._disk.forget(dst)
        self._disk.rename(src, dst)

    def _move_back(self, src: Where, dst: Where, tree: bool) -> None:
        if tree:
            self._disk.forget(src)
            self._disk.forget(dst)
        self._disk.take_back(src, dst)

    def _exchange(self, one: Where, other: Where, tree: bool) -> None:
        if tree:
            self._disk.forget(one)
            self._disk.forget(other)
        self._disk.exchange(one, other)

    def _set_meta(self, at: Where, meta: Meta) -> None:
        fd, name = self._disk.parent(at)
        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            if meta.mtime_ns is not None:
                os.utime(name, ns=(meta.mtime_ns, meta.mtime_ns), dir_fd=fd, follow_symlinks=False)
            return
        # O_PATH needs no permission to read; what stands behind the descriptor cannot be swapped for another file.
        opened = open_beneath(fd, name, getattr(os, "O_PATH", os.O_RDONLY))
        try:
            through = b"/proc/self/fd/%d" % opened
            if not meta.inherits and (meta.xattrs is not None or xattrs.read(through, follow=True).packed is not None):
                xattrs.write(through, meta.xattrs, follow=True)
            inherited = os.fstat(opened).st_mode & stat.S_ISGID if meta.inherits else 0
            os.chmod(through, stat.S_IMODE(meta.mode) | inherited)
            self._reach("act.mode")
            if meta.mtime_ns is not None:
                os.utime(through, ns=(meta.mtime_ns, meta.mtime_ns))
        finally:
            os.close(opened)

    def _trash(self, step: Trash) -> None:
        self._disk.check(step.at, step.guard, exact=not step.tree)
        fd, name = self._disk.parent(step.at)
        with contextlib.closing(TrashFolder(step.folder)) as folder:
            folder.write_info(step.name, step.info)
            if step.tree:
                self._disk.forget(step.at)
            try:
                self._reach("act.note")
                folder.take(fd, name, step.name)
                if not folder.holds(step.name, step.guard):
                    folder.give(step.name, fd, name)
                    raise self._disk.changed(step.at)
            except BaseException:
                folder.remove_info(step.name)
                raise

    def _untrash(self, step: Untrash) -> None:
        fd, name = self._disk.parent(step.at)
        with contextlib.closing(TrashFolder(step.folder)) as folder:
            if not folder.holds(step.name, step.guard):
                raise ConflictError("it is not in the Trash any more", path=self._disk.shown(step.at))
            if step.tree:
                self._disk.forget(step.at)
            folder.give(step.name, fd, name)
            self._half = True
            self._reach("act.given")
            folder.remove_info(step.name)

    def trashed(self, step: Trash) -> After:
        """What lies in the Trash for a step."""
        with contextlib.closing(TrashFolder(step.folder)) as folder:
            return folder.after(step.name)

    # Taking it back

    def revert(self, step: Step) -> None:
        """Takes back a step that was done, or half done."""
        match step:
            case MakeDir(at):
                fd, name = self._disk.parent(at)
                self._disk.forget(at)
                os.rmdir(name, dir_fd=fd)
            case RemoveDir(at, _, meta):
                self._make_folder(at, meta)
            case Put():
                self._putting.revert(step)
            case Move(src, dst, _, tree):
                self._move_back(src, dst, tree)
            case Exchange(one, other, _, _, tree):
                self._exchange(one, other, tree)
            case Trash() if is_in_trash_too(self._disk, step):
                with contextlib.closing(TrashFolder(step.folder)) as folder:
                    folder.remove(step.name)
                    folder.remove_info(step.name)
            case Trash():
                self._untrash(Untrash(step.at, step.guard, step.folder, step.name, step.info, step.tree))
            case Untrash() if is_in_trash_too(self._disk, step):
                self._disk.unlink(step.at)
            case Untrash():
                again = Trash(step.at, None, step.folder, step.name, step.info, step.tree)
                self.clean(again, done=False)  # its note is there yet where a crash came between
                self._trash(again)
            case SetMeta(at, before, _, guard):
                if not self._disk.holds(at, guard):
                    raise self._disk.changed(at)
                self._set_meta(at, before)
            case Row() | Call():
                pass

    def littered(self, step: Step, *, done: bool) -> Where | None:
        """The folder in which the temporary names of a step stand that was done, or taken back; None for none."""
        if not isinstance(step, Put) or (done and self._putting.leaves_nothing(step)):
            return None
        return self._putting.littered(step)

    def clean(self, step: Step, *, done: bool) -> None:
        """Takes away the temporary names of a step that was done, or taken back."""
        if isinstance(step, Put):
            if not (done and self._putting.leaves_nothing(step)):
                self._putting.clean(step, done=done)
        elif isinstance(step, Trash):
            with contextlib.closing(TrashFolder(step.folder)) as folder:
                folder.remove_orphan(step.name, step.info)
