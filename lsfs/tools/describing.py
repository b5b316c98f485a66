"""A tool as the router and the embedder read it.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from blake3 import blake3

from lsfs.core.tools import Tool
from lsfs.tools.routing.cards import Card, view_texts

_MOST_PARAMETERS = 60
_MOST_DEPTH = 3


_COMMAND_WORDS = 0.5
"""What the words of manual pages count: they are those of a trade, and what is asked in everyday ones would find
whatever page has those by chance.  Anything from a quarter to half does as well."""
_MOST_NOTES = 400
"""Characters of a command's description behind its first line."""


def card_of(tool: Tool) -> Card:
    """The texts of a tool by which it is found.

    Of a command that is its summary before all: manual pages go on about history and corner cases, and options say how
    and not what.  Of 40 needs on a machine with 1,500 of them, that brings 31 programs into the first three, not 27;
    that words count less, 34.
    """
    group = tool.group if tool.group != tool.name else ""
    source = " ".join(filter(None, (tool.source, group)))
    if tool.kind == "command":
        first, _, more = tool.description.partition("\n")
        text = f"{first}\nNotes: {more[:_MOST_NOTES]}" if more else first
        return Card(tool.name, text, "", source, _COMMAND_WORDS)
    return Card(tool.name, tool.description, " ".join(_words(tool.schema, 0)), source)


def content_hash(tool: Tool) -> bytes:
    """The hash of what a tool says of itself: while it is the same, so is everything that is made of it."""
    said = (tool.name, tool.description, tool.schema, tool.group, tool.examples)
    return blake3(msgspec.json.encode(said, order="deterministic")).digest()


def text_hash(text: str) -> bytes:
    """The hash that a text's vector is kept by."""
    return blake3(text.encode("utf-8", "replace")).digest()


def texts_of(tool: Tool) -> tuple[str, ...]:
    """The texts of a tool that are embedded: its views, then its own examples."""
    return (*view_texts(card_of(tool)), *tool.examples)


def _words(schema: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Names and descriptions of the parameters of a schema, those within others too."""
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth > _MOST_DEPTH:
        return
    for name, said in list(properties.items())[:_MOST_PARAMETERS]:
        yield str(name)
        if not isinstance(said, dict):
            continue
        if isinstance(said.get("description"), str):
            yield said["description"]
        choices = said.get("enum")
        if isinstance(choices, list):
            yield " ".join(str(one) for one in choices[:20])
        yield from _words(said, depth + 1)
        items = said.get("items")
        if isinstance(items, dict):
            yield from _words(items, depth + 1)
