"""A real daemon process with a fake engine, and the command line talking to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lsfs.core.locations import Paths
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import launch_daemon
from tests.daemon.mounted import mounted  # noqa: F401  (a fixture)

ROOT = Path(__file__).parents[2]
FAKE = Path(__file__).parent / "fake_daemon.py"
SOURCES = [str(ROOT), str(ROOT / "daemon"), str(ROOT / "cli")]

# The daemon gets a few variables only, PYTHONPATH not among them; the program carries its path in itself, so that the
# tests run from a checkout that is not installed.
RUN_FAKE = f"import runpy, sys; sys.path[:0] = {SOURCES!r}; runpy.run_path({str(FAKE)!r}, run_name='__main__')"
RUN_LSFS = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfs_cli.main import main; main()"


class Door:
    """Starts daemons and commands for one test, in a home of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.paths = Paths.from_env(os.environ)

    def launch(self) -> None:
        """Starts a daemon and returns when it listens."""
        launch_daemon(self.paths, os.environ, [sys.executable, "-c", RUN_FAKE])

    def spawn(self) -> subprocess.Popen[bytes]:
        """A daemon as a child of the test, perhaps not ready yet."""
        return subprocess.Popen([sys.executable, "-c", RUN_FAKE], stderr=subprocess.PIPE)

    def client(self, *, on_demand: bool = False, build: str | None = None) -> Client:
        """A client of the test's daemon."""
        caller = caller_fields(os.environ, b"/here", "cli")
        return Client(self.paths, caller, launch=self.launch, on_demand=on_demand, build=build)

    def stop(self) -> None:
        """Ends the daemon if one runs."""
        self.client().stop_daemon()


class Outcome(NamedTuple):
    """What a run of ``lsfs`` gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        assert self.out.count("\n") == 1, f"not one document: {self.out!r}"
        return json.loads(self.out)


@pytest.fixture
def door(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Daemons and clients in a private home; whatever daemon still runs is ended."""
    # So that a source file that is saved while the tests run makes no daemon an older one.
    monkeypatch.setenv("LSFS_FAKE_BUILD", "999.0.0/1/a")
    made = Door(private_home)
    yield made
    made.stop()


@pytest.fixture
def daemon(door: Door) -> Door:
    """A running daemon."""
    door.launch()
    return door


@pytest.fixture
def lsfs(private_home: Path) -> Callable[..., Outcome]:
    """Runs the command line in a process of its own, with no terminal."""

    def run(*arguments: str | bytes, cwd: Path | None = None, **environ: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-c", RUN_LSFS, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES), **environ},
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
