"""Linux calls that Python does not wrap, each with a named fallback where the kernel lacks it.

Paths are bytes.  Failures raise ``OSError`` with the errno of the call, as ``os`` does.
Every function may be called from any thread; ctypes releases the interpreter lock during the call.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import functools
import os
import re
import stat
import sys

import msgspec

from lsfs.core.records import storable_ns

AT_FDCWD = -100
RENAME_NOREPLACE = 1
RENAME_EXCHANGE = 2

_AT_EMPTY_PATH = 0x1000
_AT_SYMLINK_NOFOLLOW = 0x100
_STATX_BTIME = 0x800
_STATX_ATTR_ENCRYPTED = 0x800
_SYS_OPENAT2 = 437  # the same on every architecture, as all calls added since Linux 5.1
_RESOLVE_BENEATH_WITHOUT_LINKS = 0x08 | 0x04 | 0x02  # BENEATH, NO_SYMLINKS, NO_MAGICLINKS
_SYS_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "riscv64": 30}
_IOPRIO_WHO_PROCESS = 1
_IOPRIO_CLASS_IDLE = 3 << 13
_FICLONE = 0x40049409
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})


class Mount(msgspec.Struct, frozen=True, array_like=True):
    """One line of mountinfo."""

    mount_point: bytes
    fs_type: str
    source: bytes = b""
    """What is mounted, a block device's path where it is one."""
    device: str = ""
    """``MAJOR:MINOR`` of what lies on it (``st_dev``), the same wherever the mount is moved to."""


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class _Statx(ctypes.Structure):
    """The part of ``struct statx`` (256 bytes) up to the birth time; see statx(2)."""

    _fields_ = (
        ("stx_mask", ctypes.c_uint32),
        ("stx_blksize", ctypes.c_uint32),
        ("stx_attributes", ctypes.c_uint64),
        ("before_btime", ctypes.c_uint8 * 64),
        ("btime_sec", ctypes.c_int64),
        ("btime_nsec", ctypes.c_uint32),
        ("rest", ctypes.c_uint8 * 164),
    )


@functools.cache
def libc() -> ctypes.CDLL:
    """The C library of this process, with errno kept per call (``ctypes.get_errno``)."""
    return ctypes.CDLL(None, use_errno=True)


def _fail(path: bytes, second: bytes | None = None) -> OSError:
    number = ctypes.get_errno()
    if second is None:
        return OSError(number, os.strerror(number), path)
    return OSError(number, os.strerror(number), path, None, second)


def statx_btime(dir_fd: int | None, path: bytes) -> int:
    """Birth time of the inode at `path` in nanoseconds, 0 where the file system or the kernel keeps none.

    No link is followed.  ``path=b""`` means `dir_fd` itself.  Fallback (no ``statx``: macOS, BSD): ``st_birthtime``.
    """
    function = getattr(libc(), "statx", None)
    if function is None:
        seen = os.stat(path, dir_fd=dir_fd, follow_symlinks=False) if path else os.fstat(dir_fd or 0)
        return storable_ns(int(getattr(seen, "st_birthtime", 0) * 1_000_000_000))
    buffer = _Statx()
    at = AT_FDCWD if dir_fd is None else dir_fd
    flags = _AT_SYMLINK_NOFOLLOW if path else _AT_EMPTY_PATH
    if function(at, path, flags, _STATX_BTIME, ctypes.byref(buffer)) != 0:
        if ctypes.get_errno() == errno.ENOSYS:
            return 0
        raise _fail(path)
    if not buffer.stx_mask & _STATX_BTIME:
        return 0
    return storable_ns(int(buffer.btime_sec) * 1_000_000_000 + int(buffer.btime_nsec))


def is_encrypted(path: bytes) -> bool:
    """Whether what stands at `path` is encrypted by its file system (fscrypt).  Fallback (no ``statx``): False."""
    function = getattr(libc(), "statx", None)
    buffer = _Statx()
    if function is None or function(AT_FDCWD, path, _AT_SYMLINK_NOFOLLOW, 0, ctypes.byref(buffer)) != 0:
        return False
    return bool(buffer.stx_attributes & _STATX_ATTR_ENCRYPTED)


