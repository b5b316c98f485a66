"""The whole tree, by paths: what a mount shows, and what it says to each change."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence

from lsfs.core.linknames import NAME_BYTES
from lsfs.core.paths import split
from lsfs.core.posix import RENAME_NOREPLACE
from lsfs.views.base import Attributes, File, Folder, Item, Link, Node, as_folder, missing, refused
from lsfs.views.readme import README, readme
from lsfs.views.result_folder import ResultFolder

_PATH_BYTES = 4095


class Fixed(Folder):
    """A folder with the same names for ever."""

    def __init__(self, nodes: Mapping[bytes, Node]) -> None:
        self._nodes = nodes

    def look(self, name: bytes) -> Node:
        """One of them."""
        found = self._nodes.get(name)
        if found is None:
            missing()
        return found

    def listing(self) -> Sequence[Item]:
        """All of them."""
        return [Item(name, node.attributes) for name, node in self._nodes.items()]


def root_of(folders: Mapping[bytes, Node]) -> Fixed:
    """The top folder, with its README."""
    return Fixed({**folders, README: readme("")})


class Tree:
    """A tree below one folder.  Paths are bytes without a slash at their ends, b"" is the top; errors are OSError."""

    def __init__(self, top: Folder, numbered: Callable[[int], File]) -> None:
        """`numbered` gives a file of the past by its number; raises OSError."""
        self._top = top
        self.numbered = numbered

    def node(self, path: bytes) -> Node:
        """What lies at a path; raises ENOENT, ENOTDIR or ENAMETOOLONG."""
        if not path:
            return self._top
        if len(path) > NAME_BYTES and (len(path) > _PATH_BYTES or any(len(n) > NAME_BYTES for n in path.split(b"/"))):
            refused(errno.ENAMETOOLONG)
        return self._top.descend(path)

    def attributes(self, path: bytes) -> Attributes:
        """What `lstat` says."""
        return self.node(path).attributes

    def target(self, path: bytes) -> bytes:
        """Where a link leads to; EINVAL for what is none."""
        node = self.node(path)
        if not isinstance(node, Link):
            refused(errno.EINVAL)
        return node.target

    def listing(self, path: bytes) -> Sequence[Item]:
        """The names in a folder."""
        return as_folder(self.node(path)).listing()

    def file(self, path: bytes) -> File:
        """A file, for reading; EISDIR, or ELOOP for a link, as `open` with O_NOFOLLOW says."""
        node = self.node(path)
        if isinstance(node, Folder):
            refused(errno.EISDIR)
        if not isinstance(node, File):
            refused(errno.ELOOP)
        return node

    def is_result(self, path: bytes) -> bool:
        """Whether a path is that of a link among results, by its place."""
        try:
            return isinstance(self.node(split(path)[0]), ResultFolder)
        except OSError:
            return False

    # Changes.  What a folder does not allow is refused; a name that is taken, or is not there, is said first.

    def make_folder(self, path: bytes) -> None:
        """`mkdir`."""
        folder, name = self._free(path)
        folder.make_folder(name)

    def remove_folder(self, path: bytes) -> None:
        """`rmdir`."""
        node = self.node(path)
        folder, name = self._parent(path)
        as_folder(node)
        folder.remove_folder(name)

    def make_link(self, path: bytes, target: bytes) -> None:
        """`symlink` to an absolute path."""
        folder, name = self._free(path)
        folder.make_link(name, target)

    def remove(self, path: bytes) -> None:
        """`unlink`."""
        if isinstance(self.node(path), Folder):
            refused(errno.EISDIR)
        folder, name = self._parent(path)
        folder.remove(name)

    def rename(self, old: bytes, new: bytes, flags: int = 0) -> None:
        """`renameat2`; nothing is ever replaced, and nothing exchanged."""
        moved = self.node(old)
        source, old_name = self._parent(old)
        folder, name = self._parent(new)
        if isinstance(moved, Folder) or flags & ~RENAME_NOREPLACE:
            refused()
        if self._exists(folder, name):
            refused(errno.EEXIST)
        folder.take(name, source, old_name)

    def create(self, path: bytes) -> None:
        """What `creat`, `mknod`, hard links and the like come to: refused, the reason that is true first."""
        self._free(path)
        refused()

    def alter(self, path: bytes) -> None:
        """What `chmod`, `truncate`, `setxattr` and the like come to."""
        self.node(path)
        refused()

    def _parent(self, path: bytes) -> tuple[Folder, bytes]:
        above, name = split(path)
        return as_folder(self.node(above)), name

    def _free(self, path: bytes) -> tuple[Folder, bytes]:
        folder, name = self._parent(path)
        if len(name) > NAME_BYTES:
            refused(errno.ENAMETOOLONG)
        if self._exists(folder, name):
            refused(errno.EEXIST)
        return folder, name

    @staticmethod
    def _exists(folder: Folder, name: bytes) -> bool:
        try:
            folder.look(name)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                return False
            raise
        return True
