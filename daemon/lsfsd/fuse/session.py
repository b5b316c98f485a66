"""mfusepy's session with what it leaves out: attributes in listings, caching by handle, paths as bytes.

Imported only by the process that mounts: the import loads libfuse.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import struct
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

os.environ["FUSE_LIBRARY_NAME"] = "fuse3"  # mfusepy takes libfuse 2 first, where both are installed

import mfusepy

from lsfs.core.errors import LsfsError
from lsfs.views.base import Attributes
from lsfsd.fuse.errnos import errno_of

if TYPE_CHECKING:
    from lsfsd.fuse.adapter import Adapter

logger = logging.getLogger(__name__)

_FILL_PLUS = 2
"""FUSE_FILL_DIR_PLUS: the attributes that come with a name are whole, and may be kept (fuse.h, libfuse 3)."""
_READ_PLUS = 1
"""FUSE_READDIR_PLUS: the attributes are asked for."""
_STAT = mfusepy.c_stat
_BYTES = ctypes.sizeof(_STAT)
_WORD = struct.Struct("q")
_TIME = struct.Struct("qq")
_INT = struct.Struct("i")
_INO, _MODE, _SIZE, _BLOCKS = (getattr(_STAT, f"st_{name}").offset for name in ("ino", "mode", "size", "blocks"))
_ATIME, _MTIME, _CTIME = (getattr(_STAT, f"st_{name}timespec").offset for name in "amc")
_NS = 1_000_000_000
_SECTOR = 512
_INO_MASK = 0x7FFF_FFFF_FFFF_FFFF


class _StatBuffer:
    """A ``struct stat`` that is filled again and again, by one thread."""

    def __init__(self) -> None:
        self.stat = _STAT()
        self.stat.st_uid, self.stat.st_gid, self.stat.st_nlink = os.getuid(), os.getgid(), 1
        self.bytes = (ctypes.c_char * _BYTES).from_buffer(self.stat)
        self.pointer = ctypes.pointer(self.stat)

    def fill(self, attributes: Attributes, ino: int) -> None:
        """Writes what differs from one node to the next; assigning the fields one by one takes four times as long."""
        mode, size, mtime_ns = attributes
        memory = self.bytes
        _WORD.pack_into(memory, _INO, ino)
        _INT.pack_into(memory, _MODE, mode)
        _WORD.pack_into(memory, _SIZE, size)
        _WORD.pack_into(memory, _BLOCKS, -(-size // _SECTOR))
        seconds, rest = divmod(mtime_ns, _NS)
        _TIME.pack_into(memory, _MTIME, seconds, rest)
        _TIME.pack_into(memory, _ATIME, seconds, rest)
        _TIME.pack_into(memory, _CTIME, seconds, rest)

    def fill_kind(self, mode: int, ino: int) -> None:
        """Writes what a listing says of a name where no attributes are asked for."""
        _WORD.pack_into(self.bytes, _INO, ino)
        _INT.pack_into(self.bytes, _MODE, mode)


class FuseSession(mfusepy.FUSE):  # type: ignore[misc]
    """One mount, from its construction, which returns when it is unmounted."""

    def __init__(self, adapter: Adapter, mount_point: str, **options: Any) -> None:
        """`options` are those of mount.fuse3(8); raises RuntimeError where it cannot be mounted."""
        self._adapter = adapter
        self._here = threading.local()
        super().__init__(adapter, mount_point, raw_fi=True, foreground=True, **options)

    def _wrapper(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Every call of libfuse comes through here: what it raises becomes an errno."""
        if not hasattr(self._here, "buffer"):
            # libfuse's threads are not Python's: without this, each call would begin with a new thread state, and
            # with it new connections to the vault.  It is given back when the process ends.
            ctypes.pythonapi.PyGILState_Ensure()
            self._here.buffer = _StatBuffer()
        try:
            return func(*args, **kwargs) or 0
        except OSError as error:
            return -(error.errno or errno.EIO)
        except LsfsError as error:
            return -errno_of(error)
        except Exception:  # a callback's boundary: it costs this call only
            logger.exception("%s failed", func.__name__)
            return -errno.EIO

    def getattr_fuse_3(self, path: bytes, buf: Any, fip: Any) -> int:
        path = path[1:]
        buffer = self._here.buffer
        buffer.fill(self._adapter.attributes(path), inode(path))
        ctypes.memmove(buf, buffer.pointer, _BYTES)
        return 0

    def readlink(self, path: bytes, buf: Any, bufsize: int) -> int:
        data = self._adapter.target(path[1:])[: bufsize - 1] + b"\0"
        ctypes.memmove(buf, data, len(data))
        return 0

    def opendir(self, path: bytes, fip: Any) -> int:
        # Not kept by the kernel (cache_readdir): libfuse 3.14 drops that flag, and later ones disagree on its place.
        fip.contents.fh = self._adapter.open_folder(path[1:])
        return 0

    def readdir_fuse_3(self, path: bytes, buf: Any, filler: Any, offset: int, fip: Any, flags: int) -> int:
        buffer = self._here.buffer
        whole = flags & _READ_PLUS
        fill, fill_kind, pointer = buffer.fill, buffer.fill_kind, buffer.pointer
        prefix = path[1:] + b"/" if path != b"/" else b""
        # With places: up to 3.16, libfuse ignores the attributes in listings that are handed over whole.
        for place, (name, attributes) in enumerate(self._adapter.listed(fip.contents.fh)[offset:], offset + 1):
            ino = hash(prefix + name) & _INO_MASK  # as `inode`, without the call
            if whole:
                fill(attributes, ino)
            else:
                fill_kind(attributes.mode, ino)
            if filler(buf, name, pointer, place, _FILL_PLUS):
                break
        return 0

    def open(self, path: bytes, fip: Any) -> int:
        self._adapter.opened(path[1:], fip.contents)
        return 0

    def read(self, path: bytes, buf: Any, size: int, offset: int, fip: Any) -> int:
        data = self._adapter.read(path[1:], size, offset, fip.contents.fh)
        if data:
            ctypes.memmove(buf, data, len(data))
        return len(data)

    def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
        self._adapter.renamed(old[1:], new[1:], flags)
        return 0


def inode(path: bytes) -> int:
    """A number for a path, the same as long as the process runs; 0 would mean that it is deleted."""
    return hash(path) & _INO_MASK or 1


def caller_tid() -> int:
    """The thread whose call is answered; 0 where it is in another namespace."""
    return int(mfusepy.fuse_get_context()[2])


def library_version() -> tuple[int, int]:
    """Of the libfuse that is loaded."""
    return int(mfusepy.fuse_version_major), int(mfusepy.fuse_version_minor)
