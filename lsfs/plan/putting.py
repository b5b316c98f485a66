"""How a file or link comes to stand at a path, or goes from there, and how that is taken back.

What is new is written under a temporary name, and exchanged with what stands at the path.  What was displaced lies
under the temporary name until the op is done.  Nothing is ever removed but what this wrote, and what is kept.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

import msgspec

from lsfs.core import xattrs
from lsfs.core.errors import ConflictError, StorageError
from lsfs.core.faults import Reach, unreached
from lsfs.core.paths import join, split
from lsfs.core.posix import copy_bytes, open_beneath
from lsfs.core.records import Kind, StatKey, signed_ino, storable_ns
from lsfs.plan.disk import Disk, beside, unchanged
from lsfs.plan.naming import numbered
from lsfs.plan.steps import Guard, Put, State, Where
from lsfs.versions.contents import ContentStore

ASIDE = b"~"
"""Behind a temporary name: where a file waits that a file system without exchange has to take away first."""


class Putting:
    """Carries out and takes back steps that put; for one thread.  Raises OSError, and ConflictError for a guard."""

    def __init__(self, disk: Disk, contents: ContentStore, reach: Reach = unreached) -> None:
        self._disk = disk
        self._reach = reach
        self._contents = contents
        self._made: dict[bytes, StatKey | None] = {}
        self.half = False
        """Whether the file that was put last is neither what it was nor what it is to be."""

    def made(self, step: Put) -> StatKey | None:
        """What was written for a step, as it was left; None where nothing was, or by another process."""
        return self._made.get(step.temporary)

    # Before anything is changed

    def prepare(self, step: Put) -> int | None:
        """Writes what is to be put under its temporary name; a descriptor to be synced and closed, or None."""
        if step.after is None or step.in_place:
            return None
        state = step.after
        fd, name = self._disk.parent(beside(step.at, step.temporary))
        if state.kind is Kind.SYMLINK:
            os.symlink(state.target or b"", name, dir_fd=fd)
            self._made[step.temporary] = None
            if state.mtime_ns is not None:
                os.utime(name, ns=(state.mtime_ns, state.mtime_ns), dir_fd=fd, follow_symlinks=False)
            self._made[step.temporary] = StatKey.of(os.stat(name, dir_fd=fd, follow_symlinks=False))
            return None
        if state.link:
            self._link(step, state)
            return None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        written = open_beneath(fd, name, flags, 0o600)
        try:
            self._made[step.temporary] = None
            self._fill(written, step.at, state)
            self._reach("act.written")
            if step.before is not None and (replaced := self._disk.look(step.at)) is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(written, replaced.st_uid, replaced.st_gid)
            _dress(written, state, new=step.before is None)
            self._made[step.temporary] = StatKey.of(os.fstat(written))
        except BaseException:
            os.close(written)
            raise
        return written

    def _link(self, step: Put, state: State) -> None:
        """Gives a file one more name."""
        assert state.source is not None
        self._disk.check(state.source, state.source_guard, exact=True)
        source_fd, source_name = self._disk.parent(state.source)
        fd, name = self._disk.parent(beside(step.at, step.temporary))
        os.link(source_name, name, src_dir_fd=source_fd, dst_dir_fd=fd, follow_symlinks=False)
        self._made[step.temporary] = None
        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if state.source_guard is not None and not _same_but_ctime(found, state.source_guard):
            raise self._disk.changed(state.source)
        self._made[step.temporary] = StatKey.of(found)

    def _fill(self, fd: int, at: Where, state: State) -> int:
        """Writes the bytes of the file that is to stand at a place, from its beginning on; how many they are."""
        if state.source is None:
            assert state.content is not None
            size = 0
            try:
                for piece in self._contents.read(state.content):
                    _write(fd, piece)
                    size += len(piece)
            except StorageError as error:
                why = f"what is kept of it cannot be had: {error.message}"
                raise StorageError(why, path=self._disk.shown(at), hint="lsfs doctor --verify") from error
            return size
        source = self._disk.open(state.source, os.O_RDONLY)
        try:
            before = os.fstat(source)
            if state.source_guard is not None and not unchanged(before, state.source_guard):
                raise self._disk.changed(state.source)
            copy_bytes(source, fd)
            if StatKey.of(os.fstat(source)) != StatKey.of(before):
                raise ConflictError("it changed while it was copied", path=self._disk.shown(state.source))
            return before.st_size
        finally:
            os.close(source)

    # The change itself

    def put(self, step: Put) -> None:
        """Carries out a step; where it raises without `half` being set, what stood there stands there again."""
        temporary = beside(step.at, step.temporary)
        self.half = False
        if step.in_place:
            assert step.after is not None
            self._write_in_place(step, step.after)
        elif step.before is None:
            self._disk.rename(temporary, step.at)
        elif step.after is None:
            self._disk.check(step.at, step.guard, exact=True)
            self._disk.rename(step.at, temporary)
            if not self._is_displaced(temporary, step.guard):
                self._disk.rename(temporary, step.at)
                raise self._disk.changed(step.at)
        else:
            self._disk.check(step.at, step.guard, exact=True)
            displaced = self._swap(step)
            if not self._is_displaced(displaced, step.guard):
                self._swap_back(step)
                raise self._disk.changed(step.at)

    def _is_displaced(self, at: Where, guard: Guard | None) -> bool:
        """Whether what was taken away is what was seen: nothing but its ctime may differ, which the rename changes."""
        found = self._disk.look(at)
        return guard is None or (found is not None and _same_but_ctime(found, guard))

    def _swap(self, step: Put) -> Where:
        """Puts what was written in the place of what stands there; where that is now."""
        temporary, aside = beside(step.at, step.temporary), beside(step.at, step.temporary + ASIDE)
        try:
            self._disk.exchange(temporary, step.at)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
            # For an instant nothing stands there; a crash then is mended at the next start.
            self._disk.rename(step.at, aside)
            self._reach("act.aside")
            self._disk.rename(temporary, step.at)
            return aside
        return temporary

    def _swap_back(self, step: Put) -> None:
        temporary, aside = beside(step.at, step.temporary), beside(step.at, step.temporary + ASIDE)
        if self._disk.look(aside) is not None:
            if self._disk.look(step.at) is not None and not self._disk.are_two_names(step.at, aside):
                self._disk.take_back(temporary, step.at)
                self._reach("act.aside")
            self._disk.take_back(step.at, aside)
        elif self._disk.look(step.at) is None:
            self._disk.rename(temporary, step.at)
        else:
            self._disk.exchange(temporary, step.at)

    def _write_in_place(self, step: Put, state: State) -> None:
        fd = self._disk.open(step.at, os.O_WRONLY)
        try:
            before = os.fstat(fd)
            if step.guard is not None and not unchanged(before, step.guard):
                raise self._disk.changed(step.at)
            self.half = True
            os.lseek(fd, 0, os.SEEK_SET)
            size = self._fill(fd, step.at, state)
            self._reach("act.overwritten")
            if os.fstat(fd).st_size > max(size, before.st_size):
                raise self._disk.changed(step.at)  # somebody has added to it meanwhile
            os.ftruncate(fd, size)
            _dress(fd, state, new=False)
            os.fsync(fd)
            self._made[step.temporary] = StatKey.of(os.fstat(fd))
            self.half = False
        finally:
            os.close(fd)

    # Taking it back

    def revert(self, step: Put) -> None:
        """Takes back a step that was done, or half done."""
        if step.in_place:
            self._revert_in_place(step)
        elif step.before is None:
            self._disk.take_back(beside(step.at, step.temporary), step.at)
        elif step.after is None:
            self._disk.take_back(step.at, beside(step.at, step.temporary))
        else:
            self._swap_back(step)

    def _revert_in_place(self, step: Put) -> None:
        assert step.before is not None
        # Whatever stands there now is kept before it is written over again.
        fd = self._disk.open(step.at, os.O_RDONLY)
        try:
            found, written = os.fstat(fd), self._made.get(step.temporary)
            sizes = [step.before.size, step.after.size if step.after is not None else 0]
            # Where somebody has written to it since, that stays, as it does after a crash.
            theirs = found.st_size > max(sizes) if written is None else not _same(found, written)
            if theirs or (step.guard is not None and signed_ino(found.st_ino) != step.guard.ino):
                raise self._disk.changed(step.at)
            self._contents.keep_file(fd)
        finally:
            os.close(fd)
        self._write_in_place(msgspec.structs.replace(step, guard=None), step.before)

    # The temporary names

    def littered(self, step: Put) -> Where | None:
        """The folder in which a step's temporary names stand; None where there are none."""
        if all(self._disk.look(where) is None for where in _temporaries(step)):
            return None
        return Where(step.at.base, split(step.temporary)[0])

    def leaves_nothing(self, step: Put) -> bool:
        """Whether a step that was done has nothing under a temporary name: what this wrote for it displaced nothing."""
        return step.before is None and step.temporary in self._made

    def clean(self, step: Put, *, done: bool) -> None:
        """Takes away the temporary names of a step; `done`: what it displaced is not needed any more."""
        for where in _temporaries(step):
            found = self._disk.look(where)
            if found is None:
                continue
            if self._may_go(step, found, done):
                self._reach("act.clean")
                self._disk.unlink(where)
            else:
                self._give_back(step, where)

    def _may_go(self, step: Put, found: os.stat_result, done: bool) -> bool:
        """Whether it is what was written for the step, or what that displaced, which is kept."""
        if done and step.before is not None and self._is_what_was(step, found):
            return True
        if step.temporary in self._made:
            key = self._made[step.temporary]
            return key is None or _same(found, key)
        # Written by a process that is gone: it is what was written unless it was exchanged with something else.
        if step.before is None or step.after is None:
            return step.before is None
        standing = self._disk.look(step.at)
        return step.guard is None or standing is None or signed_ino(standing.st_ino) == step.guard.ino

    def _is_what_was(self, step: Put, found: os.stat_result) -> bool:
        """Whether it is what stood there before the step, which is kept, or was made by an earlier one."""
        if step.guard is not None:
            return _same_but_ctime(found, step.guard)
        return not self._made or any(key is not None and _same(found, key) for key in self._made.values())

    def _give_back(self, step: Put, where: Where) -> None:
        """Somebody else's file, which came in between, goes to its place again, or beside what stands there."""
        folder, name = split(step.at.path)
        number = 1
        while self._disk.look(Where(step.at.base, join(folder, numbered(name, number)))) is not None:
            number += 1
        self._disk.rename(where, Where(step.at.base, join(folder, numbered(name, number))))


