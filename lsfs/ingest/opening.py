"""Opens files beneath the watched roots, never through a link, never out of a root."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable

from lsfs.core.posix import open_beneath, open_beneath_stepwise

# NONBLOCK: what was a file may be a FIFO by now, and opening that would wait for a writer.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY


class Opener:
    """Keeps a descriptor per root; `root_path(id)` gives its absolute path, None where it is not watched or away."""

    def __init__(self, root_path: Callable[[int], bytes | None]) -> None:
        self._root_path = root_path
        self._roots: dict[int, int] = {}
        self._lock = threading.Lock()

    def open(self, root: int, path: bytes) -> int:
        """A descriptor of the file, for reading; raises OSError."""
        root_fd = self._root(root)
        try:
            return open_beneath(root_fd, path, _READ)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return open_beneath_stepwise(root_fd, path, _READ)
            raise
        finally:
            os.close(root_fd)

    def forget(self, root: int) -> None:
        """Closes a root that went offline or is watched no more."""
        with self._lock:
            descriptor = self._roots.pop(root, None)
        if descriptor is not None:
            os.close(descriptor)

    def close(self) -> None:
        """Closes every root."""
        for root in list(self._roots):
            self.forget(root)

    def _root(self, root: int) -> int:
        """A descriptor of the root for the caller alone: another thread may forget the kept one at any time."""
        with self._lock:
            if root not in self._roots:
                path = self._root_path(root)
                if path is None:
                    raise FileNotFoundError(errno.ENOENT, "not a watched root", str(root))
                self._roots[root] = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            return os.dup(self._roots[root])
