"""Typed plans: the actions of `lsfs.core.actions` as flat objects, which every client can write, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lsfs.core.errors import UsageError
from lsfsd.mcp.schema import Schema, many, record, text


class _Takes(NamedTuple):
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


_ACTIONS = {
    "create": _Takes(("path", "text"), ("on_exists",)),
    "write": _Takes(("path", "text")),
    "append": _Takes(("path", "text")),
    "mkdir": _Takes(("path",)),
    "move": _Takes(("paths", "to"), ("name", "on_exists")),
    "copy": _Takes(("paths", "to"), ("name", "on_exists")),
    "rename": _Takes(("path", "name"), ("on_exists",)),
    "trash": _Takes(("paths",)),
    "tag": _Takes(("paths", "tags")),
    "untag": _Takes(("paths",), ("tags",)),
    "merge": _Takes(("paths", "to"), ("on_exists",)),
    "group": _Takes(("paths", "by"), ("to",)),
    "restore": _Takes(("path", "to")),
    "save_query": _Takes(("name",), ("query",)),
}
MOST_ACTIONS = 1_000
_FOLDERS = ("move", "copy", "merge", "group")
"""Where `to` is a path."""


def action_schema() -> Schema:
    """The schema of one action."""
    return record(
        ["do"],
        do=text("What is done", one_of=tuple(_ACTIONS)),
        path=text("The one file or folder it is done to (create, write, append, mkdir, rename, restore)", most=16_000),
        paths=many(text(most=16_000), "Files and folders it is done to (move, copy, trash, tag, untag, merge, group)"),
        to=text(
            "Folder to move or copy into (made if missing); file to merge into; folder to group below; "
            "version or time to restore (@2, yesterday)",
            most=16_000,
        ),
        name=text("New name: rename; of a single file moved or copied; of a saved query", most=1_000),
        text=text("What is written (create, write) or added (append)", most=500_000),
        tags=many(text(most=200), "tag, untag", most=100),
        by=text("group", one_of=("extension", "kind", "year", "month")),
        on_exists=text("Where the destination exists; number if not given", one_of=("number", "replace", "fail")),
        query=text("save_query: the query; without it the name is forgotten"),
    )


def action_of(flat: Mapping[str, Any], path: Callable[[str], str]) -> dict[str, Any]:
    """The action (as JSON, `lsfs.core.actions`) that a flat object means; `path` makes a path fit for a request.

    Raises UsageError for fields that the action does not take, or lacks.
    """
    do, fields = flat["do"], {name: value for name, value in flat.items() if name != "do"}
    required, optional = _ACTIONS[do]
    if "paths" in required and "paths" not in fields and "path" in fields:
        fields["paths"] = [fields.pop("path")]
    takes = f"{do} takes {', '.join(required)}" + (f" and perhaps {', '.join(optional)}" if optional else "")
    if unknown := [name for name in fields if name not in required + optional]:
        raise UsageError(f"{do} does not take {', '.join(unknown)}", hint=takes)
    if missing := [name for name in required if not fields.get(name) and name != "text"]:
        raise UsageError(f"{do} lacks {', '.join(missing)}", hint=takes)
    if "text" in required and "text" not in fields:
        raise UsageError(f"{do} lacks text", hint=takes)
    if "path" in fields:
        fields["path"] = path(fields["path"])
    if "paths" in fields:
        fields["paths"] = [path(each) for each in fields["paths"]]
    if "to" in fields and do in _FOLDERS:
        fields["to"] = path(fields["to"])
    return {"do": do, **fields}
