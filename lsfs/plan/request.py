"""What was said, as verbs and words: the one thing that the rules and the language model make of a sentence.

Nothing is resolved here: each value is a span of the sentence.  The wire form, in which the model writes, has an action
a line: ``move|what=invoices|time=2024|in=Downloads|to=Documents/Invoices/2024``; `grammar` makes its GBNF from the
structs, so that the two cannot drift.
"""

from __future__ import annotations

from typing import get_args

import msgspec
from msgspec import field

_NONE = "none"
_MOST_ACTIONS = 4


class _Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="verb"):
    """One thing that is wanted.  Fields are slots; '' and () stand for what was not said."""


class _Selecting(_Said, frozen=True, kw_only=True):
    what: tuple[str, ...] = ()
    """Files in the user's words: a name, a path, a pattern, a description; several where several are named."""
    folder: str = field(default="", name="in")
    """Folder that they are in."""
    time: str = ""
    """``2024``, ``older than a year``, ``last week``."""
    size: str = ""
    """``bigger than 4 MB``."""
    tagged: tuple[str, ...] = ()
    """Tags that they have."""


class Find(_Selecting, frozen=True, kw_only=True, tag="find"):
    """Files are looked for."""


class List(_Selecting, frozen=True, kw_only=True, tag="list"):
    """What is in a folder, or all that passes."""


class Ask(_Said, frozen=True, kw_only=True, tag="ask"):
    """A question whose answer stands in files; the question is the sentence."""


class Summarize(_Selecting, frozen=True, kw_only=True, tag="summarize"):
    """What documents say, in short."""


class Compare(_Selecting, frozen=True, kw_only=True, tag="compare"):
    """What two documents have in common, and where they differ."""


class History(_Selecting, frozen=True, kw_only=True, tag="history"):
    """Past changes: of files, or of all."""


class Create(_Said, frozen=True, kw_only=True, tag="create"):
    """A new text file."""

    name: str = ""
    """Its name, or a path that ends in it."""
    folder: str = field(default="", name="in")
    text: str = ""
    about: tuple[str, ...] = ()
    """What a text is to be drafted about, where none is given; in pieces where the sentence has it in pieces."""


class Mkdir(_Said, frozen=True, kw_only=True, tag="mkdir"):
    """A new folder."""

    name: str = ""
    folder: str = field(default="", name="in")


class _Writing(_Said, frozen=True, kw_only=True):
    to: str = ""
    folder: str = field(default="", name="in")
    text: str = ""
    about: tuple[str, ...] = ()
    """As that of `Create`."""
    source: str = field(default="", name="from")
    """File whose text is taken, where none is given."""


class Append(_Writing, frozen=True, kw_only=True, tag="append"):
    """Lines at the end of a file."""


class Write(_Writing, frozen=True, kw_only=True, tag="write"):
    """Another text for a file."""


class _Going(_Selecting, frozen=True, kw_only=True):
    to: str = ""
    """Folder to go to, or a path whose end is the new name."""
    name: str = ""


class Move(_Going, frozen=True, kw_only=True, tag="move"):
    """To another folder."""


class Copy(_Going, frozen=True, kw_only=True, tag="copy"):
    """A second one, in another folder or under another name."""


class Rename(_Selecting, frozen=True, kw_only=True, tag="rename"):
    """Another name.  A ``*`` in it stands for the old one, ``#`` for a counter (``###``: three digits)."""

    name: str = ""
    by: str = ""
    """Order in which a counter counts."""


class Trash(_Selecting, frozen=True, kw_only=True, tag="trash"):
    """To the Trash."""


class Tag(_Selecting, frozen=True, kw_only=True, tag="tag"):
    """Tags are given."""

    tags: tuple[str, ...] = field(default=(), name="tag")


class Untag(_Selecting, frozen=True, kw_only=True, tag="untag"):
    """Tags are taken away; all of them where none is named."""

    tags: tuple[str, ...] = field(default=(), name="tag")


class Group(_Selecting, frozen=True, kw_only=True, tag="group"):
    """Files are sorted into folders."""

    by: str = ""
    """``year``, ``month``, ``type``, ``kind``, ``topic``, or the names of the folders."""
    to: str = ""


