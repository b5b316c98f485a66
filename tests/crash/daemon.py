"""The real daemon in a process of its own, asked as the command line asks it, and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from lsfs.compose import open_engine
from lsfs.core.actions import Action
from lsfs.core.api import PlanResult
from lsfs.core.config import Config, save_config
from lsfs.core.locations import Paths
from lsfs.engine import Engine
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import daemon_environment, launch_daemon
from tests.running import Lsfs

BUSY = Path(__file__).with_name("busy_daemon.py")
SOURCES = [str(BUSY.parents[2] / folder) for folder in ("", "daemon")]
RUN = f"import runpy, sys; sys.path[:0] = {SOURCES!r}; runpy.run_path({str(BUSY)!r}, run_name='__main__')"
COMMAND = [sys.executable, "-c", RUN, "run"]


class Daemon:
    """The daemon of the home that the environment names."""

    def __init__(self, config: Config) -> None:
        self.paths = Paths.from_env(os.environ)
        save_config(self.paths.config_file, config)
        caller = caller_fields(os.environ, b"/", "cli")
        self._client = Client(self.paths, caller, launch=self.start, on_demand=False, build="0")
        self._pid: int | None = None

    def start(self) -> None:
        """Returns when it listens."""
        launch_daemon(self.paths, os.environ, COMMAND)
        self._pid = self.ask("hello")["pid"]

    def kill(self) -> None:
        """Ends it at once."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = None

    def end(self) -> None:
        """Asks it to end, and returns when it has."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGTERM)
            os.waitpid(self._pid, 0)
            self._pid = None

    def start_and_kill(self, after_s: float) -> None:
        """Has it end while it starts, perhaps."""
        with subprocess.Popen(COMMAND, cwd="/", env=daemon_environment(os.environ), stderr=subprocess.DEVNULL) as begun:
            time.sleep(after_s)
            begun.kill()

    def ask(self, name: str, **fields: Any) -> Any:
        """The answer of a route."""
        return self._client.call(name, fields)

    def follow(self, name: str, **fields: Any) -> Iterator[Any]:
        """The answers of a route that streams."""
        return self._client.stream(name, fields)

    def plan(self, *actions: Action, cwd: Path) -> PlanResult:
        found = self.ask("plan", actions=msgspec.to_builtins(actions), cwd=str(cwd))
        return msgspec.convert(found, PlanResult)

    def plan_back(self, how: str, op: int | None = None) -> PlanResult:
        """The plan that takes an op back (``undo``) or forward again (``redo``)."""
        return msgspec.convert(self.ask(how, op=op), PlanResult)

    def apply(self, op: int) -> str:
        """Carries out a plan; the state that it is in then."""
        *_, last = self.follow("apply", op=op, confirmed="asked")
        return last["result"]["state"]


class Beside(Lsfs):
    """A look at the databases beside the daemon that works on them."""

    def __init__(self, daemon: Daemon, home: Path, root: Path, config: Config) -> None:
        self._daemon = daemon
        super().__init__(home, root, config)

    def _start(self) -> Engine:
        return open_engine(self.paths, self.config)

    def settled(self) -> None:
        for event in self._daemon.follow("progress", until="words"):
            if event["finished"]:
                return
