"""One child process: spawned with a socket and nothing else, ended without leaving a trace."""

from __future__ import annotations

import contextlib
import os
import signal
import site
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import UnionType
from typing import Generic, TypeVar

from lsfs.core.posix import set_idle_priority
from lsfs.workers.protocol import Channel

STALL_S = 60.0
"""A child that stops in the middle of a message for so long is taken as broken."""
_END_S = 2.0
_KEPT = ("PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT")

M = TypeVar("M")


def child_environment(scratch: Path) -> dict[str, str]:
    """The environment of a child: nothing of the user's but locale and where Python finds its modules.

    What libraries write before the sandbox closes (unpacked native code, caches) goes to `scratch`, which is made
    for this user alone.
    """
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    if "PYTHONPATH" in environment:  # the child starts in /
        folders = [folder for folder in environment["PYTHONPATH"].split(os.pathsep) if folder]
        environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, folders))
    folder = str(scratch)
    return environment | {
        "HOME": folder,
        "TMPDIR": folder,
        "XDG_CACHE_HOME": folder,
        "PYTHONUSERBASE": site.getuserbase(),  # derived from HOME otherwise
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",  # glibc reserves 64 MiB of address space for each
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",  # a thread that spins takes a processor from those it waits for
        "RAYON_NUM_THREADS": "1",
        "TOKIO_WORKER_THREADS": "1",
    }


class Child(Generic[M]):
    """A running child and the channel to it; `M` is what it says.

    To be made by the thread that will own it: the kernel ends the child with that thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        arguments: Sequence[str],
        expects: type[M] | UnionType,
        *,
        scratch: Path,
        idle_priority: bool,
        stderr: int | None = None,
    ) -> None:
        """Starts ``command FD *arguments PARENT``; raises OSError when that cannot be done."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno()), *arguments, str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if stderr is None else stderr,
                pass_fds=[theirs.fileno()],
                env=child_environment(scratch),
                cwd="/",
                start_new_session=True,  # a Ctrl-C at the daemon's terminal is the daemon's business
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        if idle_priority:  # at birth, so that all threads it makes inherit it
            with contextlib.suppress(OSError):
                set_idle_priority(self._process.pid)
        self.channel: Channel[M] = Channel(ours, expects, stall_s=STALL_S)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def kill(self) -> None:
        """Ends the process at once; any thread may call this. The owner still has to `close`."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> str:
        """Ends the process, by closing the channel if that helps, and reaps it; says how it ended."""
        self.channel.close()
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            try:
                code = self._process.wait(_END_S)
            except subprocess.TimeoutExpired:  # in the middle of a disk operation that cannot be interrupted
                return "hangs in the kernel"
        return _ending(code)

    def destroy(self) -> str:
        """Ends the process at once and reaps it; says how it had ended before, where it had."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)  # a process that just died is not reaped yet
        self.kill()
        return self.close()


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
