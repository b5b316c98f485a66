"""GBNF (llama.cpp, grammars/README.md) of a tool's arguments as a line of JSON, bound by its schema and a sentence.

Texts can only be runs of the sentence's own words, and numbers only its numbers: a model that writes under this grammar
copies, and cannot make up a path or a name.  Every argument stands in the line, ``null`` where nothing is said of it.
Of a schema a subset is known: texts, numbers, booleans, choices, lists of those, and objects to a small depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

MOST_ARGUMENTS = 16
_MOST_WORDS = 120
_MOST_ITEMS = 12
_MOST_CHOICES = 64
_MOST_DEPTH = 2
_WORD = re.compile(r"“([^”]+)”|\"([^\"]+)\"|'([^']+)'(?!\w)|(\S+)")
_AROUND = "“”\"'()[]{}<>,;:!?…"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DIGITS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
    )
} | {"twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100, "thousand": 1000}


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument of a tool, as far as a model can be asked for it."""

    name: str
    kind: str
    """text, number, integer, boolean, choice, list, object, or any: what says no type, a text or a number."""
    required: bool = False
    about: str = ""
    choices: tuple[Any, ...] = ()
    item: Argument | None = None
    """Of a list: what is in it."""
    parts: tuple[Argument, ...] = ()
    """Of an object."""
    literals: tuple[str, ...] = ()
    """Texts that may stand in it though nobody said them: the options of a program."""


def arguments_of(schema: Mapping[str, Any]) -> tuple[Argument, ...]:
    """The arguments that can be drafted, the required ones first; what else a schema has is left out."""
    return _parts(schema, schema, 0)


def words_of(sentence: str) -> list[str]:
    """The words of a sentence, what is quoted as one, without the signs around them."""
    words = []
    for found in _WORD.finditer(sentence):
        quoted = next((group for group in found.groups()[:3] if group), None)
        word = quoted if quoted is not None else found.group(4).strip(_AROUND)
        if word and quoted is None and len(word) > 1:
            word = word.rstrip(".") or word
        if word:
            words.append(word)
    return words[:_MOST_WORDS]


def numbers_of(sentence: str) -> list[str]:
    """The numbers of a sentence, in digits."""
    found = [text for word in words_of(sentence) for text in _NUMBER.findall(word)]
    found += [str(_DIGITS[word.lower()]) for word in words_of(sentence) if word.lower() in _DIGITS]
    return list(dict.fromkeys(str(json.loads(text.lstrip("0") or "0")) if _is_plain(text) else text for text in found))


def grammar_of(arguments: Sequence[Argument], sentence: str) -> str:
    """The grammar of the JSON object of all the arguments."""
    return _Grammar(sentence).whole(arguments)


def _is_plain(text: str) -> bool:
    return bool(re.fullmatch(r"0*\d+", text))


