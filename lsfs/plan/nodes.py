"""What stands at the places of an overlay tree: files, links and folders."""

from __future__ import annotations

import os
import stat

from lsfs.core.records import Kind, storable_ns
from lsfs.plan.folding import Alike, Compare
from lsfs.plan.steps import Guard, Meta, State, Where


class Node:
    """A file, link or folder of the overlay."""

    __slots__ = ("alike", "children", "found", "guard", "kind", "origin", "state", "whole")

    def __init__(self, kind: Kind, origin: Where | None, found: os.stat_result | None, guard: Guard | None) -> None:
        self.kind = kind
        self.origin = origin
        """Where it stands on the disk; None for what steps make."""
        self.found = found
        self.guard = guard
        """What the next step that touches it is to expect; None for what steps make."""
        self.state: State | Meta | None = None
        """What steps make of it; None while it is as on the disk."""
        self.children: dict[bytes, Node | None] = {}
        """Of a folder: what was asked for or changed; None for nothing.  Changed by `put` only."""
        self.whole = origin is None
        """Whether `children` is all there is in the folder."""
        self.alike: Alike | None = None
        """Of a folder that was asked for it: its names by what they are compared by."""

    def put(self, name: bytes, node: Node | None) -> None:
        """Has something stand under a name of the folder; None: nothing."""
        self.children[name] = node
        if self.alike is not None:
            (self.alike.discard if node is None else self.alike.add)(name)

    def names(self) -> list[bytes]:
        """The names in the folder that were asked for, in no order."""
        return [name for name, node in self.children.items() if node is not None]

    def alike_by(self, compare: Compare) -> Alike:
        """Its names by what they are compared by."""
        if self.alike is None or self.alike.compare is not compare:
            self.alike = Alike(compare, self.names())
        return self.alike

    @property
    def size(self) -> int:
        """Bytes of a file."""
        if isinstance(self.state, State):
            return self.state.size
        return self.found.st_size if self.found is not None else 0

    @property
    def mode(self) -> int:
        """Permission bits."""
        if self.state is not None:
            return stat.S_IMODE(self.state.mode)
        return stat.S_IMODE(self.found.st_mode) if self.found is not None else 0

    @property
    def mtime_ns(self) -> int:
        """Time of the last change; 0 where it is not known before it is done."""
        if self.state is not None and self.state.mtime_ns is not None:
            return self.state.mtime_ns
        return storable_ns(self.found.st_mtime_ns) if self.found is not None and self.state is None else 0

    @property
    def links(self) -> int:
        """Names of a file."""
        return self.found.st_nlink if self.found is not None and self.kind is Kind.FILE else 1


class Inode:
    """What steps have made of a file with several names, for those names that are asked for later, too."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._state: State | Meta | None = None
        self._guard: Guard | None = None

    def join(self, node: Node) -> None:
        """Takes in a further name."""
        self._nodes.append(node)
        node.state = self._state
        node.guard = self._guard or node.guard

    def change(self, state: State | Meta) -> None:
        """Every name is as `state` says."""
        self._state = state
        for node in self._nodes:
            node.state = state

    def expect(self, guard: Guard) -> None:
        """Every name is found so by later steps."""
        self._guard = guard
        for node in self._nodes:
            node.guard = guard
