"""The file system as steps see it: folders opened beneath their base, no link followed on the way, nothing replaced
unseen."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator, Mapping

from lsfs.core.errors import ConflictError, DiskFull, LsfsError, PermissionRefused, StorageError
from lsfs.core.paths import is_within, printable, split
from lsfs.core.posix import (
    RENAME_EXCHANGE,
    RENAME_NOREPLACE,
    folder_beneath,
    open_beneath,
    renameat2,
    statx_btime,
)
from lsfs.core.records import Kind, signed_ino, storable_ns
from lsfs.plan.steps import After, Guard, Where

_OPEN_FOLDERS = 128
_CONFLICTS = frozenset(
    (errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EXDEV, errno.EBUSY)
)
_REFUSED = frozenset((errno.EACCES, errno.EPERM, errno.EROFS))


class Disk:
    """Places below some bases, which are absolute paths of folders; for one thread."""

    def __init__(self, bases: Mapping[int, bytes]) -> None:
        self._bases = dict(bases)
        self._folders: OrderedDict[tuple[int, bytes], int] = OrderedDict()

    @property
    def bases(self) -> frozenset[int]:
        """Every base."""
        return frozenset(self._bases)

    def add_base(self, base: int, path: bytes) -> None:
        """Takes a further base."""
        self._bases[base] = path

    def close(self) -> None:
        """Closes every folder."""
        while self._folders:
            os.close(self._folders.popitem()[1])

    def absolute(self, where: Where) -> bytes:
        """The absolute path of a place."""
        base = self._bases.get(where.base)
        if base is None:
            raise ConflictError("a folder of the plan is not there: unplugged, or not watched any more")
        return os.path.join(base, where.path) if where.path else base

    def shown(self, where: Where) -> str:
        """The absolute path of a place, for a message."""
        base = self._bases.get(where.base, b"?")
        return printable(os.path.join(base, where.path))

    def folder(self, where: Where) -> int:
        """A descriptor of the folder at a place; stays this object's.  Raises OSError."""
        key = (where.base, where.path)
        found = self._folders.get(key)
        if found is not None:
            self._folders.move_to_end(key)
            return found
        if where.path:
            fd = folder_beneath(self.folder(Where(where.base, b"")), where.path)
        else:
            fd = os.open(self.absolute(where), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._folders[key] = fd
        if len(self._folders) > _OPEN_FOLDERS:
            # Not the base itself, which others are opened from.
            oldest = next(key for key in self._folders if key[1])
            os.close(self._folders.pop(oldest))
        return fd

    def parent(self, where: Where) -> tuple[int, bytes]:
        """(descriptor of the folder, name) of a place."""
        folder, name = split(where.path)
        if not name:
            raise ConflictError("a watched folder itself is never changed", path=self.shown(where))
        return self.folder(Where(where.base, folder)), name

    def forget(self, where: Where) -> None:
        """Closes the folder at a place and those beneath, whose names mean something else from now on."""
        for base, path in [key for key in self._folders if key[0] == where.base and is_within(key[1], where.path)]:
            if path:
                os.close(self._folders.pop((base, path)))

    def open(self, where: Where, flags: int) -> int:
        """A descriptor of the file at a place, no link followed; raises OSError."""
        fd, name = self.parent(where)
        # NONBLOCK: what was a file may be a FIFO by now, and opening that would wait for a writer.
        return open_beneath(fd, name, flags | os.O_NONBLOCK | os.O_NOCTTY)

    def look(self, where: Where) -> os.stat_result | None:
        """What stands at a place, no link followed; None for nothing."""
        try:
            if not where.path:
                return os.fstat(self.folder(where))
            fd, name = self.parent(where)
            return os.stat(name, dir_fd=fd, follow_symlinks=False)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return None
            raise

    def btime(self, where: Where) -> int:
        """Birth time of what stands at a place, in ns; 0 where there is none."""
        if not where.path:
            return statx_btime(self.folder(where), b"")
        fd, name = self.parent(where)
        return statx_btime(fd, name)

    def guard(self, where: Where, found: os.stat_result) -> Guard:
        """A guard for what was found at a place."""
        return Guard(
            ino=signed_ino(found.st_ino),
            btime_ns=self.btime(where),
            size=found.st_size,
            mtime_ns=storable_ns(found.st_mtime_ns),
            ctime_ns=storable_ns(found.st_ctime_ns),
            mode=found.st_mode,
        )

    def after(self, where: Where, guard: Guard | None = None) -> After:
        """What stands at a place now; `guard` of what was brought there, if that is known."""
        found = self.look(where)
        if found is None:
            return After()
        known = guard is not None and guard.ino == signed_ino(found.st_ino)
        return After(
            ino=signed_ino(found.st_ino),
            btime_ns=guard.btime_ns if guard is not None and known else self.btime(where),
            size=found.st_size,
            mtime_ns=storable_ns(found.st_mtime_ns),
            mode=found.st_mode,
        )

    def is_same(self, where: Where, found: os.stat_result | None, guard: Guard) -> bool:
        """Whether what was found is the inode of the guard, changed or not."""
        if found is None or signed_ino(found.st_ino) != guard.ino:
            return False
        # A ctime that is the same leaves no room for another inode of that number.
        return guard.ctime_ns == found.st_ctime_ns or self.btime(where) == guard.btime_ns

    def holds(self, where: Where, guard: Guard | None) -> bool:
        """Whether the inode of a guard, if there is one, stands at a place, be it changed since."""
        return guard is None or self.is_same(where, self.look(where), guard)

    def check(self, where: Where, guard: Guard | None, *, exact: bool) -> None:
        """Raises ConflictError unless what stands there is what was seen; `exact`: and nothing about it changed."""
        found = self.look(where)
        if guard is None or (
            found is not None and self.is_same(where, found, guard) and (not exact or unchanged(found, guard))
        ):
            return
        raise self.changed(where)

    def changed(self, where: Where) -> ConflictError:
        """The error for a place where something else stands than the plan was made for."""
        return ConflictError("it changed since the plan was made", path=self.shown(where), hint="plan it again")

    def rename(self, src: Where, dst: Where) -> None:
        """Moves to a free name; raises OSError, ``FileExistsError`` where it is not free.

        A name that the file system takes for the same one (another case of its letters) is free for its own file.
        """
        src_fd, src_name = self.parent(src)
        dst_fd, dst_name = self.parent(dst)
        try:
            renameat2(src_fd, src_name, dst_fd, dst_name, RENAME_NOREPLACE)
        except FileExistsError:
            if not self.is_own_name(src, dst):
                raise
            os.rename(src_name, dst_name, src_dir_fd=src_fd, dst_dir_fd=dst_fd)

    def take_back(self, src: Where, dst: Where) -> None:
        """Takes back a `rename`, be it one that was cut off while both names were there; raises as that."""
        if self.are_two_names(src, dst):
            self.unlink(dst)
        else:
            self.rename(dst, src)

    def are_two_names(self, src: Where, dst: Where) -> bool:
        """Whether two places are two names of one file: what a rename by link and unlink leaves that is cut off."""
        one, other = self.look(src), self.look(dst)
        if one is None or other is None or (one.st_dev, one.st_ino) != (other.st_dev, other.st_ino):
            return False
        if one.st_nlink < 2 or stat.S_ISDIR(one.st_mode):
            return False
        # Neither may be the other in letters that the file system takes for the same.
        parents = (self.parent(src), self.parent(dst))
        return all(name in map(os.fsencode, os.listdir(fd)) for fd, name in parents)

    def is_own_name(self, src: Where, dst: Where) -> bool:
        """Whether the file system takes the name of one place for that of the file at the other, in other letters."""
        one, other = self.look(src), self.look(dst)
        if one is None or other is None or (one.st_dev, one.st_ino) != (other.st_dev, other.st_ino):
            return False
        # Of two names of one file, a hard link, neither is free.
        fd, name = self.parent(dst)
        return name not in map(os.fsencode, os.listdir(fd))

    def exchange(self, one: Where, other: Where) -> None:
        """Swaps what stands at two places; raises OSError (EOPNOTSUPP where the file system cannot)."""
        one_fd, one_name = self.parent(one)
        other_fd, other_name = self.parent(other)
        renameat2(one_fd, one_name, other_fd, other_name, RENAME_EXCHANGE)

    def unlink(self, where: Where) -> None:
        """Takes a name away for good."""
        fd, name = self.parent(where)
        os.unlink(name, dir_fd=fd)

    def mtime(self, where: Where, mtime_ns: int) -> None:
        """Sets the time of a folder."""
        os.utime(self.folder(where), ns=(mtime_ns, mtime_ns))


def kind_of(found: os.stat_result) -> Kind:
    """What was found."""
    if stat.S_ISREG(found.st_mode):
        return Kind.FILE
    if stat.S_ISDIR(found.st_mode):
        return Kind.DIR
    return Kind.SYMLINK if stat.S_ISLNK(found.st_mode) else Kind.OTHER


def error_of(error: OSError, shown: str) -> LsfsError:
    """Our error for what the system said when a step was tried; the one place where they are translated."""
    said = error.strerror or str(error)
    if error.errno in _CONFLICTS:
        return ConflictError(f"it is not as it was when the plan was made: {said}", path=shown, hint="plan it again")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull("no space is left there", path=shown, hint="free some space; nothing was lost")
    if error.errno in _REFUSED:
        return PermissionRefused(f"it may not be changed: {said}", path=shown)
    return StorageError(f"it could not be changed: {said}", path=shown)


@contextlib.contextmanager
def translated(shown: str) -> Iterator[None]:
    """Raises `error_of` for an OSError within."""
    try:
        yield
    except OSError as error:
        raise error_of(error, shown) from error


def beside(at: Where, temporary: bytes) -> Where:
    """The place of a temporary name: a path below the same base."""
    return Where(at.base, temporary)


def unchanged(found: os.stat_result, guard: Guard) -> bool:
    """Whether an inode is as it was seen, as far as the guard tells."""
    return (
        signed_ino(found.st_ino) == guard.ino
        and guard.size in (None, found.st_size)
        and guard.mtime_ns in (None, storable_ns(found.st_mtime_ns))
        and guard.ctime_ns in (None, storable_ns(found.st_ctime_ns))
    )
