"""A plan as text: what it would do, line by line, what it leaves alone and why, what is in its way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from lsfs.core.sizes import size_text
from lsfs_cli.listing import MOST_LINES, shortened, width_of
from lsfs_cli.shown import shown_path
from lsfs_cli.style import Style, count_text, plain

_WIDEST_PATH = 60
MANY_FILES = 20
"""A plan for more than these says so twice: a sentence may have meant fewer."""
_FEWEST_LINES = 6
_BELOW = 4
"""Lines of a screen that are not the plan's: what was typed above it, the question below."""


def render_plan(
    plan: dict[str, Any], style: Style, cwd: str, *, numbered: bool = False, screen: os.terminal_size | None = None
) -> str:
    """The text of a plan (`lsfs.core.api.PlanResult`, decoded); '' for one that says nothing.

    `numbered`: each effect has its number, counted from 1.  Lists are cut so that all of it stands on `screen`.
    """
    text = ""
    for most in range(MOST_LINES, _FEWEST_LINES - 1, -3):
        lines = list(_lines(plan, Style(False) if screen else style, cwd, numbered, most))
        if screen is None or _rows(lines, screen.columns) <= screen.lines - _BELOW or most <= _FEWEST_LINES:
            text = "\n".join(_lines(plan, style, cwd, numbered, most))
            break
    return text


def _rows(lines: list[str], columns: int) -> int:
    return sum(max(1, -(-len(line) // columns)) for line in lines)


def _lines(plan: dict[str, Any], style: Style, cwd: str, numbered: bool, most: int) -> Iterator[str]:
    if plan["op"] is not None:
        yield _head(plan)
    if not plan["conflicts"]:  # what is in the way keeps all of it from being done
        yield from _effects(plan["effects"], style, cwd, numbered, most)
    if plan["left_out"]:
        yield "not touched:"
        yield from _reasons(plan["left_out"], style, cwd, most)
    if plan["conflicts"]:
        yield style.bad("in the way:")
        yield from _reasons(plan["conflicts"], style, cwd, most)
    yield from (style.dim(f"note: {plain(note)}") for note in plan["notes"])
    if plan["op"] is not None and plan["files"] > MANY_FILES and plan.get("class") != "silent":
        yield style.bad(f"mind: it touches {count_text(plan['files'], 'file')}")


def _head(plan: dict[str, Any]) -> str:
    parts = [f"Plan {plan['op']}"]
    if plan["files"]:
        parts.append(count_text(plan["files"], "file"))
    if plan["summary"].startswith(("undo of op ", "redo of op ")):
        parts.append(plain(plan["summary"]))
    return " · ".join(parts)


def _effects(effects: list[dict[str, Any]], style: Style, cwd: str, numbered: bool, most: int) -> list[str]:
    actions = [_action(effect) for effect in effects]
    paths = [shown_path(effect["path"], cwd) for effect in effects if effect["to"] is not None]
    action_width, path_width = width_of(actions, 20), width_of(paths, _WIDEST_PATH)
    digits = len(str(len(effects)))

    def line(at: int) -> str:
        effect = effects[at]
        path = shown_path(effect["path"], cwd) if effect["path"] else ""
        shown = f"  {at + 1:>{digits}}" if numbered else ""
        shown += f"  {_action(effect):<{action_width}}  "
        if effect["to"] is not None:
            shown += f"{path:<{path_width}} → {shown_path(effect['to'], cwd)}"
        else:
            shown += path or plain(effect["note"])
        beside = _beside(effect)
        return f"{shown}  {style.dim(beside)}" if beside else shown

    return shortened(range(len(effects)), line, most)


def _action(effect: dict[str, Any]) -> str:
    return plain(effect["action"].replace("_", " "))


def _beside(effect: dict[str, Any]) -> str:
    parts = [plain(effect["note"])] if effect["note"] and effect["path"] else []
    if effect["size"]:
        parts.append(size_text(effect["size"]))
    return f"({', '.join(parts)})" if parts else ""


def _reasons(items: list[dict[str, Any]], style: Style, cwd: str, most: int) -> list[str]:
    width = width_of([shown_path(item["path"], cwd) for item in items], _WIDEST_PATH)
    return shortened(
        items,
        lambda item: f"  {shown_path(item['path'], cwd):<{width}}  {style.dim(plain(item['why']))}".rstrip(),
        most,
    )
