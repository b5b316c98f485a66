"""The server over HTTP: the same to who knows the token, nothing to anybody else."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from lsfs.core.locations import Paths
from tests.daemon.mcp.conftest import MCP_COMMAND, Served, serve

INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def served(daemon) -> Iterator[Served]:
    url, said, process = serve("--new-token")
    yield Served(url, said.removeprefix("Authorization: Bearer "), process)
    process.terminate()
    process.communicate()


@pytest.fixture
def connect(agents, served):
    return lambda name="doer", mode="auto": agents.reach(served, name, mode)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_agent_does_over_http_what_it_does_over_stdio(connect, documents, index, mode):
    index()
    doer = connect(mode=mode)
    assert len(doer.tools()) == 11
    assert doer.data("search_files", words="Lyon", folder=str(documents))["hits"]
    action = {"do": "move", "paths": [str(documents / "lease.md")], "to": str(documents / "Old")}
    plan = doer.data("plan_files", actions=[action])
    doer.data("apply_plan", plan=plan["plan"])
    assert (documents / "Old/lease.md").exists()
    doer.data("undo")
    assert (documents / "lease.md").exists()
    assert doer.failure("read_file", path="/etc/passwd")["code"] == "nothing-found"


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_each_client_of_one_server_has_its_own_name_and_permission(connect, documents, index, mode):
    index()
    doer, reader = connect("doer", mode), connect("reader", mode)
    calls = [agent.start("search_files", words="Lyon") for agent in (doer, reader) for _ in range(10)]
    assert all(call.result(60).structured_content["hits"] for call in calls)
    assert doer.data("plan_files", actions=[{"do": "mkdir", "path": str(documents / "x")}])["plan"]
    assert "reader=plan" in reader.failure("plan_files", sentence="x")["hint"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic x"}, 401),
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:80"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_who_does_not_know_the_token_or_is_a_browser_is_turned_away(served, headers, status):
    wanted = {"Authorization": f"Bearer {served.token}", "Accept": "application/json, text/event-stream"}
    answer = httpx2.post(served.url, json=INITIALIZE, headers=wanted | headers)
    assert answer.status_code == status
    modern = httpx2.post(served.url, json=INITIALIZE, headers=wanted | headers | {"MCP-Protocol-Version": "2026-07-28"})
    assert (modern.status_code == status) or status == 200


def test_a_session_is_nothing_without_the_token(served):
    wanted = {"Authorization": f"Bearer {served.token}", "Accept": "application/json, text/event-stream"}
    session = httpx2.post(served.url, json=INITIALIZE, headers=wanted).headers["mcp-session-id"]
    for method in ("GET", "DELETE", "POST"):
        assert httpx2.request(method, served.url, headers={"Mcp-Session-Id": session}).status_code == 401
    assert httpx2.get(served.url.replace("/mcp", "/other")).status_code == 401


def test_a_body_that_is_too_large_is_refused(served):
    wanted = {"Authorization": f"Bearer {served.token}", "Accept": "application/json, text/event-stream"}
    large = INITIALIZE | {"params": {"x": "y" * (5 << 20)}}
    assert httpx2.post(served.url, json=large, headers=wanted).status_code == 413


def test_it_listens_on_the_loopback_address_alone(served):
    port = int(served.url.split(":")[2].split("/")[0])
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    assert [address for address in listening if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_the_token_is_the_users_alone_and_printed_when_it_is_made(served):
    path = Path(Paths.from_env(os.environ).state_dir, "mcp.token")
    assert path.read_text().strip() == served.token and len(served.token) > 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    url, said, process = serve()
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=10)
    assert url.startswith("http://127.0.0.1:") and said == f"the token is in {path}" and process.returncode == 0


def test_a_token_that_others_can_read_is_not_used(served):
    path = Path(Paths.from_env(os.environ).state_dir, "mcp.token")
    path.chmod(0o644)
    done = subprocess.run(
        [*MCP_COMMAND, "--http", "--port", "0"], capture_output=True, text=True, check=False, timeout=30
    )
    path.chmod(0o600)
    assert done.returncode == 7 and "others can read the token" in done.stderr


def test_a_port_that_is_taken_is_a_conflict(served):
    port = served.url.split(":")[2].split("/")[0]
    done = subprocess.run(
        [*MCP_COMMAND, "--http", "--port", port], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 4 and "--port" in done.stderr
