"""Macros: what an op did, as a tool with parameters (CRAFT, arXiv:2309.17428: tools abstracted from solutions).  Pure.

A macro is data.  Of an op that a sentence asked for it is the Request, with its slots as parameters; of any other its
actions, with their paths and texts.  The defaults are what was said or given: without arguments it does the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from blake3 import blake3

from lsfs.core import actions as act
from lsfs.core.actions import Action
from lsfs.core.errors import RefusedError, UsageError
from lsfs.core.wirepath import from_wire, to_wire
from lsfs.plan import request as req
from lsfs.plan.phrasing import sentence_of
from lsfs.tools.secrecy import HIDDEN

_MOST_PARAMETERS = 24
_MOST_KEPT = 16 << 10
"""Bytes of the actions of an op that are kept for a macro."""
_FIXED = frozenset(("on_exists", "by", "exact", "output", "order"))
"""What of an action says how, not on what: it stays as it was."""
_PATHS = frozenset(("path", "paths", "to"))
_TYPES: dict[type, str] = {int: "integer", float: "number", bool: "boolean"}
_NOT_IN_NAMES = re.compile(r"[^\w.]+")
_TEXTS = {
    "what": "Which files: names, paths or a description.",
    "in": "Folder that they are in.",
    "time": "From when they are, for example 2024 or last week.",
    "size": "How large they are, for example bigger than 4 MB.",
    "tagged": "Tags that they have.",
    "to": "Folder to go to, or the file to write.",
    "name": "The new name.",
    "tag": "Tags.",
    "tags": "Tags.",
    "text": "The text.",
    "paths": "The files.",
    "path": "The file.",
}


class Parameter(msgspec.Struct, frozen=True):
    """What may be said anew: a field of one of the actions."""

    name: str
    action: int
    field: str
    default: str | tuple[str, ...] | int | float | bool | None
    """What was said; None: it has to be."""
    is_list: bool = False


class Macro(msgspec.Struct, frozen=True, kw_only=True):
    """A stored plan with parameters; its importer reads ``description``, ``schema`` and ``examples``."""

    description: str
    schema: dict[str, Any]
    examples: tuple[str, ...] = ()
    request: str = ""
    """Wire form of what was said."""
    actions: tuple[Action, ...] = ()
    """What was done, where nothing was said."""
    parameters: tuple[Parameter, ...] = ()

    @property
    def digest(self) -> bytes:
        """Hash of what it does, whatever it is called."""
        return blake3(msgspec.json.encode((self.request, self.actions, self.parameters))).digest()


def slug(name: str) -> str:
    """A macro's name as it stands in a tool's id; raises UsageError for one of which nothing is left."""
    made = _NOT_IN_NAMES.sub("-", name.strip().lower()).strip("-.")[:80]
    if not made:
        raise UsageError(f"“{name}” cannot be the name of a tool")
    return made


def of_request(name: str, wire: str, sentence: str) -> Macro:
    """The macro of an op that a sentence asked for; raises RefusedError for one that is nothing to repeat."""
    request = req.decode(wire)
    if not request.changes or any(isinstance(one, req.Undo | req.Redo) for one in request.actions):
        raise RefusedError("it took something back, which is nothing to repeat")
    parameters = _numbered(
        (number, slot.encode_name, getattr(action, slot.name), isinstance(slot.default, tuple))
        for number, action in enumerate(request.actions)
        for slot in msgspec.structs.fields(action)
        if getattr(action, slot.name)
    )
    said = sentence_of(request) or sentence
    return Macro(
        description=f"{name}: {said}" if said else name,
        schema=_schema(parameters),
        examples=tuple(filter(None, dict.fromkeys((sentence, name)))),
        request=wire,
        parameters=parameters,
    )


def of_actions(name: str, actions: Sequence[Action], summary: str) -> Macro:
    """The macro of an op that was asked for by a plan; raises RefusedError for one that cannot be repeated."""
    if not actions:
        raise RefusedError(
            "nothing is kept of what was asked for: it was too much, brought a text, or took something back"
        )
    parameters = _numbered(_fields(actions))
    return Macro(
        description=f"{name}: {summary}",
        schema=_schema(parameters),
        examples=(name,),
        actions=tuple(actions),
        parameters=parameters,
    )


def expanded(macro: Macro, arguments: Mapping[str, Any]) -> req.Request | tuple[Action, ...]:
    """What a macro comes to with these arguments, which fit its schema: what is said then, or the actions."""
    known = {one.name: one for one in macro.parameters}
    if unknown := sorted(arguments.keys() - known.keys()):
        raise UsageError(f"it has no parameter {unknown[0]}")
    if missing := [one.name for one in macro.parameters if one.default is None and one.name not in arguments]:
        raise UsageError(f"it needs a value for {missing[0]}")
    changes: dict[int, dict[str, Any]] = {}
    for name, value in arguments.items():
        one = known[name]
        changes.setdefault(one.action, {})[one.field] = tuple(value) if one.is_list else value
    if macro.request:
        return req.Request(
            tuple(
                _with_slots(action, changes.get(number, {}))
                for number, action in enumerate(req.decode(macro.request).actions)
            )
        )
    return tuple(_with_fields(action, changes.get(number, {})) for number, action in enumerate(macro.actions))


def kept(actions: Sequence[Action], cwd: bytes) -> tuple[Action, ...]:
    """The actions of a plan as they are kept for a macro, their paths absolute; none where they are too much.

    Nor of a call, whose arguments may be nobody's business and stand in its step anyhow, nor where they bring a text:
    what files say is kept as contents, which go when nothing needs them.
    """
    if any(isinstance(action, act.CallTool) or getattr(action, "text", "") for action in actions):
        return ()
    absolute = tuple(_placed(action, cwd) for action in actions)
    return absolute if len(msgspec.json.encode(absolute)) <= _MOST_KEPT else ()


def decode(document: bytes) -> Macro:
    """A macro that was stored; raises RefusedError for what is none."""
    try:
        return msgspec.json.decode(document, type=Macro)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError("what is kept of this tool cannot be read", hint="save it again: lsfs save-op") from error


def _numbered(found: Iterator[tuple[int, str, Any, bool]]) -> tuple[Parameter, ...]:
    """Parameters of (action, field, value, whether it is a list); a name that is taken gets its action's number."""
    parameters: dict[str, Parameter] = {}
    for number, field, value, is_list in found:
        name = field if field not in parameters else f"{field}_{number + 1}"
        if len(parameters) < _MOST_PARAMETERS:
            parameters[name] = Parameter(name, number, field, value, is_list)
    return tuple(parameters.values())


