"""Watched folders as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lsfs_cli.style import Style, count_text, plain

USUAL_MAX_MB = 256
"""What `lsfs.core.api.RootInfo` has where nobody set anything."""


def render_roots(roots: Sequence[dict[str, Any]], style: Style) -> str:
    """A line for each root (`lsfs.core.api.RootInfo`, decoded)."""
    return "\n".join(_line(root, style) for root in roots)


def _line(root: dict[str, Any], style: Style) -> str:
    state = root["state"]
    shown = style.bad(state) if state == "offline" else state
    line = f"{style.path(plain(root['path']))}  {shown}, {count_text(root['files'], 'file')}"
    return "; ".join([line, *_unusual(root)])


def _unusual(root: dict[str, Any]) -> Iterator[str]:
    if root["absorbed"]:
        yield f"it took over {', '.join(plain(path) for path in root['absorbed'])}"
    if root["reason"]:
        yield plain(root["reason"])
    if root["versions"] != "on":
        yield plain(root["versions"])
    if root["index"] != "on":
        yield "not searched"
    if root["max_file_mb"] != USUAL_MAX_MB:
        yield f"versions of files up to {root['max_file_mb']:,} MiB"
    if root["exclude"]:
        yield f"no versions of {', '.join(plain(pattern) for pattern in root['exclude'])}"
