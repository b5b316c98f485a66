"""A folder of results: links to the files of a selection, what speaks for each, and the facets that narrow it."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.views.base import PRIVATE_MODE, Attributes, File, Folder, Item, Link, Node, Text, missing
from lsfs.views.probes import is_probe
from lsfs.views.results import FACETS, RESULTS, WHY, Result, Results
from lsfs.views.selection import Selection


class ResultFolder(Folder):
    """The files of a selection."""

    def __init__(self, results: Results, selection: Selection) -> None:
        self.results = results
        self.selection = selection

    def look(self, name: bytes) -> Node:
        """A link, one of the two documents, or a facet."""
        if name in FACETS:
            return facet(self.results, self.selection, name)
        if name in (RESULTS, WHY):
            return Document(self.results, self.selection, name)
        if self.selection.live and is_probe(name):
            known = self.results.known(self.selection)  # nobody's probe starts a search
            found = known.found.get(name) if known is not None else None
        else:
            found = self.results.current(self.selection).found.get(name)
        if found is None:
            missing()
        return Link(found.path, found.mtime_ns)

    def listing(self) -> Sequence[Item]:
        """Runs the search, unless it is known how it ends."""
        result = self.results.fresh(self.selection)
        documents = [Item(name, _document(result, self.selection, name)) for name in (RESULTS, WHY)]
        return [*result.items, *documents]


class Document(File):
    """`.results.json` or `.why.txt` of a folder of results."""

    # It changes with the result: it is read to its end, whatever size it had when it was looked up.
    sized = False

    def __init__(self, results: Results, selection: Selection, name: bytes) -> None:
        self._results = results
        self._selection = selection
        self._name = name

    @property
    def attributes(self) -> Attributes:
        """Its size is not known before the search was run."""
        known = self._results.known(self._selection)
        return _document(known, self._selection, self._name) if known is not None else Attributes(PRIVATE_MODE)

    def read(self, offset: int, length: int) -> bytes:
        """A part of the document."""
        return self.pinned().read(offset, length)

    def pinned(self) -> File:
        """It as it is of the result that holds now."""
        return Text(self._results.current(self._selection).document(self._name, self._selection))


def _document(result: Result, selection: Selection, name: bytes) -> Attributes:
    return Attributes(PRIVATE_MODE, len(result.document(name, selection)) if result.measured else 0)


def facet(results: Results, selection: Selection, name: bytes) -> Folder:
    """The folder that narrows a selection by type, date, tag or words."""
    from lsfs.views.by_date import ByDate
    from lsfs.views.by_tag import ByTag
    from lsfs.views.by_type import ByType
    from lsfs.views.search import Searches

    kinds = {b"by-type": ByType, b"by-date": ByDate, b"by-tag": ByTag, b"search": Searches}
    return kinds[name](results, selection)