def _temporaries(step: Put) -> tuple[Where, ...]:
    if step.in_place:
        return ()
    return beside(step.at, step.temporary), beside(step.at, step.temporary + ASIDE)


def _same(found: os.stat_result, key: StatKey) -> bool:
    now = StatKey.of(found)
    return (now.ino, now.size, now.mtime_ns) == (key.ino, key.size, key.mtime_ns)


def _same_but_ctime(found: os.stat_result, guard: Guard) -> bool:
    return (
        signed_ino(found.st_ino) == guard.ino
        and guard.size in (None, found.st_size)
        and guard.mtime_ns in (None, storable_ns(found.st_mtime_ns))
    )


def _dress(fd: int, state: State, *, new: bool) -> None:
    """Gives an open file its attributes, mode and time, in the order in which none undoes another."""
    # A new one keeps what it has inherited from the folder that it is in.
    inherits = new and state.mtime_ns is None and state.xattrs is None
    if not inherits and (state.xattrs is not None or xattrs.read(fd).packed is not None):
        xattrs.write(fd, state.xattrs)
    if state.tags:
        xattrs.write_tags(fd, state.tags)
    os.fchmod(fd, stat.S_IMODE(state.mode))
    if state.mtime_ns is not None:
        os.utime(fd, ns=(state.mtime_ns, state.mtime_ns))


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
