"""Which places below a root are other file systems, read from mountinfo before anything is touched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from lsfs.core import paths
from lsfs.core.posix import Mount, mountinfo

_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "afs", "9p", "lustre", "gpfs", "coda", "davfs")
)
_KERNEL = frozenset(
    ("proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "configfs", "bpf")
)
OURS = "fuse.lsfs"
"""The type of our own mounts (their subtype is lsfs)."""
_LINKS = 40
"""Links on the way to a path, as many as the kernel follows."""


def with_stored(mounts: Iterable[Mount], stored: Iterable[bytes]) -> list[Mount]:
    """`mounts`, and our own mount points `stored` as though all of them were mounted now."""
    return [*mounts, *(Mount(path, OURS) for path in stored)]


def is_fuse(mount: Mount) -> bool:
    """Whether a program provides what is mounted: it may hang whoever looks at it.

    Disks (fuseblk) do not count: their programs are part of the system.
    """
    return mount.fs_type.partition(".")[0] == "fuse"


def fuse_around(path: bytes, mounts: Iterable[Mount]) -> Mount | None:
    """The FUSE mount that absolute `path` is, or lies in, by text; None where there is none.

    The file system of the whole system does not count: in some containers it is one of FUSE.
    """
    covering = (mount for mount in mounts if mount.mount_point != b"/" and is_fuse(mount))
    return next((mount for mount in covering if paths.relative(mount.mount_point, path) is not None), None)


def resolved(path: bytes, mounts: Sequence[Mount]) -> bytes:
    """Absolute `path` without links and dots, but for what lies in a FUSE mount: nothing is asked there.

    What does not exist stays as it is named, and so does what lies behind links that lead in a circle.
    """
    points = {mount.mount_point for mount in mounts if is_fuse(mount)} - {b"/"}
    at, links = b"/", 0
    rest = path.split(b"/")[::-1]
    while rest:
        name = rest.pop()
        if name in (b"", b"."):
            continue
        if name == b"..":
            at = os.path.dirname(at)
            continue
        step = os.path.join(at, name)
        if step in points or links > _LINKS:
            return os.path.normpath(os.path.join(step, *rest[::-1]))
        try:
            target = os.readlink(step)
        except OSError:
            at = step  # no link, or nothing there
            continue
        links += 1
        if target.startswith(b"/"):
            at = b"/"
        rest += target.split(b"/")[::-1]
    return at


def real(path: bytes) -> bytes:
    """`resolved` with what is mounted now: ``os.path.realpath`` for paths that people name."""
    return resolved(path, mountinfo())


def stands(path: bytes) -> bool:
    """Whether something is at absolute `path`, be it a link; False, unasked, for what lies in a FUSE mount."""
    mounts = mountinfo()
    folder, name = os.path.split(path)
    path = os.path.join(resolved(folder, mounts), name)
    return fuse_around(path, mounts) is None and os.path.lexists(path)


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
    if fs_type == OURS:
        return "it lies in the folders that lsfs itself shows (lsfs mount --list)"
    if fs_type == "autofs" or fs_type.partition(".")[0] == "fuse":
        return f"it lies on a file system that a program provides ({fs_type})"
    return f"it lies on a file system of the kernel ({fs_type})" if fs_type in _KERNEL else None
