"""A program run once, within bounds: in a process group of its own that is gone afterwards."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, NamedTuple

from lsfs.tools.callers.base import MOST_BYTES

_ASK_S = 0.1
_GRACE_S = 1.0
"""What a program may take to end when it is asked to."""
_PART = 1 << 16


class Ran(NamedTuple):
    """What a program said, and how it ended."""

    out: bytes
    err: bytes
    code: int
    """Its exit code; negative: the signal that ended it."""
    why: str
    """Why it was ended before its time; '' where it ended by itself."""


def run(
    argv: Sequence[str],
    *,
    stdin: bytes,
    cwd: str,
    environ: Mapping[str, str],
    deadline_s: float,
    cancelled: Callable[[], bool],
    most_bytes: int = MOST_BYTES,
) -> Ran:
    """Runs a program without a shell; `argv[0]` is its absolute path.  Raises OSError where it cannot be started.

    It is ended after `deadline_s` seconds, when `cancelled` says so, and when it says more than `most_bytes`; what it
    has started in its group is ended with it.  What has made itself a group of its own (setsid(2)) is not found.
    """
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=dict(environ),
        start_new_session=True,
        restore_signals=True,
    )
    try:
        said, why = _followed(process, stdin, time.monotonic() + deadline_s, deadline_s, cancelled, most_bytes)
        if why:
            _signal(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
    finally:
        _signal(process, signal.SIGKILL)
        code = process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
    return Ran(bytes(said["out"]), bytes(said["err"]), code, why)


def _followed(
    process: subprocess.Popen[bytes],
    stdin: bytes,
    until: float,
    deadline_s: float,
    cancelled: Callable[[], bool],
    most_bytes: int,
) -> tuple[dict[str, bytearray], str]:
    """What it says until it ends, and why it is to be ended if it is."""
    said = {"out": bytearray(), "err": bytearray()}
    waiting = memoryview(stdin)
    with selectors.DefaultSelector() as pipes:
        for name, pipe in (("out", process.stdout), ("err", process.stderr)):
            _watch(pipes, pipe, selectors.EVENT_READ, name)
        if waiting:
            _watch(pipes, process.stdin, selectors.EVENT_WRITE, "in")
        elif process.stdin is not None:
            process.stdin.close()
        ended: float | None = None
        while True:
            if cancelled():
                return said, "it was cancelled"
            if time.monotonic() > until:
                return said, f"it took longer than {deadline_s:g} s and was ended"
            for key, _ in pipes.select(_ASK_S) if pipes.get_map() else ():
                if key.data == "in":
                    waiting = _fed(pipes, key.fileobj, waiting)
                    continue
                part = os.read(key.fd, _PART)
                if part:
                    said[key.data] += part
                else:
                    pipes.unregister(key.fileobj)
            if sum(map(len, said.values())) > most_bytes:
                return said, f"it said more than {most_bytes >> 20} MiB and was ended"
            if process.poll() is not None:
                # What it left behind may hold its pipes open; what is in them already is read yet.
                ended = ended or time.monotonic()
                if not any(key.data != "in" for key in pipes.get_map().values()) or time.monotonic() - ended > _ASK_S:
                    return said, ""
            elif not pipes.get_map():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_ASK_S)


def _watch(pipes: selectors.BaseSelector, pipe: IO[bytes] | None, event: int, name: str) -> None:
    assert pipe is not None
    os.set_blocking(pipe.fileno(), False)
    pipes.register(pipe, event, name)


def _fed(pipes: selectors.BaseSelector, pipe: object, waiting: memoryview) -> memoryview:
    """Writes what fits into a program's input; what is left of it."""
    assert hasattr(pipe, "fileno") and hasattr(pipe, "close")
    try:
        waiting = waiting[os.write(pipe.fileno(), waiting[:_PART]) :]
    except BlockingIOError:
        return waiting
    except BrokenPipeError:
        waiting = waiting[:0]
    if not waiting:
        pipes.unregister(pipe)
        with contextlib.suppress(OSError):
            pipe.close()
    return waiting


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Sends a signal to the group, which outlives its leader while anything of it runs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
