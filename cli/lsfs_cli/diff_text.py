"""Differences as text: a unified diff, coloured as git does, or sizes and hashes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsfs.core.sizes import size_text
from lsfs_cli.shown import local_time
from lsfs_cli.style import Style, plain


def render_diff(result: dict[str, Any], style: Style, *, terminal: bool) -> str:
    """The text of a diff (`lsfs.core.api.DiffResult`, decoded).

    What a `terminal` would obey is made visible there; a pipe gets the diff as it is, fit for patch(1).
    """
    if result["kind"] == "binary":
        return "\n".join(_sides(result, style))
    lines = result["unified"].removesuffix("\n").split("\n") if result["unified"] else []
    if terminal:
        lines = ["\t".join(map(plain, line.split("\t"))) for line in lines]
    return "\n".join(_coloured(line, at, style) for at, line in enumerate(lines))


def _coloured(line: str, at: int, style: Style) -> str:
    if at < 2:
        return style.path(line)
    if line.startswith("@@"):
        return style.place(line)
    if line.startswith("+"):
        return style.good(line)
    return style.bad(line) if line.startswith("-") else line


def _sides(result: dict[str, Any], style: Style) -> Iterator[str]:
    yield style.path(plain(result["path"]))
    width = max(len(result[side]["label"]) for side in ("old", "new"))
    for mark, name, colour in (("-", "old", style.bad), ("+", "new", style.good)):
        side = result[name]
        label, size, time = plain(side["label"]), size_text(side["size"]), local_time(side["modified"])
        yield colour(f"{mark} {label:<{width}}  {size:>9}  {time}  blake3 {side['content']}")
