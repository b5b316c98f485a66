"""The tools that find and call other tools: those of the user's catalogue."""

from __future__ import annotations

import json
from typing import Any

from lsfs.core.errors import RefusedError, UsageError
from lsfs.core.failures import plain
from lsfsd.mcp.asking import Asking
from lsfsd.mcp.cursors import cursor, opened
from lsfsd.mcp.permissions import Level
from lsfsd.mcp.schema import (
    SAID_INTEGER,
    SAID_NUMBER,
    SAID_TEXT,
    free,
    integer,
    listed,
    many,
    record,
    said,
    text,
    yes_no,
)
from lsfsd.mcp.shown import effect, effect_lines, line, lines, more, picked
from lsfsd.mcp.tool import READS, Answer, Hints, ToolSpec

_KINDS = ("mcp", "openapi", "function", "command", "skill", "macro")
_DESCRIPTION = 600
_PAGE = 20_000
_MOST_SCHEMA = 50_000
"""Characters."""
_MOST_SCHEMAS = 100_000
"""Characters of those of all tools in one answer."""
_EFFECTS = 50
_EXAMPLES = 10


def _find(asking: Asking, arguments: dict[str, Any]) -> Answer:
    found = asking.call("tools_find", **arguments)
    tools = [_listed(tool) for tool in found["tools"]]
    _spare(tools)
    data = {"tools": tools, "none_fits": found["none_fits"], "complete": found.get("complete", True)}
    told = [
        f"{plain(one['id'])} ({one['score']:.2f}, {one['effect']}{_only(one)}): {line(one['description'])}"
        for one in tools
    ]
    return Answer(data, lines("No tool fits well." if found["none_fits"] else "", told))


def _only(tool: dict[str, Any]) -> str:
    return "" if tool["callable"] else ", only described"


def _listed(tool: dict[str, Any]) -> dict[str, Any]:
    shown = picked(tool, "id", "name", "kind", "effect", "callable", "score", "matched")
    shown["description"] = tool["description"][:_DESCRIPTION]
    return shown | _schema(tool) | _examples(tool)


def _spare(tools: list[dict[str, Any]]) -> None:
    """Leaves out the schemas of the last tools where they are too much together."""
    size = 0
    for tool in tools:
        size += len(json.dumps(tool.get("input_schema")))
        if size > _MOST_SCHEMAS and tool.pop("input_schema", None) is not None:
            tool["schema_left_out"] = "describe_tool gives its schema"


