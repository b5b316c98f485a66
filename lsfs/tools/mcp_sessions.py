"""Sessions with MCP servers, through the official SDK: started on demand, one a server, ended when idle.

The SDK's event loop runs in one thread; every method here may be called by any thread and waits for it.  A server that
hangs, dies, or sends too much ends its own session and nothing else; the next request starts it again.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from lsfs.core.errors import UnavailableError, WorkerFailed
from lsfs.core.tools import CallOutcome, ToolProblem, ToolSource
from lsfs.tools.mcp_results import outcome_of
from lsfs.tools.mcp_session import Session, folder_of, reason_of

if TYPE_CHECKING:
    from anyio.abc import TaskGroup, TaskStatus
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")

_LIST_S = 30.0
_IDLE_S = 300.0
_ASK_S = 0.1
_MOST_PAGES = 100
_MOST_TOOLS = 20_000
_MOST_BYTES = 64 << 20
_END_S = 15.0

log = logging.getLogger(__name__)


class Listed(msgspec.Struct, frozen=True):
    """A server's tools as it described them, mended, and those that could not be."""

    tools: tuple[dict[str, Any], ...]
    """Each with ``name``, ``inputSchema`` and perhaps ``title``, ``description`` and ``annotations``."""
    problems: tuple[ToolProblem, ...]


