"""Starts the daemon on demand, in surroundings of its own, and waits until it answers or says why it cannot."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from lsfs.core.errors import ConflictError, DaemonUnavailable
from lsfs.core.failures import error_of
from lsfs.core.locations import Paths

START_SECONDS = 60.0
"""A vault that was left in the middle of something is recovered before the daemon answers."""

_PASSED_ON = ("HOME", "PATH", "LANG", "LANGUAGE", "TZ")
_PASSED_ON_PREFIXES = ("XDG_", "LC_", "LSFS_")


def daemon_command() -> list[str]:
    """The command that runs the daemon belonging to this program, under the same interpreter."""
    return [sys.executable, "-P", "-m", "lsfsd", "run"]


def daemon_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What of `environ` a daemon gets: it outlives the shell that happened to start it."""
    return {
        name: value for name, value in environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }


def launch_daemon(paths: Paths, environ: Mapping[str, str], command: Sequence[str] | None = None) -> None:
    """Returns once a daemon listens at ``paths.socket``; raises what the daemon says it failed with."""
    paths.check_socket()
    reading, writing = os.pipe()
    try:
        try:
            child = subprocess.Popen(
                [*(command or daemon_command()), "--ready-fd", str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=daemon_environment(environ),
                start_new_session=True,
                pass_fds=(writing,),
            )
        except OSError as error:
            raise DaemonUnavailable(f"the daemon could not be started: {error.strerror}") from error
        finally:
            os.close(writing)
        _await_report(reading, child, paths)
    finally:
        os.close(reading)


def _await_report(reading: int, child: subprocess.Popen[bytes], paths: Paths) -> None:
    said = b""
    deadline = time.monotonic() + START_SECONDS
    while not said.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            raise DaemonUnavailable("the daemon does not get ready", path=paths.log_file, hint="its log may say why")
        piece = os.read(reading, 65536)
        if not piece:
            code = child.wait()
            raise DaemonUnavailable(
                f"the daemon ended as it started (exit code {code})", path=paths.log_file, hint="its log may say why"
            )
        said += piece
    # The child lives on; Popen would warn of that when it is collected.
    child.returncode = 0
    error = json.loads(said).get("error")
    if error is None:
        return
    failure = error_of(error["code"], error["message"], error["path"], error["hint"])
    if not isinstance(failure, ConflictError):
        raise failure
    # Another command may have started one a moment ago, which is not listening yet.
    if not wait_until(lambda: can_connect(paths.socket), START_SECONDS / 6):
        raise failure


def can_connect(socket_path: str) -> bool:
    """True if something listens at `socket_path`."""
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(socket_path)
        except OSError:
            return False
    return True


def is_locked(lock_path: str) -> bool:
    """True while a process holds the daemon's lock."""
    try:
        with open(lock_path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def terminate_holder(lock_path: str) -> None:
    """Asks the process that holds the daemon's lock to end, as `shutdown` would.

    For a daemon whose socket is gone: a system may clear its runtime folder at log-out.
    """
    try:
        with open(lock_path, "rb") as file:
            os.kill(int(file.read(32)), signal.SIGTERM)
    except (OSError, ValueError) as error:
        raise DaemonUnavailable("the daemon runs and cannot be asked to stop", path=lock_path) from error


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """True as soon as `condition` holds, False if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return True
