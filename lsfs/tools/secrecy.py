"""What of a call is nobody's business: credentials of its source, and arguments that are secrets.  Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lsfs.core.tools import ToolSource
from lsfs.tools.secret_texts import is_secret_name, looks_secret, names_a_secret, parts_of, spans, word_spans

HIDDEN = "•••"
"""Stands where a secret stood."""
_SHORTEST = 6
"""What is shorter would stand in any text by chance."""
_DEEPEST = 40
"""Levels of nesting that are looked into; what lies deeper is hidden."""
_NOTHING: Mapping[str, Any] = {}
_PLACES = ("_FILE", "_DIR", "_PATH", "_SOCK", "_HOME")
"""Ends of the names of variables that say where a secret is."""
_PAIR_NAMES = ("name", "key", "header")
_INPUT = "stdin"


def secrets_of(source: ToolSource) -> tuple[str, ...]:
    """The credentials of a source: those values of its environment, and of its headers, that are secrets."""
    found: list[str] = []
    for name, text in _given(source):
        if is_secret_name(name) or looks_secret(text):
            found += parts_of(text)
        else:
            found += _secrets_in(text)
    return _long(found)


def given_to(source: ToolSource) -> tuple[str, ...]:
    """The values of its headers, those of its environment that may be secrets by how they look, and its credentials.

    Folders, languages and plain words are left alone: results would come out wrong without them.
    """
    headers = source.where.get("headers")
    of_headers = [str(text) for text in headers.values()] if isinstance(headers, dict) else []
    return _long([*of_headers, *(text for _, text in _given(source) if _may_be_secret(text)), *secrets_of(source)])


def _may_be_secret(text: str) -> bool:
    return not re.fullmatch(r"[A-Za-z_.@-]*|\d+|.*[/\\].*", text)


def secrets_of_environ(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of an environment that are secrets by their names, and those in its URLs."""
    found: list[str] = []
    for name, value in environ.items():
        is_secret = name != "PWD" and is_secret_name(name) and not name.upper().endswith(_PLACES)
        found += parts_of(value) if is_secret else _secrets_in(value)
    return _long(found)


def redacted(text: str) -> str:
    """A text with `HIDDEN` in the place of what in it is a secret by what stands before it."""
    return _walked_text(text, [])


def secret_values(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts of arguments that are secrets, as far as they are long enough to be told from other words."""
    found: list[str] = []
    _walked(arguments, schema, found, 0)
    return _long(found)


def hidden(schema: Mapping[str, Any], arguments: Mapping[str, Any], secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Arguments as they may be kept: with `HIDDEN` for those that are secrets, and for `secrets` anywhere in them."""
    kept: dict[str, Any] = without(_walked(arguments, schema, [], 0), secrets)
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


def _walked(value: Any, schema: Any, found: list[str], depth: int) -> Any:
    """A value with its secrets hidden, wherever in it they stand; they are added to `found`."""
    if depth > _DEEPEST:
        found += _texts(value)
        return HIDDEN
    if isinstance(value, str):
        return _walked_text(value, found, depth)
    if isinstance(value, Mapping):
        return _walked_fields(value, schema if isinstance(schema, Mapping) else _NOTHING, found, depth)
    if isinstance(value, list | tuple):
        items = schema.get("items") if isinstance(schema, Mapping) else None
        return [
            _walked_word(value, at, found, depth) if isinstance(one, str) else _walked(one, items, found, depth + 1)
            for at, one in enumerate(value)
        ]
    return value


def _walked_fields(value: Mapping[str, Any], schema: Mapping[str, Any], found: list[str], depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    shapes = properties if isinstance(properties, Mapping) else _NOTHING
    named = any(isinstance(value.get(name), str) and is_secret_name(value[name]) for name in _PAIR_NAMES)
    fed = any(names_a_secret(word) for name, one in value.items() if name != _INPUT for word in _words(one))
    kept: dict[str, Any] = {}
    for name, one in value.items():
        shape = shapes.get(name)
        if _is_secret(name, shape) or (named and name == "value") or (fed and name == _INPUT and one):
            for text in _texts(one):
                found += parts_of(text)
            kept[name] = HIDDEN
        else:
            kept[name] = _walked(one, shape, found, depth + 1)
    return kept


def _walked_text(text: str, found: list[str], depth: int = 0) -> str:
    if depth < _DEEPEST and text.lstrip()[:1] in ("{", "["):
        inner: list[str] = []
        try:
            shown = _walked(json.loads(text), _NOTHING, inner, depth + 1)
        except (ValueError, RecursionError):
            return _redacted(text, spans(text), found)
        found += inner
        return json.dumps(shown, ensure_ascii=False) if inner else text
    return _redacted(text, spans(text), found)


def _walked_word(words: Sequence[Any], at: int, found: list[str], depth: int) -> str:
    word = words[at]
    if word.lstrip()[:1] in ("{", "[") and not (
        at and isinstance(words[at - 1], str) and names_a_secret(words[at - 1])
    ):
        return _walked_text(word, found, depth)
    for start, end in spans(word):
        found += parts_of(word[start:end])  # ``sh -c "TOKEN=IT …"``: less than all that stands behind it
    return _redacted(word, word_spans(words, at), found)


def _redacted(text: str, places: Sequence[tuple[int, int]], found: list[str]) -> str:
    for start, end in reversed(places):
        found += parts_of(text[start:end])
        text = text[:start] + HIDDEN + text[end:]
    return text


def _secrets_in(text: str) -> list[str]:
    found: list[str] = []
    _walked_text(text, found)
    return found


def _given(source: ToolSource) -> list[tuple[str, str]]:
    """What a source is given, by name."""
    wheres = (dict(source.where.get(where) or {}) for where in ("env", "headers"))
    return [(str(name), str(value)) for where in wheres for name, value in where.items()]


def _is_secret(name: str, shape: Any) -> bool:
    """Whether an argument is a secret, by its name or by what its schema says of it."""
    marked = isinstance(shape, Mapping) and (shape.get("format") == "password" or shape.get("writeOnly") is True)
    return marked or is_secret_name(name)


def _words(value: Any) -> list[str]:
    """The words of a command line, be it a list or one text."""
    if isinstance(value, str):
        return value.split()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def _texts(value: Any) -> list[str]:
    """The texts and numbers in a value, however deep, in no order."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
        elif one is not None and not isinstance(one, bool):
            found.append(str(one))
    return found


def _long(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if len(value) >= _SHORTEST))
