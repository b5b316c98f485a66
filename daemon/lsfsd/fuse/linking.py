"""Which file a link that somebody makes in the mount leads to.

The kernel hands over the text of the link alone.  It is resolved by hand, component by component, so that nothing
below a mount of ours is ever touched: a process that waits for itself waits for good.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from lsfs.core.paths import is_within, join
from lsfs.core.posix import Mount
from lsfs.views.base import refused
from lsfs.views.tree import Tree
from lsfs.watch.mounts import OURS

_MOST_LINKS = 40


class Linking:
    """Resolves the targets of new links."""

    def __init__(self, mount_point: bytes, tree: Tree, mounts: Callable[[], list[Mount]]) -> None:
        """`mount_point` is where `tree` is mounted."""
        self._mount_point = mount_point
        self._tree = tree
        self._mounts = mounts

    def resolved(self, text: bytes, pid: int) -> bytes:
        """The absolute path of a link's text, links above its last name resolved.

        A text that is not absolute is taken from the working directory of process `pid`; EINVAL where that is not
        known.  A link of the mount itself stands for the file that it leads to.
        """
        if not text.startswith(b"/"):
            try:
                text = join(os.readlink(b"/proc/%d/cwd" % pid), text)
            except OSError:
                refused(errno.EINVAL)
        return self._walked(text)

    def _walked(self, path: bytes) -> bytes:
        ours = [mount.mount_point for mount in self._mounts() if mount.fs_type == OURS]
        at, left, links = b"", path.split(b"/"), 0
        while left:
            name = left.pop(0)
            if name in (b"", b"."):
                continue
            if name == b"..":
                at = at[: at.rfind(b"/")] if at else at
                continue
            here = at + b"/" + name
            target = self._target(here, ours, last=not any(left))
            if target is None:
                at = here
                continue
            links += 1
            if links > _MOST_LINKS:
                refused(errno.ELOOP)
            at = b"" if target.startswith(b"/") else at
            left = target.split(b"/") + left
        return at or b"/"

    def _target(self, path: bytes, ours: list[bytes], *, last: bool) -> bytes | None:
        """Where a link on the way leads to; None for what is none."""
        if is_within(path, self._mount_point):
            if path == self._mount_point:
                return None
            inside = path[len(self._mount_point) + 1 :]
            return self._tree.target(inside) if stat.S_ISLNK(self._tree.attributes(inside).mode) else None
        if any(is_within(path, mount) for mount in ours):
            refused(errno.EINVAL)  # of another mount of ours, which may be the one that asks
        try:
            return None if last else os.readlink(path)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise
