"""Tools, their sources and what they gave as text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from lsfs_cli.listing import width_of
from lsfs_cli.style import Style, count_text, plain, readable

_WIDEST_ID = 44
_WIDEST_LINE = 100


def render_found(result: Mapping[str, Any], style: Style, *, explain: bool = False) -> str:
    """What `lsfs tools find` found (`lsfs.core.api.ToolsFindResult`, decoded), the best first."""
    lines = []
    width = width_of([plain(tool["id"]) for tool in result["tools"]], _WIDEST_ID)
    for tool in result["tools"]:
        name = plain(tool["id"])
        head = f"{tool['score']:4.2f}  {style.path(name)}{' ' * max(0, width - len(name))}"
        lines.append(f"{head}  {_short(tool['description'])}".rstrip() + _marked(tool, style))
        if explain:
            lines += [style.dim(f"      {line}") for line in _reasons(tool)]
    return "\n".join(lines)


def _reasons(tool: Mapping[str, Any]) -> list[str]:
    weighed = ", ".join(f"{name} {value:.2f}" for name, value in tool.get("why", {}).items())
    matched = f"matched: {plain(tool['matched'])}" if tool["matched"] else ""
    return [line for line in (matched, weighed) if line]


def render_tools(tools: Sequence[Mapping[str, Any]], style: Style) -> str:
    """Tools, one a line."""
    width = width_of([plain(tool["id"]) for tool in tools], _WIDEST_ID)
    return "\n".join(
        f"{style.path(plain(tool['id']))}{' ' * max(0, width - len(plain(tool['id'])))}  {_short(tool['description'])}"
        f"{_marked(tool, style)}"
        for tool in tools
    )


def _marked(tool: Mapping[str, Any], style: Style) -> str:
    marks = ("" if tool["enabled"] else "  (off)", "" if tool["callable"] else "  (only described)")
    return style.dim("".join(marks)) if any(marks) else ""


def render_tool(tool: Mapping[str, Any], style: Style) -> str:
    """All that is known of a tool."""
    effect = "only reads" if tool["effect"] == "read" else "may change things: it is always asked about"
    effect = effect if tool["callable"] else "only described: lsfs cannot call it"
    lines = [
        f"{style.path(plain(tool['id']))}  {tool['kind']}, {effect}{'' if tool['enabled'] else ', off'}",
        *textwrap.wrap(readable(tool["description"]), _WIDEST_LINE),
    ]
    properties = tool["schema"].get("properties", {})
    if properties:
        lines += ["", "arguments:", *(_argument(name, one, tool["schema"], style) for name, one in properties.items())]
    if tool["examples"]:
        lines += [
            "",
            "used for:",
            *(f"  {plain(one['query'])}  {style.dim(one['origin'])}" for one in tool["examples"]),
        ]
    return "\n".join(lines)


def _argument(name: str, schema: Any, whole: Mapping[str, Any], style: Style) -> str:
    schema = schema if isinstance(schema, dict) else {}
    kind = schema.get("type", "any")
    kind = "/".join(map(str, kind)) if isinstance(kind, list) else str(kind)
    needed = "" if name in whole.get("required", ()) else ", optional"
    said = _short(str(schema.get("description", "")))
    return f"  {plain(name)}  {style.dim(f'({plain(kind)}{needed})')}  {said}".rstrip()


def render_sources(sources: Sequence[Mapping[str, Any]], style: Style) -> str:
    """Sources of tools, and how each is."""
    lines = []
    for source in sources:
        state = source["state"] if source["state"] == "ready" else style.bad(source["state"])
        allowed = ", runs without asking" if source["allow"] == "all" else ""
        lines.append(
            f"{style.path(plain(source['name']))}  {count_text(source['tools'], 'tool')}, {source['kind']}, {state}"
            f"{allowed}  {style.dim(plain(source['where']))}"
        )
        lines += [f"  {style.bad(plain(source['error']))}"] if source["error"] else []
        lines += [f"  not taken in: {plain(one['name'])}: {plain(one['why'])}" for one in source["problems"][:5]]
        if len(source["problems"]) > 5:
            lines.append(f"  … and {len(source['problems']) - 5:,} more")
    return "\n".join(lines)


def render_outcomes(results: Sequence[Mapping[str, Any]], style: Style) -> str:
    """What called tools gave, in full."""
    texts = []
    for result in results:
        text = readable(result["text"]).rstrip("\n")
        failed = "" if result["ok"] else style.bad(f"failed{_exit(result)}: ")
        cut = style.dim("\n(there was more than is kept)") if result["cut"] else ""
        texts.append(f"{failed}{text}{cut}")
    return "\n".join(text for text in texts if text)


def _exit(result: Mapping[str, Any]) -> str:
    return f" with exit code {result['exit_code']}" if result["exit_code"] is not None else ""


def _short(text: str) -> str:
    line = plain(" ".join(text.split()))
    return line if len(line) <= _WIDEST_LINE else f"{line[: _WIDEST_LINE - 1].rstrip()}…"
