"""Tag, untag and save_query: rows of the vault."""

from __future__ import annotations

from collections.abc import Iterable

from lsfs.core import actions
from lsfs.core.paths import display
from lsfs.plan.draft import Draft, Effect
from lsfs.plan.problems import Problem
from lsfs.plan.steps import Row, Where

_MOST_CHARS = 200


def tag(draft: Draft, action: actions.Tag) -> None:
    """Tags that a file does not have yet."""
    wanted = [_checked(text) for text in action.tags]
    if not wanted:
        raise Problem("no-tag", "no tag is named")
    for where, lineage, has in _files(draft, action.paths):
        new = [text for text in dict.fromkeys(wanted) if text not in has]
        for text in new:
            _row(draft, where, lineage, text, None, "1")
        draft.effects += [Effect("tag", draft.shown(where), note=", ".join(new))] if new else []


def untag(draft: Draft, action: actions.Untag) -> None:
    """Tags that a file has."""
    for where, lineage, has in _files(draft, action.paths):
        going = [text for text in (action.tags or sorted(has)) if text in has]
        for text in going:
            _row(draft, where, lineage, text, "1", None)
        draft.effects += [Effect("untag", draft.shown(where), note=", ".join(going))] if going else []


def save_query(draft: Draft, action: actions.SaveQuery) -> None:
    """A name for a query."""
    name = action.name.strip()
    if not name or "/" in name or not name.isprintable() or name in (".", ".."):
        raise Problem("no-name", f"“{action.name}” cannot be the name of a query")
    before = draft.vault.saved.get(name)
    if action.query is None and before is None:
        raise Problem("missing", f"there is no saved query called “{name}”")
    if action.query != before:
        draft.add(Row("saved", name, before, action.query))
        draft.effects.append(Effect("save_query", b"", note=f"{name}: {action.query or 'forgotten'}"))


def _row(draft: Draft, where: Where, lineage: int, text: str, before: str | None, after: str | None) -> None:
    draft.add(Row("tags", text, before, after, at=where, lineage=lineage))


def _files(draft: Draft, paths: Iterable[str]) -> list[tuple[Where, int, set[str]]]:
    """Place, lineage and tags of each, those of earlier steps included."""
    places = [draft.where(path) for path in paths]
    draft.look_up(places)
    found = []
    for where in places:
        node = draft.existing(where)
        entry = draft.entry(node)
        if entry is None:
            raise Problem("unknown", "lsfs keeps nothing about it: an ignore rule leaves it out, or it is new", where)
        has = set(draft.vault.tags.of(entry.lineage))
        for step in draft.steps:
            if isinstance(step, Row) and step.table == "tags" and step.lineage == entry.lineage:
                (has.discard if step.after is None else has.add)(step.key)
        found.append((where, entry.lineage, has))
    return found


def _checked(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > _MOST_CHARS or "," in text or not text.isprintable():
        raise Problem(
            "no-tag", f"“{display(text.encode())}” cannot be a tag: commas and control characters cannot be in one"
        )
    return text
