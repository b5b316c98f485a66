"""Operations of HTTP APIs as tools, against a real server on the loopback."""

from __future__ import annotations

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lsfs.core.errors import RefusedError
from lsfs.tools.callers.openapi import ApiCaller
from tests.tools.callers.conftest import tool

call = ApiCaller().call


class Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        name = self.path.partition("?")[0]
        if name == "/v1/hang":
            time.sleep(3)
        elif name == "/v1/near":
            return self.say(302, "", Location="/v1/pets/1")
        elif name == "/v1/far":
            return self.say(302, "", Location=f"http://localhost:{self.server.server_port}/v1/stolen?q=1")
        elif name == "/v1/round":
            return self.say(302, "", Location="/v1/round")
        elif name == "/v1/flood":
            return self.say(200, "x" * 10_000_000)
        elif name == "/v1/bomb":
            return self.say(200, gzip.compress(b" " * (6 << 20)), **{"Content-Encoding": "gzip"})
        elif name == "/v1/torn":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
            return None
        elif name == "/v1/garbage":
            self.wfile.write(b"\x00\xff not HTTP\r\n\r\n")
            self.close_connection = True
            return None
        elif name == "/v1/none":
            return self.say(404, '{"error": "no such pet"}')
        return self.say(200, json.dumps({"path": self.path, "body": body}))

    def say(self, status: int, said: str | bytes, **headers: str) -> None:
        body = said.encode() if isinstance(said, str) else said
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer  # the names that http.server asks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def operation(server):
    def make(path: str, method: str = "GET", **more):
        return tool("openapi", url=f"http://127.0.0.1:{server.server_port}/v1", path=path, method=method, **more)

    return make


def test_arguments_go_where_the_operation_has_them(operation, around, server):
    pets = operation(
        "/pets/{id}",
        "POST",
        parameters=[
            {"name": "id", "in": "path"},
            {"name": "tag", "in": "query"},
            {"name": "X-Trace", "in": "header", "argument": "trace"},
        ],
        body="body",
    )
    given = {"id": "a/b c", "tag": ["x", "y z"], "trace": "t1", "body": {"name": "Rex"}}
    said = call(pets, given, around(headers={"Authorization": "Bearer of-the-user"}, server=pets.invocation["url"]))
    assert said.ok and json.loads(said.data["body"]) == {"name": "Rex"}
    method, path, headers, _ = server.seen[0]
    assert (method, path) == ("POST", "/v1/pets/a%2Fb%20c?tag=x&tag=y+z")
    assert headers["X-Trace"] == "t1" and headers["Authorization"] == "Bearer of-the-user"


def test_what_is_no_parameter_is_the_body_where_that_has_no_name(operation, around):
    said = call(operation("/pets", "POST", body=""), {"name": "Rex", "age": 3}, around())
    assert json.loads(said.data["body"]) == {"name": "Rex", "age": 3}


def test_an_answer_that_says_no_is_a_failure_with_what_it_says(operation, around):
    said = call(operation("/none"), {}, around())
    assert not said.ok and said.text.startswith("the server answered 404") and "no such pet" in said.text


def test_credentials_go_to_the_server_that_they_are_for_and_to_no_other(operation, around, server):
    elsewhere = "http://127.0.0.1:9"
    for where in ({"url": f"{elsewhere}/api.json"}, {"origin": elsewhere}, {"path": "/x/api.json"}, {"server": ""}):
        for key in ("env", "headers"):
            with pytest.raises(RefusedError, match="credentials") as caught:
                call(operation("/pets"), {}, around(**{key: {"X-Token": "mine"}}, **where))
            assert "--server" in caught.value.hint
    assert server.seen == []
    assert call(operation("/pets"), {}, around(url=f"{elsewhere}/api.json")).ok


def test_redirects_stay_at_the_origin(operation, around, server):
    own = around(headers={"X-Token": "mine"}, origin=operation("/").invocation["url"])
    assert call(operation("/near"), {}, own).ok
    said = call(operation("/far"), {}, own)
    assert not said.ok and "another one" in said.text
    assert not any("stolen" in path for _, path, _, _ in server.seen)
    assert not call(operation("/round"), {}, around()).ok


@pytest.mark.parametrize(
    ("path", "why"), [("/flood", "MiB"), ("/bomb", "compresses"), ("/torn", "could not"), ("/garbage", "could not")]
)
def test_a_hostile_server_costs_only_the_call(operation, around, path, why):
    said = call(operation(path), {}, around())
    assert not said.ok and why in said.text and len(said.text) < 1_000


def test_one_that_hangs_is_left_after_its_time_or_when_cancelled(operation, around):
    started = time.monotonic()
    assert "within 0.5 s" in call(operation("/hang"), {}, around(deadline_s=0.5)).text
    assert "cancelled" in call(operation("/hang"), {}, around(cancelled=lambda: True)).text
    assert time.monotonic() - started < 2.5


def test_nobody_there_is_a_failure_that_says_so(around):
    said = call(tool("openapi", url="http://127.0.0.1:9", path="/x", method="GET"), {}, around())
    assert not said.ok and "could not be asked" in said.text


def test_what_is_no_request_is_refused(around):
    with pytest.raises(RefusedError):
        call(tool("openapi", url="file:///etc", path="/passwd", method="GET"), {}, around())
    with pytest.raises(RefusedError, match="path needs"):
        call(tool("openapi", url="http://127.0.0.1:9", path="/pets/{id}", method="GET"), {}, around())
    named = tool(
        "openapi", url="http://127.0.0.1:9", path="/{id}", method="GET", parameters=[{"name": "id", "in": "path"}]
    )
    with pytest.raises(RefusedError, match=r"“\.\.”"):
        call(named, {"id": ".."}, around())
