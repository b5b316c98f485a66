"""Which watched folder a path lies in, for use cases that ask about one."""

from __future__ import annotations

import os

import msgspec

from lsfs.core.errors import NothingFound
from lsfs.core.paths import display, is_within
from lsfs.core.posix import mountinfo
from lsfs.store.vault import Root, Vault
from lsfs.watch.mounts import fuse_around, resolved


class Place(msgspec.Struct, frozen=True):
    """A path below a watched folder."""

    root: Root
    path: bytes

    @property
    def absolute(self) -> bytes:
        """The absolute path."""
        return os.path.join(self.root.path, self.path) if self.path else self.root.path


def place_of(vault: Vault, path: bytes) -> Place:
    """Where an absolute path lies, links of its folder resolved; raises NothingFound outside the watched folders.

    Nothing is asked of a FUSE mount: one of ours may be waiting for the answer, and a hung one never gives any.
    """
    folder, name = os.path.split(path)
    itself = name not in (b"", b".", b"..")  # else the name says nothing of what it names
    mounts = mountinfo()
    whole = resolved(path, mounts)
    own = os.path.join(resolved(folder, mounts), name) if itself else whole
    if (mount := fuse_around(own, mounts)) is not None:
        raise NothingFound(
            f"it lies in {display(mount.mount_point)}, which a program shows",
            path=display(path),
            hint="name the file itself, as `readlink` tells it",
        )
    # A watched folder may itself be reached by a link.
    for candidate in (own, whole):
        for root in vault.roots.all():
            if is_within(candidate, root.path):
                return Place(root, candidate[len(root.path) :].lstrip(b"/"))
    raise NothingFound("it lies below no watched folder", path=display(path), hint="lsfs roots list")
