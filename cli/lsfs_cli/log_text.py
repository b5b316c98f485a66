"""Ops as text: what was done, when, by which door, and from which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lsfs_cli.shown import local_time
from lsfs_cli.style import Style, plain


def render_log(ops: Sequence[dict[str, Any]], style: Style) -> str:
    """Two lines for each op (`lsfs.core.api.OpInfo`, decoded)."""
    return "\n".join(line for op in ops for line in _lines(op, style))


def _lines(op: dict[str, Any], style: Style) -> Iterator[str]:
    time = local_time(op["finished"] or op["started"])
    yield f"{op['op']:>5}  {time:<19}  {plain(op['summary'])}{_state(op, style)}"
    said = f": {plain(op['sentence'])}" if op["sentence"] else ""
    by = f"{op['door']} ({plain(op['client'])})" if op.get("client") else op["door"]
    yield style.dim(f"{'':5}  by {by}{said}")


def _state(op: dict[str, Any], style: Style) -> str:
    if op["state"] == "applied":
        return "  " + style.bad(f"{plain(op['error'])}; what it changed stands") if op["error"] else ""
    if op["state"] == "failed":
        return "  " + style.bad(f"failed: {plain(op['error'])}" if op["error"] else "failed")
    by = f" by op {op['reversed_by']}" if op["reversed_by"] is not None else ""
    return f"  {style.match(op['state'] + by)}"
