"""Function-calling JSON: OpenAI's ``tools`` and ``functions``, Anthropic's ``input_schema``, MCP's ``inputSchema``.

A file holds a list of them, an object with such a list, or one on each line.  Where ``parameters`` is no JSON Schema
but a table or list of parameters, as in many collections, it is made one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lsfs.core.errors import UsageError
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.base import Basket, Taken
from lsfs.tools.importers.files import parse, read_file, source_path, stat_stamp

_LISTS = ("tools", "functions", "tool_choices")
_SCHEMAS = ("parameters", "input_schema", "inputSchema", "schema")
_TYPES = {
    "str": "string", "text": "string", "string": "string", "char": "string", "date": "string", "datetime": "string",
    "int": "integer", "integer": "integer", "long": "integer",
    "float": "number", "double": "number", "number": "number", "decimal": "number",
    "bool": "boolean", "boolean": "boolean",
    "list": "array", "array": "array", "tuple": "array", "set": "array",
    "dict": "object", "object": "object", "map": "object", "hashmap": "object",
}  # fmt: skip
_KEPT = ("description", "enum", "default", "items", "properties", "format", "minimum", "maximum", "pattern")


class FunctionFiles:
    """Reads descriptions of functions from a file; there is nothing in them that could be called."""

    def take(self, source: ToolSource) -> Taken:
        """See `Importer.take`."""
        path = source_path(source)
        basket = Basket(source, "function")
        for item in _items(read_file(path), path, basket):
            _put(basket, item)
        return basket.taken()

    def stamp(self, source: ToolSource) -> str:
        """See `Importer.stamp`."""
        return stat_stamp(source_path(source))


def looks_like(document: Any) -> bool:
    """Whether a document describes functions."""
    listed = _listed(document)
    return bool(listed) and all(isinstance(one, dict) for one in listed[:20]) and _function(listed[0]) is not None


def _listed(document: Any) -> list[Any]:
    if isinstance(document, dict):
        for key in _LISTS:
            if isinstance(document.get(key), list):
                return list(document[key])
        return [document]
    return document if isinstance(document, list) else []


def _items(data: bytes, path: Path, basket: Basket) -> Iterator[Any]:
    """The functions that a file describes."""
    lines = [line for line in data.splitlines() if line.strip()]
    if path.suffix.lower() in (".jsonl", ".ndjson") or (len(lines) > 1 and _is_json(lines[0]) and _is_json(lines[1])):
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                basket.refuse(f"line {number}", "it is not JSON")
        return
    listed = _listed(parse(data, path))
    if not listed:
        raise UsageError("the file describes no functions", path=str(path))
    yield from listed


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _function(item: Any) -> dict[str, Any] | None:
    """The object that has the name, wherever the shape keeps it."""
    if not isinstance(item, dict):
        return None
    inner = item.get("function")
    if isinstance(inner, dict):
        return inner
    return item if isinstance(item.get("name"), str) or isinstance(item.get("id"), str) else None


def _put(basket: Basket, item: Any) -> None:
    function = _function(item)
    if function is None:
        basket.refuse("", "it is not the description of a function")
        return
    given = next((function[key] for key in _SCHEMAS if function.get(key) is not None), None)
    name = function.get("id") or function.get("name")
    examples = function.get("examples")
    basket.put(
        name,
        function.get("description"),
        as_schema(given),
        examples=examples if isinstance(examples, list) else (),
    )


def as_schema(given: Any) -> Any:
    """A JSON Schema of what stands where one should: itself, or one made of a table or a list of parameters."""
    if given in (None, {}, []):
        return None
    if isinstance(given, list):
        given = {str(one["name"]): one for one in given if isinstance(one, dict) and "name" in one}
    if not isinstance(given, dict):
        return given
    if isinstance(given.get("properties"), dict) or "$ref" in given or given.get("type") in ("object", "dict"):
        kind = given.get("type", "object")
        return {**given, "type": "object" if kind == "dict" else kind}
    if "type" in given and not isinstance(given["type"], dict):
        return given  # a schema of something else, which is told
    properties = {str(name): _parameter(said) for name, said in given.items()}
    required = [str(name) for name, said in given.items() if isinstance(said, dict) and said.get("required") is True]
    return {"type": "object", "properties": properties, "required": required}


def _parameter(said: Any) -> dict[str, Any]:
    """A schema of one loosely described parameter."""
    if isinstance(said, str):
        return {"description": said}
    if not isinstance(said, dict):
        return {}
    kept = {key: said[key] for key in _KEPT if key in said}
    kind = _TYPES.get(str(said.get("type", "")).lower().split("[")[0])
    return {"type": kind, **kept} if kind else kept
