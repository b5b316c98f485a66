"""Arguments against a tool's JSON Schema, which is somebody else's data: cyclic, huge and hostile ones cost nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lsfs.core.errors import UsageError

_MOST_BYTES = 512 << 10
"""Of a schema, and of arguments."""
_MOST_REFERENCES = 20_000
_MOST_MATCHED = 1_000
"""Characters of a text that a pattern is tried on."""
_SLOW = re.compile(r"\)[*+{?]|\\[1-9]|\(\?[<=!]")
"""What lets a pattern take exponential time: repeated groups, back references, looks around."""


_OPEN = re.compile(r"[*+}]")
"""Repetitions: few of them take polynomial time of a low order."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_Check = Callable[[Any, Any, Any, Any], Iterable[Any] | None]


class _TooMuch(Exception):
    """A schema refers to itself more often than anybody means."""


def check_arguments(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Raises UsageError for arguments that a schema does not allow, with where and why.

    A schema that cannot be worked with (too large, without end, not a schema) raises as well: then nobody can tell.
    Patterns that could take long, and formats, are left for the tool to check.
    """
    from jsonschema.exceptions import SchemaError, best_match
    from referencing.exceptions import Unresolvable

    try:
        if len(json.dumps(schema)) > _MOST_BYTES:
            raise UsageError("the tool's schema is larger than is looked at")
        if len(json.dumps(arguments)) > _MOST_BYTES:
            raise UsageError("the arguments are larger than a tool is given")
        validator = _validator(dict(schema))
        type(validator).check_schema(schema)
        error = best_match(validator.iter_errors(dict(arguments)))
    except SchemaError as wrong:
        raise UsageError(f"the tool's own schema is not one: {wrong.message[:200]}") from wrong
    except Unresolvable as wrong:
        raise UsageError(f"the tool's schema refers to what is not in it: {wrong.ref}") from wrong
    except (_TooMuch, RecursionError) as wrong:
        raise UsageError("the tool's schema refers to itself without end") from wrong
    except (TypeError, ValueError, AttributeError, re.error) as wrong:
        raise UsageError(f"the tool's schema cannot be worked with: {wrong}") from wrong
    if error is not None:
        place = ".".join(str(part) for part in error.absolute_path)
        raise UsageError(f"{place}: {error.message[:300]}" if place else error.message[:300])


def _validator(schema: dict[str, Any]) -> Any:
    """A validator that counts references, tries no slow pattern, and fetches nothing."""
    from jsonschema import validators
    from referencing import Registry

    base = validators.validator_for(schema, default=validators.Draft202012Validator)
    left = iter(range(_MOST_REFERENCES))
    checks = {name: _counted(base.VALIDATORS[name], left) for name in _REFERENCES if name in base.VALIDATORS}
    checks |= {name: _quick(base.VALIDATORS[name]) for name in ("pattern", "patternProperties")}
    return validators.extend(base, checks)(schema, registry=Registry())


def _counted(check: _Check, left: Iterator[int]) -> _Check:
    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if next(left, None) is None:
            raise _TooMuch
        yield from check(validator, value, instance, schema) or ()

    return counted


def _quick(check: _Check) -> _Check:
    def quick(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        patterns, texts = ([value], [instance]) if isinstance(value, str) else (list(value), list(instance))
        tried = all(isinstance(text, str) and len(text) <= _MOST_MATCHED for text in texts)
        if tried and not any(_SLOW.search(pattern) or len(_OPEN.findall(pattern)) > 2 for pattern in patterns):
            yield from check(validator, value, instance, schema) or ()

    return quick
