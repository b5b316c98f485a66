"""``by-type/KIND/``: files of a kind (``pdf``, ``image``, ``code`` …) or with an extension."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.views.base import FOLDER_MODE, Attributes, Folder, Item, Node, missing
from lsfs.views.probes import is_probe
from lsfs.views.readme import README, readme, readme_item
from lsfs.views.result_folder import ResultFolder
from lsfs.views.results import Results
from lsfs.views.selection import Selection, is_kind


class ByType(Folder):
    """A folder for each kind that there is; any extension is found when it is asked for."""

    def __init__(self, results: Results, selection: Selection) -> None:
        self._results = results
        self._selection = selection

    def look(self, name: bytes) -> Node:
        """The files of a kind."""
        if name == README:
            return readme("by-type")
        if is_probe(name):
            missing()
        kind = name.decode("ascii", "replace")
        if not is_kind(kind):
            missing()
        return ResultFolder(self._results, self._selection.of_kind(kind))

    def listing(self) -> Sequence[Item]:
        """The kinds that there are."""
        kinds = self._results.kinds(self._selection)
        folders = [Item(kind.encode(), Attributes(FOLDER_MODE)) for kind in kinds]
        return [*folders, readme_item("by-type")]
