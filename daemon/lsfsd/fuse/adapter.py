"""What libfuse asks, answered from a tree: handles, caching, and the errno of what is not allowed.

The methods that carry an operation's name are called by mfusepy, with paths as texts; the others by `session`, which
turns what they raise into errno.
"""

from __future__ import annotations

import errno
import functools
import itertools
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from lsfs.core.paths import split
from lsfs.views.base import Attributes, File, Item, Writing, refused
from lsfs.views.opened import Opened
from lsfs.views.tree import Tree
from lsfsd.fuse.linking import Linking

K = TypeVar("K")
T = TypeVar("T")

_KEPT_S = 1.0
"""How long the kernel may keep names and attributes; contents that never change it keeps as long as it likes."""
_LISTER_S = 2.0
"""A process that had a folder open so lately reads links to show them, not to open files."""
_PASSING = 1 << 62
"""In handles of files that have no number of their own."""
_MOST_FILES = 16_384
_MOST_WRITINGS = 256
_CHANGING = os.O_WRONLY | os.O_RDWR
_ENCODING = ("utf-8", "surrogateescape")


class Adapter:
    """One mount's operations; for any thread."""

    use_ns = True

    def __init__(
        self,
        tree: Tree,
        linking: Linking,
        opened: Opened | None,
        tid: Callable[[], int],
        ready: Callable[[], None],
    ) -> None:
        """`opened` is told which links were opened, None where nothing is learnt from use; `tid` is the caller's."""
        self._tree = tree
        self._linking = linking
        self._opened = opened
        self._tid = tid
        self._ready = ready
        self._numbers = itertools.count(1)
        self._listings: dict[int, Sequence[Item]] = {}
        self._files: dict[int, File] = {}
        self._writings: dict[int, Writing] = {}
        self._last: dict[bytes, int] = {}
        """The number of the file that a path was opened as last."""
        self._lock = threading.Lock()
        self._listers: dict[int, tuple[int, float]] = {}
        """Folders that a process has open, and when it closed its last one."""
        self._owners: dict[int, tuple[int, bytes]] = {}
        """Who has which folder open, by handle."""

    # What the session asks.

    def attributes(self, path: bytes) -> Attributes:
        """What `lstat` says."""
        return self._tree.attributes(path)

    def target(self, path: bytes) -> bytes:
        """Where a link leads to; it counts as opened, unless whoever asks is listing."""
        target = self._tree.target(path)
        if self._opened is not None and not self._is_listing(self._process()) and self._tree.is_result(path):
            self._opened.note(target)
        return target

    def open_folder(self, path: bytes) -> int:
        """A handle that holds the names as they are now."""
        items = self._tree.listing(path)
        number, pid = next(self._numbers), self._process()
        with self._lock:
            self._listings[number] = (*_DOTS, *items)
            self._owners[number] = pid, path
            self._listers[pid] = (self._listers.get(pid, (0, 0.0))[0] + 1, 0.0)
        return number

    def listed(self, handle: int) -> Sequence[Item]:
        """The names that a handle holds."""
        return self._listings[handle]

    def opened(self, path: bytes, info: Any) -> None:
        """Opens a file, and says what the kernel may keep of it.

        Nobody tells when it is closed: one call less for each file.  So a handle is a number that finds the file again.
        """
        file = self._tree.file(path)
        if info.flags & _CHANGING:
            writing = file.rewriting()
            if info.flags & os.O_TRUNC:
                writing.truncate(0)
            info.fh = _PASSING | next(self._numbers)
            info.direct_io = 1
            self._keep(self._writings, info.fh, writing, _MOST_WRITINGS)
            return
        info.fh = file.number or _PASSING | next(self._numbers)
        info.direct_io = int(not file.sized)
        # What the kernel has of the path is of this file; `at/yesterday/…` is another one tomorrow.
        info.keep_cache = int(bool(file.number) and self._last.get(path) == file.number)
        info.noflush = 1
        self._keep(self._last, path, file.number, _MOST_FILES)
        self._keep(self._files, info.fh, file.pinned(), _MOST_FILES)

    def read(self, path: bytes, size: int, offset: int, handle: int) -> bytes:
        """A part of a file."""
        writing = self._writings.get(handle)
        if writing is not None:
            return writing.read(offset, size)
        file = self._files.get(handle)
        if file is None:
            file = self._tree.file(path) if handle & _PASSING else self._tree.numbered(handle)
            self._keep(self._files, handle, file, _MOST_FILES)
        return file.read(offset, size)

    def _keep(self, table: dict[K, T], key: K, value: T, most: int) -> None:
        """Puts a value into a table, and takes what has been there longest from one that is full."""
        table[key] = value
        if len(table) > most:
            with self._lock:
                while len(table) > most:
                    del table[next(iter(table))]

    def renamed(self, old: bytes, new: bytes, flags: int) -> None:
        """`renameat2`."""
        self._tree.rename(old, new, flags)

    def _refuse_taking_apart(self, path: bytes) -> None:
        """Refuses whoever has the folder open that a name is in, or that it names: a recursive removal, which means
        the links in folders and would take every tag from the files.  A single name is removed without looking."""
        pid = self._process()
        with self._lock:
            if not {(pid, path), (pid, split(path)[0])}.isdisjoint(self._owners.values()):
                refused()

    def _process(self) -> int:
        """The process that calls: file managers look in one thread and act in another."""
        return process_of(self._tid(), int(time.monotonic()))

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

    readlink = open = opendir = readdir = rename = getattr

    def write(self, path: str, data: bytes, offset: int, info: Any) -> int:
        """Writes to a file that was opened for it."""
        self._writing(info).write(offset, data)
        return len(data)

    def truncate(self, path: str, length: int, info: Any = None) -> int:
        """Cuts a file that is open for writing; no other."""
        if info is None or info.fh not in self._writings:
            self._tree.alter(_bytes(path))
        self._writing(info).truncate(length)
        return 0

    def flush(self, path: str, info: Any) -> int:
        """A handle is closed: what was written is taken, and the answer is that of `close`."""
        writing = self._writings.get(info.fh)
        if writing is not None:
            writing.commit()
        return 0

    def fsync(self, path: str, datasync: int, info: Any) -> int:
        """As `flush`."""
        return self.flush(path, info)

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
        self._tree.make_folder(_bytes(path))
        return 0

    def rmdir(self, path: str) -> int:
        """Forgets one, unless all is being removed."""
        self._refuse_taking_apart(_bytes(path))
        self._tree.remove_folder(_bytes(path))
        return 0

    def symlink(self, path: str, source: str) -> int:
        """Tags a file."""
        target = self._linking.resolved(source.encode(*_ENCODING), self._process())
        self._tree.make_link(_bytes(path), target)
        return 0

    def unlink(self, path: str) -> int:
        """Untags a file, unless all is being removed."""
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
        self._tree.create(_bytes(path))
        return 0

    def _refuse_change(self, path: str) -> int:
        self._tree.alter(_bytes(path))
        return 0

    def _writing(self, info: Any) -> Writing:
        writing = self._writings.get(info.fh)
        if writing is None:
            refused(errno.EBADF)
        return writing


@functools.lru_cache(maxsize=256)
def process_of(tid: int, second: int) -> int:
    """The process that a thread belongs to, asked once a second; the thread itself where that cannot be seen."""
    try:
        with open(f"/proc/{tid}/status", "rb") as status:
            return next((int(line.split()[1]) for line in status if line.startswith(b"Tgid:")), tid)
    except OSError:
        return tid


_DOTS = tuple(Item(name, Attributes(0o040755)) for name in (b".", b".."))


def _bytes(path: str) -> bytes:
    """A path of mfusepy's as one below the top."""
    return path.encode(*_ENCODING)[1:]
