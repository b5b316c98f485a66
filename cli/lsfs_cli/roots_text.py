"""Watched folders as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsfs_cli.style import Style, count_text, plain


def render_roots(roots: Sequence[dict[str, Any]], style: Style) -> str:
    """A line for each root (`lsfs.core.api.RootInfo`, decoded)."""
    return "\n".join(_line(root, style) for root in roots)


def _line(root: dict[str, Any], style: Style) -> str:
    state = root["state"]
    shown = style.bad(state) if state == "offline" else state
    line = f"{style.path(plain(root['path']))}  {shown}, {count_text(root['files'], 'file')}"
    if root["absorbed"]:
        line += f"; it took over {', '.join(plain(path) for path in root['absorbed'])}"
    if root["reason"]:
        line += f"; {plain(root['reason'])}"
    return line
