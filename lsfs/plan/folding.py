"""Which folders take two different names for the same one: those that ignore case, or how letters are composed."""

from __future__ import annotations

import fcntl
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from lsfs.core.paths import is_within
from lsfs.core.posix import Mount
from lsfs.plan.disk import Disk
from lsfs.plan.steps import Where

Compare = Callable[[bytes], bytes]
"""Gives what a name is compared by."""
Fold = Callable[[Where], Compare | None]
"""Gives, for a folder on the disk, what its names are compared by; None where every byte counts."""

_FOLDING = frozenset(
    ("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "cifs", "smb3", "hfs", "hfsplus", "apfs", "jfs", "iso9660")
)
_GETFLAGS = 0x80086601
"""FS_IOC_GETFLAGS (ioctl_iflags(2))."""
_CASEFOLD = 0x40000000
"""FS_CASEFOLD_FL: an ext4 or f2fs folder that ignores case."""


def fold_of(disk: Disk, where: Where, mounts: Sequence[Mount]) -> Compare | None:
    """What names in a folder on the disk are compared by; None where every byte counts."""
    path = disk.absolute(where)
    covering = [mount for mount in mounts if is_within(path, mount.mount_point.rstrip(b"/"))]
    longest = max((len(mount.mount_point) for mount in covering), default=0)
    fs_type = next((m.fs_type for m in reversed(covering) if len(m.mount_point) == longest), "")
    if fs_type in _FOLDING:
        return folded
    try:
        answer = fcntl.ioctl(disk.folder(where), _GETFLAGS, b"\0" * 8)
    except OSError:
        return None
    return folded if int.from_bytes(answer[:4], "little") & _CASEFOLD else None


def folded(name: bytes) -> bytes:
    """What a file system that ignores case and normalisation compares names by, about (Unicode NFD, casefold)."""
    return unicodedata.normalize("NFD", name.decode("utf-8", "surrogateescape").casefold()).encode(
        "utf-8", "surrogateescape"
    )


class Alike:
    """The names in one folder by what they are compared by."""

    def __init__(self, compare: Compare, names: Iterable[bytes]) -> None:
        self.compare = compare
        self._names: dict[bytes, set[bytes]] = {}
        for name in names:
            self.add(name)

    def add(self, name: bytes) -> None:
        """Takes a name in."""
        self._names.setdefault(self.compare(name), set()).add(name)

    def discard(self, name: bytes) -> None:
        """Takes a name out."""
        self._names.get(self.compare(name), set()).discard(name)

    def of(self, name: bytes) -> list[bytes]:
        """The names that the file system takes for this one, in order."""
        return sorted(self._names.get(self.compare(name), ()))
