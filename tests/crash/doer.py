"""Does things in processes of their own, which come to their end at a boundary that the test names.

A program: it takes jobs on its standard input, one JSON document a line, forks for each, and prints what became of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from lsfs.compose import open_engine
from lsfs.core.actions import Action
from lsfs.core.api import ApplyRequest, PlanRequest, UndoRequest
from lsfs.core.config import Config
from lsfs.core.errors import LsfsError
from lsfs.core.locations import Paths
from lsfs.core.posix import RENAME_EXCHANGE, renameat2
from lsfs.engine import Engine
from lsfs.plan import disk, trash_folder
from tests.plan.calls import Tools

PATIENCE_S = 120


class Stop(msgspec.Struct, frozen=True):
    """What happens when a boundary is reached for the `count`-th time."""

    name: str
    count: int = 1
    how: Literal["kill", "full", "broken"] = "kill"
    """The process ends at once; or the disk says there that it is full, or that it is broken."""
    lasting: bool = False
    """The disk says so from then on, at every boundary."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: start lsfs, and then nothing, a plan, or the taking back of an op."""

    home: str
    cwd: str
    actions: tuple[Action, ...] = ()
    undo: int | None = None
    stops: tuple[Stop, ...] = ()
    exchange: bool = True
    """Whether the file system can exchange what stands at two places."""
    tools: str = ""
    """A folder for the tools that are known; '': there are none."""
    by_link: bool = False
    """It cannot rename without replacing, either: a file gets its new name before it loses the old one."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a job."""

    killed: bool
    reached: tuple[str, ...] = ()
    """Every boundary, in order; of a job that was not killed."""
    state: str = ""
    """The op's."""
    error: str = ""
    """Code and message of what was raised."""


class Boundaries:
    """Takes note of the boundaries that are reached, and has happen there what the job says."""

    def __init__(self, stops: tuple[Stop, ...]) -> None:
        self.reached: list[str] = []
        self._stops = {(stop.name, stop.count): stop for stop in stops}
        self._lasting: Stop | None = None

    def reach(self, name: str) -> None:
        self.reached.append(name)
        stop = self._stops.get((name, self.reached.count(name)), self._lasting)
        if stop is not None and stop.lasting:
            self._lasting = stop
        match stop.how if stop is not None else None:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()
            case "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            case "broken":
                raise OSError(errno.EIO, os.strerror(errno.EIO))


def carry_out(job: Job) -> Report:
    """Does a job in this process."""
    boundaries = Boundaries(job.stops)
    if not job.exchange:
        disk.renameat2 = without_exchange
    if job.by_link:
        disk.renameat2 = trash_folder.renameat2 = by_link(boundaries.reach)
    state, error = "", ""
    engine = open_engine(Paths.from_env({"HOME": job.home}), Config(embedder="off"), boundaries.reach)
    if job.tools:
        Tools(engine, Path(job.tools))
    with contextlib.closing(engine):
        engine.start()
        try:
            state = _change(engine, job)
        except LsfsError as failure:
            error = f"{failure.code}: {failure.message}"
        except OSError as failure:
            error = f"OSError: {failure.strerror}"
    return Report(killed=False, reached=tuple(boundaries.reached), state=state, error=error)


def without_exchange(old_dir: int, old: bytes, new_dir: int, new: bytes, flags: int = 0) -> None:
    """`renameat2` of a file system that cannot exchange."""
    if flags & RENAME_EXCHANGE:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    renameat2(old_dir, old, new_dir, new, flags)


def by_link(reach: Callable[[str], None]) -> Callable[..., None]:
    """`renameat2` of a file system that has no flags for it (NFS), with a boundary in its midst."""

    def rename(old_dir: int, old: bytes, new_dir: int, new: bytes, flags: int = 0) -> None:
        if flags & RENAME_EXCHANGE:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if stat.S_ISDIR(os.stat(old, dir_fd=old_dir, follow_symlinks=False).st_mode):
            renameat2(old_dir, old, new_dir, new, flags)
            return
        os.link(old, new, src_dir_fd=old_dir, dst_dir_fd=new_dir, follow_symlinks=False)
        reach("rename.linked")
        os.unlink(old, dir_fd=old_dir)

    return rename


def _change(engine: Engine, job: Job) -> str:
    if job.undo is not None:
        plan = engine.changing.undo(UndoRequest(op=job.undo, cwd=job.cwd))
    elif job.actions:
        plan = engine.changing.plan(PlanRequest(actions=job.actions, cwd=job.cwd))
    else:
        return ""
    if plan.op is None:
        return f"nothing: {plan.conflicts}"
    result = None
    for event in engine.changing.apply(ApplyRequest(op=plan.op, cwd=job.cwd, confirmed="asked")):
        result = event.result
    return result.state if result is not None else ""


def serve() -> None:
    """Forks for each job; this process starts no thread, so that a fork is a whole one."""
    for line in iter(sys.stdin.buffer.readline, b""):
        job = msgspec.json.decode(line, type=Job)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE_S)  # not handled, it ends the process
            os.close(reading)
            try:
                os.write(writing, msgspec.json.encode(carry_out(job)))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading, "rb") as answer:
            said = answer.read()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print((msgspec.json.encode(Report(killed=True)) if killed else said).decode(), flush=True)


if __name__ == "__main__":
    serve()
