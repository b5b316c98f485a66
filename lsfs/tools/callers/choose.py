"""Which caller calls which kind of tool: the one place where they are named.  A macro is expanded, not called."""

from __future__ import annotations

from collections.abc import Mapping

from lsfs.core.tools import ToolKind
from lsfs.tools.callers.base import ToolCaller
from lsfs.tools.callers.command import CommandCaller
from lsfs.tools.callers.mcp_server import McpCaller, Sessions
from lsfs.tools.callers.openapi import ApiCaller
from lsfs.tools.callers.python_function import FunctionCaller
from lsfs.tools.callers.skill import SkillCaller


def callers(sessions: Sessions | None) -> Mapping[ToolKind, ToolCaller]:
    """A caller for each kind; `sessions` are those with MCP servers, None where there are none."""
    found: dict[ToolKind, ToolCaller] = {
        "command": CommandCaller(),
        "openapi": ApiCaller(),
        "function": FunctionCaller(),
        "skill": SkillCaller(),
    }
    if sessions is not None:
        found["mcp"] = McpCaller(sessions)
    return found
