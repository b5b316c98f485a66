"""Which places below a root are other file systems, read from mountinfo before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable

from lsfs.core import paths
from lsfs.core.posix import Mount

_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "afs", "9p", "lustre", "gpfs", "coda", "davfs")
)
_KERNEL = frozenset(
    ("proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "configfs", "bpf")
)


def below(root: bytes, mounts: Iterable[Mount]) -> frozenset[bytes]:
    """The mount points beneath `root` (absolute), relative to it; the root's own is not among them."""
    found = (paths.relative(root, mount.mount_point) for mount in mounts)
    return frozenset(path for path in found if path)


def refusal(root: bytes, mounts: Iterable[Mount]) -> str | None:
    """Why `root` (absolute, links resolved) can not be watched because of what it lies on; None if it can.

    Nothing is touched: a FUSE or network file system may hang whoever asks it.
    """
    covering = [mount for mount in mounts if paths.relative(mount.mount_point, root) is not None]
    if not covering:
        return None
    # Of mounts on the same point, the last one covers the others.
    longest = max(len(mount.mount_point) for mount in covering)
    fs_type = [mount for mount in covering if len(mount.mount_point) == longest][-1].fs_type
    if fs_type in _NETWORK:
        return f"it lies on a network file system ({fs_type})"
    if fs_type == "autofs" or fs_type.partition(".")[0] == "fuse":
        return f"it lies on a file system that a program provides ({fs_type})"
    return f"it lies on a file system of the kernel ({fs_type})" if fs_type in _KERNEL else None
