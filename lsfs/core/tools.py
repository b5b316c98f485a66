"""Tools and where they come from, as the catalogue, the router and every door speak of them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

ToolKind = Literal["mcp", "openapi", "function", "command", "skill", "macro"]
SourceKind = Literal["mcp", "openapi", "functions", "python", "commands", "skills", "macros"]
ToolEffect = Literal["read", "change"]
"""``read`` changes nothing; ``change`` may change anything, as what says nothing of itself may."""
Allowance = Literal["ask", "all"]
"""What of a source runs without being asked about: what only reads, or everything (the user's allow-list)."""
Origin = Literal["written", "imported", "observed"]
"""Where an example request comes from: the local language model, the source or a file, or the user's own use."""


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be called: a command, an operation of an API, a tool of an MCP server, a skill, a macro."""

    id: str
    """``source/name``."""
    name: str
    description: str
    schema: dict[str, Any]
    """JSON Schema of its arguments, an object."""
    source: str
    """Name of the source."""
    kind: ToolKind
    effect: ToolEffect = "change"
    group: str = ""
    """The program that a subcommand belongs to, or another name that several tools share."""
    invocation: dict[str, Any] = {}
    """What the kind's caller needs beside the name: method and path, argv, module and function."""
    examples: tuple[str, ...] = ()
    """Requests that it serves, as its own source gives them."""

    @property
    def is_callable(self) -> bool:
        """Whether lsfs can call it; the functions of a file are only described, and called by whoever has them."""
        return self.kind != "function" or bool(self.invocation.get("module") and self.invocation.get("function"))


class ToolSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where tools come from, as the user added it."""

    name: str
    kind: SourceKind
    where: dict[str, Any]
    """How the kind's importer finds it: ``path``, ``url``, ``command`` with ``args`` and ``env``, ``target``.

    Of an API also ``server``, the URL that the user named for its requests, or ``origin``, the one that its document
    named when it was added with credentials (`lsfs.tools.web`).
    """
    enabled: bool = True
    allow: Allowance = "ask"
    watched: bool = False
    """It stands in ``tools.d``, and goes when its file goes."""


class ToolProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What of a source could not be taken in, and why; it costs that tool only."""

    name: str
    why: str


CallFailure = Literal["", "failed", "unavailable", "cancelled"]
"""How a call went wrong: it was made and failed, what it calls could not be reached or run, or it was ended because
whoever asked for it wanted that."""


class CallOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a call gave."""

    ok: bool
    text: str
    """What it said: readable, cut where it is longer than is kept."""
    data: Any = None
    """The same as JSON, where the tool gives that."""
    exit_code: int | None = None
    """Of a command."""
    cut: bool = False
    """There was more than is kept."""
    elapsed_ms: float = 0.0
    failure: CallFailure = ""
    """Of a call that is not ``ok``; '' in what older versions kept, and means ``failed`` there."""
