"""Which folders take two different names for the same one: those that ignore case, or how letters are composed."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Sequence

from lsfs.core.paths import is_within
from lsfs.core.posix import Mount
from lsfs.plan.disk import Disk
from lsfs.plan.overlay import folded
from lsfs.plan.steps import Where

_FOLDING = frozenset(
    ("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "cifs", "smb3", "hfs", "hfsplus", "apfs", "jfs", "iso9660")
)
_GETFLAGS = 0x80086601
"""FS_IOC_GETFLAGS (ioctl_iflags(2))."""
_CASEFOLD = 0x40000000
"""FS_CASEFOLD_FL: an ext4 or f2fs folder that ignores case."""


def fold_of(disk: Disk, where: Where, mounts: Sequence[Mount]) -> Callable[[bytes], bytes] | None:
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
