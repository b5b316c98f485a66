"""Sessions with real MCP servers, over stdio and HTTP, and with servers that misbehave."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lsfs.core.errors import UnavailableError
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.mcp_server import McpServers
from lsfs.tools.mcp_sessions import McpSessions

pytest.importorskip("mcp")

SERVERS = Path(__file__).parent / "servers"


def stdio(*words: str, env: dict[str, str] | None = None, name: str = "notes") -> ToolSource:
    where = {"command": sys.executable, "args": [str(SERVERS / words[0]), *words[1:]], "env": env or {}}
    return ToolSource(name=name, kind="mcp", where=where)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[McpSessions]:
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "SECRET_OF_THE_DAEMON": "x"}
    with contextlib.closing(McpSessions(environ)) as opened:
        yield opened


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The URL of a server of notes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(SERVERS / "notes.py"), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=["stdio", "http"])
def source(request: pytest.FixtureRequest) -> ToolSource:
    if request.param == "stdio":
        return stdio("notes.py")
    return ToolSource(name="notes", kind="mcp", where={"url": request.getfixturevalue("served"), "headers": {"X": "y"}})


def test_the_tools_of_a_server_are_listed_and_called(sessions, source):
    taken = McpServers(sessions).take(source)
    tools = {tool.name: tool for tool in taken.tools}
    assert {"find_note", "add_note", "wait"} <= tools.keys() and taken.problems == ()
    assert tools["find_note"].effect == "read" and tools["add_note"].effect == "change"
    assert tools["add_note"].description == "Write a note down."
    assert tools["add_note"].schema["required"] == ["text"] and tools["add_note"].id == "notes/add_note"
    assert sessions.call(source, "add_note", {"text": "buy bread"}, 10).ok
    outcome = sessions.call(source, "find_note", {"words": "bread"}, 10)
    assert (outcome.ok, outcome.text) == (True, "buy bread") and outcome.elapsed_ms > 0
    assert sessions.open() == ("notes",)


def test_what_a_tool_refuses_is_an_outcome_and_no_error(sessions):
    assert not sessions.call(stdio("notes.py"), "add_note", {}, 10).ok
    assert not sessions.call(stdio("notes.py"), "no_such_tool", {}, 10).ok


def test_a_server_gets_a_small_environment_with_the_users_own(sessions):
    seen = sessions.call(stdio("notes.py", env={"TOKEN": "s3cret"}), "environment", {}, 10).text
    assert "s3cret" in seen and "SECRET_OF_THE_DAEMON" not in seen and "PATH" in seen


def test_calls_run_at_the_same_time_in_one_session(sessions):
    source = stdio("notes.py")
    sessions.list_tools(source)
    begun = time.monotonic()
    outcomes = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(sessions.call(source, "wait", {"seconds": 0.5}, 10)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.text for outcome in outcomes] == ["waited"] * 4 and time.monotonic() - begun < 1.8


def test_a_call_ends_when_it_is_cancelled_or_takes_too_long_and_the_session_goes_on(sessions, source):
    sessions.list_tools(source)
    begun = time.monotonic()
    outcome = sessions.call(source, "wait", {"seconds": 30}, 20, lambda: time.monotonic() > begun + 0.3)
    assert not outcome.ok and "cancelled" in outcome.text
    with pytest.raises(UnavailableError, match=r"0\.3 s"):
        sessions.call(source, "wait", {"seconds": 30}, 0.3)
    assert time.monotonic() - begun < 5
    assert sessions.call(source, "wait", {"seconds": 0}, 10).text == "waited"


def test_a_server_that_dies_in_a_call_says_why_and_is_started_again_by_the_next(sessions):
    source = stdio("notes.py")
    with pytest.raises(UnavailableError) as caught:
        sessions.call(source, "die", {}, 10)
    assert "out of paper" in caught.value.message and caught.value.path == "notes"
    assert sessions.call(source, "wait", {"seconds": 0}, 10).ok


def test_a_change_of_the_tools_is_told(sessions, source):
    changed = threading.Event()
    sessions.on_changed = lambda name: changed.set() if name == "notes" else None
    before = {tool["name"] for tool in sessions.list_tools(source).tools}
    new = f"say_{source.where.get('url', 'stdio')[:4]}"
    sessions.call(source, "learn", {"name": new}, 10)
    assert changed.wait(5)
    assert {tool["name"] for tool in sessions.list_tools(source).tools} == before | {new}


def test_a_changed_source_gets_a_new_server_and_an_ended_one_none(sessions):
    assert sessions.call(stdio("notes.py"), "add_note", {"text": "a"}, 10).text == "1 notes"
    assert sessions.call(stdio("notes.py", env={"A": "b"}), "add_note", {"text": "a"}, 10).text == "1 notes"
    sessions.end("notes")
    assert sessions.open() == ()


def test_requests_that_find_a_changed_source_at_once_share_one_new_server(sessions):
    sessions.list_tools(stdio("notes.py"))
    changed = stdio("notes.py", env={"A": "b"})
    outcomes = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(sessions.call(changed, "add_note", {"text": "a"}, 20).text))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [f"{number} notes" for number in range(1, 6)]


def test_an_idle_server_is_ended(tmp_path):
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    with contextlib.closing(McpSessions(environ, idle_s=0.4)) as sessions:
        sessions.list_tools(stdio("notes.py"))
        until = time.monotonic() + 10
        while sessions.open() and time.monotonic() < until:
            time.sleep(0.05)
        assert sessions.open() == ()
        assert sessions.call(stdio("notes.py"), "wait", {"seconds": 0}, 10).ok


# Servers that misbehave


def test_bad_tools_cost_themselves_only(sessions):
    taken = McpServers(sessions).take(stdio("hostile.py", "lies"))
    assert [tool.name for tool in taken.tools] == ["good", "odd"]
    why = {problem.name: problem.why for problem in taken.problems}
    assert len(taken.problems) == 10 and "no schema" in why["no-schema"] and "KiB" in why["huge"]
    assert "end" in why["nested"] and "another tool" in why["good"]


@pytest.mark.parametrize("how", ["hangs", "mute"])
def test_a_server_that_hangs_costs_its_time_limit_and_no_process(sessions, how):
    begun = time.monotonic()
    with pytest.raises(UnavailableError, match="no answer within 1 s"):
        sessions.list_tools(stdio("hostile.py", how), 1)
    assert time.monotonic() - begun < 10 and sessions.open() == ()


def test_a_server_that_sends_too_much_is_ended_with_the_reason(sessions):
    with pytest.raises(UnavailableError, match="8 MiB"):
        sessions.list_tools(stdio("hostile.py", "flood"), 20)


class Bomb(BaseHTTPRequestHandler):
    """A server over HTTP whose list of tools is small on the wire and large in memory."""

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result = {"tools": [], "x": "a" * (32 << 20)}
        if message["method"] == "initialize":
            server = {"name": "x", "version": "1"}
            version = message["params"]["protocolVersion"]
            result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": server}
        known = message["method"] in ("initialize", "tools/list")
        said = {"result": result} if known else {"error": {"code": -32601, "message": "no such method"}}
        body = json.dumps({"jsonrpc": "2.0", "id": message.get("id"), **said}).encode()
        self.send_response(200 if "id" in message else 202)
        self.send_header("Content-Type", "application/json")
        if message["method"] == "tools/list":
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def test_an_answer_that_is_compressed_is_not_unpacked(sessions):
    with ThreadingHTTPServer(("127.0.0.1", 0), Bomb) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        where = {"url": f"http://127.0.0.1:{listening.server_port}/mcp"}
        with pytest.raises(UnavailableError, match="compresses its answers"):
            sessions.list_tools(ToolSource(name="bomb", kind="mcp", where=where), 20)
        listening.shutdown()


def test_a_server_that_dies_says_why_without_secrets(sessions):
    with pytest.raises(UnavailableError) as caught:
        sessions.list_tools(stdio("hostile.py", "dies", env={"LICENCE": "hunter22"}), 10)
    assert "no licence" in caught.value.message and "hunter22" not in caught.value.message


def test_a_list_without_end_is_ended(sessions):
    listed = sessions.list_tools(stdio("hostile.py", "endless"), 20)
    assert len(listed.tools) == 100 and "100 tools" in listed.problems[-1].why


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ({"command": "/no/such/program"}, "no /no/such/program"),
        ({"url": "http://127.0.0.1:9/mcp"}, "."),
        ({}, "neither a program nor a URL"),
    ],
)
def test_what_is_not_there_is_said(sessions, where, why):
    with pytest.raises(UnavailableError, match=why):
        sessions.list_tools(ToolSource(name="x", kind="mcp", where=where), 10)


def test_nothing_is_asked_after_the_end(tmp_path):
    sessions = McpSessions({})
    sessions.close()
    with pytest.raises(UnavailableError):
        sessions.list_tools(stdio("notes.py"))
