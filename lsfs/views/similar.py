"""``similar/PATH/``: files that resemble the one at PATH, which is absolute, or begins with a watched folder's name."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.core.linknames import root_names
from lsfs.core.paths import is_within
from lsfs.core.records import Kind
from lsfs.store.vault import Root, Vault
from lsfs.views.base import Folder, Item, Node, missing
from lsfs.views.readme import README, readme, readme_item
from lsfs.views.result_folder import ResultFolder
from lsfs.views.results import Results
from lsfs.views.selection import Selection


class Similar(Folder):
    """The folders above files, found when they are asked for and not listed; a file is a folder of what is like it."""

    def __init__(self, results: Results, vault: Vault, above: bytes = b"") -> None:
        """`above` is the path that led here: absolute, or b"" at the beginning."""
        self._results = results
        self._vault = vault
        self._above = above

    def look(self, name: bytes) -> Node:
        """A folder above a watched one or in it, or the folder of a file."""
        if not self._above and name == README:
            return readme("similar")
        roots = self._vault.roots.all()
        path = self._above + b"/" + name
        if not self._above and not any(is_within(root.path, path) for root in roots):
            named = dict(zip(root_names(root.path for root in roots), roots, strict=True))
            if name not in named:
                missing()
            path = named[name].path
        if any(is_within(root.path, path) for root in roots):
            return Similar(self._results, self._vault, path)
        return self._below(roots, path)

    def _below(self, roots: list[Root], path: bytes) -> Node:
        for root in roots:
            if is_within(path, root.path):
                inside = path[len(root.path) + 1 :]
                entry = self._vault.entries.at(root.id, [inside]).get(inside)
                if entry is not None and not entry.gone and entry.kind is Kind.DIR:
                    return Similar(self._results, self._vault, path)
                if entry is not None and not entry.gone and entry.kind is Kind.FILE:
                    return ResultFolder(self._results, Selection(like=path))
        missing()

    def listing(self) -> Sequence[Item]:
        """Nothing but the README: it would be the whole tree."""
        return [] if self._above else [readme_item("similar")]
