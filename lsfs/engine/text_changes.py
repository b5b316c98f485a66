"""What a plan that writes does to texts: shown with it, before it is agreed to.  Pure but for the reading of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import UNSET

from lsfs.core.actions import Action, Append, Create, Mkdir, Tag, Untag, Write
from lsfs.core.api import EffectInfo, TextChange
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.engine.linediff import TooManyLines, difference

_WRITING = (Create, Write, Append)
_MOST_LINES = 20_000
"""Of a text that is compared: a preview does not wait for more."""


def text_changes(
    actions: Sequence[Action],
    effects: Sequence[EffectInfo],
    drafts: Mapping[int, str],
    text_of: Callable[[bytes], str | None],
) -> tuple[TextChange, ...]:
    """What the writing actions among these come to.

    `drafts` has the drafted texts by the place of their action among the writing ones; `text_of` gives the text that
    stands at a path, None where there is none that can be compared.  `effects` are those of the plan.
    """
    writing = [action for action in actions if isinstance(action, _WRITING)]
    shown = [one for one in effects if one.action in ("create", "write", "append")]
    compared = all(isinstance(action, (*_WRITING, Mkdir, Tag, Untag)) for action in actions)
    now: dict[bytes, str | None] = {}
    changes = []
    for at, action in enumerate(writing):
        path = absolute_from_wire(action.path)
        if path not in now:
            now[path] = "" if isinstance(action, Create) else text_of(path)
        before = now[path] if compared else None
        now[path] = after = _after(action, before)
        named = shown[at] if len(shown) == len(writing) else None
        lossy, exact = (named.path, named.path_b64) if named is not None else to_lossy(path)
        change = TextChange(path=lossy, path_b64=exact or UNSET, drafted=drafts.get(at, ""))
        changes.append(_compared(change, before, after))
    return tuple(changes)


def _after(action: Create | Write | Append, before: str | None) -> str | None:
    if not isinstance(action, Append) or before is None:
        return None if before is None else action.text
    return before + ("" if not before or before.endswith("\n") else "\n") + action.text


def _compared(change: TextChange, before: str | None, after: str | None) -> TextChange:
    if before is None or after is None:
        return change
    try:
        found = difference(before, after, _MOST_LINES)
    except TooManyLines:
        return change
    return TextChange(
        path=change.path,
        path_b64=change.path_b64,
        drafted=change.drafted,
        unified=found.hunks,
        added=found.added,
        removed=found.removed,
    )
