"""What a JSON Schema has against arguments.  Pure; how long it takes is up to the schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

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


def schema_error(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """Why a schema does not allow arguments, with where; '' where it does.

    A schema that cannot be worked with is a reason as well.  Patterns that could take long, and formats, are left for
    the tool to check.
    """
    from jsonschema.exceptions import SchemaError, best_match
    from referencing.exceptions import Unresolvable

    try:
        validator = _validator(dict(schema))
        type(validator).check_schema(schema)
        error = best_match(validator.iter_errors(dict(arguments)))
    except SchemaError as wrong:
        return f"the tool's own schema is not one: {wrong.message[:200]}"
    except Unresolvable as wrong:
        return f"the tool's schema refers to what is not in it: {wrong.ref}"
    except (_TooMuch, RecursionError):
        return "the tool's schema refers to itself without end"
    except (TypeError, ValueError, AttributeError, re.error) as wrong:
        return f"the tool's schema cannot be worked with: {wrong}"
    if error is None:
        return ""
    place = ".".join(str(part) for part in error.absolute_path)
    return f"{place}: {error.message[:300]}" if place else error.message[:300] or "they do not fit"


def _validator(schema: dict[str, Any]) -> Any:
    """A validator that counts references, tries no slow pattern, and fetches nothing."""
    from jsonschema import validators
    from referencing import Registry

    base = validators.validator_for(schema, default=validators.Draft202012Validator)
    left = iter(range(_MOST_REFERENCES))
    checks = {name: _counted(base.VALIDATORS[name], left) for name in _REFERENCES if name in base.VALIDATORS}
    patterned = ("pattern", "patternProperties", "additionalProperties")
    checks |= {name: _quick(base.VALIDATORS[name]) for name in patterned}
    return validators.extend(base, checks)(schema, registry=Registry())


def _counted(check: _Check, left: Iterator[int]) -> _Check:
    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if next(left, None) is None:
            raise _TooMuch
        yield from check(validator, value, instance, schema) or ()

    return counted


def _quick(check: _Check) -> _Check:
    """The check of a keyword that tries patterns, passed over where one of those is slow."""

    def quick(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        patterns = [value] if isinstance(value, str) else list(schema.get("patternProperties", ()))
        texts = [instance] if isinstance(instance, str) else list(instance) if isinstance(instance, dict) else []
        tried = not patterns or all(len(text) <= _MOST_MATCHED for text in texts)
        if tried and not any(_SLOW.search(pattern) or len(_OPEN.findall(pattern)) > 2 for pattern in patterns):
            yield from check(validator, value, instance, schema) or ()

    return quick
