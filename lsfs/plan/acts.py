"""What each step does to the disk, and how it is taken back.

Every act leaves something by which a later process can tell, after any crash, whether it happened (`standing`): the
guard's inode stands in the old place or in the new one, a temporary name exists or not.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from lsfs.core import xattrs
from lsfs.core.errors import ConflictError
from lsfs.core.paths import split
from lsfs.core.posix import copy_bytes, open_beneath
from lsfs.core.records import Kind, StatKey, signed_ino, storable_ns
from lsfs.plan.disk import Disk, beside, unchanged
from lsfs.plan.steps import (
    Exchange,
    Guard,
    MakeDir,
    Meta,
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
from lsfs.plan.trash_folder import TrashFolder
from lsfs.plan.trash_spec import make_trash
from lsfs.versions.contents import ContentStore

ASIDE = b"~"
"""Behind a temporary name: where a file waits that a file system without exchange has to take away first."""


class Acts:
    """Carries out single steps; for one thread.  Raises OSError, and ConflictError where a guard does not hold."""

    def __init__(self, disk: Disk, contents: ContentStore) -> None:
        self._disk = disk
        self._contents = contents

    # Before anything is changed

    def prepare(self, step: Step) -> int | None:
        """Makes what a step needs; the descriptor of a file that it wrote, to be synced and closed, or None."""
        if isinstance(step, Trash):
            make_trash(step.folder)
        if not isinstance(step, Put) or step.after is None or step.in_place:
            return None
        return self._write_temporary(step.at, step.temporary, step.after)

    def _write_temporary(self, at: Where, temporary: bytes, state: State) -> int | None:
        fd, _ = self._disk.parent(at)
        if state.kind is Kind.SYMLINK:
            os.symlink(state.target or b"", temporary, dir_fd=fd)
            if state.mtime_ns is not None:
                os.utime(temporary, ns=(state.mtime_ns, state.mtime_ns), dir_fd=fd, follow_symlinks=False)
            return None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        written = open_beneath(fd, temporary, flags, 0o600)
        try:
            self._fill(written, state)
            if (replaced := self._disk.look(at)) is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(written, replaced.st_uid, replaced.st_gid)
            self._dress(written, state)
        except BaseException:
            os.close(written)
            raise
        return written

    def _fill(self, fd: int, state: State) -> None:
        if state.source is None:
            assert state.content is not None
            for piece in self._contents.read(state.content):
                _write(fd, piece)
            return
        source = self._disk.open(state.source, os.O_RDONLY)
        try:
            before = os.fstat(source)
            if state.source_guard is not None and not unchanged(before, state.source_guard):
                raise ConflictError("it changed since the plan was made", path=self._disk.shown(state.source))
            copy_bytes(source, fd)
            if StatKey.of(os.fstat(source)) != StatKey.of(before):
                raise ConflictError("it changed while it was copied", path=self._disk.shown(state.source))
        finally:
            os.close(source)

    @staticmethod
    def _dress(fd: int, state: State) -> None:
        """Gives an open file its attributes, mode and time, in the order in which none undoes another."""
        if state.xattrs is not None or xattrs.read(fd).packed is not None:
            xattrs.write(fd, state.xattrs)
        if state.tags:
            xattrs.write_tags(fd, state.tags)
        os.fchmod(fd, stat.S_IMODE(state.mode))
        if state.mtime_ns is not None:
            os.utime(fd, ns=(state.mtime_ns, state.mtime_ns))

    # The change itself

    def act(self, step: Step) -> None:
        """Carries out a step."""
        match step:
            case MakeDir(at, meta):
                self._make_folder(at, meta)
            case RemoveDir(at, guard):
                self._check(at, guard, exact=False)
                fd, name = self._disk.parent(at)
                self._disk.forget(at)
                os.rmdir(name, dir_fd=fd)
            case Put():
                self._put(step)
            case Move(src, dst, guard, tree):
                self._move(src, dst, guard, tree)
            case Exchange(one, other, guard_one, guard_other, tree):
                self._check(one, guard_one, exact=True)
                self._check(other, guard_other, exact=True)
                self._exchange(one, other, tree)
                if not (self._holds(other, guard_one) and self._holds(one, guard_other)):
                    self._exchange(one, other, tree)
                    raise self._changed(one)
            case Trash():
                self._trash(step)
            case Untrash():
                self._untrash(step)
            case SetMeta(at, _, after, guard):
                self._check(at, guard, exact=True)
                self._set_meta(at, after)
            case Row():
                pass  # in the vault, with the commit that ends the op

    def _check(self, at: Where, guard: Guard | None, *, exact: bool) -> None:
        """Raises ConflictError unless what stands there is what was seen; `exact`: and nothing about it changed."""
        if guard is None:
            return
        found = self._disk.look(at)
        if not self._disk.is_same(at, found, guard) or (exact and found is not None and not unchanged(found, guard)):
            raise self._changed(at)

    def _holds(self, at: Where, guard: Guard | None) -> bool:
        return guard is None or self._disk.is_same(at, self._disk.look(at), guard)

    def _changed(self, at: Where) -> ConflictError:
        return ConflictError("it changed since the plan was made", path=self._disk.shown(at), hint="plan it again")

    def _make_folder(self, at: Where, meta: Meta) -> None:
        fd, name = self._disk.parent(at)
        os.mkdir(name, 0o700, dir_fd=fd)
        self._set_meta(at, meta)

    def _move(self, src: Where, dst: Where, guard: Guard | None, tree: bool) -> None:
        self._check(src, guard, exact=not tree)
        self._rename(src, dst, tree)
        if guard is not None and not self._moved(dst, guard):
            # Another file slipped in between the look and the move.
            self._rename(dst, src, tree)
            raise self._changed(src)

    def _moved(self, dst: Where, guard: Guard) -> bool:
        # The move itself changes the ctime.
        found = self._disk.look(dst)
        return found is not None and signed_ino(found.st_ino) == guard.ino

    def _rename(self, src: Where, dst: Where, tree: bool) -> None:
        if tree:
            self._disk.forget(src)
            self._disk.forget(dst)
        self._disk.rename(src, dst)

    def _exchange(self, one: Where, other: Where, tree: bool) -> None:
        if tree:
            self._disk.forget(one)
            self._disk.forget(other)
        self._disk.exchange(one, other)

    def _put(self, step: Put) -> None:
        temporary = beside(step.at, step.temporary)
        if step.in_place:
            assert step.after is not None
            self._write_in_place(step.at, step.after, step.guard)
        elif step.before is None:
            self._disk.rename(temporary, step.at)
        elif step.after is None:
            self._check(step.at, step.guard, exact=True)
            self._disk.rename(step.at, temporary)
            if not self._displaced(temporary, step.guard):
                self._disk.rename(temporary, step.at)
                raise self._changed(step.at)
        else:
            self._check(step.at, step.guard, exact=True)
            aside = beside(step.at, step.temporary + ASIDE)
            displaced = self._swap(temporary, step.at, aside)
            if not self._displaced(displaced, step.guard):
                self._swap_back(temporary, step.at, aside)
                raise self._changed(step.at)

    def _displaced(self, at: Where, guard: Guard | None) -> bool:
        """Whether what was taken away is what was seen: nothing but its ctime may differ, which the rename changes."""
        if guard is None:
            return True
        found = self._disk.look(at)
        if found is None or signed_ino(found.st_ino) != guard.ino:
            return False
        return (guard.size, guard.mtime_ns) in ((found.st_size, storable_ns(found.st_mtime_ns)), (None, None))

    def _swap(self, temporary: Where, at: Where, aside: Where) -> Where:
        """Puts `temporary` in the place of what stands at `at`; where that is now."""
        try:
            self._disk.exchange(temporary, at)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
            # For an instant nothing stands there; a crash then is mended at the next start.
            self._disk.rename(at, aside)
            self._disk.rename(temporary, at)
            return aside
        return temporary

    def _swap_back(self, temporary: Where, at: Where, aside: Where) -> None:
        if self._disk.look(aside) is not None:
            if self._disk.look(at) is not None:
                self._disk.rename(at, temporary)
            self._disk.rename(aside, at)
        else:
            self._disk.exchange(temporary, at)

    def _write_in_place(self, at: Where, state: State, guard: Guard | None) -> None:
        fd = self._disk.open(at, os.O_WRONLY)
        try:
            found = os.fstat(fd)
            if guard is not None and not unchanged(found, guard):
                raise self._changed(at)
            os.lseek(fd, 0, os.SEEK_SET)
            self._fill(fd, state)
            os.ftruncate(fd, os.lseek(fd, 0, os.SEEK_CUR))
            self._dress(fd, state)
            os.fsync(fd)
        finally:
            os.close(fd)

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
            if meta.xattrs is not None or xattrs.read(through, follow=True).packed is not None:
                xattrs.write(through, meta.xattrs, follow=True)
            os.chmod(through, stat.S_IMODE(meta.mode))
            if meta.mtime_ns is not None:
                os.utime(through, ns=(meta.mtime_ns, meta.mtime_ns))
        finally:
            os.close(opened)

    def _trash(self, step: Trash) -> None:
        self._check(step.at, step.guard, exact=not step.tree)
        fd, name = self._disk.parent(step.at)
        folder = TrashFolder(step.folder)
        try:
            folder.write_info(step.name, step.info)
            if step.tree:
                self._disk.forget(step.at)
            try:
                folder.take(fd, name, step.name)
                if step.guard is not None and not folder.holds(step.name, step.guard):
                    folder.give(step.name, fd, name)
                    raise self._changed(step.at)
            except BaseException:
                folder.remove_info(step.name)
                raise
        finally:
            folder.close()

    def _untrash(self, step: Untrash) -> None:
        fd, name = self._disk.parent(step.at)
        folder = TrashFolder(step.folder)
        try:
            if step.guard is not None and not folder.holds(step.name, step.guard):
                raise ConflictError("it is not in the Trash any more", path=self._disk.shown(step.at))
            if step.tree:
                self._disk.forget(step.at)
            folder.give(step.name, fd, name)
            folder.remove_info(step.name)
        finally:
            folder.close()

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
                self._revert_put(step)
            case Move(src, dst, _, tree):
                self._rename(dst, src, tree)
            case Exchange(one, other, _, _, tree):
                self._exchange(one, other, tree)
            case Trash():
                self._untrash(Untrash(step.at, step.guard, step.folder, step.name, step.info, step.tree))
            case Untrash():
                self._trash(Trash(step.at, None, step.folder, step.name, step.info, step.tree))
            case SetMeta(at, before):
                self._set_meta(at, before)
            case Row():
                pass

    def _revert_put(self, step: Put) -> None:
        temporary = beside(step.at, step.temporary)
        if step.in_place:
            assert step.before is not None
            # Whatever stands there now is kept before it is written over again.
            fd = self._disk.open(step.at, os.O_RDONLY)
            try:
                self._contents.keep_file(fd)
            finally:
                os.close(fd)
            self._write_in_place(step.at, step.before, None)
        elif step.before is None:
            self._disk.rename(step.at, temporary)
        elif step.after is None:
            self._disk.rename(temporary, step.at)
        else:
            self._swap_back(temporary, step.at, beside(step.at, step.temporary + ASIDE))

    def littered(self, step: Step) -> Where | None:
        """The folder in which a step's temporary names stand; None where there are none."""
        if not isinstance(step, Put) or step.in_place:
            return None
        names = (step.temporary, step.temporary + ASIDE)
        if all(self._disk.look(beside(step.at, name)) is None for name in names):
            return None
        return Where(step.at.base, split(step.at.path)[0])

    def clean(self, step: Step) -> None:
        """Takes away the temporary names of a step, whatever became of it."""
        if isinstance(step, Put) and not step.in_place:
            for name in (step.temporary, step.temporary + ASIDE):
                if self._disk.look(where := beside(step.at, name)) is not None:
                    self._disk.unlink(where)
        elif isinstance(step, Trash):
            folder = TrashFolder(step.folder)
            try:
                folder.remove_orphan(step.name, step.info)
            finally:
                folder.close()

    def folders(self, step: Step) -> list[int]:
        """Descriptors of the folders in which a step changes names."""
        match step:
            case Move(src, dst):
                return [self._disk.parent(src)[0], self._disk.parent(dst)[0]]
            case Exchange(one, other):
                return [self._disk.parent(one)[0], self._disk.parent(other)[0]]
            case Row() | SetMeta():
                return []
            case _:
                return [self._disk.parent(step.at)[0]]


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
