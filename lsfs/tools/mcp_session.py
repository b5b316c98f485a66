"""One session with an MCP server: a task that holds it open until it is to end, or the server is gone."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lsfs.core.errors import UsageError
from lsfs.core.tools import ToolSource
from lsfs.tools.mcp_listing import MendedStream
from lsfs.tools.mcp_transports import Told, http, stdio

if TYPE_CHECKING:
    import anyio
    from mcp import Client

_INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_LISTEN_S = 3.0
"""How long a server is waited for that is to say when its tools change."""
_LEAST_SECRET = 6
"""Characters of a value of the server's environment from which on it is not shown in what the server complains of."""


class Session:
    """A session; every method belongs to the loop's thread."""

    def __init__(self, source: ToolSource, environ: Mapping[str, str], on_changed: Callable[[str], None]) -> None:
        import anyio

        self.name = source.name
        self.where = source.where
        self.client: Client | None = None
        """The SDK's client while the session is open."""
        self.stream: MendedStream | None = None
        self.error = ""
        """Why it is not open."""
        self.ready = anyio.Event()
        """It is open, or could not be opened."""
        self._closing = anyio.Event()
        self._scope = anyio.CancelScope()
        self.ended = anyio.Event()
        self._environ = environ
        self._on_changed = on_changed
        self._told = Told()
        self._uses = 0
        self._used_at = time.monotonic()

    async def run(self) -> None:
        """Opens the session, and holds it open."""
        import anyio
        from mcp import Client

        try:
            with self._scope:
                transport = _Transport(self._streams())
                async with (
                    Client(transport, message_handler=self._heard, cache=None) as client,
                    anyio.create_task_group() as tasks,
                ):
                    listening = anyio.Event()
                    tasks.start_soon(self._follow, client, listening)
                    with anyio.move_on_after(_LISTEN_S):  # else what changes after the first look is missed
                        await listening.wait()
                    self.client, self.stream = client, transport.stream
                    self._used_at = time.monotonic()
                    self.ready.set()
                    await self._closing.wait()
                    tasks.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            raise
        except Exception as error:  # the server's doing; the sessions of others go on
            self.error = self.reason(error)
        finally:
            self.client = None
            self.ready.set()
            self.ended.set()

    def close(self) -> None:
        """Has it end; one that is being opened is not waited for."""
        self._closing.set()
        if not self.ready.is_set():
            self._scope.cancel()

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[None]:
        """While it is used it is not idle."""
        self._uses += 1
        try:
            yield
        finally:
            self._uses -= 1
            self._used_at = time.monotonic()

    def idle_s(self) -> float:
        """Seconds since it was used last."""
        return 0.0 if self._uses or not self.ready.is_set() else time.monotonic() - self._used_at

    def is_lost(self, error: BaseException) -> bool:
        """Whether the connection is of no use any more after that error."""
        import anyio
        from mcp.types import CONNECTION_CLOSED

        lost = (anyio.ClosedResourceError, anyio.BrokenResourceError, ConnectionError)
        return bool(self._told.why) or any(
            isinstance(one, lost) or getattr(one, "code", None) == CONNECTION_CLOSED for one in _leaves(error)
        )

    def reason(self, error: BaseException) -> str:
        """What to say of an error: what the transport knows of it, and the server's last words."""
        why = self._told.why or reason_of(error)
        words = self._told.last_words() if self._told.why else ""
        secrets = (self.where.get("env") or {}) | (self.where.get("headers") or {})
        for value in secrets.values():
            if len(str(value)) >= _LEAST_SECRET:
                words, why = words.replace(str(value), "…"), why.replace(str(value), "…")
        return f"{why}: {words}" if words and words not in why else why

    def _streams(self) -> contextlib.AbstractAsyncContextManager[Any]:
        url, command = self.where.get("url"), self.where.get("command")
        if isinstance(url, str):
            return http(url, _texts(self.where.get("headers")), self._told)
        if not isinstance(command, str) or not command:
            raise UsageError(f"the source {self.name} names neither a program nor a URL")
        arguments = [str(word) for word in self.where.get("args") or ()]
        cwd = folder_of(self.where, self._environ)
        return stdio([command, *arguments], _environ_of(self.where, self._environ), cwd, self._told)

    async def _heard(self, message: Any) -> None:
        from mcp.types import ToolListChangedNotification

        if isinstance(message, ToolListChangedNotification):
            self._on_changed(self.name)

    async def _follow(self, client: Client, listening: anyio.Event) -> None:
        """Listens for changes where the protocol's newer version has them asked for."""
        from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
        from mcp.shared.exceptions import MCPError

        try:
            async with client.listen(tools_list_changed=True) as events:
                listening.set()
                async for _ in events:
                    self._on_changed(self.name)
        except (ListenNotSupportedError, SubscriptionLost, MCPError, TimeoutError):
            pass  # then its tools are read again when it is asked for them
        finally:
            listening.set()


class _Transport:
    """The transport that the SDK's client enters, its incoming messages mended."""

    def __init__(self, inner: contextlib.AbstractAsyncContextManager[Any]) -> None:
        self._inner = inner
        self.stream: MendedStream | None = None

    async def __aenter__(self) -> Any:
        incoming, outgoing = await self._inner.__aenter__()
        self.stream = MendedStream(incoming)
        return self.stream, outgoing

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._inner.__aexit__(*error)


def folder_of(where: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """The folder that a server which is started works in: the one that its source names, else the user's home."""
    cwd = str(where.get("cwd") or _environ_of(where, environ).get("HOME") or "/")
    return cwd if os.path.isdir(cwd) else "/"


def _environ_of(where: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """What a server's program gets: a part of the daemon's environment, and what its source gives."""
    inherited = {key: value for key, value in environ.items() if key in _INHERITED}
    return {"PATH": os.defpath, **inherited, **_texts(where.get("env"))}


def reason_of(error: BaseException) -> str:
    """What an error of the SDK says, in one line."""
    first = next(iter(_leaves(error)), error)
    if isinstance(first, FileNotFoundError):
        return f"it could not be started: there is no {first.filename}"
    if isinstance(first, OSError) and first.strerror:
        return f"it could not be started: {first.strerror}"
    text = str(getattr(first, "message", "") or first).strip().split("\n")[0]
    return text[:500] or type(first).__name__


def _leaves(error: BaseException) -> Iterable[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _texts(values: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, Mapping) else {}
