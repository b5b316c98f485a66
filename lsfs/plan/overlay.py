"""The tree as it will be: what stands on the disk, under what the steps so far change.

Nodes are made as they are asked for.  A folder that is moved takes along what the steps changed in it, and still knows
where on the disk the rest of it lies.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator

from lsfs.core import xattrs
from lsfs.core.paths import join, split
from lsfs.core.records import Kind
from lsfs.plan.disk import Disk, kind_of
from lsfs.plan.folding import Compare, Fold
from lsfs.plan.naming import NAME_MOST, PATH_MOST
from lsfs.plan.nodes import Inode, Node
from lsfs.plan.problems import Problem
from lsfs.plan.steps import (
    Call,
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


class Overlay:
    """Trees below the bases of a `Disk`; raises `Problem` where a step cannot be."""

    def __init__(self, disk: Disk, fold: Fold, outside: Callable[[bytes], int]) -> None:
        """`outside` gives the base of an absolute folder that is none yet."""
        self.outside = outside
        self._disk = disk
        self._fold = fold
        self._bases: dict[int, Node] = {}
        self._folders: dict[Where, Node] = {}
        """Those that were asked for, until one goes elsewhere."""
        self._inodes: dict[tuple[int, int], Inode] = {}
        self._folds: dict[Where, Compare | None] = {}

    def get(self, where: Where) -> Node | None:
        """What stands at a place."""
        if not where.path:
            return self._base(where.base)
        folder, name = split(where.path)
        above = self._folder(Where(where.base, folder))
        return self._child(above, name) if above is not None else None

    def _folder(self, where: Where) -> Node | None:
        if where in self._folders:
            return self._folders[where]
        node: Node | None = self._base(where.base)
        for name in where.path.split(b"/") if where.path else ():
            if node is None or node.kind is not Kind.DIR:
                return None
            node = self._child(node, name)
        if node is None or node.kind is not Kind.DIR:
            return None
        self._folders[where] = node
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
        found = self.look(where)
        node = None
        if found is not None:
            node = self._node(where, found)
        folder.put(name, node)
        return node

    def _node(self, where: Where, found: os.stat_result) -> Node:
        node = Node(kind_of(found), where, found, self._disk.guard(where, found))
        if node.links > 1:
            self._inode_of(node).join(node)
        return node

    def _inode_of(self, node: Node) -> Inode:
        """What a file shares with its other names."""
        assert node.found is not None
        return self._inodes.setdefault((node.found.st_dev, node.found.st_ino), Inode())

    def look(self, where: Where) -> os.stat_result | None:
        """What stands at a place on the disk now, whatever steps change; None for nothing."""
        try:
            return self._disk.look(where)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None
            raise Problem("unreachable", error.strerror or str(error), where) from error

    def names(self, where: Where) -> list[bytes]:
        """The names in a folder, in order."""
        folder = self._whole(where)
        return sorted(folder.names()) if folder is not None else []

    def _whole(self, where: Where) -> Node | None:
        """The folder at a place, with everything in it; None where none is."""
        folder = self.get(where)
        if folder is None or folder.kind is not Kind.DIR:
            return None
        if not folder.whole and folder.origin is not None:
            for name in os.listdir(self._disk.folder(folder.origin)):
                self._child(folder, os.fsencode(name))
            folder.whole = True
        return folder

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
            return None if node is but or self._is_own_name(node, but) else split(where.path)[1]
        folder, name = split(where.path)
        compare = self._fold_of(Where(where.base, folder))
        if compare is None:
            return None
        above = self._whole(Where(where.base, folder))
        alike = above.alike_by(compare).of(name) if above is not None else ()
        return next((other for other in alike if above is None or above.children[other] is not but), None)

    def _is_own_name(self, node: Node, but: Node | None) -> bool:
        """Whether the disk finds one file under two names that it takes for the same."""
        if but is None or node.found is None or but.found is None or node.found.st_ino != but.found.st_ino:
            return False
        return node.origin is not None and but.origin is not None and self._disk.is_own_name(but.origin, node.origin)

    def _fold_of(self, where: Where) -> Compare | None:
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
            case Put():
                self._put(step)
            case Move(src, dst):
                node = self._take(src)
                self._free(dst, node, moving=src)
                self._place(dst, node)
            case Exchange(one, other):
                first, second = self._take(one), self._take(other)
                self._place(one, second)
                self._place(other, first)
            case Trash(at):
                self._take(at)
            case Untrash(at, _, folder, name):
                self._free(at)
                inside = Where(self.outside(join(folder, b"files")), name)
                found = self.look(inside)
                if found is None:
                    raise Problem("not-in-trash", "it is not in the Trash any more", at)
                node = self._node(inside, found)
                self._place(at, node)
                self._touched(node)
            case SetMeta(at, _, after):
                node = self._there(at)
                self._change(node, self._changed_meta(node, after), after.mtime_ns)
            case Row() | Call():
                pass

    def _put(self, step: Put) -> None:
        at, after = step.at, step.after
        if after is None:
            self._take(at)
            return
        if step.in_place:
            self._change(self._there(at), after, after.mtime_ns)
            return
        old = self.get(at)
        if old is None:
            self._free(at)
        elif old.kind is Kind.DIR:
            raise Problem("in-the-way", "a folder stands there", at)
        else:
            self._touched(old)
        if after.link and after.source is not None and (found := self.look(after.source)) is not None:
            node = self._node(after.source, found)
            self._touched(node)
        else:
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

    def _touched(self, node: Node) -> None:
        """A later step finds another ctime there, under every name of the file."""
        if node.guard is not None:
            self._expect(node, Guard(node.guard.ino, node.guard.btime_ns, node.guard.size, node.guard.mtime_ns))

    def _change(self, node: Node, state: State | Meta, mtime_ns: int | None) -> None:
        """A later step finds a file or folder changed, under every name that it has."""
        size = node.guard.size if node.guard is not None and isinstance(state, Meta) else None
        if node.links > 1:
            self._inode_of(node).change(state)
        node.state = state
        if node.guard is not None:
            self._expect(node, Guard(node.guard.ino, node.guard.btime_ns, size, mtime_ns))

    def _expect(self, node: Node, guard: Guard) -> None:
        node.guard = guard
        if node.links > 1:
            self._inode_of(node).expect(guard)

    def _there(self, at: Where) -> Node:
        node = self.get(at)
        if node is None:
            raise Problem("missing", "nothing stands there", at)
        return node

    def _take(self, at: Where) -> Node:
        node = self._there(at)
        folder, name = split(at.path)
        above = self._there(Where(at.base, folder))
        above.put(name, None)
        if node.kind is Kind.DIR:
            self._folders.clear()
        self._touched(node)
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
        if len(name) > NAME_MOST:
            raise Problem("name-too-long", f"the name has {len(name)} bytes, and {NAME_MOST} are allowed", at)
        if len(self._disk.absolute(at)) > PATH_MOST:
            raise Problem("path-too-long", f"the path has more than {PATH_MOST} bytes", at)
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
        above.put(name, node)

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
