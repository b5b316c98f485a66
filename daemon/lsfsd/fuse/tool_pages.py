"""A tool as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec


def page_of(tool: Mapping[str, Any]) -> str:
    """What is known of a tool (`lsfs.core.api.FoundTool`, decoded, with its schema and examples)."""
    return "\n".join(_lines(tool)) + "\n"


def _lines(tool: Mapping[str, Any]) -> Iterator[str]:
    effect = "only reads" if tool["effect"] == "read" else "may change things, and is asked about"
    yield f"# {_line(tool['name'])}"
    yield ""
    yield tool["description"].strip()
    yield ""
    yield f"- id: `{_line(tool['id'])}` ({tool['kind']}; it {effect})"
    yield f"- fits: {tool['score']:.0%}"
    yield f"- call: `lsfs tools call {_line(tool['id'])} --args '{{…}}'`"
    if tool.get("examples"):
        yield ""
        yield "## Used for"
        yield ""
        for example in tool["examples"]:
            yield f"- {_line(example['query'])}"
    if tool.get("schema"):
        yield ""
        yield "## Arguments"
        yield ""
        yield "```json"
        yield msgspec.json.format(msgspec.json.encode(tool["schema"]), indent=2).decode()
        yield "```"


def _line(text: str) -> str:
    return " ".join(text.split())
