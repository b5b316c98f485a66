"""What the abuse of a mount is measured with: time, processes in state D, memory, descriptors, whole trees."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import MARKER
from tests.views.surfaces import Home

LONG_AGO = 1_700_000_000
"""When the files of these homes were modified, so that they stand at `THEN`."""
THEN = "2024-06-01T00:00:00"
UNSTUCK_S = 5.0
"""How long a process may wait for a disk, or for an answer that is on its way."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails what takes longer."""
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    assert took < seconds, f"it took {took:.1f} s, not {seconds} s"


def ran(*command: str | os.PathLike[str], seconds: float = 20) -> subprocess.CompletedProcess[bytes]:
    """A command that has ended; one that hangs is killed, and fails the test."""
    return subprocess.run(command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False)


def stuck() -> list[str]:
    """Processes of these tests that are in state D now, and still are some seconds later."""
    until = time.monotonic() + UNSTUCK_S
    while (found := _in_state_d()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def _in_state_d() -> list[str]:
    mark = f"{MARKER}={os.environ[MARKER]}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The state of a process, and of each of its threads: proc_pid_stat(5), after the name in brackets.
            states = {_state(task) for task in (entry / "task").iterdir()}
            if "D" in states and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(f"{entry.name} {(entry / 'comm').read_text().strip()}")
    return found


def _state(task: Path) -> str:
    return (task / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]


def resident_kib(pid: int) -> int:
    """What a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def descriptors(pid: int) -> int:
    """How many files a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


@contextlib.contextmanager
def hung(home: Home) -> Iterator[None]:
    """The daemon does not move meanwhile."""
    pid = home.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def write(path: Path, data: bytes | str) -> Path:
    """A file that was modified long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def age(folder: Path) -> None:
    """Lets a folder and those below it be as old as the files."""
    for above, _, _ in os.walk(folder):
        os.utime(above, (LONG_AGO, LONG_AGO))


class Seen(NamedTuple):
    """What stands at a path."""

    mode: int
    mtime_ns: int
    content: bytes
    """A file's bytes, a link's text."""


def tree(top: Path) -> dict[bytes, Seen]:
    """Everything below a folder, by its path."""
    found = {}
    for above, folders, files in os.walk(os.fsencode(top)):
        for name in (*folders, *files):
            path = os.path.join(above, name)
            status = os.lstat(path)
            content = b""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = Path(os.fsdecode(path)).read_bytes()
            found[os.path.relpath(path, os.fsencode(top))] = Seen(status.st_mode, status.st_mtime_ns, content)
    return found


def links(folder: int | str | os.PathLike[str]) -> list[str]:
    """The names of a folder's results; of one that is open by its descriptor."""
    return [name for name in os.listdir(folder) if not name.startswith(".") and name != "README.txt"]
