"""MCP over streamable HTTP, for this machine and whoever knows the token; no browser gets in.

The token is what stands between the user's files and every other program and user of the machine.  Host and Origin are
checked too, since a page can have a browser send requests to 127.0.0.1 under a name of its own (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from lsfs.core.errors import ConflictError, LsfsError, PermissionRefused, RefusedError
from lsfs.core.failures import DONE, INTERRUPTED
from lsfs.core.locations import make_private_folder
from lsfsd.http.gate import answer_error
from lsfsd.http.server import QuietServer

HOST = "127.0.0.1"
PATH = "/mcp"
_MOST_SESSIONS = 64
_DRAIN_S = 1


def kept_token(path: str, *, new: bool = False) -> tuple[str, bool]:
    """The token in the file at `path` (0600), made where there is none or a `new` one is wanted; whether it was made.

    Raises `PermissionRefused` where it cannot be kept for the user alone.
    """
    make_private_folder(os.path.dirname(path))
    try:
        if not new:
            with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise PermissionRefused("others can read the token", path=path, hint="lsfs mcp --http --new-token")
                if token := file.read(200).strip():
                    return token, False
        token, partial = secrets.token_urlsafe(32), f"{path}.{os.getpid()}.tmp"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(token + "\n")
        os.replace(partial, path)
    except OSError as error:
        raise PermissionRefused(f"the token cannot be kept: {error.strerror}", path=path) from error
    return token, True


def listen(port: int) -> socket.socket:
    """A socket that listens on the loopback address; raises ConflictError where the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ConflictError(
            f"port {port} cannot be listened on: {error.strerror}", hint="name another one with --port"
        ) from error
    listener.listen()
    return listener


def serve_http(server: Server[Any], listener: socket.socket, token: str, ready: Callable[[], None]) -> int:
    """Serves any number of clients until a signal; the exit code."""
    return asyncio.run(_serve(application(server, listener.getsockname()[1], token), listener, ready))


def application(server: Server[Any], port: int, token: str) -> ASGIApp:
    """The ASGI application; `port` is what it is reached at."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        max_sessions=_MOST_SESSIONS,
        transport_security=TransportSecuritySettings(
            allowed_hosts=[f"{HOST}:{port}", f"localhost:{port}"],
            allowed_origins=[],  # whatever sends one is a browser
        ),
    )
    return Gate(app, token)


class Gate:
    """An application that passes on to another what knows the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers by itself, or passes on."""
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._wanted):
                error: LsfsError = RefusedError("the token is missing or wrong", hint="Authorization: Bearer TOKEN")
                await answer_error(send, 401, error)
                return
        await self._app(scope, receive, send)


class _Server(QuietServer):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to `_serve`: uvicorn would raise them again after an orderly end."""
        yield


async def _serve(app: ASGIApp, listener: socket.socket, ready: Callable[[], None]) -> int:
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    serving = _Server(config, ready)
    code = DONE

    def end(received: signal.Signals) -> None:
        nonlocal code
        code = INTERRUPTED if received == signal.SIGINT else DONE
        serving.wake()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    await serving.serve(sockets=[listener])
    return code
