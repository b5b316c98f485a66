"""What of a call is nobody's business: credentials of its source, and arguments that are secrets.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lsfs.core.tools import ToolSource

HIDDEN = "•••"
"""Stands where a secret stood."""
_SHORTEST = 6
"""What is shorter would stand in any text by chance."""
_NAME = re.compile(
    r"passw|passphrase|secret|token|credential|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|access[-_]?key"
    r"|(?:^|[-_])(?:pwd|auth|pat|key)$",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"(?=[^/\s]*\d)(?=[^/\s]*[A-Za-z])[^/\s]{20,}")
"""A value that nobody would make up: long, of letters and digits."""
_SCHEMES = frozenset(("bearer", "basic", "digest", "token", "apikey"))


def secrets_of(source: ToolSource) -> tuple[str, ...]:
    """The credentials of a source: those values of its environment, and of its headers, that are secrets."""
    found = []
    for where in ("env", "headers"):
        for name, value in dict(source.where.get(where) or {}).items():
            text = str(value)
            if _NAME.search(str(name)) or _RANDOM.fullmatch(text):
                parts = text.split()
                found += [text, *(part for part in parts if part.lower() not in _SCHEMES)]
    return _long(found)


def secret_values(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts of arguments that are secrets, as far as they are long enough to be told from other words."""
    found: list[str] = []
    for name, value in arguments.items():
        if _is_secret(name, schema):
            found += _texts(value)
        elif isinstance(value, list):
            found += [_secret_of(value, at) for at in range(len(value))]
    return _long(found)


def hidden(schema: Mapping[str, Any], arguments: Mapping[str, Any], secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Arguments as they may be kept: with `HIDDEN` for those that are secrets, and for `secrets` anywhere in them."""
    kept: dict[str, Any] = {}
    for name, value in arguments.items():
        if _is_secret(name, schema):
            kept[name] = HIDDEN
        elif isinstance(value, list):
            shown = [
                part.replace(secret, HIDDEN) if isinstance(part, str) and (secret := _secret_of(value, at)) else part
                for at, part in enumerate(value)
            ]
            kept[name] = without(shown, secrets)
        else:
            kept[name] = without(value, secrets)
    return kept


def without(value: Any, secrets: Iterable[str]) -> Any:
    """A JSON value with `HIDDEN` in the place of every secret."""
    ordered = sorted(set(secrets), key=len, reverse=True)

    def cleaned(part: Any) -> Any:
        if isinstance(part, str):
            for secret in ordered:
                part = part.replace(secret, HIDDEN)
            return part
        if isinstance(part, Mapping):
            return {cleaned(name): cleaned(one) for name, one in part.items()}
        return [cleaned(one) for one in part] if isinstance(part, list | tuple) else part

    return cleaned(value) if ordered else value


def _is_secret(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether an argument is a secret, by its name or by what the schema says of it."""
    properties = schema.get("properties")
    how = properties.get(name) if isinstance(properties, Mapping) else None
    marked = isinstance(how, Mapping) and (how.get("format") == "password" or how.get("writeOnly") is True)
    return marked or bool(_NAME.search(name))


def _secret_of(words: Sequence[Any], at: int) -> str:
    """What of a word of a command line is a secret: ``--password=IT``, or IT behind ``--password``; '' for nothing."""
    word, before = words[at], words[at - 1] if at else None
    if not isinstance(word, str):
        return ""
    option, equals, value = word.partition("=")
    if equals and _NAME.search(option):
        return value
    behind = isinstance(before, str) and before.startswith("-") and "=" not in before and bool(_NAME.search(before))
    return word if behind and not word.startswith("-") else ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return [str(value)] if value is not None and not isinstance(value, bool) else []


def _long(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if len(value) >= _SHORTEST))
