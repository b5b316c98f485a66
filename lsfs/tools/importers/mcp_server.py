"""MCP servers: the tools that they list."""

from __future__ import annotations

from typing import Protocol

from lsfs.core.tools import ToolSource
from lsfs.tools.importers.base import Basket, Taken
from lsfs.tools.mcp_sessions import Listed


class Lister(Protocol):
    """Who asks servers for their tools (`lsfs.tools.mcp_sessions`)."""

    def list_tools(self, source: ToolSource, timeout: float = ...) -> Listed:
        """All tools of a server.  Raises UnavailableError."""


class McpServers:
    """Reads the tools of a server, which is started for that if it does not run."""

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    def take(self, source: ToolSource) -> Taken:
        """See `Importer.take`."""
        listed = self._lister.list_tools(source)
        basket = Basket(source, "mcp")
        for problem in listed.problems:
            basket.refuse(problem.name, problem.why)
        for tool in listed.tools:
            title, description = tool.get("title"), tool.get("description")
            basket.put(
                tool["name"],
                "\n".join(dict.fromkeys(text for text in (title, description) if text)),
                tool["inputSchema"],
                effect="read" if (tool.get("annotations") or {}).get("readOnlyHint") is True else "change",
            )
        return basket.taken()

    def stamp(self, source: ToolSource) -> str:
        """See `Importer.stamp`: a server says itself when its tools are others."""
        del source
        return ""
