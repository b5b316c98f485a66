"""Calls the daemon over its socket: one method per kind of answer, errors as those of `lsfs.core.errors`."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lsfs.core.errors import DaemonUnavailable, LsfsError
from lsfs.core.failures import error_of
from lsfs.core.locations import Paths
from lsfs.rpc.build import build_id
from lsfs.rpc.http1 import BrokenAnswer, Response, send
from lsfs.rpc.routes import Route, route

ANSWER_SECONDS = 120.0
"""A query takes milliseconds; a daemon that is silent for this long is taken as hung."""
STOP_SECONDS = 60.0
"""What a daemon may take to finish what it is at."""
OUTDATED_STATUS = 426
"""HTTP "Upgrade Required": the daemon is an older build than the caller, and has done nothing."""


def vault_key(vault_dir: str) -> str:
    """A short name of a vault, for a header: the daemon refuses requests that mean another one."""
    return f"{zlib.crc32(os.fsencode(os.path.realpath(vault_dir))):08x}"


class Client:
    """Calls the daemon of `paths`, which `launch` starts: when there is none and `on_demand`, and after an upgrade."""

    def __init__(
        self,
        paths: Paths,
        caller: Mapping[str, Any],
        *,
        launch: Callable[[], None],
        on_demand: bool = True,
        build: str | None = None,
        answer_s: float = ANSWER_SECONDS,
    ) -> None:
        """`answer_s`: how long the daemon may be silent, in seconds, before it is taken as hung."""
        self._paths = paths
        self._caller = caller
        self._launch = launch
        self._on_demand = on_demand
        self._build = build or build_id()
        self._answer_s = answer_s

    def call(self, name: str, fields: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer of route `name`; `fields` are those of its request besides the caller's."""
        with _broken_off(self._answer_s), self._exchange(route(name), fields) as response:
            return json.loads(response.read())

    def stream(self, name: str, fields: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The decoded lines of streaming route `name`, as they come."""
        with _broken_off(self._answer_s), self._exchange(route(name), fields) as response:
            for line in response.lines():
                said = json.loads(line)
                if "error" in said:
                    raise _stated(said)
                yield said

    def stop_daemon(self) -> bool:
        """True once the daemon has ended, False where none ran."""
        from lsfs.rpc.launch import is_locked, terminate_holder, wait_until

        connection = self._open()
        if connection is not None:
            with (
                _broken_off(),
                connection,
                contextlib.suppress(BrokenAnswer, ConnectionError),  # it ends already; the lock tells when it has
                contextlib.closing(send(connection, "POST", route("shutdown").path, {}, b"")) as response,
            ):
                _checked(response)
        elif is_locked(self._paths.lock):
            terminate_holder(self._paths.lock)
        else:
            return False
        if not wait_until(lambda: not is_locked(self._paths.lock), STOP_SECONDS):
            raise DaemonUnavailable("the daemon was asked to stop and still runs", hint="try again, or end it by hand")
        return True

    @contextlib.contextmanager
    def _exchange(self, to: Route, fields: Mapping[str, Any] | None) -> Iterator[Response]:
        headers = {"Lsfs-Build": self._build, "Lsfs-Vault": vault_key(self._paths.vault_dir)}
        body = None
        if to.method == "POST":
            body = json.dumps({**self._caller, **(fields or {})}).encode() if to.request else b""
        for attempt in (1, 2):
            with (
                contextlib.closing(self._connect()) as connection,
                contextlib.closing(send(connection, to.method, to.path, headers, body)) as response,
            ):
                if response.status != OUTDATED_STATUS or attempt == 2:
                    yield _checked(response)
                    return
            self.stop_daemon()
            self._launch()

    def _connect(self) -> socket.socket:
        connection = self._open()
        if connection is None:
            if not self._on_demand:
                raise DaemonUnavailable("the daemon does not run", hint="start it with: lsfs up")
            self._launch()
            connection = self._open()
        if connection is None:
            raise DaemonUnavailable("the daemon was started and does not listen", path=self._paths.socket)
        return connection

    def _open(self) -> socket.socket | None:
        self._paths.check_socket()
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self._answer_s)
        try:
            connection.connect(self._paths.socket)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            connection.close()
            return None
        except OSError as error:
            connection.close()
            reason = error.strerror or error
            raise DaemonUnavailable(f"the daemon cannot be reached: {reason}", path=self._paths.socket) from error
        return connection


@contextlib.contextmanager
def _broken_off(answer_s: float = ANSWER_SECONDS) -> Iterator[None]:
    """Turns what the socket raises into `DaemonUnavailable`."""
    try:
        yield
    except TimeoutError as error:
        hint = "`lsfs down` and try again; its log may say why"
        raise DaemonUnavailable(f"the daemon has not answered for {answer_s:.0f} s", hint=hint) from error
    except (BrokenAnswer, ConnectionError, json.JSONDecodeError) as error:
        hint = "try again: a new one is started when it is needed"
        raise DaemonUnavailable("the daemon stopped before it had answered", hint=hint) from error


def _checked(response: Response) -> Response:
    if response.status == 200:
        return response
    try:
        raise _stated(json.loads(response.read()))
    except (json.JSONDecodeError, KeyError) as error:
        raise DaemonUnavailable(f"the daemon answered with HTTP status {response.status}") from error


def _stated(document: Mapping[str, Any]) -> LsfsError:
    said = document["error"]
    return error_of(said["code"], said["message"], said.get("path"), said.get("hint"))
