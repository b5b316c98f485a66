"""Paths and times as people read them: near where they are, in their own zone."""

from __future__ import annotations

import datetime as dt

from lsfs_cli.style import plain


def shown_path(path: str, cwd: str) -> str:
    """`path` of a result, relative where it lies below `cwd`, with nothing that a terminal would obey."""
    if path == cwd:
        return "."
    below = f"{cwd}/"
    return plain(path[len(below) :] if cwd != "/" and path.startswith(below) else path)


def local_time(iso: str) -> str:
    """A time of a result (ISO 8601 with an offset) in the local zone, to the second; '' for none."""
    return dt.datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S") if iso else ""
