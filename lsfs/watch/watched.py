"""Which watch stands for which folder: a tree, so that a folder that goes takes all beneath it with it in one step."""

from __future__ import annotations

from collections.abc import Iterator


class Node:
    """A watched folder.  Its path follows from where it hangs; cut off, it has none."""

    __slots__ = ("children", "name", "parent", "wd")

    def __init__(self, name: bytes, parent: Node | None) -> None:
        self.name = name
        self.parent = parent
        self.wd: int | None = None
        self.children: dict[bytes, Node] = {}


class WatchedFolders:
    """The watched folders of all roots, by path and by watch descriptor.  Not locked: its owner does that."""

    def __init__(self) -> None:
        self._roots: dict[int, Node] = {}
        self._by_wd: dict[int, Node] = {}

    def __len__(self) -> int:
        return len(self._by_wd)

    def path_of(self, wd: int) -> tuple[int, bytes] | None:
        """(root, folder) that a watch stands for; None if it stands for nothing inside a root any more."""
        node = self._by_wd.get(wd)
        if node is None:
            return None
        names = []
        while node.parent is not None:
            names.append(node.name)
            node = node.parent
        root = next((number for number, top in self._roots.items() if top is node), None)
        return None if root is None else (root, b"/".join(reversed(names)))

    def put(self, root: int, folder: bytes, wd: int) -> int | None:
        """Notes that `wd` watches `folder`; the watch that stood for it before, now out of use, or None.

        A watch belongs to an inode: one that stood for another folder came from there by a rename.  What hung beneath
        it there is put in its new place when the scan that follows a rename gets to it.
        """
        node = self._by_wd.get(wd)
        place = self._make(root, folder)
        if place is node:
            return None
        replaced = place.wd
        if replaced is not None:
            del self._by_wd[replaced]
        place.wd = wd
        self._by_wd[wd] = place
        if node is not None:
            node.wd = None
            self._prune(node)
        return replaced

    def cut(self, root: int, folder: bytes) -> list[int]:
        """Takes a folder and all beneath it away; their watches, to be given back."""
        node = self._find(root, folder)
        if node is None:
            return []
        if node.parent is None:
            del self._roots[root]
        else:
            self._unhang(node)
        freed = [below.wd for below in _all(node) if below.wd is not None]
        for wd in freed:
            del self._by_wd[wd]
        return freed

    def drop(self, wd: int) -> None:
        """Forgets a watch that the kernel took away; what hangs beneath keeps its place."""
        node = self._by_wd.pop(wd, None)
        if node is not None:
            node.wd = None
            self._prune(node)

    def _prune(self, node: Node) -> None:
        while node.parent is not None and node.wd is None and not node.children:
            parent = node.parent
            self._unhang(node)
            node = parent

    def _find(self, root: int, folder: bytes) -> Node | None:
        node = self._roots.get(root)
        for name in folder.split(b"/") if folder else ():
            if node is None:
                return None
            node = node.children.get(name)
        return node

    def _make(self, root: int, folder: bytes) -> Node:
        node = self._roots.setdefault(root, Node(b"", None))
        for name in folder.split(b"/") if folder else ():
            below = node.children.get(name)
            if below is None:
                below = node.children[name] = Node(name, node)
            node = below
        return node

    @staticmethod
    def _unhang(node: Node) -> None:
        if node.parent is not None and node.parent.children.get(node.name) is node:
            del node.parent.children[node.name]
        node.parent = None


def _all(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        at = waiting.pop()
        waiting.extend(at.children.values())
        yield at
