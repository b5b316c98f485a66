"""Call_tool: one call, and what of the watched folders it may change."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lsfs.core import actions
from lsfs.core.paths import display, normal, printable, split
from lsfs.core.records import Kind
from lsfs.core.tools import Tool
from lsfs.core.wirepath import from_wire, to_wire
from lsfs.plan.attributing import inside
from lsfs.plan.draft import Draft, Effect
from lsfs.plan.problems import Problem
from lsfs.plan.steps import Call, Where
from lsfs.tools.secrecy import hidden, secret_values, secrets_of

_IN_FOLDER = frozenset(("command", "function"))
"""Kinds that run in the caller's folder."""
_MOST_FILES = 20_000
"""In a folder that is looked at before a call and after it."""
_MOST_NAMED = 200
_MOST_PATH = 4096
_MOST_SHOWN = 1_000
_LIKE_A_FILE = re.compile(r"/|\.[A-Za-z0-9]{1,8}$")
BEST_EFFORT = "what it changes in {} can be taken back, as far as lsfs sees it"
WORKS_IN = "the tool works in {}, and takes paths from there"
NOT_TAKEN_BACK = "what it changes cannot be taken back"


def call(draft: Draft, action: actions.CallTool) -> None:
    """A call of a tool; its arguments fit the tool's schema."""
    if draft.tools is None:
        raise Problem("no-tools", "there are no tools here")
    tool = draft.tools.checked(action.tool, action.arguments)
    reads = tool.effect == "read"
    folder = draft.tools.works_in(tool, os.fsdecode(draft.around.cwd))
    watched = () if reads else tuple(_watched(draft, tool, action.arguments, folder))
    named = () if reads else tuple(_named(draft, action.arguments, folder))
    draft.secrets = (*secret_values(tool.schema, action.arguments), *secrets_of(draft.tools.source(tool)))
    shown = hidden(tool.schema, action.arguments, draft.secrets)
    withheld = shown != action.arguments
    draft.add(Call(tool.id, shown, draft.around.cwd, withheld=withheld, reads=reads, watched=watched, named=named))
    draft.withheld = action.arguments if withheld else None
    draft.called = tool.id
    draft.external = draft.external or not reads
    said = json.dumps(shown, ensure_ascii=False)
    draft.effects.append(Effect("call", b"", note=f"{tool.id} {said[:_MOST_SHOWN]}"))
    if folder is not None and not reads:
        draft.notes.append(WORKS_IN.format(printable(os.fsencode(folder))))
    if watched:
        names = [display(draft.shown(where)) for where in watched]
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        draft.notes.append(BEST_EFFORT.format(listed))
    elif not reads:
        draft.notes.append(NOT_TAKEN_BACK)


def _watched(draft: Draft, tool: Tool, arguments: Mapping[str, Any], folder: str | None) -> Iterator[Where]:
    """The places below watched folders that a call may change: those that it names, taken from the `folder` that the
    tool works in, and that folder where it is the caller's."""
    seen: set[Where] = set()
    texts = [to_wire(draft.around.cwd)] if tool.kind in _IN_FOLDER else []
    for text in (*texts, *paths_in(arguments)):
        where = _place(draft, text, folder)
        node = draft.overlay.get(where) if where is not None else None
        is_file = node is not None and node.kind is Kind.FILE
        # A file that is named is kept even where a rule leaves it out of the folder that it is in.
        if where is None or (where in seen if is_file else inside(where, seen)):
            continue
        if node is not None and not is_file:
            files, _ = draft.vault.entries.reach(where.base, where.path)
            if files > _MOST_FILES:
                shown = display(draft.shown(where))
                draft.notes.append(f"{shown} holds {files} files, too many to look at before a call")
                continue
        seen.add(where)
        yield where


def _named(draft: Draft, arguments: Mapping[str, Any], folder: str | None) -> Iterator[Where]:
    """The places that arguments name; a folder that the call works in says nothing of what is in it."""
    here = _place(draft, to_wire(os.fsencode(folder)), folder) if folder is not None else None
    for where in dict.fromkeys(_place(draft, text, folder) for text in paths_in(arguments)):
        if where is not None and not (here is not None and inside(here, (where,))):
            yield where


def _place(draft: Draft, text: str, folder: str | None) -> Where | None:
    """Where a text points to for who works in `folder`, if something stands there, or it looks like a new file in a
    folder that is there."""
    if folder is None and not text.startswith("/"):
        return None
    try:
        where = draft.where_of(normal(os.path.join(os.fsencode(folder or "/"), from_wire(text))))
    except (Problem, OSError, ValueError):
        return None  # it lies in no watched folder, or is no path at all
    if draft.overlay.get(where) is not None:
        return where
    above = draft.overlay.get(Where(where.base, split(where.path)[0]))
    is_new = above is not None and above.kind is Kind.DIR and bool(_LIKE_A_FILE.search(text))
    return where if is_new else None


def paths_in(arguments: Mapping[str, Any]) -> list[str]:
    """The texts of arguments that may be paths, with those behind a ``=`` (``--output=FILE``)."""
    found: dict[str, None] = {}
    for text in _texts(arguments):
        if len(found) >= _MOST_NAMED:
            break
        for part in (text, text.partition("=")[2], text.removeprefix("file://")):
            if part and len(part) <= _MOST_PATH and part.isprintable() and not part.startswith("-"):
                found[part] = None
    return list(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