def _parts(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> tuple[Argument, ...]:
    properties = schema.get("properties")
    required = schema.get("required")
    wanted = set(required) if isinstance(required, list) else set()
    if not isinstance(properties, Mapping):
        return ()
    found = []
    for name, value in properties.items():
        one = _argument(str(name), value, root, depth)
        if one is not None:
            found.append(msgspec.structs.replace(one, required=name in wanted))
    found.sort(key=lambda one: not one.required)
    return tuple(found[:MOST_ARGUMENTS])


def _argument(name: str, value: Any, root: Mapping[str, Any], depth: int) -> Argument | None:
    schema = _resolved(value, root)
    if schema is None:
        return None
    about = " ".join(str(schema.get("description") or schema.get("title") or "").split())
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(choices, list):
        plain = [one for one in choices if isinstance(one, str | int | float | bool)][:_MOST_CHOICES]
        return Argument(name=name, kind="choice", about=about, choices=tuple(plain)) if plain else None
    match _type(schema):
        case "string":
            return Argument(name=name, kind="text", about=about)
        case "number" | "integer" | "boolean" | "any" as kind:
            return Argument(name=name, kind=kind, about=about)
        case "array":
            item = _argument("", schema.get("items", {"type": "string"}), root, depth + 1)
            return Argument(name=name, kind="list", about=about, item=item) if item and depth < _MOST_DEPTH else None
        case "object":
            parts = _parts(schema, root, depth + 1) if depth < _MOST_DEPTH else ()
            return Argument(name=name, kind="object", about=about, parts=parts) if parts else None
        case _:
            return None


def _type(schema: Mapping[str, Any]) -> Any:
    """The type that a schema says, or shows by what else it says."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), None)
    if kind is None:
        return "object" if "properties" in schema else "array" if "items" in schema else "any"
    return kind


def _resolved(value: Any, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A schema with its reference followed, or the first of its alternatives that is not null."""
    for _ in range(8):
        if not isinstance(value, Mapping):
            return None
        options = value.get("anyOf") or value.get("oneOf") or value.get("allOf")
        if isinstance(value.get("$ref"), str):
            value = _at(root, value["$ref"])
        elif isinstance(options, list) and "type" not in value and "enum" not in value:
            value = next((one for one in options if isinstance(one, Mapping) and one.get("type") != "null"), None)
        else:
            return value
    return None


def _at(root: Mapping[str, Any], reference: str) -> Any:
    found: Any = root
    for part in reference.removeprefix("#/").split("/") if reference.startswith("#/") else ("",):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


class _Grammar:
    """Gathers the rules."""

    def __init__(self, sentence: str) -> None:
        self._rules: list[str] = []
        self._names = 0
        words, numbers = words_of(sentence), numbers_of(sentence)
        self._has_words = bool(words)
        for at, word in enumerate(words):
            more = f' (" " word-{at + 1})?' if at + 1 < len(words) else ""
            self._rules.append(f"word-{at} ::= {_literal(_inner(word))}{more}")
        if words:
            self._rules.append(f"words ::= {' | '.join(f'word-{at}' for at in range(len(words)))}")
        self._numbers = {
            "number": [_literal(number) for number in numbers],
            "integer": [_literal(number) for number in numbers if "." not in number],
        }

    def whole(self, arguments: Sequence[Argument]) -> str:
        """The grammar of an object."""
        return "\n".join([f"root ::= {self._object(arguments)}", *self._rules]) + "\n"

    def _object(self, arguments: Sequence[Argument]) -> str:
        pairs = [f"{_literal(json.dumps(one.name) + ': ')} {self._value(one)}" for one in arguments]
        between = ' ", " '
        return f'"{{" {between.join(pairs)} "}}"' if pairs else '"{}"'

    def _value(self, one: Argument) -> str:
        """A rule for a value, ``null`` among what it allows."""
        return self._rule([*self._values(one), '"null"'])

    def _values(self, one: Argument) -> list[str]:
        match one.kind:
            case "boolean":
                return ['"true"', '"false"']
            case "number" | "integer":
                return self._numbers[one.kind]
            case "any":
                return [*self._texts(one), *self._numbers["number"]]
            case "choice":
                return [_literal(json.dumps(choice, ensure_ascii=False)) for choice in one.choices]
            case "list":
                assert one.item is not None
                item = self._rule(self._values(msgspec.structs.replace(one.item, literals=one.literals)))
                return [f'"[" {item} (", " {item}){{0,{_MOST_ITEMS - 1}}} "]"'] if item else []
            case "object":
                return [self._object(one.parts)]
            case _:
                return self._texts(one)

    def _texts(self, one: Argument) -> list[str]:
        said = ['"\\"" words "\\""'] if self._has_words else []
        return said + [_literal(json.dumps(text, ensure_ascii=False)) for text in one.literals]

    def _rule(self, options: Iterable[str]) -> str:
        """The name of a new rule of these alternatives; '' for none."""
        options = list(options)
        if not options:
            return ""
        self._names += 1
        self._rules.append(f"value-{self._names} ::= {' | '.join(options)}")
        return f"value-{self._names}"


def _inner(text: str) -> str:
    """A text as it stands between the quotes of a JSON text."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _literal(text: str) -> str:
    """A GBNF literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
