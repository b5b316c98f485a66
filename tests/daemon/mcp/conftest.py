"""Agents: the official client of the MCP SDK, connected to `lsfsd mcp` as a user's programs connect."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Implementation, Tool

from lsfs.core.config import Config, save_config
from lsfs.core.locations import Paths
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client as Daemon
from lsfs.rpc.launch import launch_daemon
from tests.conftest import private_environment
from tests.daemon.conftest import RUN_FAKE, RUN_LSFS, SOURCES, Outcome

RUN_LSFSD = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfsd.main import main; main()"
MCP_COMMAND = [sys.executable, "-c", RUN_LSFSD, "--as-lsfs", "mcp"]
PERMISSIONS = ("reader=read", *(f"{name}=apply" for name in ("doer", "other doer", "first", "second", "third")))


class Agent:
    """A connected client, for tests that are not asynchronous."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self.client = client

    def tools(self) -> list[Tool]:
        return self._portal.call(self.client.list_tools).tools

    def start(self, name: str, /, **arguments: Any) -> Future[CallToolResult]:
        """The result to come; cancelling it cancels the call."""
        return self._portal.start_task_soon(self.client.call_tool, name, arguments)

    def call(self, name: str, /, **arguments: Any) -> CallToolResult:
        return self.start(name, **arguments).result(60)

    def data(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """What a call gives that succeeds."""
        result = self.call(name, **arguments)
        assert not result.is_error, result.content
        return result.structured_content

    def failure(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """What is said of a call that fails: code, message, path and hint."""
        result = self.call(name, **arguments)
        assert result.is_error and result.structured_content is None
        error = result.meta["lsfs/error"]
        assert error["code"] in result.content[0].text and "Traceback" not in result.content[0].text
        return error


class Agents:
    """Makes agents, and ends them."""

    def __init__(self, portal: BlockingPortal, closing: ExitStack) -> None:
        self._portal = portal
        self._closing = closing

    def over(self, server: Any, name: str, mode: str) -> Agent:
        client = Client(server, mode=mode, client_info=Implementation(name=name, version="1"))
        self._closing.enter_context(self._portal.wrap_async_context_manager(client))
        return Agent(self._portal, client)

    def reach(self, served: Served, name: str = "doer", mode: str = "auto") -> Agent:
        """An agent of a server that others may be connected to as well, over HTTP."""
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {served.token}"}, timeout=30)
        self._closing.enter_context(self._portal.wrap_async_context_manager(http))
        return self.over(streamable_http_client(served.url, http_client=http), name, mode)

    def connect(self, name: str = "doer", *, mode: str = "auto", cwd: Path | None = None) -> Agent:
        """An agent with a server of its own, over stdio."""
        command, *arguments = MCP_COMMAND
        return self.over(
            StdioServerParameters(command=command, args=arguments, env=dict(os.environ), cwd=cwd), name, mode
        )


class Served(NamedTuple):
    """A running server."""

    url: str
    token: str
    process: subprocess.Popen


def serve(*options: str) -> tuple[str, str, subprocess.Popen]:
    """The first two lines that are printed, and the process."""
    process = subprocess.Popen(
        [*MCP_COMMAND, "--http", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    url = process.stdout.readline().decode().strip()
    return url, (process.stdout if "--new-token" in options else process.stderr).readline().decode().strip(), process


@pytest.fixture(scope="module")
def agents() -> Iterator[Agents]:
    with start_blocking_portal() as portal, ExitStack() as closing:
        yield Agents(portal, closing)


def launch(code: str) -> Daemon:
    """A client of the daemon that the program `code` runs, started when it is asked."""
    paths = Paths.from_env(os.environ)
    command = [sys.executable, "-c", code, *(["run"] if code is RUN_LSFSD else [])]
    caller = caller_fields(os.environ, b"/", "cli")
    return Daemon(paths, caller, launch=lambda: launch_daemon(paths, os.environ, command))


@pytest.fixture(scope="module")
def home(process_folder: Path) -> Iterator[Path]:
    """A home for the tests of a module: to start a daemon for each would take most of their time."""
    folder = Path(tempfile.mkdtemp(prefix="m", dir=process_folder))
    home, runtime = folder / "home", folder / "run"
    home.mkdir()
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in private_environment(home, runtime).items():
            patch.setenv(name, value)
        yield home
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def daemon(home: Path) -> Iterator[Daemon]:
    """The real daemon, watching a folder; a client of its own for what the user does."""
    paths = Paths.from_env(os.environ)
    save_config(paths.config_file, Config(embedder="off", llm="off", mcp_permissions=PERMISSIONS))
    (home / "watched").mkdir()
    client = launch(RUN_LSFSD)
    client.call("up", {"paths": [str(home / "watched")]})
    yield client
    client.stop_daemon()


@pytest.fixture(scope="module")
def fresh() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def index(daemon: Daemon) -> Callable[[], None]:
    """Returns when everything that changed is found by its words."""

    def settled() -> None:
        daemon.call("rescan", {"path": None})
        assert list(daemon.stream("progress", {"until": "words"}))[-1]["finished"]

    return settled


@pytest.fixture
def documents(home: Path, daemon: Daemon, fresh: Iterator[int]) -> Path:
    """A folder for one test, below that which the real daemon watches; it is found when the test wants that."""
    folder = home / "watched" / f"t{next(fresh)}"
    folder.mkdir()
    (folder / "lease.md").write_text("# Lease\n\nThe flat in Lyon is let until March.\n")
    return folder


@pytest.fixture
def command(home: Path) -> Callable[..., Outcome]:
    """Runs the command line as the user does."""

    def run(*arguments: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-c", RUN_LSFS, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="module")
def fake(home: Path) -> Iterator[Daemon]:
    """A daemon whose answers follow from what it is asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LSFS_FAKE_BUILD", "999.0.0/1/a")
        save_config(Paths.from_env(os.environ).config_file, Config(mcp_permissions=PERMISSIONS))
        client = launch(RUN_FAKE)
        client.call("hello")
        yield client
        client.stop_daemon()
