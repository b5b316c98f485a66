"""One Trash folder as steps use it (freedesktop.org, The FreeDesktop.org Trash specification 1.0)."""

from __future__ import annotations

import contextlib
import os
import stat

from lsfs.core.posix import RENAME_NOREPLACE, renameat2, statx_btime
from lsfs.core.records import signed_ino, storable_ns
from lsfs.plan.disk import Disk
from lsfs.plan.steps import After, Guard, Trash, Untrash


class TrashFolder:
    """The ``files`` and ``info`` of a Trash, open."""

    def __init__(self, path: bytes) -> None:
        # A link in its place, or in that of one of the two, could lead anywhere.
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = os.open(path, flags)
        try:
            self.files = os.open(b"files", flags, dir_fd=folder)
            try:
                self.info = os.open(b"info", flags, dir_fd=folder)
            except BaseException:
                os.close(self.files)
                raise
        finally:
            os.close(folder)

    def close(self) -> None:
        """Closes both."""
        os.close(self.files)
        os.close(self.info)

    def write_info(self, name: bytes, text: str) -> None:
        """Claims a name; FileExistsError where it is taken."""
        fd = os.open(name + b".trashinfo", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=self.info)
        try:
            os.write(fd, text.encode("utf-8", "surrogateescape"))
            os.fsync(fd)
        finally:
            os.close(fd)

    def remove_info(self, name: bytes) -> None:
        """Gives up a name."""
        try:
            os.unlink(name + b".trashinfo", dir_fd=self.info)
        except FileNotFoundError:
            return

    def remove_orphan(self, name: bytes, text: str) -> None:
        """Takes our info file away where no file belongs to it."""
        if self._look(name) is not None:
            return
        try:
            fd = os.open(name + b".trashinfo", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.info)
        except OSError:
            return
        with open(fd, "rb") as file:
            ours = text.encode("utf-8", "surrogateescape").startswith(file.read())
        if ours:
            self.remove_info(name)

    def remove(self, name: bytes) -> None:
        """Takes a name of a file away that has another."""
        os.unlink(name, dir_fd=self.files)

    def sync(self) -> None:
        """Returns when the names in both are on the disk."""
        os.fsync(self.files)
        os.fsync(self.info)

    def is_name_of(self, name: bytes, found: os.stat_result) -> bool:
        """Whether what was found elsewhere has that name here, too."""
        here = self._look(name)
        return here is not None and (here.st_dev, here.st_ino) == (found.st_dev, found.st_ino)

    def take(self, fd: int, name: bytes, as_name: bytes) -> None:
        """Takes a file in; FileExistsError where the name is taken."""
        renameat2(fd, name, self.files, as_name, RENAME_NOREPLACE)

    def give(self, as_name: bytes, fd: int, name: bytes) -> None:
        """Gives a file back; FileExistsError where its place is taken."""
        renameat2(self.files, as_name, fd, name, RENAME_NOREPLACE)

    def holds(self, name: bytes, guard: Guard | None) -> bool:
        """Whether something, or the inode of the guard, lies there under that name."""
        found = self._look(name)
        return found is not None and (guard is None or signed_ino(found.st_ino) == guard.ino)

    def after(self, name: bytes) -> After:
        """What lies there under a name."""
        found = self._look(name)
        if found is None:
            return After()
        born = statx_btime(self.files, name)
        return After(signed_ino(found.st_ino), born, found.st_size, storable_ns(found.st_mtime_ns), found.st_mode)

    def _look(self, name: bytes) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self.files, follow_symlinks=False)
        except FileNotFoundError:
            return None


def is_in_trash_too(disk: Disk, step: Trash | Untrash) -> bool:
    """Whether what stands at a step's place lies in the Trash as well: what a rename by link and unlink leaves that is
    cut off."""
    found = disk.look(step.at)
    if found is None or stat.S_ISDIR(found.st_mode) or found.st_nlink < 2:
        return False
    try:
        folder = TrashFolder(step.folder)
    except FileNotFoundError:
        return False
    with contextlib.closing(folder):
        return folder.is_name_of(step.name, found)