def open_beneath(root_fd: int, relpath: bytes, flags: int, mode: int = 0o600) -> int:
    """A descriptor (close-on-exec) of `relpath` below `root_fd`; no symlink on the way or at the end is followed.

    ``b""`` is the root itself.  A path that is absolute or contains ``..`` raises ``OSError(EXDEV)``, a symlink
    ``OSError(ELOOP)``.  A FIFO blocks unless `flags` has ``O_NONBLOCK``, as with ``open``.
    Fallback (before Linux 5.6, or forbidden by a container): `open_beneath_stepwise`.
    """
    relpath = _confined(relpath)
    flags |= os.O_CLOEXEC
    how = _OpenHow(flags, mode if flags & os.O_CREAT else 0, _RESOLVE_BENEATH_WITHOUT_LINKS)
    while True:
        fd = libc().syscall(_SYS_OPENAT2, root_fd, relpath, ctypes.byref(how), ctypes.sizeof(how))
        if fd >= 0:
            return int(fd)
        if ctypes.get_errno() not in (errno.EINTR, errno.EAGAIN):
            break
    if ctypes.get_errno() in (errno.ENOSYS, errno.EPERM):  # EPERM: older container runtimes deny unknown calls so
        return open_beneath_stepwise(root_fd, relpath, flags, mode)
    raise _fail(relpath)


def open_beneath_stepwise(root_fd: int, relpath: bytes, flags: int, mode: int = 0o600) -> int:
    """What `open_beneath` gives, by opening each component with ``O_NOFOLLOW``; as safe, and slower."""
    relpath = _confined(relpath)
    *parents, name = [part for part in relpath.split(b"/") if part not in (b"", b".")] or [b"."]
    step = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
    at = root_fd
    try:
        for parent in parents:
            below = _open_component(at, parent, step, 0)
            if at != root_fd:
                os.close(at)
            at = below
        return _open_component(at, name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    finally:
        if at != root_fd:
            os.close(at)


def _open_component(dir_fd: int, name: bytes, flags: int, mode: int) -> int:
    try:
        fd = os.open(name, flags, mode, dir_fd=dir_fd)
    except OSError as error:
        # O_DIRECTORY|O_NOFOLLOW says ENOTDIR for a symlink; callers tell the two cases apart.
        if error.errno == errno.ENOTDIR and _is_symlink(dir_fd, name):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from None
        raise
    if flags & getattr(os, "O_PATH", 0) and stat.S_ISLNK(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
    return fd


def _is_symlink(dir_fd: int, name: bytes) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _confined(relpath: bytes) -> bytes:
    if b"\0" in relpath:
        raise OSError(errno.EINVAL, "NUL in a path", relpath)
    if relpath.startswith(b"/") or b".." in relpath.split(b"/"):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), relpath)
    return relpath or b"."