def _fields(actions: Sequence[Action]) -> Iterator[tuple[int, str, Any, bool]]:
    for number, action in enumerate(actions):
        if isinstance(action, act.CallTool):
            yield from ((number, name, value, isinstance(value, list | tuple)) for name, value in _plain(action))
            continue
        for field in msgspec.structs.fields(action):
            value = getattr(action, field.name)
            if value and field.name not in _FIXED:
                yield number, field.name, value, isinstance(value, tuple)


def _plain(action: act.CallTool) -> Iterator[tuple[str, Any]]:
    """The arguments of a call that can be parameters; what was secret in them has to be given again."""
    for name, value in action.arguments.items():
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            yield name, tuple(value)
        elif isinstance(value, str | int | float):
            yield name, None if isinstance(value, str) and HIDDEN in value else value


def _schema(parameters: Sequence[Parameter]) -> dict[str, Any]:
    properties = {}
    for one in parameters:
        kind: dict[str, Any] = {"type": _TYPES.get(type(one.default), "string")}
        if one.is_list:
            kind = {"type": "array", "items": {"type": "string"}}
        described = {"description": _TEXTS[one.field]} if one.field in _TEXTS else {}
        value = list(one.default) if isinstance(one.default, tuple) else one.default
        default = {} if value is None else {"default": value}
        properties[one.name] = {**kind, **described, **default}
    required = [one.name for one in parameters if one.default is None]
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _with_slots(action: req.Action, changes: Mapping[str, Any]) -> req.Action:
    names = {slot.encode_name: slot.name for slot in msgspec.structs.fields(action)}
    return msgspec.structs.replace(action, **{names[field]: value for field, value in changes.items()})


def _with_fields(action: Action, changes: Mapping[str, Any]) -> Action:
    if isinstance(action, act.CallTool):
        listed = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
        return msgspec.structs.replace(action, arguments={**action.arguments, **listed})
    return msgspec.structs.replace(action, **changes)


def _placed(action: Action, cwd: bytes) -> Action:
    changes: dict[str, Any] = {}
    for field in msgspec.structs.fields(action):
        value = getattr(action, field.name)
        if field.name in _PATHS and value and not (isinstance(action, act.Restore) and field.name == "to"):
            changes[field.name] = (
                tuple(_absolute(one, cwd) for one in value) if isinstance(value, tuple) else _absolute(value, cwd)
            )
    return msgspec.structs.replace(action, **changes)


def _absolute(text: str, cwd: bytes) -> str:
    return to_wire(os.path.normpath(os.path.join(cwd, from_wire(text))))
