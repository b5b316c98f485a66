"""What a stored plan does to texts, taken from its steps: for whoever is to agree to what somebody else has planned."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET

from lsfs.core.api import TextChange
from lsfs.core.errors import LsfsError
from lsfs.core.records import Kind
from lsfs.core.wirepath import to_lossy
from lsfs.engine.linediff import TooManyLines, difference
from lsfs.plan.steps import Put, State, Step
from lsfs.versions.contents import ContentStore

MOST_TEXTS = 20
_MOST_BYTES = 256 << 10
_MOST_LINES = 20_000


def plan_texts(steps: Sequence[Step], bases: Mapping[int, bytes], contents: ContentStore) -> tuple[TextChange, ...]:
    """The texts that a plan writes, `MOST_TEXTS` at most: new ones whole, of others what is different.

    `bases` are the absolute paths of the folders that its steps name.
    """
    return tuple(list(_changes(steps, bases, contents))[:MOST_TEXTS])


def _changes(steps: Sequence[Step], bases: Mapping[int, bytes], contents: ContentStore) -> Iterator[TextChange]:
    for step in steps:
        if not isinstance(step, Put) or step.after is None or step.after.source is not None:
            continue
        after = _text(step.after, contents)
        before = _text(step.before, contents) if step.before is not None else ""
        if after is None or before is None:
            continue
        path, exact = to_lossy(os.path.join(bases.get(step.at.base, b"?"), step.at.path))
        try:
            found = difference(before, after, _MOST_LINES)
        except TooManyLines:
            continue
        yield TextChange(
            path=path,
            drafted=after if step.before is None else "",
            unified=found.hunks,
            added=found.added,
            removed=found.removed,
            path_b64=exact or UNSET,
        )


def _text(state: State, contents: ContentStore) -> str | None:
    """The text of a file as it stood or is to stand; None where it is none, is too long, or is not kept."""
    if state.kind is not Kind.FILE or state.content is None or (contents.size(state.content) or 0) > _MOST_BYTES:
        return None
    try:
        data = b"".join(contents.read(state.content))
        return None if b"\0" in data else data.decode()
    except (LsfsError, UnicodeDecodeError):
        return None
