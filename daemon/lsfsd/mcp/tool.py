"""What a tool of this server is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lsfsd.mcp.asking import Asking
from lsfsd.mcp.permissions import Level
from lsfsd.mcp.schema import Schema


class Answer(NamedTuple):
    """What a call gives: the same as data and in words, since clients show their model the one or the other."""

    data: dict[str, Any]
    text: str


class Hints(NamedTuple):
    """What a client may suppose of a tool (MCP's annotations)."""

    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False
    open_world: bool = False


READS = Hints(read_only=True, idempotent=True)


class ToolSpec(NamedTuple):
    """A tool."""

    name: str
    title: str
    description: str
    level: Level
    """What a client has to be allowed."""
    hints: Hints
    takes: Schema
    gives: Schema
    answer: Callable[[Asking, dict[str, Any]], Answer]
    """Called in a thread, with arguments that fit `takes`; raises `LsfsError`."""
    instead: str = ""
    """What a client can do that may not call it; ``{name}`` stands for an argument."""
