"""What libfuse asks, answered from a tree: handles, caching, and the errno of what is not allowed.

The methods that carry an operation's name are called by mfusepy, with paths as texts; the others by `session`.
"""

from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from lsfs.core.errors import LsfsError
from lsfs.core.paths import split
from lsfs.views.base import Attributes, File, Item, Writing, refused
from lsfs.views.opened import Opened
from lsfs.views.tree import Tree
from lsfsd.fuse.errnos import errno_of
from lsfsd.fuse.linking import Linking

_KEPT_S = 1.0
"""How long the kernel may keep names and attributes; contents that never change it keeps as long as it likes."""
_LISTER_S = 2.0
"""A process that had a folder open so lately reads links to show them, not to open files."""
_CHANGING = os.O_WRONLY | os.O_RDWR
_ENCODING = ("utf-8", "surrogateescape")


class _OpenFile:
    def __init__(self, file: File, writing: Writing | None) -> None:
        self.file = file
        self.writing = writing


class Adapter:
    """One mount's operations; for any thread."""

    use_ns = True

    def __init__(
        self,
        tree: Tree,
        linking: Linking,
        opened: Opened | None,
        pid: Callable[[], int],
        ready: Callable[[], None],
    ) -> None:
        """`opened` is told which links were opened, None where nothing is learnt from use."""
        self._tree = tree
        self._linking = linking
        self._opened = opened
        self._pid = pid
        self._ready = ready
        self._numbers = itertools.count(1)
        self._listings: dict[int, Sequence[Item]] = {}
        self._files: dict[int, _OpenFile] = {}
        self._lock = threading.Lock()
        self._listers: dict[int, tuple[int, float]] = {}
        """Folders that a process has open, and when it closed its last one."""
        self._owners: dict[int, tuple[int, bytes]] = {}
        """Who has which folder open, by handle."""

    # What the session asks.

    def attributes(self, path: bytes) -> Attributes:
        """What `lstat` says."""
        with _translated():
            return self._tree.attributes(path)

    def target(self, path: bytes) -> bytes:
        """Where a link leads to; it counts as opened, unless whoever asks is listing."""
        with _translated():
            target = self._tree.target(path)
            if self._opened is not None and not self._is_listing(self._pid()) and self._tree.is_result(path):
                self._opened.note(target)
            return target

    def open_folder(self, path: bytes) -> int:
        """A handle that holds the names as they are now."""
        with _translated():
            items = self._tree.listing(path)
        number, pid = next(self._numbers), self._pid()
        with self._lock:
            self._listings[number] = (*_DOTS, *items)
            self._owners[number] = pid, path
            self._listers[pid] = (self._listers.get(pid, (0, 0.0))[0] + 1, 0.0)
        return number

    def listed(self, handle: int) -> Sequence[Item]:
        """The names that a handle holds."""
        return self._listings[handle]

    def read(self, path: bytes, size: int, offset: int, info: Any) -> bytes:
        """A part of a file."""
        with _translated():
            held = self._files.get(info.fh)
            file = held.file if held is not None else self._tree.file(path)
            return file.read(offset, size)

    def renamed(self, old: bytes, new: bytes, flags: int) -> None:
        """`renameat2`."""
        with _translated():
            self._tree.rename(old, new, flags)

    def _refuse_taking_apart(self, path: bytes) -> None:
        """Refuses whoever has the folder open that a name is in, or that it names: a recursive removal, which means
        the links in folders and would take every tag from the files.  A single name is removed without looking."""
        pid = self._pid()
        with self._lock:
            if not {(pid, path), (pid, split(path)[0])}.isdisjoint(self._owners.values()):
                refused()

    def _is_listing(self, pid: int) -> bool:
        with self._lock:
            count, closed = self._listers.get(pid, (0, float("-inf")))
        return count > 0 or time.monotonic() - closed < _LISTER_S

    # What mfusepy asks.

    mounted = False
    """Whether the kernel has begun to ask."""

    def init_with_config(self, connection: Any, config: Any) -> None:
        """Says how long the kernel may keep things, and that the mount is there."""
        config.entry_timeout = config.attr_timeout = _KEPT_S
        config.negative_timeout = 0.0
        config.use_ino = 1
        self.mounted = True
        self._ready()

    def getattr(self, path: str, fh: Any = None) -> Any:
        """Answered by the session."""
        raise NotImplementedError

    readlink = opendir = readdir = rename = getattr

    def open(self, path: str, info: Any) -> int:
        """Opens a file, and says what the kernel may keep of it."""
        with _translated():
            file = self._tree.file(_bytes(path))
            writing = None
            if info.flags & _CHANGING:
                writing = file.rewriting()
                if info.flags & os.O_TRUNC:
                    writing.truncate(0)
            number = next(self._numbers)
            self._files[number] = _OpenFile(file, writing)
        info.fh = number
        info.direct_io = int(not file.sized)
        info.keep_cache = int(file.fixed)
        info.noflush = int(writing is None)
        return 0

    def write(self, path: str, data: bytes, offset: int, info: Any) -> int:
        """Writes to a file that was opened for it."""
        with _translated():
            self._writing(info).write(offset, data)
        return len(data)

    def truncate(self, path: str, length: int, info: Any = None) -> int:
        """Cuts a file that is open for writing; no other."""
        with _translated():
            if info is None or info.fh not in self._files:
                self._tree.alter(_bytes(path))
            self._writing(info).truncate(length)
        return 0

    def flush(self, path: str, info: Any) -> int:
        """A handle is closed: what was written is taken, and the answer is that of `close`."""
        held = self._files.get(info.fh)
        if held is not None and held.writing is not None:
            with _translated():
                held.writing.commit()
        return 0

    def fsync(self, path: str, datasync: int, info: Any) -> int:
        """As `flush`."""
        return self.flush(path, info)

    def release(self, path: str, info: Any) -> int:
        """Forgets a handle."""
        self._files.pop(info.fh, None)
        return 0

    def releasedir(self, path: str, fh: int) -> int:
        """Forgets a handle of a folder."""
        with self._lock:
            self._listings.pop(fh, None)
            pid, _ = self._owners.pop(fh, (0, b""))
            now = time.monotonic()
            count = self._listers.get(pid, (1, now))[0] - 1
            self._listers[pid] = (count, now)
            self._listers = {p: one for p, one in self._listers.items() if one[0] or now - one[1] < _LISTER_S}
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        """Nothing is free: whoever looks before copying does not begin."""
        return {"f_bsize": 4096, "f_frsize": 4096, "f_namemax": 255}

    def mkdir(self, path: str, mode: int) -> int:
        """Makes a tag or a saved query."""
        with _translated():
            self._tree.make_folder(_bytes(path))
        return 0

    def rmdir(self, path: str) -> int:
        """Forgets one, unless all is being removed."""
        with _translated():
            self._refuse_taking_apart(_bytes(path))
            self._tree.remove_folder(_bytes(path))
        return 0

    def symlink(self, path: str, source: str) -> int:
        """Tags a file."""
        with _translated():
            target = self._linking.resolved(source.encode(*_ENCODING), self._pid())
            self._tree.make_link(_bytes(path), target)
        return 0

    def unlink(self, path: str) -> int:
        """Untags a file, unless all is being removed."""
        with _translated():
            self._refuse_taking_apart(_bytes(path))
            self._tree.remove(_bytes(path))
        return 0

    def create(self, path: str, mode: int, info: Any) -> int:
        """Refused: nothing is stored here."""
        return self._refuse_new(path)

    def mknod(self, path: str, mode: int, dev: int) -> int:
        """Refused."""
        return self._refuse_new(path)

    def link(self, path: str, source: str) -> int:
        """Refused."""
        return self._refuse_new(path)

    def chmod(self, path: str, mode: int) -> int:
        """Refused."""
        return self._refuse_change(path)

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Refused."""
        return self._refuse_change(path)

    def utimens(self, path: str, times: Any = None) -> int:
        """Refused."""
        return self._refuse_change(path)

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        """Refused."""
        return self._refuse_change(path)

    def removexattr(self, path: str, name: str) -> int:
        """Refused."""
        return self._refuse_change(path)

    def fallocate(self, path: str, mode: int, offset: int, length: int, info: Any) -> int:
        """Refused."""
        return self._refuse_change(path)

    def _refuse_new(self, path: str) -> int:
        with _translated():
            self._tree.create(_bytes(path))
        return 0

    def _refuse_change(self, path: str) -> int:
        with _translated():
            self._tree.alter(_bytes(path))
        return 0

    def _writing(self, info: Any) -> Writing:
        held = self._files.get(info.fh)
        if held is None or held.writing is None:
            refused(errno.EBADF)
        return held.writing


_DOTS = tuple(Item(name, Attributes(0o040755)) for name in (b".", b".."))


class _translated:
    """Errors of lsfs as the errno that says most nearly the same."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, LsfsError):
            code = errno_of(error)
            raise OSError(code, os.strerror(code)) from error


def _bytes(path: str) -> bytes:
    """A path of mfusepy's as one below the top."""
    return path.encode(*_ENCODING)[1:]
