"""``history/ROOT/PATH/NUMBER~TIME.EXT``: every version of every file, also of those that are gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from lsfs.core.linknames import NAME_BYTES, cut, link_names
from lsfs.core.paths import join, split
from lsfs.store.vault import Root, Vault, Version
from lsfs.versions.reading import ContentReader
from lsfs.views.base import FOLDER_MODE, Attributes, Folder, Item, Node, missing
from lsfs.views.past import Nodes, PastFile, named_roots
from lsfs.views.readme import README, readme, readme_item

_LONGEST_EXTENSION = 32


class Histories(Folder):
    """A folder for each watched one."""

    def __init__(self, vault: Vault, reader: ContentReader, zone: dt.tzinfo) -> None:
        self._vault = vault
        self._reader = reader
        self._zone = zone
        self._nodes = Nodes()

    def tidy(self) -> None:
        """Forgets what was looked up."""
        self._nodes.clear()

    def look(self, name: bytes) -> Node:
        """A watched folder."""
        if name == README:
            return readme("history")
        root = named_roots(self._vault).get(name)
        if root is None:
            missing()
        return EverFolder(self._vault, self._reader, self._zone, self._nodes, root, b"")

    def listing(self) -> Sequence[Item]:
        """The watched folders."""
        names = named_roots(self._vault)
        folders = [Item(name, Attributes(FOLDER_MODE)) for name in names]
        return [*folders, readme_item("history")]


class EverFolder(Folder):
    """What there is and was below a path: a folder for each name, and the versions of the file at the path itself."""

    def __init__(
        self,
        vault: Vault,
        reader: ContentReader,
        zone: dt.tzinfo,
        nodes: Nodes,
        root: Root,
        path: bytes,
        mtime_ns: int = 0,
    ) -> None:
        """`nodes` are the versions by root, path and name."""
        self._vault = vault
        self._reader = reader
        self._zone = zone
        self._nodes = nodes
        self._root = root
        self._path = path
        self._mtime_ns = mtime_ns

    @property
    def attributes(self) -> Attributes:
        """A folder; its time is that of the newest below it."""
        return Attributes(FOLDER_MODE, 0, self._mtime_ns)

    def descend(self, path: bytes) -> Node:
        """What lies at a path below, looked for from its end: the folders on the way say no more than it does."""
        above, name = split(path)
        node = self._nodes.get(self._key(path))
        if node is not None:
            return node
        if above:
            return self._at(join(self._path, above)).look(name)
        return self.look(name)

    def look(self, name: bytes) -> Node:
        """A version of the file at this path, or a path below."""
        path = join(self._path, name)
        entry = self._vault.entries.at(self._root.id, [path]).get(path)
        if entry is not None or self._vault.entries.any_below(self._root.id, path):
            return self._at(path, entry.mtime_ns if entry is not None else 0)
        found = self._versions().get(name)
        if found is not None:
            return found
        missing()

    def listing(self) -> Sequence[Item]:
        """The names below that have versions, and the versions at the path itself, oldest first."""
        below = [
            Item(child.name, Attributes(FOLDER_MODE, 0, child.mtime_ns))
            for child in self._vault.browsing.ever(self._root.id, self._path)
        ]
        versions = self._versions()
        self._nodes.put({self._key(name): node for name, node in versions.items()})
        here = [Item(name, node.attributes) for name, node in versions.items()]
        return [*below, *here]

    def _at(self, path: bytes, mtime_ns: int = 0) -> EverFolder:
        return EverFolder(self._vault, self._reader, self._zone, self._nodes, self._root, path, mtime_ns)

    def _key(self, below: bytes) -> bytes:
        return b"%d/%b" % (self._root.id, join(self._path, below))

    def _versions(self) -> dict[bytes, PastFile]:
        """The versions of the file at this path whose content is kept, and of others that stood there, oldest first."""
        if not self._path:
            return {}
        entry = self._vault.entries.at(self._root.id, [self._path]).get(self._path)
        rows = self._vault.versions.moments(self._root.id, self._path)
        if entry is not None:
            rows += self._vault.versions.of(entry.lineage)
        counted = {row.seq: row for row in rows if row.number is not None and row.kind == "file"}
        kept = self._vault.pieces.kept(list({row.content for row in counted.values() if row.content is not None}))
        shown = [counted[seq] for seq in sorted(counted) if counted[seq].content in kept]
        names = link_names(version_name(version, self._zone) for version in shown)
        return {name: PastFile(self._reader, version) for name, version in zip(names, shown, strict=True)}


def version_name(version: Version, zone: dt.tzinfo) -> bytes:
    """``3~2026-11-02T10.15.00.md``: number, local time from which it is valid, and the extension of its file."""
    when = dt.datetime.fromtimestamp(version.since_ns // 1_000_000_000, zone)
    stem, dot, extension = split(version.path)[1].rpartition(b".")
    extension = dot + extension if stem and len(extension) <= _LONGEST_EXTENSION else b""
    return cut(b"%d~%b" % (version.number or 0, f"{when:%Y-%m-%dT%H.%M.%S}".encode()) + extension, NAME_BYTES)
