"""All tools of this server."""

from __future__ import annotations

from lsfsd.mcp import catalogue, changes, files
from lsfsd.mcp.tool import ToolSpec

TOOLS: tuple[ToolSpec, ...] = (
    catalogue.FIND,
    catalogue.DESCRIBE,
    catalogue.CALL,
    files.SEARCH,
    files.READ,
    files.ASK,
    files.VERSIONS,
    changes.PLAN,
    changes.APPLY,
    changes.UNDO,
    changes.RESTORE,
)
