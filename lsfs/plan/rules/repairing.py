"""A Request that a model wrote, mended where code knows better.  Pure."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lsfs.plan.request import READING, Action, Copy, Mkdir, Move, Request, Restore, Trash, Untag
from lsfs.plan.request import Tag as TagAction
from lsfs.plan.rules.faults import IN_WORDS, faults, values
from lsfs.plan.rules.known import Known, Remembered
from lsfs.plan.rules.limits import is_span, size_start, time_start
from lsfs.plan.rules.places import Places
from lsfs.plan.rules.politeness import is_what_changes
from lsfs.plan.rules.selecting import Selecting
from lsfs.plan.rules.tokens import has_extension, low, tokenize

_FIRST = frozenset("first original initial oldest earliest".split())
_PREVIOUS = frozenset("previous last earlier prior old older former before".split())
_QUOTED = re.compile("^[\"'`“„«‘](.*)[\"'`”“»’]$", re.DOTALL)
_LISTED = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+")
_THERE = frozenset({"there", "it", "that folder", "in there", "the folder"})


def repaired(sentence: str, request: Request, known: Known) -> Request:
    """The request with descriptions glued together again, limits in their slots, and no throwing away of what stays."""
    known = Remembered(known)
    actions = [_mended(sentence, action, known) for action in request.actions]
    actions = _without_shown_changes(_without_false_trash(sentence, actions))
    made = ""
    done: list[Action] = []
    for action in actions:
        if isinstance(action, Mkdir):
            made = action.name
        if isinstance(action, Move | Copy) and made and low(action.to) in _THERE:
            action = msgspec.structs.replace(action, to=made)
        done.append(action)
    return Request(tuple(done))


def _mended(sentence: str, action: Action, known: Known) -> Action:
    action = _stripped(action)
    if isinstance(getattr(action, "what", None), tuple):
        action = _several(action, known)
        action = _glued(sentence, action, known)
        action = _limited(action, known)
    if isinstance(action, Copy):
        action = _named(sentence, action)
    if isinstance(action, TagAction | Untag):
        tags = tuple(part for tag in action.tags for part in _LISTED.split(tag) if part)
        action = msgspec.structs.replace(action, tags=tuple(tag.lstrip("#") or tag for tag in tags))
    if isinstance(action, Restore):
        action = msgspec.structs.replace(action, version=_version(action.version))
    return action


def _stripped(action: Action) -> Action:
    """Without the quotes around values, marks after them and the word folder after a folder's name."""
    changed: dict[str, Any] = {}
    for slot in msgspec.structs.fields(type(action)):
        value = getattr(action, slot.name)
        strip = _unquoted if slot.name == "text" else _bare
        if isinstance(value, tuple):
            changed[slot.name] = tuple(bare for one in value if (bare := strip(one)))
        else:
            changed[slot.name] = strip(value)
    for name in ("folder", "to"):
        words = str(changed.get(name, ""))
        bare = re.sub(r"^(?:the|my)\s+|\s+(?:folder|directory)$", "", words)
        if words and bare:
            changed[name] = bare
    return msgspec.structs.replace(action, **changed)


def _unquoted(value: str) -> str:
    plain = value.strip()
    found = _QUOTED.match(plain)
    several = found is not None and plain[0] in '"“„«' and plain[0] in found[1]  # "Bills" and "Other"
    return found[1] if found is not None and not several else plain


def _bare(value: str) -> str:
    plain = _unquoted(value)
    return plain if len(plain) < 2 else plain.rstrip(",;:?!") or plain


def _several(action: Any, known: Known) -> Any:
    """``a.txt and b.txt`` in one value become two."""
    what: list[str] = []
    for one in action.what:
        parts = _LISTED.split(one)
        named = all(has_extension(part) or known.file(part) for part in parts)
        what += parts if named and not known.file(one) and len(parts) > 1 else [one]
    return msgspec.structs.replace(action, what=tuple(what))


