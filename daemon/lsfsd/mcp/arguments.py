"""Arguments against their schema, with a reason that an agent can act on; knows what `lsfsd.mcp.schema` makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lsfs.core.errors import UsageError
from lsfsd.mcp.schema import Schema

MOST_BYTES = 1 << 20
"""Of all arguments of a call together, as JSON."""
_SHOWN = 80


def checked(schema: Schema, arguments: Mapping[str, Any] | None) -> dict[str, Any]:
    """The arguments, whole numbers as such, without those that are null; raises UsageError for what does not fit."""
    given = {name: value for name, value in (arguments or {}).items() if value is not None}
    size = len(json.dumps(given))
    if size > MOST_BYTES:
        raise UsageError(f"the arguments are {size:,} bytes, and {MOST_BYTES:,} are taken", hint="send less at once")
    value = _value(schema, given, "")
    assert isinstance(value, dict)
    return value


def _value(schema: Schema, value: Any, at: str) -> Any:
    match schema["type"]:
        case "object":
            return _object(schema, value, at)
        case "array":
            if not isinstance(value, list):
                raise _not("a list", value, at)
            if len(value) > schema["maxItems"]:
                raise UsageError(
                    f"{at} has {len(value)} items, and {schema['maxItems']} are taken", hint="send less at once"
                )
            return [_value(schema["items"], item, f"{at}[{n}]") for n, item in enumerate(value)]
        case "string":
            return _text(schema, value, at)
        case "boolean":
            if not isinstance(value, bool):
                raise _not("true or false", value, at)
            return value
        case _:
            return _whole(schema, value, at)


def _object(schema: Schema, value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _not("an object", value, at)
    if schema["additionalProperties"]:
        return value
    properties = schema["properties"]
    for name in value:
        if name not in properties:
            known = ", ".join(properties)
            raise UsageError(f"there is no argument {_inside(at, str(name)[:_SHOWN])}", hint=f"known are: {known}")
    for name in schema.get("required", ()):
        if name not in value:
            raise UsageError(f"the argument {_inside(at, name)} is missing", hint=properties[name].get("description"))
    return {name: _value(properties[name], each, _inside(at, name)) for name, each in value.items()}


def _text(schema: Schema, value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise _not("a text", value, at)
    if "enum" in schema and value not in schema["enum"]:
        raise UsageError(f"{at} cannot be {value[:_SHOWN]!r}", hint=f"it is one of: {', '.join(schema['enum'])}")
    if len(value) > schema.get("maxLength", MOST_BYTES):
        raise UsageError(f"{at} has {len(value):,} characters, and {schema['maxLength']:,} are taken")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError(f"{at} is not valid Unicode") from None
    return value


def _whole(schema: Schema, value: Any, at: str) -> int:
    # Some models write 5.0 for 5.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise _not("a whole number", value, at)
    if not schema["minimum"] <= value <= schema["maximum"]:
        raise UsageError(f"{at} is to be between {schema['minimum']} and {schema['maximum']}, not {value}")
    return int(value)


def _inside(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _not(wanted: str, value: Any, at: str) -> UsageError:
    shown = json.dumps(value)[:_SHOWN]
    return UsageError(f"{at or 'the arguments'} is to be {wanted}, not {shown}")
