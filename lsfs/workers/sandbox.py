"""What a worker gives up before it touches hostile bytes: memory, time, files, network, programs, other processes.

Each part is used where the kernel has it.  The report says which are active, for ``lsfs doctor``, and which are not,
for the log.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal

import msgspec

from lsfs.core.posix import libc
from lsfs.workers import landlock, seccomp

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one worker's whole life, enforced by the kernel."""

    memory: int | None = 1 << 30
    """Bytes of address space; None where a library reserves far more than it uses."""
    cpu_s: int | None = 1800
    """Processor seconds; a worker asks to be replaced at half of it, so that no innocent file meets the limit."""
    descriptors: int = 128
    writing: int = 0
    """Bytes that a file may come to by writing to it, through a descriptor that the parent gave."""
    threads: int | None = None
    """Threads and processes of the user while this one runs (RLIMIT_NPROC); None leaves it, for thread pools."""


class SandboxReport(msgspec.Struct, frozen=True, array_like=True):
    """Which parts hold a worker, and which could not be had."""

    active: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def die_with_parent(parent: int) -> None:
    """Has the kernel kill this process when the thread that made it ends; exits if `parent` is gone already."""
    with contextlib.suppress(AttributeError):  # no prctl outside Linux: the closed socket ends the worker there
        libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def enter(limits: Limits) -> SandboxReport:
    """Binds the calling process for the rest of its life; what it will need must be imported, loaded and open.

    Landlock binds the calling thread and those it makes, everything else the whole process.
    """
    active, missing = _set_limits(limits)
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        active.append("no-new-privs")
    if _prctl(_PR_SET_DUMPABLE, 0):
        active.append("not-dumpable")
    version = _landlock_abi()
    if version and landlock.restrict(version):
        active.append(f"landlock-{version}")
    else:
        missing.append("landlock")
    try:
        filtered = seccomp.install(seccomp.build(os.uname().machine, os.getpid()))
    except (KeyError, AttributeError):  # another machine, or no libc with syscall()
        filtered = False
    (active if filtered else missing).append("seccomp")
    return SandboxReport(tuple(active), tuple(missing))


def _set_limits(limits: Limits) -> tuple[list[str], list[str]]:
    wanted = {
        "memory": (resource.RLIMIT_AS, limits.memory),
        "cpu": (resource.RLIMIT_CPU, limits.cpu_s),
        "bounded-writing" if limits.writing else "no-writing": (resource.RLIMIT_FSIZE, limits.writing),
        "no-core": (resource.RLIMIT_CORE, 0),
        "descriptors": (resource.RLIMIT_NOFILE, limits.descriptors),
        "threads": (getattr(resource, "RLIMIT_NPROC", -1), limits.threads),
    }
    active, missing = [], []
    for name, (which, bound) in wanted.items():
        if bound is None:
            continue
        try:
            resource.setrlimit(which, (bound, bound))
            active.append(name)
        except (ValueError, OSError):  # above a hard limit set from outside, or unknown here
            missing.append(name)
    return active, missing


def _prctl(option: int, value: int) -> bool:
    try:
        return bool(libc().prctl(option, value, 0, 0, 0) == 0)
    except AttributeError:
        return False


def _landlock_abi() -> int:
    try:
        return landlock.abi()
    except AttributeError:
        return 0
