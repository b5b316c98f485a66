"""A folder as it was, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsfs.core.sizes import size_text
from lsfs_cli.shown import local_time, shown_path
from lsfs_cli.style import Style

_KINDS = {"dir": "folder", "symlink": "link", "other": "special"}


def render_tree(entries: Sequence[dict[str, Any]], style: Style, cwd: str) -> str:
    """A line for each file and folder (`lsfs.core.api.AtEntry`, decoded)."""
    return "\n".join(_line(entry, style, cwd) for entry in entries)


def _line(entry: dict[str, Any], style: Style, cwd: str) -> str:
    folder = entry["kind"] == "dir"
    number = f"@{entry['number']}" if entry["number"] is not None else ""
    size = size_text(entry["size"]) if entry["kind"] == "file" else _KINDS.get(entry["kind"], entry["kind"])
    path = style.path(shown_path(entry["path"], cwd) + ("/" if folder else ""))
    line = f"{size:>9}  {local_time(entry['modified'])}  {number:>5}  {path}"
    return line if entry["kept"] else f"{line}  {style.bad('not kept')}"
