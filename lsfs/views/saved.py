"""``saved/NAME/``: folders that are queries; ``mkdir`` makes one, ``.query`` holds it, ``rmdir`` forgets it."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from lsfs.core.linknames import NAME_BYTES
from lsfs.store.vault import Vault
from lsfs.views.base import FOLDER_MODE, Attributes, File, Folder, Item, Live, Node, missing, refused
from lsfs.views.probes import is_probe
from lsfs.views.readme import README, readme, readme_item
from lsfs.views.result_folder import ResultFolder
from lsfs.views.results import QUERY, Results
from lsfs.views.selection import Selection

_MOST_BYTES = 65_536


class Saved(Folder):
    """A folder for each saved query."""

    def __init__(self, results: Results, vault: Vault, live: Live) -> None:
        self._results = results
        self._vault = vault
        self._live = live

    def look(self, name: bytes) -> Node:
        """What a query finds."""
        if name == README:
            return readme("saved")
        text = _text(name)
        query = self._vault.saved.get(text) if text is not None else None
        if text is None or query is None:
            missing()
        return SavedFolder(self._results, self._live, text, query)

    def listing(self) -> Sequence[Item]:
        """The queries that there are."""
        saved = self._vault.saved.all()
        names = [name.encode("utf-8", "surrogateescape") for name in saved]
        listed = [name for name in names if len(name) <= NAME_BYTES and name not in (README, b".", b"..")]
        folders = [Item(name, Attributes(FOLDER_MODE)) for name in listed]
        return [*folders, readme_item("saved")]

    def make_folder(self, name: bytes) -> None:
        """Saves a query under a name: for the words of the name, until `.query` says otherwise."""
        text = _text(name)
        if is_probe(name):
            refused()
        if text is None or text != text.strip() or not text.isprintable():
            refused(errno.EINVAL)
        if self._vault.saved.get(text) is not None:
            refused(errno.EEXIST)
        self._live.save(text, text)

    def remove_folder(self, name: bytes) -> None:
        """Forgets a query; files stay where they are."""
        if name == README:
            refused(errno.ENOTDIR)
        text = _text(name)
        if text is None or self._vault.saved.get(text) is None:
            missing()
        self._live.save(text, None)


class SavedFolder(ResultFolder):
    """What one saved query finds."""

    def __init__(self, results: Results, live: Live, name: str, query: str) -> None:
        super().__init__(results, Selection(words=(query,)))
        self._query = QueryFile(live, name, query)

    def look(self, name: bytes) -> Node:
        """`.query`, or what every folder of results has."""
        return self._query if name == QUERY else super().look(name)

    def listing(self) -> Sequence[Item]:
        """The results, and the query."""
        found = super().listing()
        return [*found, Item(QUERY, self._query.attributes)]


class QueryFile(File):
    """The query of a saved folder, on one line; it can be written."""

    sized = False

    def __init__(self, live: Live, name: str, query: str) -> None:
        self._live = live
        self._name = name
        self.text = query

    @property
    def attributes(self) -> Attributes:
        """A small file that its owner may write."""
        return Attributes(0o100600, len(self._data()))

    def read(self, offset: int, length: int) -> bytes:
        """The query and a line end."""
        return self._data()[offset : offset + length]

    def rewriting(self) -> QueryWriting:
        """Begins another query."""
        return QueryWriting(self._live, self._name, self._data())

    def _data(self) -> bytes:
        return self.text.encode("utf-8", "replace") + b"\n"


class QueryWriting:
    """A query that is being written; taken when the file is closed."""

    def __init__(self, live: Live, name: str, data: bytes) -> None:
        self._live = live
        self._name = name
        self._data = bytearray(data)
        self._taken = bytes(data)

    def write(self, offset: int, data: bytes) -> None:
        """Puts bytes at a place; EFBIG where it gets too long."""
        if offset + len(data) > _MOST_BYTES:
            refused(errno.EFBIG)
        if offset > len(self._data):
            self._data.extend(bytes(offset - len(self._data)))
        self._data[offset : offset + len(data)] = data

    def read(self, offset: int, length: int) -> bytes:
        """What it would say now."""
        return bytes(self._data[offset : offset + length])

    def truncate(self, size: int) -> None:
        """Cuts or fills up with zeros."""
        if size > _MOST_BYTES:
            refused(errno.EFBIG)
        self._data[size:] = bytes(max(0, size - len(self._data)))

    def commit(self) -> None:
        """Saves the query; EINVAL where it is none.  One that is empty or the same changes nothing."""
        data = bytes(self._data)
        if data == self._taken:
            return
        try:
            query = " ".join(data.decode("utf-8").split())
        except UnicodeDecodeError:
            refused(errno.EINVAL)
        if query:
            self._live.save(self._name, query)
        self._taken = data


def _text(name: bytes) -> str | None:
    """The name of a query that a folder's name stands for; None where it can be none."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return None
