"""``search/WORDS/``: what a search for the words finds."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.views.base import Folder, Item, Node, missing
from lsfs.views.probes import is_probe
from lsfs.views.readme import README, readme, readme_item
from lsfs.views.result_folder import ResultFolder
from lsfs.views.results import Results
from lsfs.views.selection import Selection


class Searches(Folder):
    """Every name in it is a query; none is listed."""

    def __init__(self, results: Results, selection: Selection) -> None:
        self._results = results
        self._selection = selection

    def look(self, name: bytes) -> Node:
        """The folder of a query, at no cost: it is run when that is opened."""
        if name == README:
            return readme("search")
        if is_probe(name):
            missing()
        try:
            words = name.decode("utf-8")
        except UnicodeDecodeError:
            missing()  # no word of any text has such bytes
        if not words.strip():
            missing()
        return ResultFolder(self._results, self._selection.with_words(words))

    def listing(self) -> Sequence[Item]:
        """The README alone."""
        return [readme_item("search")]