class Merge(_Selecting, frozen=True, kw_only=True, tag="merge"):
    """One file made of several."""

    order: str = ""
    """``march first and then september``."""
    to: str = ""


class Restore(_Selecting, frozen=True, kw_only=True, tag="restore"):
    """An earlier version."""

    version: str = ""


class Undo(_Said, frozen=True, kw_only=True, tag="undo"):
    """The last op is taken back, or the one of that number."""

    op: str = ""


class Redo(_Said, frozen=True, kw_only=True, tag="redo"):
    """What was taken back is done again."""

    op: str = ""


class SaveQuery(_Selecting, frozen=True, kw_only=True, tag="save_query"):
    """A search is kept under a name."""

    name: str = ""


Action = (
    Find
    | List
    | Ask
    | Summarize
    | Compare
    | History
    | Create
    | Mkdir
    | Append
    | Write
    | Move
    | Copy
    | Rename
    | Trash
    | Tag
    | Untag
    | Group
    | Merge
    | Restore
    | Undo
    | Redo
    | SaveQuery
)
READING = (Find, List, Ask, Summarize, Compare, History)
"""What changes nothing."""


class Request(msgspec.Struct, frozen=True):
    """What is wanted, in order; nothing where the sentence is about something else than files."""

    actions: tuple[Action, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything in it is more than reading."""
        return any(not isinstance(action, READING) for action in self.actions)


def verb_of(action: Action) -> str:
    """Its verb, as in the wire form."""
    return str(type(action).__struct_config__.tag)


def encode(request: Request) -> str:
    """The wire form."""
    return "\n".join(_line(action) for action in request.actions) or _NONE


def decode(text: str) -> Request:
    """The request of a wire form; raises ValueError for one that is none."""
    lines = [line for line in text.strip().split("\n") if line.strip()]
    if not lines or lines == [_NONE]:
        return Request()
    return Request(tuple(_action(line) for line in lines))


def _line(action: Action) -> str:
    parts = [verb_of(action)]
    for slot in msgspec.structs.fields(action):
        value = getattr(action, slot.name)
        for one in value if isinstance(value, tuple) else (value,):
            if one:
                parts.append(f"{slot.encode_name}={_flat(one)}")
    return "|".join(parts)


def _flat(value: str) -> str:
    return " ".join(value.replace("|", " ").split())


def _action(line: str) -> Action:
    verb, *pairs = line.split("|")
    kind = _KINDS.get(verb.strip())
    if kind is None:
        raise ValueError(f"no verb: {verb}")
    slots = {slot.encode_name: slot for slot in msgspec.structs.fields(kind)}
    values: dict[str, str | tuple[str, ...]] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        slot = slots.get(name.strip())
        if slot is None or not value.strip():
            raise ValueError(f"no slot of {verb}: {pair}")
        if slot.default == ():
            values[slot.name] = (*values.get(slot.name, ()), value.strip())
        elif slot.name in values:
            raise ValueError(f"twice in {verb}: {name}")
        else:
            values[slot.name] = value.strip()
    action: Action = msgspec.convert(
        {one.encode_name: values[one.name] for one in slots.values() if one.name in values} | {"verb": verb.strip()},
        kind,
    )
    return action


def grammar() -> str:
    """GBNF of the wire form (llama.cpp, grammars/README.md): verbs and their slots; a value is anything on the line."""
    rules = [f'root ::= "{_NONE}" | action ("\\n" action){{0,{_MOST_ACTIONS - 1}}}']
    rules.append(f"action ::= {' | '.join(_rule_name(kind) for kind in get_args(Action))}")
    for kind in get_args(Action):
        slots = " | ".join(f'"|{slot.encode_name}=" value' for slot in msgspec.structs.fields(kind))
        verb = kind.__struct_config__.tag
        rules.append(f'{_rule_name(kind)} ::= "{verb}"' + (f" ({slots})*" if slots else ""))
    rules.append("value ::= [^|\\n]+")
    return "\n".join(rules) + "\n"


def _rule_name(kind: type[Action]) -> str:
    return str(kind.__struct_config__.tag).replace("_", "-")


_KINDS = {str(kind.__struct_config__.tag): kind for kind in get_args(Action)}
