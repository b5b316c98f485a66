"""The door of HTTP: what it serves, whom it turns away, and that its description is what it does."""

from __future__ import annotations

import http.client
import inspect
import json
import os
import socket
import threading
import time
from typing import Any

import msgspec
import pytest

from lsfs.core import api, errors
from lsfs.core.errors import ConflictError, DaemonUnavailable, InternalError, LsfsError
from lsfs.core.failures import exit_code
from lsfs.engine.changing import Changing
from lsfs.engine.diffing import Diffing
from lsfs.engine.keeping import Keeping
from lsfs.engine.past import Past
from lsfs.engine.reading import Reading
from lsfs.engine.saying import Saying
from lsfs.engine.tooling import Tooling
from lsfs.engine.verifying import Verifying
from lsfs.rpc.http1 import send
from lsfs.rpc.routes import ROUTES
from lsfsd.http.binding import engine_calls, openapi, record
from lsfsd.http.gate import peer_uid
from lsfsd.http.lanes import WAITING
from lsfsd.http.server import HttpService
from lsfsd.http.statuses import http_status


def ask(door, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, Any]:
    """Status and decoded body, by the standard library's client: any HTTP client can use the door."""
    connection = http.client.HTTPConnection("lsfs")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(door.paths.socket)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    finally:
        connection.close()


def post(door, path: str, document: object, **headers: str) -> tuple[int, Any]:
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return ask(door, "POST", path, sent, json.dumps(document).encode())


def all_errors(kind: type[LsfsError] = LsfsError) -> list[type[LsfsError]]:
    # Those of lsfs.core.errors: a command may have an end of its own that is no answer of the daemon.
    below = [found for child in kind.__subclasses__() for found in all_errors(child)]
    return [found for found in [kind, *below] if found.__module__ == errors.__name__]


def test_any_client_may_ask(daemon):
    status, found = post(daemon, "/v1/find", {"words": "lease"})
    assert (status, found["hits"][0]["path"]) == (200, "/docs/lease.md")


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Sec_Fetch_Site": "none"}]
)
def test_browsers_are_refused(daemon, headers):
    status, said = post(daemon, "/v1/find", {"words": "lease"}, **headers)
    assert (status, said["error"]["code"]) == (403, "refused")


def test_a_form_post_is_refused(daemon):
    status, said = ask(daemon, "POST", "/v1/pause", {"Content-Type": "text/plain"}, b"")
    assert (status, said["error"]["code"]) == (400, "usage")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"limit": "many"}', b'{"words": "\xff"}'])
def test_a_request_that_is_not_its_record_is_a_usage_error(daemon, body):
    status, said = ask(daemon, "POST", "/v1/find", {"Content-Type": "application/json"}, body)
    assert (status, said["error"]["code"]) == (400, "usage")


def test_a_body_that_is_too_long_is_refused_unread(daemon):
    headers = {"Content-Type": "application/json", "Content-Length": str(10**9)}
    status, said = ask(daemon, "POST", "/v1/find", headers)
    assert (status, said["error"]["code"]) == (400, "usage")


@pytest.mark.parametrize("path", ["relative", "", "/nul\0byte", "base64:!!"])
def test_a_path_has_to_be_absolute(daemon, path):
    status, said = post(daemon, "/v1/status/file", {"path": path})
    assert (status, said["error"]["code"]) == (400, "usage")


def test_an_unknown_place_is_answered_in_json(daemon):
    assert ask(daemon, "GET", "/v2/find", {})[1]["error"]["code"] == "usage"
    assert ask(daemon, "GET", "/v1/find", {})[0] == 405


def test_errors_come_through_whole(daemon):
    with pytest.raises(ConflictError, match="it went wrong") as raised:
        daemon.client().call("find", {"words": "error:conflict"})
    assert (raised.value.path, raised.value.hint) == ("/some/path", "do this")


def test_a_bug_is_an_internal_error_and_in_the_log(daemon):
    with pytest.raises(InternalError, match="RuntimeError: unforeseen"):
        daemon.client().call("find", {"words": "bug"})
    with open(daemon.paths.log_file) as log:
        assert "Traceback" in log.read()


def test_a_daemon_that_dies_under_a_request_is_said_so(daemon):
    with pytest.raises(DaemonUnavailable, match="stopped before it had answered"):
        daemon.client().call("find", {"words": "die"})


def test_slow_work_does_not_delay_a_query(daemon):
    """Both query threads are busy for a second; a request of another lane is answered meanwhile."""
    slow = [threading.Thread(target=daemon.client().call, args=("find", {"words": "sleep 1"})) for _ in range(2)]
    for thread in slow:
        thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    daemon.client().call("pause")
    assert time.monotonic() - began < 0.5
    for thread in slow:
        thread.join()


