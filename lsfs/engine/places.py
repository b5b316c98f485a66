"""Which watched folder a path lies in, for use cases that ask about one."""

from __future__ import annotations

import os

import msgspec

from lsfs.core.errors import NothingFound
from lsfs.core.paths import display, is_within
from lsfs.store.vault import Root, Vault


class Place(msgspec.Struct, frozen=True):
    """A path below a watched folder."""

    root: Root
    path: bytes

    @property
    def absolute(self) -> bytes:
        """The absolute path."""
        return os.path.join(self.root.path, self.path) if self.path else self.root.path


def place_of(vault: Vault, path: bytes) -> Place:
    """Where an absolute path lies, links of its folder resolved; raises NothingFound outside the watched folders."""
    folder, name = os.path.split(path)
    itself = name not in (b"", b".", b"..")  # else the name says nothing of what it names
    real = os.path.join(os.path.realpath(folder), name) if itself else os.path.realpath(path)
    # A watched folder may itself be reached by a link.
    for candidate in (real, os.path.realpath(path)):
        for root in vault.roots.all():
            if is_within(candidate, root.path):
                return Place(root, candidate[len(root.path) :].lstrip(b"/"))
    raise NothingFound("it lies below no watched folder", path=display(path), hint="lsfs roots list")
