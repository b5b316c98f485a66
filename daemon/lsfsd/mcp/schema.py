"""JSON Schemas of arguments and results: the few words that every client knows; no unions, no references."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]

MOST_TEXT = 4_000
"""Characters of an argument that says nothing else."""


def record(required: Sequence[str] = (), **properties: Schema) -> Schema:
    """An object of exactly these properties."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


def text(description: str = "", *, most: int = MOST_TEXT, one_of: Sequence[str] = ()) -> Schema:
    """A string; `one_of` are all there are."""
    kind: Schema = {"enum": list(one_of)} if one_of else {"maxLength": most}
    return {"type": "string", **kind} | _said(description)


def integer(description: str = "", *, least: int = 0, most: int = 2**53) -> Schema:
    """A whole number."""
    return {"type": "integer", "minimum": least, "maximum": most} | _said(description)


def yes_no(description: str = "") -> Schema:
    """A boolean."""
    return {"type": "boolean"} | _said(description)


def many(items: Schema, description: str = "", *, most: int = 1_000) -> Schema:
    """A list."""
    return {"type": "array", "items": items, "maxItems": most} | _said(description)


def free(description: str) -> Schema:
    """An object whose properties are somebody else's matter."""
    return {"type": "object", "additionalProperties": True} | _said(description)


def said(required: Sequence[str] = (), **properties: Schema) -> Schema:
    """An object of a result; properties that are not required are there where they say something."""
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def listed(items: Schema) -> Schema:
    """A list of a result."""
    return {"type": "array", "items": items}


SAID_TEXT: Schema = {"type": "string"}
SAID_INTEGER: Schema = {"type": "integer"}
SAID_NUMBER: Schema = {"type": "number"}


def _said(description: str) -> Schema:
    return {"description": description} if description else {}
