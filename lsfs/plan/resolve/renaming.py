"""New names: with the ending of the old one, from patterns and with counters.  Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsfs.core.paths import display

if TYPE_CHECKING:
    from lsfs.plan.resolve.wanted import Target

_COUNTER = re.compile(r"#+(?!\d)")
"""Where a counter goes; "issue #12" is a name."""
_ENDING = re.compile(r"\.(?=\w*[A-Za-z])\w{1,8}$")


def ending(name: str) -> str:
    """The ending of a name with its dot, '' where it has none.

    >>> ending("a.tar"), ending("v1.2"), ending("notes")
    ('.tar', '', '')
    """
    found = _ENDING.search(name.rsplit("/", 1)[-1])
    return found[0] if found and found.start() else ""


def with_ending(name: str, old: bytes) -> str:
    """The name, with the ending of the old one where it has none of its own."""
    plain = name.strip(" \t\"'“”„«»‘’")
    return plain if ending(plain) else plain + ending(display(os.path.basename(old)))


def is_pattern(name: str) -> bool:
    """Whether several files can get this name: it has a ``*`` for the old one, or a ``#`` for a counter."""
    return "*" in name or _COUNTER.search(name) is not None


def renamed(name: str, targets: Sequence[Target], by: str) -> dict[bytes, str]:
    """The new name of each target; counters count in the order that `by` says (names, where it says nothing)."""
    if not is_pattern(name):
        return {target.path: with_ending(name, target.path) for target in targets}
    ordered = sorted(targets, key=lambda target: _key(target, by.lower()))
    if any(word in by.lower() for word in ("newest", "latest", "reverse", "descending", "largest", "biggest")):
        ordered.reverse()
    width = max((len(run) for run in _COUNTER.findall(name)), default=0)
    width = max(width, len(str(len(ordered))))
    return {target.path: _named(name, target.path, number, width) for number, target in enumerate(ordered, 1)}


def _key(target: Target, by: str) -> tuple[object, ...]:
    if target.row is not None:
        if any(word in by for word in ("date", "time", "taken", "oldest", "newest", "age", "chronolog", "latest")):
            return (target.row.mtime_ns, target.path)
        if any(word in by for word in ("size", "largest", "biggest", "smallest")):
            return (target.row.size, target.path)
    return (display(os.path.basename(target.path)).lower(), target.path)


def _named(pattern: str, path: bytes, number: int, width: int) -> str:
    old = os.fsdecode(os.path.basename(path))
    own = ending(old)
    stem = old[: len(old) - len(own)] if own else old
    text = _COUNTER.sub(str(number).zfill(width), pattern.strip(" \t\"'“”„«»‘’"))
    if ending(text):
        return text.replace("*", stem)
    return text.replace("*", stem) + own
