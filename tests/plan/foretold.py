"""What the overlay tree says that a stored plan will come to."""

from __future__ import annotations

import os
from typing import NamedTuple

from lsfs.core.api import PlanRequest
from lsfs.core.records import Kind
from lsfs.plan.nodes import Node
from lsfs.plan.steps import State, Where


class Expected(NamedTuple):
    """Kind, mode and body of everything, and times where they are known beforehand."""

    things: dict[bytes, tuple[str, int, bytes]]
    times: dict[bytes, int]

    def compare(self, tree) -> None:
        found = {path: (thing.kind, thing.mode, thing.body) for path, thing in tree.items() if path}
        assert found == self.things, differing(found, self.things)
        times = {path: tree[path].mtime_ns for path in self.times}
        assert times == self.times


def differing(found: dict, wanted: dict) -> list:
    return [
        (path, found.get(path), wanted.get(path))
        for path in sorted(found.keys() | wanted.keys())
        if found.get(path) != wanted.get(path)
    ]


def foretold(desk, op: int) -> Expected:
    """The tree below the root after the steps of `op`, as a fresh overlay over the disk of now gives it."""
    planner = desk.lsfs.engine._parts.planner
    around = desk.changing._around(PlanRequest(actions=(), door="cli"))
    root = desk.vault.roots.all()[0]
    things, times = {}, {}
    with planner._draft(around) as draft:
        for step in desk.steps(op):
            draft.overlay.apply(step)
        for path, node in draft.overlay.walk(Where(root.id, b"")):
            things[path] = (node.kind.value, mode_of(node), body_of(draft, Where(root.id, path), node))
            if node.kind is not Kind.DIR and node.mtime_ns:
                times[path] = node.mtime_ns
    return Expected(things, times)


def mode_of(node: Node) -> int:
    return 0o777 if node.kind is Kind.SYMLINK else node.mode


def body_of(draft, where: Where, node: Node) -> bytes:
    if node.kind is Kind.SYMLINK:
        return draft.overlay.state(where, node).target or b""
    if node.kind is not Kind.FILE:
        return b""
    if isinstance(node.state, State) and node.state.source is None:
        return b"".join(draft.contents.read(node.state.content))
    source = node.state.source if isinstance(node.state, State) else node.origin
    descriptor = draft.disk.open(source, os.O_RDONLY)
    with open(descriptor, "rb") as file:
        return file.read()
