"""``by-tag/TAG/``: files that have a tag; links made and removed in it tag and untag them."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Sequence

from lsfs.core.linknames import NAME_BYTES, numbered
from lsfs.core.paths import split
from lsfs.views.base import FOLDER_MODE, Attributes, Folder, Item, Node, missing, refused
from lsfs.views.probes import is_probe
from lsfs.views.readme import README, readme, readme_item
from lsfs.views.result_folder import ResultFolder
from lsfs.views.results import FACETS, Results
from lsfs.views.selection import Selection

_MOST_NUMBER = 1000
TagWriter = Callable[[Sequence[tuple[bytes, str, bool]]], None]
"""Adds (True) tags to files by their absolute paths, or takes them away, all in one op; raises OSError."""


class ByTag(Folder):
    """A folder for each tag that something of a selection has."""

    def __init__(self, results: Results, selection: Selection) -> None:
        self._results = results
        self._selection = selection

    def look(self, name: bytes) -> Node:
        """What has a tag."""
        if name == README:
            return readme("by-tag")
        tag = tag_of(name)
        if tag is None or tag not in self._results.tags(Selection()):
            missing()
        return ResultFolder(self._results, self._selection.tagged(tag))

    def listing(self) -> Sequence[Item]:
        """The tags that there are."""
        return _listing(self._results.tags(self._selection))


class Tags(Folder):
    """All tags; new ones begin as empty folders, which are forgotten with the mount."""

    def __init__(self, results: Results, writer: TagWriter) -> None:
        self._results = results
        self._writer = writer
        self._new: set[str] = set()
        self._lock = threading.Lock()

    def look(self, name: bytes) -> Node:
        """What has a tag."""
        if name == README:
            return readme("by-tag")
        tag = tag_of(name)
        if tag is None or not self._is_there(tag):
            missing()
        return TagFolder(self._results, tag, self._writer, self._begin)

    def listing(self) -> Sequence[Item]:
        """The tags that there are, and the new ones."""
        with self._lock:
            new = set(self._new)
        return _listing(sorted({*self._results.tags(Selection()), *new}))

    def make_folder(self, name: bytes) -> None:
        """Begins a tag."""
        tag = tag_of(name)
        if is_probe(name):
            refused()  # a file manager's own
        if tag is None:
            refused(errno.EINVAL)
        if self._is_there(tag):
            refused(errno.EEXIST)
        self._begin(tag)

    def remove_folder(self, name: bytes) -> None:
        """Forgets a tag that nothing has."""
        tag = tag_of(name)
        if name == README:
            refused(errno.ENOTDIR)
        if tag is None or not self._is_there(tag):
            missing()
        if tag in self._results.tags(Selection()):
            refused(errno.ENOTEMPTY)
        with self._lock:
            self._new.discard(tag)

    def _begin(self, tag: str) -> None:
        with self._lock:
            self._new.add(tag)

    def _is_there(self, tag: str) -> bool:
        with self._lock:
            if tag in self._new:
                return True
        return tag in self._results.tags(Selection())


class TagFolder(ResultFolder):
    """What has one tag."""

    def __init__(self, results: Results, tag: str, writer: TagWriter, stay: Callable[[str], None]) -> None:
        """`stay` has the folder of a tag stay when nothing has it any more, so that `rmdir` can forget it."""
        super().__init__(results, Selection(tags=(tag,)))
        self.tag = tag
        self._writer = writer
        self._stay = stay

    def make_link(self, name: bytes, target: bytes) -> None:
        """Tags the file that the link leads to; its name must be the file's own, or numbered."""
        if name in FACETS or not _is_name_of(name, split(target)[1]):
            refused(errno.EINVAL)
        if any(one.path == target for one in self.results.fresh(self.selection).found.values()):
            refused(errno.EEXIST)
        self.results.will_be(self.selection, target, name)
        self._writer([(target, self.tag, True)])

    def remove(self, name: bytes) -> None:
        """Takes the tag from the file."""
        path = self._path(name)
        self._stay(self.tag)
        self._writer([(path, self.tag, False)])

    def take(self, name: bytes, source: Folder, old: bytes) -> None:
        """Gives the file this tag for that of another tag folder, in one op."""
        if not isinstance(source, TagFolder):
            refused(errno.EXDEV)  # a program may link instead, which tags and leaves the other as it is
        path = source._path(old)
        if name in FACETS or not _is_name_of(name, split(path)[1]):
            refused(errno.EINVAL)
        if source.tag == self.tag:
            refused()
        self.results.will_be(self.selection, path, name)
        source._stay(source.tag)
        self._writer([(path, source.tag, False), (path, self.tag, True)])

    def _path(self, name: bytes) -> bytes:
        found = self.results.fresh(self.selection).found.get(name)
        if found is None:
            self.look(name)  # raises what is true of any other name
            refused()
        return found.path


def tag_of(name: bytes) -> str | None:
    """The tag that a folder's name stands for; None where it can be none."""
    try:
        tag = name.decode("utf-8").replace(_SLASH, "/")
    except UnicodeDecodeError:
        return None
    return tag if tag == " ".join(tag.split()) and tag.isprintable() and "," not in tag else None


def name_of(tag: str) -> bytes:
    """The name of a tag's folder."""
    return tag.replace("/", _SLASH).encode("utf-8", "surrogateescape")


_SLASH = "\u2215"
"""Stands for the slash in a tag: a name of a folder cannot have one."""


def _listing(tags: list[str]) -> list[Item]:
    names = [name_of(tag) for tag in tags]
    # A tag that no name can stand for is found with `lsfs find --tag`.
    listed = [name for name in names if len(name) <= NAME_BYTES and tag_of(name) and name not in (README, b".", b"..")]
    folders = [Item(name, Attributes(FOLDER_MODE)) for name in listed]
    return [*folders, readme_item("by-tag")]


def _is_name_of(name: bytes, own: bytes) -> bool:
    """Whether a link's name is a file's own, or that with a number."""
    return name == own or any(name == numbered(own, number) for number in range(2, _MOST_NUMBER))
