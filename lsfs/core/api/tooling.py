"""Tools: the catalogue, the router, and calls."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.api.caller import Caller
from lsfs.core.tools import Allowance, Origin, SourceKind, ToolEffect, ToolKind, ToolProblem

SourceState = Literal["ready", "partial", "failed", "off"]
"""partial: some of its tools could not be taken in; failed: none could, and those known before still stand."""


class ToolSourceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A source of tools, and how it is."""

    name: str
    kind: SourceKind
    where: str
    """As it was added, without secrets."""
    state: SourceState
    tools: int
    allow: Allowance = "ask"
    watched: bool = False
    error: str = ""
    problems: tuple[ToolProblem, ...] = ()
    checked: str = ""


class ToolSourceList(msgspec.Struct, frozen=True, kw_only=True):
    """The sources."""

    sources: tuple[ToolSourceInfo, ...]


class ToolInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as lists show it."""

    id: str
    name: str
    description: str
    kind: ToolKind
    effect: ToolEffect
    enabled: bool = True
    callable: bool = True
    """False: it is only described, and lsfs cannot call it."""


class ToolsList(msgspec.Struct, frozen=True, kw_only=True):
    """Tools, by id."""

    tools: tuple[ToolInfo, ...]
    total: int


class ToolExample(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a tool served, or would."""

    query: str
    origin: Origin


class ToolDetail(ToolInfo, frozen=True, kw_only=True):
    """All that is known of a tool."""

    source: str
    schema: dict[str, Any]
    group: str = ""
    examples: tuple[ToolExample, ...] = ()


class ToolsAddRequest(Caller, frozen=True, kw_only=True):
    """Take in a source, or take it in anew."""

    source: str
    """``commands``, a path (wire text), a URL, ``module:function``, or a program that speaks MCP."""
    name: str | None = None
    """Its name; None: one made of what it is."""
    kind: SourceKind | None = None
    """None: as it looks."""
    args: tuple[str, ...] = ()
    """Of the program that speaks MCP."""
    env: dict[str, str] = {}
    """For that program, or the HTTP headers of a URL; kept in the vault, never shown or logged."""
    server: str | None = None
    """URL of the server of an API: requests, and its headers, go there and nowhere else; None: as its document says."""
    allow: Allowance = "ask"
    from_help: bool = False
    """Of commands without a page: run ``--help``."""


class ToolsListRequest(Caller, frozen=True, kw_only=True):
    """Which tools there are."""

    source: str | None = None
    kind: ToolKind | None = None
    offset: int = 0
    limit: int = 1000


class ToolRequest(Caller, frozen=True, kw_only=True):
    """About one tool."""

    id: str


class ToolsSourceRequest(Caller, frozen=True, kw_only=True):
    """About one source."""

    source: str


class ToolsEnableRequest(Caller, frozen=True, kw_only=True):
    """Show and call a source or a tool, or no more."""

    target: str
    """A source's name or a tool's id."""
    enabled: bool
    allow: Allowance | None = None


class ToolsImportRequest(Caller, frozen=True, kw_only=True):
    """Take in what a client's configuration names, or example requests (JSON lines of `query` and `gold`)."""

    path: str
    forget: bool = False
    """Forget the example requests of the file instead."""


class ToolsImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken in of a file."""

    sources: tuple[ToolSourceInfo, ...] = ()
    examples: int = 0
    """Requests, each for a tool."""
    unknown: int = 0
    """Of those, for tools that are not known; they are kept for the day they are."""


class ToolsFindRequest(Caller, frozen=True, kw_only=True):
    """Which tools serve a request."""

    query: str
    limit: int = 5
    kinds: tuple[ToolKind, ...] = ()
    sources: tuple[str, ...] = ()
    explain: bool = False
    deep: bool = False
    """Have the language model write what is looked for, and order the best: seconds."""
    with_examples: bool = False
    with_schemas: bool = False


class FoundTool(ToolInfo, frozen=True, kw_only=True):
    """A tool that may serve."""

    score: float
    """How likely it fits, 0 to 1."""
    matched: str = ""
    """The wording that it was found by."""
    why: dict[str, float] | UnsetType = UNSET
    schema: dict[str, Any] | UnsetType = UNSET
    examples: tuple[ToolExample, ...] | UnsetType = UNSET


class ToolsFindResult(msgspec.Struct, frozen=True, kw_only=True):
    """The tools that fit best, the best first."""

    query: str
    tools: tuple[FoundTool, ...]
    none_fits: bool
    elapsed_ms: float
    complete: bool = True
    """False while vectors are still being made."""


class DraftCallRequest(Caller, frozen=True, kw_only=True):
    """Have the language model write a tool's arguments for a sentence."""

    id: str
    sentence: str


class DraftedCall(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments that fit the tool's schema; nothing is called."""

    id: str
    arguments: dict[str, Any]
    missing: tuple[str, ...] = ()
    """Required ones that the sentence says nothing of."""


class SaveOpRequest(Caller, frozen=True, kw_only=True):
    """Make a tool of what an op did."""

    op: int
    name: str


class ToolsTrainResult(msgspec.Struct, frozen=True, kw_only=True):
    """What training brought, on examples of tools that it had not seen and of some that it had."""

    examples: int
    before: dict[str, float]
    after: dict[str, float]
    kept: Literal["new", "old"]
    """The old weights stay where the new ones are no better."""
    seconds: float


class ToolsEvalRequest(Caller, frozen=True, kw_only=True):
    """Measure the router on a set of tools and requests."""

    path: str
    """A folder with ``tools.jsonl``, ``queries.jsonl`` and perhaps ``queries_train.jsonl``, or one of requests."""
    any_of: bool = False
    """Of a file of requests: any tool of `gold` will do."""


class ToolsEvalResult(msgspec.Struct, frozen=True, kw_only=True):
    """How often the wanted tools are among the first."""

    tools: int
    queries: int
    figures: dict[str, float]
