"""Arguments against a tool's JSON Schema, which is somebody else's data: cyclic, huge and hostile ones cost nothing.

A schema of which it is plain beforehand how much there is to do is looked at here.  Any other is in a process of its
own, with bounds: a regular expression, for one, holds the interpreter's lock for as long as it likes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from lsfs.core.errors import UsageError
from lsfs.tools.callers.processes import run
from lsfs.tools.schema_errors import schema_error

_MOST_BYTES = 512 << 10
"""Of a schema, and of arguments."""
_MOST_PARTS = 1_000
"""Of a schema that is looked at here, with what its references repeat."""
_MOST_WORK = 1_000_000
"""Parts of such a schema times characters of the arguments: no more than that is looked at, as each part is tried on
each value once at most."""
_DIALECTS = frozenset(
    (
        "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    )
)
_TEXTS = frozenset(("pattern", "$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef"))
_CHECKS = frozenset(("patternProperties", "uniqueItems", "unevaluatedItems", "unevaluatedProperties"))
"""Keywords that take as long as they like, or have a reference mean something else."""
_COMMAND = (sys.executable, "-P", "-m", "lsfs.tools.validating_child")
_DEADLINE_S, _CPU_S = 20.0, 3
_OWN_MEMORY = 1 << 30


def check_arguments(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Raises UsageError for arguments that a schema does not allow, with where and why.

    A schema that cannot be worked with (too large, without end, not a schema) raises as well: then nobody can tell.
    Patterns that could take long, and formats, are left for the tool to check.
    """
    try:
        if len(json.dumps(schema)) > _MOST_BYTES:
            raise UsageError("the tool's schema is larger than is looked at")
        said = json.dumps(arguments)
    except RecursionError as error:
        raise UsageError("the tool's schema, or what it is given, is nested without end") from error
    except (TypeError, ValueError) as error:
        raise UsageError(f"the tool's schema cannot be worked with: {error}") from error
    if len(said) > _MOST_BYTES:
        raise UsageError("the arguments are larger than a tool is given")
    parts = parts_of(schema)
    plain = parts is not None and parts * len(said) <= _MOST_WORK
    if why := schema_error(schema, arguments) if plain else _apart(schema, arguments):
        raise UsageError(why)


def parts_of(schema: Mapping[str, Any]) -> int | None:
    """How many values a schema consists of, with what its references repeat; None for many, and where a keyword takes
    longer than those tell."""
    if str(schema.get("$schema", "https://json-schema.org/draft/2020-12/schema")).rstrip("#") not in _DIALECTS:
        return None
    waiting: list[Any] = [schema]
    for count in range(_MOST_PARTS):
        if not waiting:
            return count
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            if any((name in _TEXTS and isinstance(value, str)) or name in _CHECKS for name, value in part.items()):
                return None
            if isinstance(part.get("$ref"), str):
                waiting.append(_referred(schema, part["$ref"]))
                if waiting[-1] is None:
                    return None
            waiting += part.values()
    return None


def _referred(schema: Mapping[str, Any], reference: str) -> Any:
    """What a reference within a schema means (RFC 6901), None for others."""
    if not reference.startswith("#/") or "%" in reference:
        return None
    found: Any = schema
    for name in reference[2:].split("/"):
        found = found.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found


def _apart(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """What `schema_error` says in another process, or that this came to no end."""
    try:
        ran = run(
            [*_COMMAND, str(_CPU_S), str(_OWN_MEMORY)],
            stdin=json.dumps([schema, arguments]).encode(),
            cwd="/",
            environ={"PATH": os.defpath},
            deadline_s=_DEADLINE_S,
            cancelled=lambda: False,
        )
        return str(json.loads(ran.out)["error"])
    except (OSError, ValueError):
        return "the tool's schema takes too long to be worked with, or too much memory"
