"""Tag, untag and save_query: rows of the vault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

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
    for named in _files(draft, action.paths):
        _change(draft, named, wanted, on=True)


def untag(draft: Draft, action: actions.Untag) -> None:
    """Tags that a file has."""
    wanted = [_checked(text) for text in action.tags]
    for named in _files(draft, action.paths):
        _change(draft, named, wanted or sorted(named[0].has), on=False)


def save_query(draft: Draft, action: actions.SaveQuery) -> None:
    """A name for a query."""
    name = action.name.strip()
    if not name or "/" in name or not name.isprintable() or name in (".", ".."):
        raise Problem("no-name", f"“{action.name}” cannot be the name of a query")
    before = draft.saved(name)
    if action.query is None and before is None:
        raise Problem("missing", f"there is no saved query called “{name}”")
    if action.query != before:
        draft.add(Row("saved", name, before, action.query))
        draft.effects.append(Effect("save_query", b"", note=f"{name}: {action.query or 'forgotten'}"))


class _Name(NamedTuple):
    """One name of a file, and the tags that it has by now."""

    where: Where
    lineage: int
    has: set[str]


def _change(draft: Draft, names: Sequence[_Name], texts: Iterable[str], *, on: bool) -> None:
    """Changes tags of a file under all its names, which share what other programs see of them."""
    changed: dict[str, None] = {}
    before, after = (None, "1") if on else ("1", None)
    for name in names:
        for text in texts:
            if (text in name.has) is not on:
                draft.add(Row("tags", text, before, after, at=name.where, lineage=name.lineage))
                changed[text] = None
    if changed:
        draft.effects.append(Effect("tag" if on else "untag", draft.shown(names[0].where), note=", ".join(changed)))


def _files(draft: Draft, paths: Iterable[str]) -> list[list[_Name]]:
    """The names of each file, the one that was named first."""
    places = [draft.where(path) for path in paths]
    draft.look_up(places)
    found = []
    for where in dict.fromkeys(places):
        node = draft.existing(where)
        entry = draft.entry(node)
        if entry is None:
            raise Problem("unknown", "lsfs keeps nothing about it: an ignore rule leaves it out, or it is new", where)
        others = draft.vault.entries.by_inode(entry.ino, entry.btime_ns) if node.links > 1 else []
        names = {entry.lineage: where}
        names |= {e.lineage: Where(e.root, e.path) for e in others if not e.gone and e.lineage != entry.lineage}
        found.append([_Name(at, lineage, draft.tags(lineage)) for lineage, at in names.items()])
    return found


def _checked(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > _MOST_CHARS or "," in text or not text.isprintable():
        raise Problem(
            "no-tag", f"“{display(text.encode())}” cannot be a tag: commas and control characters cannot be in one"
        )
    return text
