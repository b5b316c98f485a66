"""A plan as text: what it would do, line by line, what it leaves alone and why, what is in its way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsfs.core.sizes import size_text
from lsfs_cli.listing import shortened, width_of
from lsfs_cli.shown import shown_path
from lsfs_cli.style import Style, count_text, plain

_WIDEST_PATH = 60


def render_plan(plan: dict[str, Any], style: Style, cwd: str) -> str:
    """The text of a plan (`lsfs.core.api.PlanResult`, decoded); '' for one that says nothing."""
    return "\n".join(_lines(plan, style, cwd))


def _lines(plan: dict[str, Any], style: Style, cwd: str) -> Iterator[str]:
    if plan["op"] is not None:
        yield _head(plan)
    if not plan["conflicts"]:  # what is in the way keeps all of it from being done
        yield from _effects(plan["effects"], style, cwd)
    if plan["left_out"]:
        yield "not touched:"
        yield from _reasons(plan["left_out"], style, cwd)
    if plan["conflicts"]:
        yield style.bad("in the way:")
        yield from _reasons(plan["conflicts"], style, cwd)
    yield from (style.dim(f"note: {plain(note)}") for note in plan["notes"])


def _head(plan: dict[str, Any]) -> str:
    parts = [f"Plan {plan['op']}"]
    if plan["files"]:
        parts.append(count_text(plan["files"], "file"))
    if plan["summary"].startswith(("undo of op ", "redo of op ")):
        parts.append(plain(plan["summary"]))
    return " · ".join(parts)


def _effects(effects: list[dict[str, Any]], style: Style, cwd: str) -> list[str]:
    actions = [_action(effect) for effect in effects]
    paths = [shown_path(effect["path"], cwd) for effect in effects if effect["to"] is not None]
    action_width, path_width = width_of(actions, 20), width_of(paths, _WIDEST_PATH)

    def line(effect: dict[str, Any]) -> str:
        path = shown_path(effect["path"], cwd) if effect["path"] else ""
        shown = f"  {_action(effect):<{action_width}}  "
        if effect["to"] is not None:
            shown += f"{path:<{path_width}} → {shown_path(effect['to'], cwd)}"
        else:
            shown += path or plain(effect["note"])
        beside = _beside(effect)
        return f"{shown}  {style.dim(beside)}" if beside else shown

    return shortened(effects, line)


def _action(effect: dict[str, Any]) -> str:
    return plain(effect["action"].replace("_", " "))


def _beside(effect: dict[str, Any]) -> str:
    parts = [plain(effect["note"])] if effect["note"] and effect["path"] else []
    if effect["size"]:
        parts.append(size_text(effect["size"]))
    return f"({', '.join(parts)})" if parts else ""


def _reasons(items: list[dict[str, Any]], style: Style, cwd: str) -> list[str]:
    width = width_of([shown_path(item["path"], cwd) for item in items], _WIDEST_PATH)
    return shortened(
        items, lambda item: f"  {shown_path(item['path'], cwd):<{width}}  {style.dim(plain(item['why']))}".rstrip()
    )
