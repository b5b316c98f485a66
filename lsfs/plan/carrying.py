"""What an agent's plan brings elsewhere: nothing that the agent does not get to read, as it could be read there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lsfs.core.paths import display, join, split
from lsfs.core.records import Kind
from lsfs.plan.draft import Draft
from lsfs.plan.nodes import Node
from lsfs.plan.problems import Problem
from lsfs.plan.steps import Where

UNREAD = "agents bring nothing elsewhere that they do not get to read: that is left to the user"


class AgentsView(Protocol):
    """What agents get to read."""

    def is_shown(self, path: bytes) -> bool:
        """Whether what stands, or is to stand, at an absolute path may be shown."""
        ...

    def brought_out(self, source: bytes, target: bytes | None, below: Iterable[tuple[bytes, bool]]) -> bytes | None:
        """The first of what is `below` folder `source` that may not be shown there, and may be once the folder is
        `target`; None for nothing, b"" where the folder itself may not be shown.

        Paths are absolute, those of `below` relative, each folder before what is in it, with whether it is a folder.
        Rules inside the folder go with it.  `target` None: anything may be shown there.
        """
        ...


def check_source(draft: Draft, source: Where, node: Node | None) -> None:
    """Raises `Problem` where an agent names, as what is to be brought elsewhere or read, what it does not get to read:
    by its path, or by where the plan has it from."""
    view = draft.around.view
    if view is None:
        return
    origin = node.origin if node is not None else None
    for where in dict.fromkeys((source, source if origin is None else origin)):
        if not view.is_shown(draft.shown(where)):
            raise Problem("never", UNREAD, source)


def check_carried(draft: Draft, source: Where, node: Node, target: Where) -> None:
    """The same of a file or folder that goes to `target`, and of what is in it."""
    view = draft.around.view
    if view is None:
        return
    check_source(draft, source, node)
    if node.kind is not Kind.DIR:
        return
    below = ((path[len(source.path) :].lstrip(b"/"), one.kind is Kind.DIR) for path, one in draft.overlay.walk(source))
    there = draft.shown(target) if _stands(draft, target) else None
    found = view.brought_out(draft.shown(node.origin or source), there, below)
    if found == b"":
        raise Problem("never", UNREAD, source)
    if found is not None:
        at = Where(source.base, join(source.path, found))
        raise Problem("never", f"{display(draft.shown(at))} is in it: {UNREAD}", source)


def _stands(draft: Draft, target: Where) -> bool:
    """Whether the folders above a place are, on the disk, those that the plan has there."""
    folder = split(target.path)[0]
    while folder:
        here = Where(target.base, folder)
        node = draft.overlay.get(here)
        found = draft.disk.look(here) is not None
        if found if node is None or node.origin is None else node.origin != here:
            return False
        folder = split(folder)[0]
    return True
