"""``recent/``: what was modified last, and what was opened through the mount last."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.views.base import FOLDER_MODE, Attributes, Folder, Item, Node, missing
from lsfs.views.readme import README, readme, readme_item
from lsfs.views.result_folder import ResultFolder
from lsfs.views.results import Results
from lsfs.views.selection import Selection

_MOST = 200
_FOLDERS = {b"modified": Selection(newest=_MOST), b"opened": Selection(opened=True)}


class Recent(Folder):
    """Two folders of results, the last first."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def look(self, name: bytes) -> Node:
        """`modified` or `opened`."""
        if name == README:
            return readme("recent")
        if name not in _FOLDERS:
            missing()
        return ResultFolder(self._results, _FOLDERS[name])

    def listing(self) -> Sequence[Item]:
        """Both, and the README."""
        folders = [Item(name, Attributes(FOLDER_MODE)) for name in _FOLDERS]
        return [*folders, readme_item("recent")]
