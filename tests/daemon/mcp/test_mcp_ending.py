"""The process on stdin and stdout: nothing but the protocol, however it is spoken to, and however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.daemon.mcp.conftest import MCP_COMMAND

HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "doer", "version": "1"}},
}  # fmt: skip


class Raw:
    """The process, spoken to by hand."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            MCP_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def send(self, message: object) -> None:
        self.process.stdin.write((message if isinstance(message, bytes) else json.dumps(message).encode()) + b"\n")
        self.process.stdin.flush()

    def answer(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def open(self) -> None:
        self.send(HELLO)
        assert self.answer()["result"]["serverInfo"]["name"] == "lsfs"
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, number: int, name: str, **arguments: object) -> None:
        params = {"name": name, "arguments": arguments}
        self.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})

    def ended(self) -> tuple[int, bytes]:
        """The exit code, and what was still printed."""
        out = self.process.communicate(timeout=10)[0]
        return self.process.returncode, out


@pytest.fixture
def raw(fake) -> Iterator[Raw]:
    process = Raw()
    yield process
    process.process.kill()
    process.process.communicate()


def test_it_ends_when_its_client_closes_stdin_even_while_a_call_runs(raw):
    raw.open()
    raw.call(2, "ask_files", question="endless")
    raw.process.stdin.close()
    raw.process.stdin = None
    code, out = raw.ended()
    assert code == 0 and all(json.loads(line)["id"] == 2 for line in out.splitlines())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_by_a_signal_even_while_a_call_runs(raw, number, code, busy):
    raw.open()
    if busy:
        raw.call(2, "ask_files", question="silent")
        raw.call(3, "search_files", words="x")
        assert raw.answer()["id"] == 3
    os.kill(raw.process.pid, number)
    assert raw.ended() == (code, b"")


def test_what_is_no_message_is_passed_over(raw):
    raw.send(b"hello?")
    raw.send(b"\xff\xfe{")
    raw.send([])
    raw.open()
    raw.send({"jsonrpc": "2.0", "id": 2, "method": "no/such"})
    assert raw.answer()["error"]["code"] == -32601
    raw.call(3, "no_such_tool")
    assert raw.answer()["error"]["code"] == -32602


def test_a_message_that_is_too_long_is_refused_and_the_next_is_answered(raw):
    raw.open()
    raw.call(2, "search_files", words="x" * (17 << 20))
    refused = raw.answer()
    assert refused["id"] == 2 and "longer than" in refused["error"]["message"]
    raw.call(3, "search_files", words="x")
    assert raw.answer()["result"]["structuredContent"]["hits"]


def test_a_client_that_stops_reading_does_not_keep_it_alive(raw):
    raw.open()
    for number in range(2, 400):
        raw.call(number, "describe_tool", tool="x" * 900)
    os.kill(raw.process.pid, signal.SIGTERM)
    assert raw.process.wait(10) == 0