def folder_beneath(root_fd: int, path: bytes) -> int:
    """A descriptor of the folder `path` below `root_fd`, however long; as `open_beneath`."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return open_beneath(root_fd, path, flags)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
    return open_beneath_stepwise(root_fd, path, flags)


def sync_file_system(fd: int) -> None:
    """Has everything written that the file system of `fd` holds in memory.  Fallback (no ``syncfs``): all of them."""
    function = getattr(libc(), "syncfs", None)
    if function is None:
        os.sync()
    elif function(fd) != 0:
        raise _fail(b"")


def clone_file(src_fd: int, dst_fd: int) -> bool:
    """Whether the empty file `dst_fd` shares the bytes of `src_fd` now (FICLONE); False where that cannot be."""
    try:
        fcntl.ioctl(dst_fd, _FICLONE, src_fd)
    except OSError:
        return False
    return True


def copy_bytes(src_fd: int, dst_fd: int) -> int:
    """How many bytes of `src_fd`, from its beginning on, were copied to the end of `dst_fd`.

    Shared where the file system can, else copied in the kernel, else (``copy_file_range`` refused) by reading.
    """
    if clone_file(src_fd, dst_fd):
        return os.fstat(dst_fd).st_size
    at = 0
    while True:
        try:
            count = os.copy_file_range(src_fd, dst_fd, 1 << 24, at, at)
        except OSError as error:
            if at or error.errno not in (errno.EXDEV, *_UNSUPPORTED, errno.EPERM):
                raise
            break
        if count == 0:
            return at
        at += count
    while part := os.pread(src_fd, 1 << 20, at):
        written = 0
        while written < len(part):
            written += os.pwrite(dst_fd, part[written:], at + written)
        at += len(part)
    return at


def renameat2(src_fd: int | None, src: bytes, dst_fd: int | None, dst: bytes, flags: int = 0) -> None:
    """Move `src` to `dst`; ``RENAME_NOREPLACE`` raises ``FileExistsError``, ``RENAME_EXCHANGE`` swaps the two.

    Fallback of NOREPLACE where the file system has none (NFS, some FUSE): link and unlink for files, which is as
    safe; for directories a look followed by a rename, which only replaces an empty directory made in between.
    EXCHANGE has no fallback and raises.
    """
    function = getattr(libc(), "renameat2", None)
    if function is not None:
        at_src = AT_FDCWD if src_fd is None else src_fd
        at_dst = AT_FDCWD if dst_fd is None else dst_fd
        if function(at_src, src, at_dst, dst, flags) == 0:
            return
        if not flags or ctypes.get_errno() not in _UNSUPPORTED:
            raise _fail(src, dst)
    if flags == 0:
        os.rename(src, dst, src_dir_fd=src_fd, dst_dir_fd=dst_fd)
    elif flags == RENAME_NOREPLACE:
        rename_noreplace_by_link(src_fd, src, dst_fd, dst)
    else:
        raise OSError(errno.EOPNOTSUPP, "this file system cannot exchange two files", src, None, dst)


def rename_noreplace_by_link(src_fd: int | None, src: bytes, dst_fd: int | None, dst: bytes) -> None:
    """The fallback of `renameat2` with ``RENAME_NOREPLACE``."""
    seen = os.stat(src, dir_fd=src_fd, follow_symlinks=False)
    if not stat.S_ISDIR(seen.st_mode):
        try:
            os.link(src, dst, src_dir_fd=src_fd, dst_dir_fd=dst_fd, follow_symlinks=False)
        except OSError as error:
            if error.errno not in (errno.EPERM, *_UNSUPPORTED):
                raise
        else:
            try:
                os.unlink(src, dir_fd=src_fd)
            except OSError:
                os.unlink(dst, dir_fd=dst_fd)
                raise
            return
    with contextlib.suppress(FileNotFoundError):
        os.stat(dst, dir_fd=dst_fd, follow_symlinks=False)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), src, None, dst)
    os.rename(src, dst, src_dir_fd=src_fd, dst_dir_fd=dst_fd)


def mountinfo() -> list[Mount]:
    """What is mounted where, in the kernel's order (a later mount may cover an earlier one).

    Fallback (no ``/proc``): an empty list; callers then tell file systems apart by ``st_dev`` alone.
    """
    try:
        with open("/proc/self/mountinfo", "rb") as lines:
            return parse_mountinfo(lines.read())
    except FileNotFoundError:
        return []


def parse_mountinfo(data: bytes) -> list[Mount]:
    """The mounts in the text of a ``/proc/PID/mountinfo`` (proc_pid_mountinfo(5))."""
    mounts = []
    for line in data.split(b"\n"):  # not splitlines: a carriage return is not escaped there
        front, separator, back = line.partition(b" - ")
        fields, described = front.split(b" "), back.split(b" ")
        if not separator or len(fields) < 6 or len(described) < 2:
            continue
        fs_type, source = os.fsdecode(_unescape(described[0])), _unescape(described[1])
        mounts.append(Mount(_unescape(fields[4]), fs_type, source, fields[2].decode("ascii", "replace")))
    return mounts


def _unescape(field: bytes) -> bytes:
    if b"\\" not in field:
        return field
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), field)


def give_back_memory() -> None:
    """Has the C library return what it holds free to the system (``malloc_trim``).  Fallback (no glibc): nothing."""
    trim = getattr(libc(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def set_idle_priority(tid: int = 0) -> tuple[str, ...]:
    """Let thread or process `tid` (0: the caller) run only when nothing else wants to; the names of what took effect.

    ``sched-idle`` or, as the fallback, ``nice-19`` for the processor; ``io-idle`` for the disk (no fallback).
    Threads made afterwards inherit it; those made before do not.
    """
    done = []
    try:
        os.sched_setscheduler(tid, os.SCHED_IDLE, os.sched_param(0))
        done.append("sched-idle")
    except (AttributeError, OSError):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, tid, 19)
            done.append("nice-19")
    number = _SYS_IOPRIO_SET.get(os.uname().machine)
    if (
        sys.platform == "linux"
        and number is not None
        and libc().syscall(number, _IOPRIO_WHO_PROCESS, tid, _IOPRIO_CLASS_IDLE) == 0
    ):
        done.append("io-idle")
    return tuple(done)


def fs_uuid(path: bytes) -> str:
    """A name of the file system that `path` is on, the same after a reboot where that can be had; "" if none is known.

    ``uuid:…`` when a link in ``/dev/disk/by-uuid`` has its device; else ``fsid:…`` from statvfs(3), which ext4 and
    btrfs derive from their uuid and others from the device number.
    """
    device = os.stat(path, follow_symlinks=False).st_dev
    with contextlib.suppress(OSError), os.scandir("/dev/disk/by-uuid") as links:
        for link in links:
            with contextlib.suppress(OSError):
                if os.stat(link.path).st_rdev == device:
                    return f"uuid:{link.name}"
    fsid = os.statvfs(path).f_fsid
    return f"fsid:{fsid & 0xFFFF_FFFF_FFFF_FFFF:016x}" if fsid else ""
