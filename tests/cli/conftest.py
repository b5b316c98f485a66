"""A daemon that says what a test tells it to, and the command line in this process, talking to it."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec import to_builtins

from lsfs.core import api
from lsfs.core.locations import Paths
from lsfs.rpc.routes import ROUTES
from lsfs_cli.main import run
from lsfs_cli.session import Session

Answer = list[Any] | Callable[[dict[str, Any]], list[Any]]


class ScriptedDoor:
    """Answers each route with the lines that were set for it: records, documents, or an event that is waited for."""

    def __init__(self, path: str) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.gone = threading.Event()
        """Set once somebody has closed the connection while an answer was still waited for."""
        self._answers: dict[str, Answer] = {}
        self._names = {(route.method, route.path): route for route in ROUTES}
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def on(self, route: str, *answer: Any, by: Callable[[dict[str, Any]], list[Any]] | None = None) -> None:
        """From now on `route` is answered with these lines, or with those that `by` makes of its request."""
        self._answers[route] = by or list(answer)

    def said(self, route: str) -> list[dict[str, Any]]:
        """The requests that came for `route`."""
        return [fields for name, fields in self.asked if name == route]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            request = stream.readline().split()
            if len(request) < 2:
                return
            route = self._names[request[0].decode(), request[1].decode()]
            length = 0
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            fields = json.loads(stream.read(length) or b"{}")
            self.asked.append((route.name, fields))
            answer = self._answers.get(route.name, [{"error": {"code": "usage", "message": "nobody said"}}])
            lines = answer(fields) if callable(answer) else answer
            status = 400 if route.lane != "stream" and isinstance(lines[0], dict) and "error" in lines[0] else 200
            connection.sendall(b"HTTP/1.1 %d OK\r\nConnection: close\r\n\r\n" % status)
            for one in lines:
                if isinstance(one, threading.Event):
                    self._wait(connection, one)
                    continue
                try:
                    connection.sendall(json.dumps(to_builtins(one)).encode() + b"\n")
                except OSError:
                    return

    def _wait(self, connection: socket.socket, until: threading.Event) -> None:
        connection.settimeout(0.02)
        for _ in range(1500):
            if until.is_set():
                break
            try:
                if connection.recv(1) == b"":
                    self.gone.set()
                    return
            except TimeoutError:
                continue
        connection.settimeout(None)


@pytest.fixture
def door(private_home: Path) -> Iterator[ScriptedDoor]:
    """A scripted daemon in a private home."""
    path = Paths.from_env(os.environ).socket
    made = ScriptedDoor(path)
    yield made
    made.close()
    os.unlink(path)


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


class Screen(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self, typed: str = "") -> None:
        super().__init__(io.BytesIO(typed.encode()), encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no terminal of a size")

    def text(self) -> str:
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined]


@pytest.fixture
def lsfs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs the command line in this process; `typed` is what somebody answers at a terminal."""

    def runs(*arguments: str, typed: str | None = None, seen: bool = False) -> Outcome:
        out = Screen() if seen else io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        err: Any = Screen() if seen else io.StringIO()
        if typed is not None:
            monkeypatch.setattr(sys, "stdin", Screen(typed))
            monkeypatch.setattr(sys, "stderr", err)
        code = run(list(arguments), Session({**os.environ, "NO_COLOR": "1"}, out, err))
        said = err.text() if seen else err.getvalue()
        return Outcome(code, out.buffer.getvalue().decode(), said)  # type: ignore[attr-defined]

    return runs


def plan_result(*effects: api.EffectInfo, kind: type[api.PlanResult] = api.SayResult, **fields: Any) -> Any:
    """A preview of these effects."""
    usual = {"op": 17, "state": "preview", "effect_class": "reversible", "files": len(effects)}
    return kind(**{**usual, "effects": effects, **fields})


@pytest.fixture
def preview() -> Callable[..., Any]:
    """Makes the result of a sentence that is a plan."""
    return plan_result


@pytest.fixture
def done() -> Callable[..., api.SayEvent]:
    """Makes the last event of a stream, of a result or of its fields."""

    def make(result: api.SayResult | None = None, **fields: Any) -> api.SayEvent:
        return api.SayEvent(phase="done", result=result or api.SayResult(**{"op": None, **fields}))

    return make
