"""The tree as it will be: what stands on the disk, under what the steps so far change.

Nodes are made as they are asked for.  A folder that is moved takes along what the steps changed in it, and still knows
where on the disk the rest of it lies.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator

from lsfs.core import xattrs
from lsfs.core.paths import join, split
from lsfs.core.records import Kind, storable_ns
from lsfs.plan.disk import Disk, kind_of
from lsfs.plan.problems import Problem
from lsfs.plan.steps import (
    Exchange,
    Guard,
    MakeDir,
    Meta,
    Move,
    Put,
    RemoveDir,
    Row,
    SetMeta,
    State,
    Step,
    Trash,
    Untrash,
    Where,
)

Fold = Callable[[Where], "Callable[[bytes], bytes] | None"]
"""Gives, for a folder on the disk, what its names are compared by; None where every byte counts."""


class Node:
    """A file, link or folder of the overlay."""

    __slots__ = ("children", "found", "guard", "kind", "origin", "state", "whole")

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
        """Of a folder: what was asked for or changed; None for nothing."""
        self.whole = origin is None
        """Whether `children` is all there is in the folder."""

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


class Overlay:
    """Trees below the bases of a `Disk`; raises `Problem` where a step cannot be."""

    def __init__(self, disk: Disk, fold: Fold, outside: Callable[[bytes], int]) -> None:
        """`outside` gives the base of an absolute folder that is none yet."""
        self.outside = outside
        self._disk = disk
        self._fold = fold
        self._bases: dict[int, Node] = {}
        self._folds: dict[Where, Callable[[bytes], bytes] | None] = {}

    def get(self, where: Where) -> Node | None:
        """What stands at a place."""
        node: Node | None = self._base(where.base)
        for name in where.path.split(b"/") if where.path else ():
            if node is None or node.kind is not Kind.DIR:
                return None
            node = self._child(node, name)
        return node

    def _base(self, base: int) -> Node:
        if base not in self._bases:
            where = Where(base, b"")
            found = self._disk.look(where)
            self._bases[base] = Node(Kind.DIR, where, found, None)
        return self._bases[base]

    def _child(self, folder: Node, name: bytes) -> Node | None:
        if name in folder.children:
            return folder.children[name]
        if folder.whole or folder.origin is None:
            return None
        where = Where(folder.origin.base, join(folder.origin.path, name))
        found = self._look(where)
        node = None
        if found is not None:
            node = Node(kind_of(found), where, found, self._disk.guard(where, found))
        folder.children[name] = node
        return node

    def _look(self, where: Where) -> os.stat_result | None:
        try:
            return self._disk.look(where)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None
            raise Problem("unreachable", error.strerror or str(error), where) from error

    def names(self, where: Where) -> list[bytes]:
        """The names in a folder, in order."""
        folder = self.get(where)
        if folder is None or folder.kind is not Kind.DIR:
            return []
        if not folder.whole and folder.origin is not None:
            for name in os.listdir(self._disk.folder(folder.origin)):
                self._child(folder, os.fsencode(name))
            folder.whole = True
        return sorted(name for name, node in folder.children.items() if node is not None)

    def walk(self, where: Where) -> Iterator[tuple[bytes, Node]]:
        """Everything below a folder, each folder before what is in it; paths are relative to the base."""
        waiting = [where]
        while waiting:
            folder = waiting.pop()
            for name in self.names(folder):
                here = Where(folder.base, join(folder.path, name))
                node = self.get(here)
                assert node is not None
                yield here.path, node
                if node.kind is Kind.DIR:
                    waiting.append(here)

    def taken(self, where: Where, but: Node | None = None) -> bytes | None:
        """The name that stands in the way at a place, be it one that the file system takes for the same; None for none.

        `but`: what is to go there may stand in its own way.
        """
        node = self.get(where)
        if node is not None:
            return split(where.path)[1] if node is not but else None
        folder, name = split(where.path)
        compare = self._fold_of(Where(where.base, folder))
        if compare is None:
            return None
        wanted = compare(name)
        for other in self.names(Where(where.base, folder)):
            if compare(other) == wanted and self.get(Where(where.base, join(folder, other))) is not but:
                return other
        return None

    def _fold_of(self, where: Where) -> Callable[[bytes], bytes] | None:
        folder = self.get(where)
        while folder is not None and folder.origin is None:
            where = Where(where.base, split(where.path)[0])
            folder = self.get(where)
        if folder is None or folder.origin is None:
            return None
        if folder.origin not in self._folds:
            self._folds[folder.origin] = self._fold(folder.origin)
        return self._folds[folder.origin]

    # What steps change

    def apply(self, step: Step) -> None:
        """Changes the tree as the step will change the disk."""
        match step:
            case MakeDir(at, meta):
                self._free(at)
                node = Node(Kind.DIR, None, None, None)
                node.state = meta
                self._place(at, node)
            case RemoveDir(at):
                if self.names(at):
                    raise Problem("not-empty", "the folder is not empty", at)
                self._take(at)
            case Put(at, _, after):
                self._put(at, after)
            case Move(src, dst):
                node = self._take(src)
                self._free(dst, node, moving=src)
                self._place(dst, node)
                self._touched(node)
            case Exchange(one, other):
                first, second = self._take(one), self._take(other)
                self._place(one, second)
                self._place(other, first)
                self._touched(first)
                self._touched(second)
            case Trash(at):
                self._take(at)
            case Untrash(at, _, folder, name):
                self._free(at)
                inside = Where(self.outside(join(folder, b"files")), name)
                found = self._look(inside)
                if found is None:
                    raise Problem("not-in-trash", "it is not in the Trash any more", at)
                self._place(at, Node(kind_of(found), inside, found, self._disk.guard(inside, found)))
            case SetMeta(at, _, after):
                node = self._there(at)
                node.state = self._changed_meta(node, after)
                self._touched(node)
            case Row():
                pass

    def _put(self, at: Where, after: State | None) -> None:
        if after is None:
            self._take(at)
            return
        old = self.get(at)
        if old is None:
            self._free(at)
        elif old.kind is Kind.DIR:
            raise Problem("in-the-way", "a folder stands there", at)
        node = Node(after.kind, None, None, None)
        node.state = after
        self._place(at, node)

    @staticmethod
    def _changed_meta(node: Node, meta: Meta) -> State | Meta:
        if isinstance(node.state, State):
            return State(
                kind=node.state.kind,
                content=node.state.content,
                source=node.state.source,
                target=node.state.target,
                size=node.state.size,
                mode=meta.mode,
                mtime_ns=meta.mtime_ns,
                xattrs=meta.xattrs,
            )
        return meta

    @staticmethod
    def _touched(node: Node) -> None:
        """A later step finds another ctime there."""
        if node.guard is not None:
            node.guard = Guard(node.guard.ino, node.guard.btime_ns, node.guard.size, node.guard.mtime_ns)

    def _there(self, at: Where) -> Node:
        node = self.get(at)
        if node is None:
            raise Problem("missing", "nothing stands there", at)
        return node

    def _take(self, at: Where) -> Node:
        node = self._there(at)
        folder, name = split(at.path)
        above = self._there(Where(at.base, folder))
        above.children[name] = None
        return node

    def _free(self, at: Where, but: Node | None = None, moving: Where | None = None) -> None:
        """Raises `Problem` unless something can be put at a free place."""
        folder, name = split(at.path)
        above = self.get(Where(at.base, folder))
        if moving is not None and (at.path + b"/").startswith(moving.path + b"/") and at.base == moving.base:
            raise Problem("into-itself", "a folder cannot be moved into itself", at)
        if above is None:
            raise Problem("missing-folder", "the folder does not exist", Where(at.base, folder))
        if above.kind is not Kind.DIR:
            raise Problem("not-a-folder", "it is not a folder", Where(at.base, folder))
        if len(name) > _NAME_MAX:
            raise Problem("name-too-long", f"the name has {len(name)} bytes, and {_NAME_MAX} are allowed", at)
        other = self.taken(at, but)
        if other == name:
            raise Problem("in-the-way", "something stands there already", at)
        if other is not None:
            shown = other.decode("utf-8", "replace")
            raise Problem("in-the-way", f"this file system takes “{shown}” for the same name", at)

    def _place(self, at: Where, node: Node) -> None:
        folder, name = split(at.path)
        above = self.get(Where(at.base, folder))
        if above is None or above.kind is not Kind.DIR:
            raise Problem("missing-folder", "the folder does not exist", Where(at.base, folder))
        above.children[name] = node

    def state(self, where: Where, node: Node) -> State:
        """A file or link as it stands, for a step to say what was there before.

        Its content is not named: who has the vault knows it.
        """
        if isinstance(node.state, State):
            return node.state
        assert node.found is not None and node.origin is not None
        fd, name = self._disk.parent(node.origin)
        if node.kind is Kind.SYMLINK:
            target = os.readlink(name, dir_fd=fd)
            return State(Kind.SYMLINK, target=target, mode=node.mode, mtime_ns=node.mtime_ns, size=node.size)
        meta = self.meta(where, node)
        return State(Kind.FILE, size=node.size, mode=meta.mode, mtime_ns=meta.mtime_ns, xattrs=meta.xattrs)

    def meta(self, where: Where, node: Node) -> Meta:
        """Mode, time and attributes as they stand."""
        if isinstance(node.state, Meta):
            return node.state
        if isinstance(node.state, State):
            return Meta(node.state.mode, node.state.mtime_ns, node.state.xattrs)
        assert node.origin is not None
        attributes = None
        if node.kind is not Kind.SYMLINK:
            fd, name = self._disk.parent(node.origin)
            attributes = xattrs.read(b"/proc/self/fd/%d/%s" % (fd, name)).packed
        return Meta(node.mode, node.mtime_ns, attributes)


_NAME_MAX = 255
"""Bytes of a name (NAME_MAX of Linux)."""


def folded(name: bytes) -> bytes:
    """What a file system that ignores case and normalisation compares names by, about (Unicode NFD, casefold)."""
    return unicodedata.normalize("NFD", name.decode("utf-8", "surrogateescape").casefold()).encode(
        "utf-8", "surrogateescape"
    )