def test_too_many_waiting_requests_are_told_to_come_again(daemon):
    outcomes: list[str] = []

    def call() -> None:
        try:
            daemon.client().call("find", {"words": "sleep 0.2"})
            outcomes.append("answered")
        except LsfsError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=call) for _ in range(WAITING + 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) == {"answered", "unavailable"}


def test_progress_streams_and_ends(daemon):
    events = list(daemon.client().stream("progress"))
    assert [event["finished"] for event in events] == [False, False, False, True]


def test_a_gone_listener_is_noticed(daemon, wait_until):
    events = daemon.client().stream("progress", {"paths": ["/endless"]})
    next(events)
    events.close()
    wait_until(lambda: daemon.client().call("status")["notes"] == ["closed streams: 1"])


def test_the_callers_surroundings_travel_with_the_request(daemon, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Paris")
    monkeypatch.setenv("LSFS_LLM", "off")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    note = daemon.client().call("find", {"words": "x", "explain": True})["note"]
    assert note == "cwd=/here zone=Europe/Paris locale=fr_FR.UTF-8 llm=False door=cli"


def test_the_peers_user_is_read_off_the_socket():
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_uid(one) == os.geteuid()


def test_another_user_is_turned_away(short_tmp):
    """The service belongs to another user than the one who connects, which is the same check the other way round."""

    async def unreachable(scope, receive, send):
        raise AssertionError("the application was reached")

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short_tmp / "s"))
        listener.listen()
        service, ready = HttpService(unreachable, listener, os.geteuid() + 1), threading.Event()
        serving = threading.Thread(target=service.run, args=(ready.set,))
        serving.start()
        try:
            assert ready.wait(10)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(short_tmp / "s"))
                answer = send(connection, "GET", "/v1/hello", {})
                answer.close()
                assert answer.status == 403
        finally:
            service.stop()
            serving.join()


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_has_a_status_and_an_exit_code(kind):
    error = kind("it")
    assert 400 <= http_status(error) < 600
    assert exit_code(error) in (1, 2, 3, 4, 5, 6, 7, 70)
    if kind is not LsfsError:
        family = next(parent for parent in kind.__mro__ if LsfsError in parent.__bases__)
        assert exit_code(error) == exit_code(family("it"))


def test_codes_are_of_one_error_each():
    kinds = all_errors()
    assert len({kind.code for kind in kinds}) == len(kinds) > 10


def test_the_description_is_that_of_the_routes(daemon):
    status, served = ask(daemon, "GET", "/v1/openapi.json", {})
    assert (status, served) == (200, json.loads(msgspec.json.encode(openapi())))
    assert {(path, method.upper()) for path, item in served["paths"].items() for method in item} == {
        (route.path, route.method) for route in ROUTES
    }
    named = set(_references(served))
    assert named <= {f"#/components/schemas/{name}" for name in served["components"]["schemas"]}
    schema = served["components"]["schemas"]["FindRequest"]["properties"]
    assert set(schema) == set(api.FindRequest.__struct_fields__)


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for item in value.values() for found in _references(item)]
    return [found for item in value for found in _references(item)] if isinstance(value, list) else []


def test_every_route_has_records_and_a_call():
    calls = engine_calls(object())  # type: ignore[arg-type]
    for route in ROUTES:
        assert issubclass(record(route.result), msgspec.Struct)
        without = route.method == "GET" or route.name in ("shutdown", "pause", "resume", "verify", "tools_train")
        assert (route.request is None) == without
        assert route.effect in ("read", "change", "control")
        assert route.name in calls or route.name in ("hello", "shutdown", "mount", "umount", "mounts")
    assert len({route.name for route in ROUTES}) == len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


class Probe:
    """Stands for the engine, and says which of its methods was called with how many arguments."""

    def __init__(self, path: tuple[str, ...] = (), called: list[tuple[tuple[str, ...], int]] | None = None) -> None:
        self.path = path
        self.called: list[tuple[tuple[str, ...], int]] = [] if called is None else called

    def __getattr__(self, name: str) -> Probe:
        return Probe((*self.path, name), self.called)

    def __call__(self, *arguments: object) -> tuple[()]:
        self.called.append((self.path, len(arguments)))
        return ()


def test_the_engine_has_a_method_for_every_call():
    engine = pytest.importorskip("lsfs.engine").Engine
    parts = {"changing": Changing, "saying": Saying, "past": Past, "diffing": Diffing}
    parts |= {"keeping": Keeping, "verifying": Verifying, "reading": Reading, "tooling": Tooling}
    for name, call in engine_calls(Probe()).items():  # type: ignore[arg-type]
        probe = Probe()
        engine_calls(probe)[name](api.PathRequest(path="/somewhere"))  # type: ignore[arg-type]
        ((path, count),) = probe.called
        *above, method = path
        owner = parts[above[0]] if above else engine
        parameters = inspect.signature(getattr(owner, method)).parameters.values()
        required = [one for one in parameters if one.default is one.empty]
        assert callable(call) and len(required) == count + 1, name
