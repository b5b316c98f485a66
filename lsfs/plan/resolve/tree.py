"""What the rules may ask about the user's tree, answered from the index."""

from __future__ import annotations

import os

from lsfs.core.paths import display
from lsfs.plan.resolve.places import Places
from lsfs.store.index import Index


class KnownTree:
    """`lsfs.plan.rules.known.Known` over the index."""

    def __init__(self, index: Index, places: Places) -> None:
        self._index = index
        self._places = places

    def folder(self, words: str) -> bool:
        """Whether a folder has this name, or its path ends so."""
        return bool(self._places.exact(words))

    def file(self, words: str) -> bool:
        """Whether a file has exactly this name, or its path ends so."""
        tail = words.lower().strip("/")
        rows = self._index.files.called(os.path.basename(tail))
        if "/" not in tail:
            return any(row.kind == "file" for row in rows)
        return any(row.kind == "file" and ("/" + display(row.path).lower()).endswith("/" + tail) for row in rows)

    def tag(self, words: str) -> bool:
        """Whether a file has this tag."""
        return self._index.files.has_tag(words)
