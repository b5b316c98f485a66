"""What a tree is made of: files, links and folders; and what the folders need of the rest of lsfs."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple, NoReturn, Protocol

import msgspec

FOLDER_MODE = stat.S_IFDIR | 0o755
FILE_MODE = stat.S_IFREG | 0o444
PRIVATE_MODE = stat.S_IFREG | 0o400
"""Of what quotes files: whoever else is let in may read those that are open to him, and no more."""
LINK_MODE = stat.S_IFLNK | 0o777


class Attributes(NamedTuple):
    """What `lstat` says of a node; owner, inode number and the like are the mount's."""

    mode: int
    """Type and permissions."""
    size: int = 0
    mtime_ns: int = 0


class Item(NamedTuple):
    """A name in a folder."""

    name: bytes
    attributes: Attributes


class Node:
    """A file, a link or a folder."""

    @property
    def attributes(self) -> Attributes:
        """What `lstat` says."""
        raise NotImplementedError


class Link(Node):
    """A symbolic link to an absolute path."""

    __slots__ = ("_attributes", "target")

    def __init__(self, target: bytes, mtime_ns: int) -> None:
        self.target = target
        self._attributes = Attributes(LINK_MODE, len(target), mtime_ns)

    @property
    def attributes(self) -> Attributes:
        """The link's own; its time is that of the file that it leads to."""
        return self._attributes


class File(Node):
    """A file; it can be read at any place."""

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` on; raises OSError."""
        raise NotImplementedError

    number = 0
    """Names it for good where it never changes, so that what was read of it may be kept; 0 where it may."""
    sized = True
    """Whether `attributes` gives its size; that of what was not asked yet is known when it is read."""

    def pinned(self) -> File:
        """It as it is now, for who reads it piece by piece."""
        return self

    def rewriting(self) -> Writing:
        """Begins to write it anew; raises OSError where it is read only."""
        refused()


class Writing(Protocol):
    """A file that is being written."""

    def read(self, offset: int, length: int) -> bytes:
        """What it would hold now."""

    def write(self, offset: int, data: bytes) -> None:
        """Puts bytes at a place."""

    def truncate(self, size: int) -> None:
        """Cuts or fills up with zeros."""

    def commit(self) -> None:
        """Takes what was written for the file's content; raises OSError where it cannot be that."""


class Text(File):
    """A file that says a text."""

    def __init__(self, text: str | bytes) -> None:
        self._data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text

    @property
    def attributes(self) -> Attributes:
        """A small file."""
        return Attributes(FILE_MODE, len(self._data))

    def read(self, offset: int, length: int) -> bytes:
        """A part of the text, in UTF-8."""
        return self._data[offset : offset + length]


class Folder(Node):
    """A folder; what it does not say it can do is refused."""

    @property
    def attributes(self) -> Attributes:
        """A folder's own."""
        return Attributes(FOLDER_MODE)

    def look(self, name: bytes) -> Node:
        """What has this name; raises ENOENT."""
        raise NotImplementedError

    def descend(self, path: bytes) -> Node:
        """What lies at a path below; raises ENOENT or ENOTDIR."""
        name, _, rest = path.partition(b"/")
        found = self.look(name)
        if not rest:
            return found
        return as_folder(found).descend(rest)

    def listing(self) -> Sequence[Item]:
        """The names in it, as they are now; raises OSError."""
        raise NotImplementedError

    def make_folder(self, name: bytes) -> None:
        """Makes a folder in it."""
        refused()

    def remove_folder(self, name: bytes) -> None:
        """Takes away a folder in it."""
        refused()

    def make_link(self, name: bytes, target: bytes) -> None:
        """Makes a link to an absolute path in it."""
        refused()

    def remove(self, name: bytes) -> None:
        """Takes away a link or file in it."""
        refused()

    def take(self, name: bytes, source: Folder, old: bytes) -> None:
        """Takes over what `source` has as `old` under the name `name`."""
        refused()


class Found(NamedTuple):
    """A file that a search or a look into the vault gave."""

    path: bytes
    """Absolute."""
    size: int
    mtime_ns: int
    score: float | None = None
    """0 to 1; None where nothing was weighed."""
    why: str = ""
    """What speaks for it."""


class Answer(NamedTuple):
    """What a search gave."""

    found: Sequence[Found]
    """Best first."""
    note: str = ""
    """What the reader should know."""
    complete: bool = True
    """False while some files' words or vectors are still to be made."""


class ToolPage(NamedTuple):
    """A tool that serves a request."""

    name: str
    page: str
    """What is known of it, in Markdown."""


class Wish(msgspec.Struct, frozen=True):
    """A search that a daemon is to run; see `lsfs.core.api.FindRequest`."""

    words: str = ""
    like: bytes | None = None
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None


class Live(Protocol):
    """What needs the daemon; each call raises OSError soon where it does not answer."""

    def search(self, wish: Wish) -> Answer:
        """Searches; ``EINVAL`` where it cannot be understood."""

    def tools(self, words: str) -> Sequence[ToolPage]:
        """The tools that serve a request, the best first; none where none fits."""

    def tag(self, changes: Sequence[tuple[bytes, str, bool]]) -> None:
        """Adds (True) tags to files by their absolute paths, or takes them away, all in one op."""

    def save(self, name: str, query: str | None) -> None:
        """Saves a query, or forgets it."""


def refused(code: int = errno.EROFS) -> NoReturn:
    """Raises what a file system says to what cannot be done here."""
    raise OSError(code, os.strerror(code))


def missing() -> NoReturn:
    """Raises ENOENT."""
    refused(errno.ENOENT)


def as_folder(node: Node) -> Folder:
    """The node if it is a folder; raises ENOTDIR."""
    if not isinstance(node, Folder):
        refused(errno.ENOTDIR)
    return node
