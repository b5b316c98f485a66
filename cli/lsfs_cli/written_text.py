"""What a plan does to texts, as text: a drafted one whole, of another what is different."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lsfs_cli.listing import MOST_LINES, shortened
from lsfs_cli.shown import shown_path
from lsfs_cli.style import Style, count_text, plain

_BELOW = 8
"""Lines of a screen that are left to the plan and the question."""


def render_changes(
    changes: Sequence[Mapping[str, Any]], style: Style, cwd: str, screen: os.terminal_size | None = None
) -> str:
    """The text of what a plan changes in texts (`lsfs.core.api.TextChange`, decoded); '' where nothing is to be shown.

    Only a drafted text is whole, however long it is: nobody has read it before.  A text that was given for a new file
    is not shown.
    """
    most = MOST_LINES if screen is None else max(screen.lines - _BELOW, 4)
    return "\n".join(line for change in changes for line in _lines(change, style, cwd, most))


def _lines(change: Mapping[str, Any], style: Style, cwd: str, most: int) -> Iterator[str]:
    counts = [f"+{count_text(change['added'], 'line')}"] if change["added"] else []
    counts += [f"−{count_text(change['removed'], 'line')}"] if change["removed"] else []
    path, told = shown_path(change["path"], cwd), f" ({', '.join(counts)})" if counts else ""
    if change["drafted"]:
        yield f"drafted for {path}{told}:"
        yield from (f"  {style.dim('|')} {plain(line)}".rstrip() for line in _split(change["drafted"]))
    elif change["unified"] and not change["unified"].startswith("@@ -0,0"):
        yield f"what changes in {path}{told}:"
        lines = [line for line in _split(change["unified"]) if not line.startswith("@@")]
        yield from shortened(lines, lambda line: f"  {_coloured(plain(line), style)}", most)


def _split(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _coloured(line: str, style: Style) -> str:
    if line.startswith("+"):
        return style.good(line)
    return style.bad(line) if line.startswith("-") else line
