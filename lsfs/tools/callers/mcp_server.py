"""Tools of MCP servers: called through the one session that each server has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lsfs.core.errors import LsfsError, WorkerFailed
from lsfs.core.tools import CallOutcome, Tool, ToolSource
from lsfs.tools.callers.base import Around, failed, unreached


class Sessions(Protocol):
    """The sessions with MCP servers (`lsfs.tools.mcp_sessions`)."""

    def folder(self, source: ToolSource) -> str | None:
        """The folder that a server works in; None for one that is reached by its URL."""

    def call(
        self,
        source: ToolSource,
        tool: str,
        arguments: Mapping[str, Any],
        timeout: float,
        cancelled: Callable[[], bool] = ...,
    ) -> CallOutcome:
        """What a tool of a server gives; starts the server if it does not run.

        Raises WorkerFailed where it died or hung when it was asked already, another `LsfsError` before.
        """


class McpCaller:
    """Calls tools of MCP servers."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def works_in(self, source: ToolSource, cwd: str) -> str | None:
        """See `ToolCaller.works_in`: a server serves several callers, and works where it was started."""
        return self._sessions.folder(source)

    def call(self, tool: Tool, arguments: Mapping[str, Any], around: Around) -> CallOutcome:
        """See `ToolCaller.call`."""
        name = str(tool.invocation.get("tool") or tool.name)
        try:
            return self._sessions.call(around.source, name, arguments, around.deadline_s, around.cancelled)
        except WorkerFailed as error:
            return failed(f"{around.source.name}: {error.message}")
        except LsfsError as error:
            return unreached(f"{around.source.name}: {error.message}")
