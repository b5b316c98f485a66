"""Turns away what the socket is not for: other users, browsers, other vaults, and newer clients of an older daemon.

A browser cannot open a Unix socket, but something that forwards to one can be fooled into doing it for a page; what
a page's request cannot be without (Origin, a Host of its own) is therefore refused.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from lsfs.core.errors import ConflictError, DaemonUnavailable, LsfsError, RefusedError, UsageError
from lsfs.core.failures import failure_document
from lsfs.rpc.build import is_newer
from lsfs.rpc.client import OUTDATED_STATUS
from lsfsd.http.statuses import http_status

HOSTS = (b"lsfs", b"localhost")
BODY_LIMIT = 4 * 1024 * 1024
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid (unix(7))


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end of a Unix socket, as the kernel knows it."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(packed)[1])


class Gate:
    """An application that passes on to another what is meant for it."""

    def __init__(self, app: ASGIApp, *, build: str, vault: str, vault_key: str) -> None:
        self._app = app
        self._build = build
        self._vault = vault
        self._vault_key = vault_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers by itself, or passes on."""
        headers = dict(scope.get("headers", ()))
        try:
            self._check(scope["method"], headers)
        except LsfsError as error:
            await answer_error(send, http_status(error), error)
            return
        theirs = headers.get(b"lsfs-build", b"").decode("latin-1")
        if theirs and is_newer(theirs, self._build):
            outdated = DaemonUnavailable("the daemon is an older build than the caller", hint="stop it with: lsfs down")
            await answer_error(send, OUTDATED_STATUS, outdated)
            return
        await self._app(scope, receive, send)

    def _check(self, method: str, headers: Mapping[bytes, bytes]) -> None:
        if headers.get(b"host") not in HOSTS or b"origin" in headers or b"sec-fetch-site" in headers:
            raise RefusedError("browsers are not served", hint="use the lsfs command, or send `Host: lsfs`")
        if method == "POST" and headers.get(b"content-type") != b"application/json":
            raise UsageError("a request's body has to be application/json")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > BODY_LIMIT or b"transfer-encoding" in headers:
            raise UsageError(f"a request's body is at most {BODY_LIMIT} bytes, with its length given")
        key = headers.get(b"lsfs-vault", self._vault_key)
        if key != self._vault_key:
            raise ConflictError(
                "the daemon at this socket serves another vault",
                path=self._vault,
                hint="set XDG_RUNTIME_DIR differently",
            )


async def answer_error(send: Send, status: int, error: LsfsError) -> None:
    """Sends `error` as the whole answer."""
    body = json.dumps(failure_document(error)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
