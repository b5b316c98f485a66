"""One process that shows folders at a mount point: started, found again, ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lsfs.core.errors import UnavailableError
from lsfs.core.failures import error_of
from lsfs.core.posix import Mount, mountinfo
from lsfs.rpc.launch import is_locked, wait_until
from lsfs.watch.mounts import OURS
from lsfsd.mounts.requirements import fusermount

READY_SECONDS = 20.0
FUSERMOUNT_SECONDS = 10.0
"""A mount that hangs may hang who looks for it on the way to another."""
_KILLED_SECONDS = 5.0
_STACKED = 8
"""Mounts on one point that are taken away at most."""
UNMOUNTED = "unmounted"
BY_SIGNAL = "signal"
"""How a process says that it has ended."""


def fuse_command() -> list[str]:
    """The command of such a process, but for its arguments."""
    return [sys.executable, "-P", "-m", "lsfsd", "fuse"]


class Claim(NamedTuple):
    """What a process writes into the file that it holds locked."""

    pid: int
    build: str
    vault_ino: int
    vault_dev: int
    mount: bytes
    allow_other: bool
    device: str
    """Of its mount, as in mountinfo; '' until it is mounted."""
    ended: str
    """`UNMOUNTED` or `BY_SIGNAL`; '' while it runs, and where it was killed."""


class FuseProcess:
    """A running process.  Its number may be given to another once it has ended; its descriptor is never."""

    def __init__(self, pid: int, descriptor: int, device: str = "") -> None:
        self.pid = pid
        self.device = device
        """Of its mount; '' where that is not known."""
        self.descriptor = descriptor
        """A pidfd, which can be read from once the process has ended (pidfd_open(2))."""

    def send(self, number: int) -> None:
        """Sends a signal."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    def ended(self, within: float = 0.0) -> bool:
        """Whether it has ended, or does so within so many seconds."""
        waiting = select.poll()
        waiting.register(self.descriptor, select.POLLIN)
        return bool(waiting.poll(within * 1000))

    def kill(self) -> None:
        """Ends it, whatever it is at."""
        self.send(signal.SIGKILL)
        self.ended(_KILLED_SECONDS)

    def close(self) -> int | None:
        """Gives the descriptor back; the exit code if it has ended as a child of ours, negative for a signal."""
        try:
            found = os.waitid(os.P_PIDFD, self.descriptor, os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            found = None
        os.close(self.descriptor)
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def holder(lock: Path) -> tuple[FuseProcess, Claim] | None:
    """The process that holds `lock` and what it says of itself; None where none does.

    Raises `UnavailableError` where one holds it that is not known for one of ours: it is left alone.
    """
    found: list[tuple[FuseProcess, Claim]] = []

    def look() -> bool:
        if not is_locked(str(lock)):
            return True
        if (one := _claimant(lock)) is not None:
            found.append(one)
        return bool(found)

    # One that has just begun has not written who it is yet.
    if not wait_until(look, 2.0):
        raise UnavailableError("another program holds its lock", path=str(lock))
    return found[0] if found else None


def stale(folder: Path) -> list[bytes]:
    """Where something is mounted still whose process is gone: whoever looks there gets ENOTCONN."""
    found = []
    for lock in sorted(folder.glob("*.lock")):
        claim = claim_in(lock)
        if claim is not None and not is_locked(str(lock)) and is_mounted(claim.mount):
            found.append(claim.mount)
    return found


def claim_in(lock: Path) -> Claim | None:
    """What the file says, whoever wrote it and whether that runs or not; None where it is not whole."""
    try:
        said = json.loads(lock.read_bytes())  # not msgspec, which takes no name that is not UTF-8
        return Claim(
            int(said["pid"]),
            said["build"],
            said["vault_ino"],
            said["vault_dev"],
            os.fsencode(said["mount"]),
            bool(said["allow_other"]),
            said.get("device", ""),
            said.get("ended", ""),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _claimant(lock: Path) -> tuple[FuseProcess, Claim] | None:
    """Who says in the file that it holds it, and is such a process."""
    claim = claim_in(lock)
    if claim is None:
        return None
    try:
        descriptor = os.pidfd_open(claim.pid)
    except OSError:
        return None
    # The number could be another process's by now: what has this descriptor was started with this file.
    with contextlib.suppress(OSError):
        if os.fsencode(lock) in Path(f"/proc/{claim.pid}/cmdline").read_bytes().split(b"\0"):
            return FuseProcess(claim.pid, descriptor, claim.device), claim
    os.close(descriptor)
    return None


def start(command: Sequence[str | bytes], abort: int) -> FuseProcess:
    """The process of `command` once it has mounted; raises what it says that it failed with, and leaves none behind.

    `abort` is a descriptor: once it can be read from, nothing is waited for any more.
    """
    reading, writing = os.pipe()
    try:
        try:
            child = subprocess.Popen(
                [*command, "--ready-fd", str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                pass_fds=(writing,),
            )
        except OSError as error:
            raise UnavailableError(f"the process that mounts could not be started: {error.strerror}") from error
        finally:
            os.close(writing)
        process = FuseProcess(child.pid, os.pidfd_open(child.pid))
        child.returncode = 0  # it is reaped through its descriptor, or outlives us
        try:
            _await_ready(reading, process, abort)
        except BaseException:
            if not process.ended(1.0):
                process.kill()
            process.close()
            raise
        return process
    finally:
        os.close(reading)


def _await_ready(reading: int, process: FuseProcess, abort: int) -> None:
    said = b""
    deadline = time.monotonic() + READY_SECONDS
    waiting = select.poll()
    waiting.register(reading, select.POLLIN)
    waiting.register(abort, select.POLLIN)
    while not said.endswith(b"\n"):
        happened = [descriptor for descriptor, _ in waiting.poll(max(0.0, deadline - time.monotonic()) * 1000)]
        if not happened:
            process.kill()
            raise UnavailableError(f"the process that mounts was not ready after {READY_SECONDS:.0f} s")
        if abort in happened:
            process.kill()
            raise UnavailableError("the daemon stops")
        piece = os.read(reading, 65536)
        if not piece:
            raise UnavailableError("the process that mounts ended as it started")
        said += piece
    error = json.loads(said).get("error")
    if error is not None:
        raise error_of(error["code"], error["message"], error["path"], error["hint"])


def is_mounted(point: bytes) -> bool:
    """Whether one of our mounts stands at `point`, working or not; nothing there is looked at."""
    return any(mount.mount_point == point for mount in _ours())


def device_at(point: bytes) -> str:
    """The device of what of ours is mounted at `point`; '' where nothing is."""
    return next((mount.device for mount in reversed(_ours()) if mount.mount_point == point), "")


def where(point: bytes, device: str) -> bytes | None:
    """The folder at which the mount of `device` (of any, where it is '') is: `point`, or where that was moved to.

    Only for one whose process runs, or did just now: the number is given to the next mount after this one.
    """
    points = [mount.mount_point for mount in _ours() if (mount.device == device if device else True)]
    if point in points:
        return point
    return points[0] if points and device else None


def _ours() -> list[Mount]:
    return [mount for mount in mountinfo() if mount.fs_type == OURS]


def unmount(point: bytes, *, lazy: bool = False) -> str:
    """Empty once nothing of ours is mounted at `point` any more, else why it still is.

    A `lazy` one succeeds where programs use it, and takes what is mounted below it away too (umount2(2), MNT_DETACH).
    """
    said = ""
    for _ in range(_STACKED):
        if said or not is_mounted(point):
            break
        command: list[str | bytes] = [fusermount() or "fusermount3", "-u", *(["-z"] if lazy else []), "--", point]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=FUSERMOUNT_SECONDS, check=False
            )
            if done.returncode:
                said = done.stderr.decode("utf-8", "replace").strip() or "fusermount3 gives no reason"
        except subprocess.TimeoutExpired:
            said = "it does not answer"
        except OSError as error:
            said = f"fusermount3: {error.strerror}"
    return said if is_mounted(point) else ""
