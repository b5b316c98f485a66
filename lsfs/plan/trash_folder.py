"""One Trash folder as steps use it (freedesktop.org, The FreeDesktop.org Trash specification 1.0)."""

from __future__ import annotations

import os

from lsfs.core.paths import join
from lsfs.core.posix import RENAME_NOREPLACE, renameat2
from lsfs.core.records import signed_ino
from lsfs.plan.steps import Guard


class TrashFolder:
    """The ``files`` and ``info`` of a Trash, open."""

    def __init__(self, path: bytes) -> None:
        self.files = os.open(join(path, b"files"), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self.info = os.open(join(path, b"info"), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except BaseException:
            os.close(self.files)
            raise

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

    def _look(self, name: bytes) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self.files, follow_symlinks=False)
        except FileNotFoundError:
            return None