class McpSessions:
    """The sessions that are open."""

    def __init__(
        self,
        environ: Mapping[str, str],
        on_changed: Callable[[str], None] = lambda name: None,
        idle_s: float = _IDLE_S,
    ) -> None:
        """`environ`: of it a server gets HOME, PATH, the locale and the like, with the user's own on top.

        `on_changed` is called with a source's name, from the loop's thread, when its server says that its tools are
        others now; it must return at once.  A session is ended after `idle_s` seconds without a request.
        """
        self._environ = environ
        self.on_changed = on_changed
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._portal: BlockingPortal | None = None
        self._sessions: dict[str, Session] = {}
        """By source; only touched in the loop's thread."""
        self._tasks: TaskGroup
        self._closed = False

    def list_tools(self, source: ToolSource, timeout: float = _LIST_S) -> Listed:
        """All tools of a server.  Raises UnavailableError, with the reason, where it does not tell within `timeout`."""
        try:
            return self._asked(source, _listed, timeout, lambda: False)
        except UnavailableError:
            self.end(source.name)  # nobody is to wait for it a second time
            raise

    def call(
        self,
        source: ToolSource,
        tool: str,
        arguments: Mapping[str, Any],
        timeout: float,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> CallOutcome:
        """What a tool of a server gives; raises UnavailableError where the server cannot be asked, WorkerFailed where
        it was asked, and dies or takes too long.

        `cancelled` is asked now and then; once it says yes, the server is told so and the outcome is not ``ok``.
        """
        begun = time.monotonic()
        asked = threading.Event()

        async def work(session: Session) -> CallOutcome:
            assert session.client is not None
            asked.set()
            return outcome_of(await session.client.call_tool(tool, dict(arguments)))

        try:
            outcome = self._asked(source, work, timeout, cancelled)
        except CancelledError:
            outcome = CallOutcome(ok=False, text="it was cancelled", failure="cancelled")
        except UnavailableError as error:
            if not asked.is_set():
                raise
            raise WorkerFailed(error.message, path=error.path, hint=error.hint) from error
        return msgspec.structs.replace(outcome, elapsed_ms=(time.monotonic() - begun) * 1000)

    def folder(self, source: ToolSource) -> str | None:
        """The folder that a server works in; None for one that is reached by its URL."""
        return None if isinstance(source.where.get("url"), str) else folder_of(source.where, self._environ)

    def end(self, name: str) -> None:
        """Ends the session of a source, if there is one: it was changed or removed."""
        with self._lock:
            portal = self._portal
        if portal is not None:
            with contextlib.suppress(RuntimeError):
                portal.call(self._end, name)

    def open(self) -> tuple[str, ...]:
        """The sources whose servers run."""
        with self._lock:
            portal = self._portal
        return tuple(portal.call(self._open)) if portal is not None else ()

    def close(self) -> None:
        """Ends every session and the loop."""
        with self._lock:
            self._closed = True
            portal, self._portal = self._portal, None
        if portal is not None:
            portal.call(self._end_all)
            self._stack.close()

    def _asked(
        self,
        source: ToolSource,
        work: Callable[[Session], Awaitable[T]],
        timeout: float,
        cancelled: Callable[[], bool],
    ) -> T:
        portal = self._started()
        future = portal.start_task_soon(self._within, source, work, timeout)
        while True:
            try:
                return future.result(_ASK_S)
            except TimeoutError:
                if future.done():
                    raise UnavailableError(f"no answer within {timeout:g} s", path=source.name) from None
                if cancelled():
                    future.cancel()

    def _started(self) -> BlockingPortal:
        from anyio.from_thread import start_blocking_portal

        if importlib.util.find_spec("mcp") is None:
            raise UnavailableError("the MCP SDK is not installed", hint="pip install 'lsfs[mcp]'")
        with self._lock:
            if self._closed:
                raise UnavailableError("the daemon is ending")
            if self._portal is None:
                self._portal = self._stack.enter_context(start_blocking_portal(name="lsfs-mcp"))
                self._portal.start_task(self._hold)
            return self._portal

    # In the loop's thread

    async def _hold(self, *, task_status: TaskStatus[None]) -> None:
        """Runs the sessions, and ends those that are idle, until all are to end."""
        import anyio

        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            task_status.started()
            while not self._closed:
                await anyio.sleep(min(self._idle_s / 4, 5.0))
                for name, session in list(self._sessions.items()):
                    if session.ended.is_set() or session.idle_s() > self._idle_s:
                        await self._end(name)
            tasks.cancel_scope.cancel()

    async def _within(self, source: ToolSource, work: Callable[[Session], Awaitable[T]], timeout: float) -> T:
        import anyio

        session = None
        try:
            with anyio.fail_after(timeout):
                session = await self._session(source)
                async with session.use():
                    return await work(session)
        except TimeoutError:
            if session is None or not session.ready.is_set():
                await self._end(source.name)
            raise
        except (anyio.get_cancelled_exc_class(), UnavailableError):
            raise
        except Exception as error:  # whatever the SDK raises: it is this server's doing
            if session is not None and session.is_lost(error) and self._sessions.get(source.name) is session:
                await self._end(source.name)
            why = session.reason(error) if session is not None else reason_of(error)
            raise UnavailableError(why, path=source.name) from error

    async def _session(self, source: ToolSource) -> Session:
        """The open session of a source, or a new one, when it is ready."""
        # Looked at again after each wait: another request may have opened one meanwhile.
        while (session := self._sessions.get(source.name)) is not None:
            if not session.ended.is_set() and session.where == source.where:
                break
            await self._end(source.name)
        if session is None:
            session = Session(source, self._environ, self._say_changed)
            self._sessions[source.name] = session
            self._tasks.start_soon(session.run)
        await session.ready.wait()
        if session.client is None:
            if self._sessions.get(source.name) is session:
                del self._sessions[source.name]
            raise UnavailableError(session.error or "it ended at once", path=source.name)
        return session

    def _say_changed(self, name: str) -> None:
        try:
            self.on_changed(name)
        except Exception:  # a mistake of whoever listens does not end the session
            log.exception("cannot say that the tools of %s changed", name)

    async def _end(self, name: str) -> None:
        import anyio

        session = self._sessions.pop(name, None)
        if session is not None:
            session.close()
            with anyio.move_on_after(_END_S, shield=True):
                await session.ended.wait()

    async def _end_all(self) -> None:
        import anyio

        async with anyio.create_task_group() as tasks:
            for name in list(self._sessions):
                tasks.start_soon(self._end, name)
        self._tasks.cancel_scope.cancel()

    async def _open(self) -> list[str]:
        return sorted(name for name, session in self._sessions.items() if not session.ended.is_set())


async def _listed(session: Session) -> Listed:
    client = session.client
    assert client is not None and session.stream is not None
    session.stream.problems.clear()
    tools: list[dict[str, Any]] = []
    cursor: str | None = None
    left, seen = _MOST_BYTES, {""}
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools]
        left -= len(msgspec.json.encode(listed))
        tools += listed
        cursor = page.next_cursor
        if cursor is None or cursor in seen:
            return Listed(tuple(tools), tuple(session.stream.problems))
        if left < 0 or len(tools) > _MOST_TOOLS:
            break
        seen.add(cursor)
    cut = ToolProblem(name="", why=f"its list goes on; the first {len(tools)} tools are taken")
    return Listed(tuple(tools), (*session.stream.problems, cut))
