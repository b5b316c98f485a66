"""What a worker is doing now, told through a shared page: no system call a file, and it outlives a crash."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import time

_FIELDS = struct.Struct("=QQ")


class ProgressWriter:
    """The worker's side."""

    def __init__(self, page: mmap.mmap) -> None:
        self._page = page
        self._step = 0

    def begin(self, job: int) -> None:
        """From now on the worker is busy with `job`."""
        self._step += 1
        _FIELDS.pack_into(self._page, 0, self._step, job)


class ProgressPage:
    """The parent's side, which owns the page."""

    def __init__(self) -> None:
        self.descriptor = _anonymous_file()
        self._page = mmap.mmap(self.descriptor, mmap.PAGESIZE)

    def read(self) -> tuple[int, int]:
        """A counter that moves with each beginning, and the job begun last; both as an untrusted worker wrote them."""
        step, job = _FIELDS.unpack_from(self._page, 0)
        return step, job

    def close(self) -> None:
        """Frees the page."""
        self._page.close()
        os.close(self.descriptor)


def _anonymous_file() -> int:
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryFile() as file:
            os.ftruncate(file.fileno(), mmap.PAGESIZE)
            return os.dup(file.fileno())
    fd = os.memfd_create("lsfs-progress", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, mmap.PAGESIZE)
    # A worker that could shrink the page would end its parent by SIGBUS.
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return fd


class Stopwatch:
    """Seconds since its making, without those in which process `pid` had to wait for a processor.

    A worker at idle priority may stand still for minutes through no fault of the file that it reads.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._since = time.monotonic()
        self._waited = waited_for_processor(pid)

    def elapsed(self) -> float:
        """The seconds."""
        waited = max(0.0, waited_for_processor(self._pid) - self._waited)
        return time.monotonic() - self._since - waited


def waited_for_processor(pid: int) -> float:
    """Seconds that a process has been ready to run but did not get a processor; 0.0 where the kernel does not say.

    Of several threads the one that waited longest counts: the others may have waited for it.
    """
    longest = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                longest = max(longest, int(file.read().split()[1]))
    except (OSError, IndexError, ValueError):
        return 0.0
    return longest / 1e9
