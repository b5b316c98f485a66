"""The HTTP service: uvicorn on a listening socket, checking who connects, and silent while nothing happens.

uvicorn wakes ten times a second to see whether it should end and what the date is; ours waits for an event and sends
no date, so that an idle daemon uses no processor time at all.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from lsfsd.http.gate import peer_uid

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 5
"""What running answers get to finish when the service stops."""


class HttpService:
    """Serves `app` on `listener` to `owner_uid` alone; a service of the supervisor."""

    name = "http"

    def __init__(self, app: ASGIApp, listener: socket.socket, owner_uid: int) -> None:
        self._app = app
        self._listener = listener
        self._owner_uid = owner_uid
        self._server: QuietServer | None = None
        self._stopped = False

    def run(self, ready: Callable[[], None]) -> None:
        """Serves until `stop`."""
        config = uvicorn.Config(
            self._app,
            http=_protocol_for(self._owner_uid),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        # uvicorn closes what it serves; a copy lets the service be run again after a failure.
        listener = socket.socket(fileno=os.dup(self._listener.fileno()))
        self._server = QuietServer(config, ready)
        if self._stopped:
            listener.close()
            return
        self._server.run(sockets=[listener])

    def stop(self) -> None:
        """Makes `run` return once running answers are done, or have had `DRAIN_SECONDS`."""
        self._stopped = True
        if self._server is not None:
            self._server.wake()


class QuietServer(uvicorn.Server):
    """uvicorn's server, which waits for `wake` instead of waking by itself; `ready` is called once it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event | None = None

    async def main_loop(self) -> None:
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._ready()
        if not self.should_exit:
            await self._woken.wait()

    def wake(self) -> None:
        """Makes it end, from any thread."""
        self.should_exit = True
        if self._loop is not None and self._woken is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)


def _protocol_for(owner_uid: int) -> type[H11Protocol]:
    """uvicorn's protocol, closing connections that are not of `owner_uid`."""

    class OwnerOnly(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            uid = peer_uid(transport.get_extra_info("socket"))
            if uid == owner_uid:
                super().connection_made(transport)
                return
            logger.warning("refused a connection of user %d", uid)
            transport.set_protocol(asyncio.Protocol())  # what else comes on it is not looked at
            transport.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            transport.close()

    return OwnerOnly
