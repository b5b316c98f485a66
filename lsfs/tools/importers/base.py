"""The interface of everything that reads tools out of a source, and what all of them hold a tool to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from lsfs.core.tools import Tool, ToolEffect, ToolKind, ToolProblem, ToolSource

MOST_TOOLS = 20_000
"""Of one source."""
MOST_PROBLEMS = 50
"""That are told of one source; the rest is counted."""
MOST_FILE_BYTES = 32 << 20
MOST_SCHEMA_BYTES = 64 << 10
_MOST_BYTES = 64 << 20
"""Of the descriptions and schemas of one source."""
_MOST_DEPTH = 40
_MOST_NAME = 128
_MOST_DESCRIPTION = 4000
_MOST_EXAMPLES = 50
_MOST_EXAMPLE = 300

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")

NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


class Taken(msgspec.Struct, frozen=True):
    """What was read out of a source."""

    tools: tuple[Tool, ...]
    problems: tuple[ToolProblem, ...] = ()


class Importer(Protocol):
    """Reads the tools of one kind of source."""

    def take(self, source: ToolSource) -> Taken:
        """The tools of a source as they are now; raises `LsfsError`, with the reason, where none can be had."""

    def stamp(self, source: ToolSource) -> str:
        """A text that differs when the source may give other tools than before; '' where that cannot be told.

        Costs some calls of stat(2) at most, and raises nothing.
        """


class Basket:
    """Gathers the tools of one source, checks each, and keeps why one could not be taken in."""

    def __init__(self, source: ToolSource, kind: ToolKind) -> None:
        self._source = source
        self._kind = kind
        self._tools: dict[str, Tool] = {}
        self._problems: list[ToolProblem] = []
        self._more = 0
        self._left = _MOST_BYTES

    def put(
        self,
        name: object,
        description: object,
        schema: object = None,
        *,
        effect: ToolEffect = "change",
        group: str = "",
        invocation: Mapping[str, Any] | None = None,
        examples: Sequence[object] = (),
    ) -> bool:
        """Takes a tool in; False where it is none, which is kept as a problem then."""
        if not isinstance(name, str) or not name.strip():
            return self.refuse("", "it has no name")
        if why := name_problem(name):
            return self.refuse(name, why)
        if name in self._tools:
            return self.refuse(name, f"{self._source.name} has another tool of that name")
        if len(self._tools) >= MOST_TOOLS:
            return self.refuse(name, f"a source has {MOST_TOOLS} tools at most")
        if schema is None:
            schema = NO_ARGUMENTS
        if why := schema_problem(schema):
            return self.refuse(name, why)
        assert isinstance(schema, dict)
        said = plain(description, _MOST_DESCRIPTION)
        self._left -= len(said) + len(json.dumps(schema))
        if self._left < 0:
            return self.refuse(name, f"the tools of a source say {_MOST_BYTES >> 20} MiB at most")
        texts = [text for text in (plain(one, _MOST_EXAMPLE) for one in examples) if text]
        self._tools[name] = Tool(
            id=f"{self._source.name}/{name}",
            name=name,
            description=said,
            schema={"type": "object", **schema},
            source=self._source.name,
            kind=self._kind,
            effect=effect,
            group=group,
            invocation=dict(invocation or {}),
            examples=tuple(dict.fromkeys(texts))[:_MOST_EXAMPLES],
        )
        return True

    def refuse(self, name: str, why: str) -> bool:
        """Keeps why a tool is not taken in; always False."""
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(ToolProblem(name=plain(name, _MOST_NAME), why=why))
        else:
            self._more += 1
        return False

    def taken(self) -> Taken:
        """All of it."""
        problems = self._problems
        if self._more:
            problems = [*problems, ToolProblem(name="", why=f"and {self._more} more")]
        return Taken(tuple(self._tools.values()), tuple(problems))


def name_problem(name: str) -> str:
    """Why a tool or a source cannot have that name, '' where it can."""
    if not name:
        return "it has no name"
    if len(name) > _MOST_NAME:
        return f"its name has {len(name)} characters, and {_MOST_NAME} are the most"
    if _CONTROL.search(name) or name != name.strip() or not name.isprintable():
        return "its name has characters that cannot be shown"
    return ""


def schema_problem(schema: object) -> str:
    """Why a value is not the JSON Schema of an object, '' where it is one as far as that matters here.

    Its own keywords are proved when arguments are checked against it: that takes a millisecond and more a tool.
    """
    if not isinstance(schema, dict):
        return "its schema is not an object"
    if schema.get("type", "object") != "object":
        return f"its schema is of a {plain(schema['type'], 40)}, not of an object"
    properties = schema.get("properties", {})
    if not isinstance(properties, dict) or not all(isinstance(one, dict | bool) for one in properties.values()):
        return "the properties of its schema are not schemas"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(one, str) for one in required):
        return "what its schema requires is not a list of names"
    if not is_shallow(schema):
        return "its schema is nested without end"
    size = len(json.dumps(schema))
    if size > MOST_SCHEMA_BYTES:
        return f"its schema has {size >> 10} KiB, and {MOST_SCHEMA_BYTES >> 10} are the most"
    return ""


def is_shallow(value: object, depth: int = _MOST_DEPTH) -> bool:
    """Whether a value is nested no deeper than that, and is not too wide, looked at without recursion."""
    level = [value]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
        if len(level) > MOST_SCHEMA_BYTES:
            return False
    return False


def plain(text: object, most: int) -> str:
    """A text of a source as it is kept: without control characters, cut at a word; '' where it is no text."""
    if not isinstance(text, str):
        return ""
    lines = (_BLANKS.sub(" ", _CONTROL.sub(" ", line)).strip() for line in text[: 4 * most].split("\n"))
    whole = _LINES.sub("\n\n", "\n".join(lines)).strip()
    if len(whole) <= most:
        return whole
    cut = whole[: most - 1]
    return cut[: max(cut.rfind(" "), most // 2)].rstrip() + "…"
