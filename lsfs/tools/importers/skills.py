"""Skills: folders with a ``SKILL.md``, whose front matter has a name and a description."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lsfs.core.errors import LsfsError, NothingFound
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.base import Basket, Taken
from lsfs.tools.importers.files import parse_yaml, read_beneath, source_path, stat_stamp

_FILE = "SKILL.md"
_MOST_DEPTH = 6
_MOST_FOLDERS = 20_000
_MOST_BYTES = 1 << 20
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)(.*)", re.DOTALL)


class Skills:
    """Reads skills below a folder; no link is followed, as it might lead to any file of the user."""

    def take(self, source: ToolSource) -> Taken:
        """See `Importer.take`."""
        top = source_path(source)
        files = list(skill_files(top))
        if not files:
            raise NothingFound(f"there is no {_FILE} here", path=str(top))
        basket = Basket(source, "skill")
        for path in files:
            try:
                name, description = _skill(top, path)
            except LsfsError as error:
                basket.refuse(path.parent.name, error.message)
                continue
            basket.put(name, description, effect="read", invocation={"path": str(path)})
        return basket.taken()

    def stamp(self, source: ToolSource) -> str:
        """See `Importer.stamp`."""
        files = list(skill_files(source_path(source)))
        return " ".join([*map(str, files), stat_stamp(*files)])


def skill_files(top: Path) -> Iterator[Path]:
    """Every ``SKILL.md`` at or below `top`, in the order of paths."""
    if top.name == _FILE:
        yield top
        return
    left = _MOST_FOLDERS
    for folder, below, files in os.walk(top):
        left -= 1
        if left < 0:
            return
        if _FILE in files:
            yield Path(folder, _FILE)
        deep = len(Path(folder).relative_to(top).parts) >= _MOST_DEPTH
        below[:] = [] if deep else sorted(name for name in below if not name.startswith("."))


def instructions(top: Path, path: Path) -> str:
    """The text of one ``SKILL.md`` of the source at `top`.  Raises as `read_beneath`."""
    return read_beneath(top.parent if top.name == _FILE else top, path, _MOST_BYTES).decode("utf-8-sig", "replace")


def _skill(top: Path, path: Path) -> tuple[Any, Any]:
    """Name and description."""
    text = instructions(top, path)
    match = _FRONT.match(text)
    front = parse_yaml(match[1], path) if match else {}
    front = front if isinstance(front, dict) else {}
    body = match[2] if match else text
    return front.get("name") or path.parent.name, front.get("description") or _first_paragraph(body)


def _first_paragraph(body: str) -> str:
    paragraphs = (part.strip() for part in body.split("\n\n"))
    return next((part for part in paragraphs if part and not part.startswith("#")), "")