def _glued(sentence: str, action: Any, known: Known) -> Any:
    """A description that was cut: what follows it in the sentence and fits its slot in no way belongs to it."""
    if len(action.what) != 1:
        return action
    said = low(sentence)
    if len(said) != len(sentence):  # letters whose lower case is longer, so that places would not agree
        return action
    what: str = action.what[0]
    changed: dict[str, Any] = {}
    start = said.find(low(what))
    if start < 0:
        return action
    end = start + len(what)
    for _ in range(3):
        for slot in ("folder", "time", "size"):
            value = getattr(action, slot) if slot not in changed else ""
            if not value or _fits(slot, value, sentence, known):
                continue
            at = said.find(low(value), end)
            if at < 0 or at - end > 14 or re.search(r"[.;:]", said[end:at]):
                continue
            end = at + len(value)
            changed[slot] = ""
    if changed:
        changed["what"] = (sentence[start:end],)
    return msgspec.structs.replace(action, **changed)


def _fits(slot: str, value: str, sentence: str, known: Known) -> bool:
    words = low(value).split()
    if slot == "size":
        return any(char.isdigit() for char in value) or size_start(words) is not None
    if slot == "time":
        return any(char.isdigit() for char in value) or is_span(words) or time_start(words) is not None
    said_so = re.search(
        rf"{re.escape(low(value))}\s+(folder|directory|ordner|dossier|carpeta|cartella)\b", low(sentence)
    )
    return known.folder(value) or "/" in value or said_so is not None


def _limited(action: Any, known: Known) -> Any:
    """Limits that were left in the description go to their slots."""
    if len(action.what) != 1 or known.file(action.what[0]) or not hasattr(action, "folder"):
        return action
    what: str = action.what[0]
    tokens = tokenize(what, known)
    if len(tokens) < 2:
        return action
    found = Selecting(what, tokens, known, Places(what, tokens, known)).files(0, len(tokens), reading=True)
    if found is None or len(found) != 1 or len(found[0].what) != 1:
        return action
    changed: dict[str, Any] = {}
    for slot in ("folder", "time", "size", "tagged"):
        ours, theirs = getattr(found[0], slot), getattr(action, slot)
        if ours and theirs and ours != theirs:
            return action
        if ours:
            changed[slot] = ours
    if not changed:
        return action
    return msgspec.structs.replace(action, what=found[0].what, **changed)


def _named(sentence: str, action: Copy) -> Copy:
    """A destination that is a new name: ``duplicate a.py as b.py``."""
    if action.name or not action.to or "/" in action.to:
        return action
    said_as = re.search(rf"\bas\s+{re.escape(low(action.to))}(?!\w)", low(sentence)) is not None
    return msgspec.structs.replace(action, to="", name=action.to) if has_extension(action.to) or said_as else action


def _version(version: str) -> str:
    """``the first version`` as ``first``, ``before my last change`` as ``previous``; a time stays."""
    words = low(version).split()
    if not words or is_span(words):
        return version
    if any(word in _FIRST for word in words) and len(words) <= 4:
        return "first"
    time = [word for word in words if word not in ("the", "version", "from", "of", "on", "how", "it", "was", "state")]
    if is_span(time):
        return " ".join(version.split()[-len(time) :]) if words[-len(time) :] == time else version
    if any(word in _PREVIOUS for word in words):
        return "previous"
    return version


def _without_shown_changes(actions: list[Action]) -> list[Action]:
    """``… and show me what changes`` is no wish of its own: the preview of a change shows it."""
    if len(actions) < 2 or not isinstance(actions[-1], READING) or isinstance(actions[-2], READING):
        return actions
    said = [value for _, value in values(actions[-1])]
    return actions[:-1] if all(is_what_changes(low(one)) or low(one) in _THERE for one in said) else actions


def _without_false_trash(sentence: str, actions: list[Action]) -> list[Action]:
    """``I want it there too, but leave the original`` copies, and throws nothing away."""
    if len(actions) < 2:
        return actions
    left: list[Action] = []
    for action in actions:
        if isinstance(action, Trash) and any(isinstance(one, Copy) for one in actions):
            wrong = faults(sentence, Request((action,)))
            if any("original" in fault or IN_WORDS["trash"] in fault for fault in wrong):
                continue
        left.append(action)
    return left
