"""The actions of a plan: what is wanted, on named paths.  The programmatic door takes them as JSON, by their ``do``.

Paths are texts as `lsfs.core.wirepath` makes them, absolute or relative to the caller's working directory.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

OnExists = Literal["number", "replace", "fail"]
"""Where the destination exists: take a numbered name, replace what stands there (it is kept), or do nothing at all."""
GroupBy = Literal["extension", "kind", "year", "month"]


class Create(msgspec.Struct, frozen=True, kw_only=True, tag="create", tag_field="do"):
    """A new text file."""

    path: str
    text: str = ""
    on_exists: OnExists = "number"


class Write(msgspec.Struct, frozen=True, kw_only=True, tag="write", tag_field="do"):
    """A text file says `text` from now on; made where there is none."""

    path: str
    text: str


class Append(msgspec.Struct, frozen=True, kw_only=True, tag="append", tag_field="do"):
    """Lines at the end of a text file; made where there is none."""

    path: str
    text: str


class Mkdir(msgspec.Struct, frozen=True, kw_only=True, tag="mkdir", tag_field="do"):
    """A folder, with those above it that are missing."""

    path: str


class Move(msgspec.Struct, frozen=True, kw_only=True, tag="move", tag_field="do"):
    """Files and folders go into folder `to`, which is made if it is missing; one alone may get another `name`."""

    paths: tuple[str, ...]
    to: str
    name: str | None = None
    on_exists: OnExists = "number"


class Copy(msgspec.Struct, frozen=True, kw_only=True, tag="copy", tag_field="do"):
    """Copies in folder `to`, which is made if it is missing; one alone may get another `name`."""

    paths: tuple[str, ...]
    to: str
    name: str | None = None
    on_exists: OnExists = "number"


class Rename(msgspec.Struct, frozen=True, kw_only=True, tag="rename", tag_field="do"):
    """Another name in the same folder."""

    path: str
    name: str
    on_exists: OnExists = "fail"


class Trash(msgspec.Struct, frozen=True, kw_only=True, tag="trash", tag_field="do"):
    """To the desktop's Trash."""

    paths: tuple[str, ...]


class Tag(msgspec.Struct, frozen=True, kw_only=True, tag="tag", tag_field="do"):
    """Tags for files and folders."""

    paths: tuple[str, ...]
    tags: tuple[str, ...]


class Untag(msgspec.Struct, frozen=True, kw_only=True, tag="untag", tag_field="do"):
    """Tags go; without `tags` all of them."""

    paths: tuple[str, ...]
    tags: tuple[str, ...] = ()


class Merge(msgspec.Struct, frozen=True, kw_only=True, tag="merge", tag_field="do"):
    """One file with what `paths` say, in that order: texts, or PDF documents.  The files themselves stay."""

    paths: tuple[str, ...]
    to: str
    on_exists: OnExists = "number"


class Group(msgspec.Struct, frozen=True, kw_only=True, tag="group", tag_field="do"):
    """Files go into folders below `to` (default: where each lies), named by what they have in common."""

    paths: tuple[str, ...]
    by: GroupBy
    to: str | None = None


class Restore(msgspec.Struct, frozen=True, kw_only=True, tag="restore", tag_field="do"):
    """A file or folder is again as it was at `to`, a WHEN or a version."""

    path: str
    to: str
    exact: bool = False
    """Of a folder: what did not exist then goes to the Trash."""
    output: str | None = None
    """A folder to put it in instead."""
    by: Literal["", "file", "path"] = ""
    """Which file is meant where another stood at the path then: that of now, or whatever stood there."""


class SaveQuery(msgspec.Struct, frozen=True, kw_only=True, tag="save_query", tag_field="do"):
    """A name for a query; without `query` the name is forgotten."""

    name: str
    query: str | None = None


class CallTool(msgspec.Struct, frozen=True, kw_only=True, tag="call_tool", tag_field="do"):
    """A tool of the catalogue is called; a macro becomes the actions that it stands for."""

    tool: str
    """Its id."""
    arguments: dict[str, Any] = {}


Action = (
    Create
    | Write
    | Append
    | Mkdir
    | Move
    | Copy
    | Rename
    | Trash
    | Tag
    | Untag
    | Merge
    | Group
    | Restore
    | SaveQuery
    | CallTool
)
