"""Describes Python callables and ends: what `python_callables` runs.  Imports nothing of lsfs."""

from __future__ import annotations

import enum
import functools
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import re
import sys
import types
import typing
from typing import Any

_MOST = 2000
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", tuple: "array", set: "array",
          frozenset: "array", dict: "object", bytes: "string", type(None): "null"}  # fmt: skip
_LISTS = (list, tuple, set, frozenset)
_SECTION = re.compile(r"^\s*(args|arguments|parameters|params)\s*:?\s*$", re.IGNORECASE)
_GOOGLE = re.compile(r"^\s+\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.+)$")
_NUMPY = re.compile(r"^\s*(\w+)\s*:\s*\S.*$")
_SPHINX = re.compile(r"^\s*:param\s+(?:\S+\s+)?(\w+)\s*:\s*(.+)$")
_RULE = re.compile(r"^\s*-{3,}\s*$")


def main() -> None:
    """Reads a target from the standard input, writes what it is behind a record separator (U+001E) to the output."""
    job = json.load(sys.stdin)
    out = os.dup(1)
    os.dup2(2, 1)  # what the modules print is not ours
    try:
        if job["path"]:
            sys.path.insert(0, job["path"])
        said: dict[str, Any] = {"functions": described(job["target"])}
    except BaseException as error:  # whatever a foreign module raises when it is imported is why nothing is known
        said = {"error": f"{type(error).__name__}: {error}"[:500]}
    with os.fdopen(out, "w") as file:
        file.write("\n\x1e" + json.dumps(said))
    os._exit(0)  # threads that an import started keep nobody waiting


def described(target: str) -> list[dict[str, Any]]:
    """The callables of ``module:function``, of a module's or file's public names, or of a group of entry points."""
    module, function = (target, "") if target.endswith(".py") or ":" not in target else target.rsplit(":", 1)
    if function:
        found = functools.reduce(getattr, function.split("."), _loaded(module))
        return [_function(function.rsplit(".", 1)[-1], module, function, found)]
    points = importlib.metadata.entry_points(group=target)
    if points:
        return [_point(point) for point in list(points)[:_MOST]]
    loaded = _loaded(module)
    listed = getattr(loaded, "__all__", None)
    names = listed if listed is not None else [name for name in vars(loaded) if not name.startswith("_")]
    own = [(name, getattr(loaded, name, None)) for name in names]
    return [
        _function(name, module, name, value)
        for name, value in own
        if inspect.isroutine(value) and (listed is not None or getattr(value, "__module__", "") == loaded.__name__)
    ][:_MOST]


def _loaded(module: str) -> Any:
    """A module by its name, or by the path of its file, beside which it finds others."""
    if not module.startswith("/"):
        return importlib.import_module(module)
    folder, file = os.path.split(module)
    sys.path.insert(0, folder)
    name = file.removesuffix(".py")
    name = name if name not in sys.modules else f"_{name}"  # a file may be called like what runs here
    spec = importlib.util.spec_from_file_location(name, module)
    assert spec is not None and spec.loader is not None  # of a file of this suffix
    loaded = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def _point(point: importlib.metadata.EntryPoint) -> dict[str, Any]:
    try:
        return _function(point.name, point.module, point.attr, point.load())
    except BaseException as error:  # one that cannot be loaded costs itself only
        return {"name": point.name, "error": f"{type(error).__name__}: {error}"[:500]}


def _function(name: str, module: str, path: str, found: Any) -> dict[str, Any]:
    if not callable(found):
        return {"name": name, "error": "it cannot be called"}
    doc = inspect.getdoc(found) or ""
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return {"name": name, "error": "it does not say which arguments it takes"}
    try:
        hints = typing.get_type_hints(found)
    except Exception:  # names that are there for type checking only
        hints = {}
    said, properties, required = _documented(doc), {}, []
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.default is parameter.empty:
            return {"name": name, "error": f"its argument {parameter.name} has no name to give it by"}
        schema = schema_of(hints.get(parameter.name, Any))
        if parameter.name in said:
            schema["description"] = said[parameter.name]
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        elif isinstance(parameter.default, str | int | float | bool):
            schema["default"] = parameter.default
        properties[parameter.name] = schema
    return {
        "name": name,
        "description": doc,
        "schema": {"type": "object", "properties": properties, "required": required},
        "module": module,
        "function": path,
    }


def schema_of(hint: Any) -> dict[str, Any]:
    """A JSON Schema of an annotation; ``{}``, which allows everything, where there is none."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return schema_of(inner[0])
    if origin is typing.Literal:
        return {"enum": [value for value in inner if isinstance(value, str | int | bool | None)]}
    if origin in (typing.Union, types.UnionType):
        several = [schema_of(one) for one in inner if one is not type(None)]
        return several[0] if len(several) == 1 else {"anyOf": several}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [member.value for member in hint if isinstance(member.value, str | int)]}
    kind = origin or hint
    if not isinstance(kind, type):
        return {}
    for known, name in _PLAIN.items():
        if kind is known:
            items = schema_of(inner[0]) if kind in _LISTS and inner else {}
            return {"type": name, **({"items": items} if items else {})}
    if issubclass(kind, os.PathLike):
        return {"type": "string"}
    return {}


def _documented(doc: str) -> dict[str, str]:
    """What a docstring says of each parameter, in the styles of Google, NumPy and Sphinx."""
    found: dict[str, str] = {}
    inside = False
    lines = doc.splitlines()
    for number, line in enumerate(lines):
        if match := _SPHINX.match(line):
            found[match[1]] = match[2].strip()
        elif _SECTION.match(line):
            inside = True
        elif inside and line and not line[0].isspace() and not _NUMPY.match(line) and not _RULE.match(line):
            inside = False
        elif inside and (match := _GOOGLE.match(line)):
            found[match[1]] = match[2].strip()
        elif inside and (match := _NUMPY.match(line)) and number + 1 < len(lines):
            found[match[1]] = lines[number + 1].strip()
    return found


if __name__ == "__main__":
    main()
