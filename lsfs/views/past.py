"""Files as they were: what `history` and `at` are made of."""

from __future__ import annotations

import errno
import stat
from collections.abc import Mapping
from threading import Lock

from lsfs.core.linknames import root_names
from lsfs.store.vault import Root, Vault, Version
from lsfs.versions.reading import ContentReader
from lsfs.views.base import Attributes, File, Link, Node, refused

_TYPES = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "symlink": stat.S_IFLNK}
_KEPT_NODES = 20_000


class PastFile(File):
    """A content of a file, with the size, mode and time that it had."""

    def __init__(self, reader: ContentReader, version: Version) -> None:
        self._reader = reader
        self._version = version
        self.number = version.seq

    @property
    def attributes(self) -> Attributes:
        """The file's own."""
        return attributes_of(self._version)

    def read(self, offset: int, length: int) -> bytes:
        """A part of the content; ENODATA where it is not kept, EIO where the kept bytes are damaged."""
        content = self._version.content
        if content is None:
            refused(errno.ENODATA)
        return self._reader.read(content, offset, length)


class PastLink(Link):
    """A link as it was; where it leads to is not part of the past."""

    def __init__(self, version: Version) -> None:
        super().__init__(version.target or b"", version.mtime_ns)


def node_of(reader: ContentReader, version: Version) -> Node | None:
    """A file or link as it was; None for what is neither."""
    if version.kind == "file":
        return PastFile(reader, version)
    return PastLink(version) if version.kind == "symlink" and version.target else None


def attributes_of(version: Version) -> Attributes:
    """What `lstat` said."""
    size = version.size if version.kind == "file" else len(version.target or b"")
    return Attributes(_TYPES[version.kind] | stat.S_IMODE(version.mode), size, version.mtime_ns)


def named_roots(vault: Vault) -> Mapping[bytes, Root]:
    """The watched folders by the names that they have in a mount."""
    roots = vault.roots.all()
    return dict(zip(root_names(root.path for root in roots), roots, strict=True))


class Nodes:
    """Nodes by the paths that led to them, the oldest forgotten first; for what does not change."""

    def __init__(self, most: int = _KEPT_NODES) -> None:
        self._most = most
        self._lock = Lock()
        self._nodes: dict[bytes, Node] = {}

    def get(self, path: bytes) -> Node | None:
        """What a path led to."""
        return self._nodes.get(path)  # as it is: one step for the interpreter

    def clear(self) -> None:
        """Forgets all."""
        with self._lock:
            self._nodes.clear()

    def put(self, nodes: Mapping[bytes, Node]) -> None:
        """Keeps nodes."""
        with self._lock:
            self._nodes.update(nodes)
            while len(self._nodes) > self._most:
                del self._nodes[next(iter(self._nodes))]