def _schema(tool: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(tool.get("schema"), dict):
        return {}
    size = len(json.dumps(tool["schema"]))
    if size > _MOST_SCHEMA:
        return {"schema_left_out": f"its schema has {size:,} characters"}
    return {"input_schema": tool["schema"]}


def _examples(tool: dict[str, Any]) -> dict[str, Any]:
    examples = [line(one["query"]) for one in (tool.get("examples") or ())[:_EXAMPLES]]
    return {"examples": examples} if examples else {}


def _describe(asking: Asking, arguments: dict[str, Any]) -> Answer:
    tool = asking.call("tools_show", id=arguments["tool"])
    data = picked(tool, "id", "name", "kind", "effect", "callable", "source") | {"enabled": tool["enabled"]}
    data |= {"description": tool["description"][:_PAGE]} | _schema(tool)
    data |= _examples(tool) if arguments.get("with_examples") else {}
    takes = json.dumps(data["input_schema"], ensure_ascii=False) if "input_schema" in data else data["schema_left_out"]
    effect_of = "changes nothing" if tool["effect"] == "read" else "may change something"
    off = "" if tool["enabled"] else ", switched off"
    heading = f"{plain(tool['id'])}: {tool['kind']}, {effect_of}{_only(tool)}{off}"
    return Answer(data, lines(heading, data["description"], f"Arguments: {takes}"))


def _call(asking: Asking, arguments: dict[str, Any]) -> Answer:
    if "cursor" in arguments:
        fields = opened("call_tool", arguments["cursor"])
        return _outcome(asking.call("op", op=fields["op"]), fields["offset"])
    if "tool" not in arguments:
        raise UsageError("the argument tool is missing", hint="find_tools gives the ids")
    tool = asking.call("tools_show", id=arguments["tool"])
    if tool["effect"] != "read":
        asking.require(Level.PLAN, f"calling {tool['id']}, which may change something,")
    action = {"do": "call_tool", "tool": tool["id"], "arguments": arguments.get("arguments", {})}
    plan = asking.call("plan", actions=[action])
    if plan["op"] is None:
        raise RefusedError("; ".join(plan["notes"]) or "there is nothing to do")
    if tool["effect"] != "read" and plan["class"] in ("silent", "reversible"):
        return _planned(asking, plan)
    if tool["effect"] != "read":
        _check_allowed(asking, tool, plan["op"])
    return _outcome(asking.apply(plan["op"]), 0)


def _check_allowed(asking: Asking, tool: dict[str, Any], plan: int) -> None:
    """Raises RefusedError where the user has to say yes to a call: nobody else can."""
    instead = f"the user can have it called with: lsfs apply {plan}"
    asking.require(Level.APPLY, f"calling {tool['id']}, which may change something,", instead)
    sources = asking.call("tools_sources")["sources"]
    allow = next((source["allow"] for source in sources if source["name"] == tool["source"]), "ask")
    if allow != "all":
        raise RefusedError(
            f"{tool['id']} may change something outside the watched folders, which the user is always asked about",
            hint=f"{instead}; or allow all of its source with: lsfs tools enable {tool['source']} --allow all",
        )


def _planned(asking: Asking, plan: dict[str, Any]) -> Answer:
    """A macro has become a plan like any other."""
    effects = plan["effects"][:_EFFECTS]
    data = {"state": "planned", "plan": plan["op"], "effects": [effect(one) for one in effects]}
    by = "apply_plan" if asking.level >= Level.APPLY else "the user, with lsfs apply,"
    heading = f"It became plan {plan['op']}, which {by} carries out. Nothing is changed yet."
    return Answer(data, lines(heading, effect_lines(effects)))


def _outcome(op: dict[str, Any], offset: int) -> Answer:
    outcome: dict[str, Any] = op["results"][-1] if op["results"] else {"ok": True, "text": ""}
    piece = outcome["text"][offset : offset + _PAGE]
    data: dict[str, Any] = {"state": "done", "ok": outcome["ok"], "text": piece, "op": op["op"]}
    data |= picked(outcome, "exit_code", "elapsed_ms")
    if isinstance(outcome.get("data"), dict) and not offset and len(json.dumps(outcome["data"])) <= _PAGE:
        data["data"] = outcome["data"]
    if outcome.get("cut"):
        data["cut"] = True
    if len(outcome["text"]) > offset + _PAGE:
        data["next_cursor"] = cursor("call_tool", {"op": op["op"], "offset": offset + _PAGE})
    failed = "" if outcome["ok"] else f"It failed{_code(outcome)}."
    cut = "There was more than is kept." if outcome.get("cut") and "next_cursor" not in data else ""
    return Answer(
        data, lines(failed, piece or ("It gave nothing." if outcome["ok"] else ""), cut, more(data.get("next_cursor")))
    )


def _code(outcome: dict[str, Any]) -> str:
    return f" with exit code {outcome['exit_code']}" if outcome.get("exit_code") is not None else ""


_TOOL = {
    "id": SAID_TEXT,
    "name": SAID_TEXT,
    "description": SAID_TEXT,
    "kind": text(one_of=_KINDS),
    "effect": text(one_of=("read", "change")),
    "callable": yes_no("Whether call_tool can call it; else it is only described"),
    "input_schema": free("JSON Schema of its arguments"),
    "schema_left_out": SAID_TEXT,
    "examples": listed(SAID_TEXT),
}

FIND = ToolSpec(
    "find_tools",
    "Find tools",
    "Find the tools that serve a request among all that the user has: MCP tools, API operations, functions, installed "
    "commands, skills and macros. Ranked with a probability; none_fits where nothing does.",
    Level.READ,
    READS,
    record(
        ["query"],
        query=text("What is to be done, in plain words"),
        limit=integer("How many; 5 if not given", least=1, most=50),
        kinds=many(text(one_of=_KINDS), "Only of these kinds", most=6),
        with_schemas=yes_no("With the schema of each tool's arguments"),
        with_examples=yes_no("With requests that each has served"),
    ),
    said(
        ["tools", "none_fits", "complete"],
        tools=listed(said(["id", "description"], **_TOOL, score=SAID_NUMBER, matched=SAID_TEXT)),
        none_fits=yes_no(),
        complete=yes_no(),
    ),
    _find,
)

DESCRIBE = ToolSpec(
    "describe_tool",
    "Describe a tool",
    "Say what a tool does and what arguments it takes, as JSON Schema.",
    Level.READ,
    READS,
    record(
        ["tool"],
        tool=text("Its id, as find_tools gives it", most=1_000),
        with_examples=yes_no("With requests that it serves"),
    ),
    said(["id", "description", "enabled"], **_TOOL, source=SAID_TEXT, enabled=yes_no()),
    _describe,
)

CALL = ToolSpec(
    "call_tool",
    "Call a tool",
    "Call a tool of the catalogue with arguments that fit its schema. What only reads is called at once; what may "
    "change something needs the user's permission, and a refusal says how it is given.",
    Level.READ,
    Hints(destructive=True, open_world=True),
    record(
        tool=text("Its id, as find_tools gives it", most=1_000),
        arguments=free("Its arguments, by its own schema"),
        cursor=text("next_cursor of an earlier answer: the text that follows. Needs no other argument"),
    ),
    said(
        ["state"],
        state=text(one_of=("done", "planned")),
        ok=yes_no(),
        text=SAID_TEXT,
        data=free("What it gave as data"),
        exit_code=SAID_INTEGER,
        elapsed_ms=SAID_NUMBER,
        cut=yes_no(),
        op=SAID_INTEGER,
        plan=SAID_INTEGER,
        effects=listed(
            said(
                ["action", "path"],
                action=SAID_TEXT,
                path=SAID_TEXT,
                to=SAID_TEXT,
                note=SAID_TEXT,
                size=SAID_INTEGER,
            )
        ),
        next_cursor=SAID_TEXT,
    ),
    _call,
)
