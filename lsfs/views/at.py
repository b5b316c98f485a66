"""``at/WHEN/ROOT/…``: the tree of a watched folder as it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from lsfs.core.errors import LsfsError
from lsfs.core.paths import join
from lsfs.core.times import parse_when, zone_of
from lsfs.store.vault import Bound, Root, Vault, Version
from lsfs.versions.history import History
from lsfs.versions.reading import ContentReader
from lsfs.views.base import FOLDER_MODE, Attributes, Folder, Item, Node, as_folder, missing
from lsfs.views.past import Nodes, attributes_of, named_roots, node_of
from lsfs.views.probes import is_probe
from lsfs.views.readme import README, readme, readme_item

PINNED_S = 60.0
"""How long after its last use a WHEN such as “10 minutes ago” still means the same moment: a copy takes a while."""
_MOST_MOMENTS = 32


class Moments(Folder):
    """Every name in it that is a time is a folder; none is listed."""

    def __init__(
        self,
        vault: Vault,
        reader: ContentReader,
        zone: str,
        locale: str,
        now_ns: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._vault = vault
        self._reader = reader
        self._zone = zone
        self._locale = locale
        self._now_ns = now_ns
        self._clock = clock
        self._lock = threading.Lock()
        self._pinned: dict[bytes, AMoment] = {}

    def look(self, name: bytes) -> Node:
        """The trees at a time; ENOENT for what names none."""
        pinned = self._pinned.get(name)
        now_s = self._clock()
        if pinned is None or now_s - pinned.used_s >= PINNED_S:
            if name == README:
                return readme("at")
            if is_probe(name):
                missing()
            made = AMoment(self._vault, self._reader, self._bound(name), now_s)
            self.tidy()
            with self._lock:
                live = dict(self._pinned)
                if len(live) >= _MOST_MOMENTS:
                    del live[min(live, key=lambda n: live[n].used_s)]
                pinned = live.setdefault(name, made)
                self._pinned = live
        pinned.used_s = now_s
        return pinned

    def listing(self) -> Sequence[Item]:
        """The README alone."""
        return [readme_item("at")]

    def tidy(self) -> None:
        """Forgets the moments that were not asked for of late, with all that was looked up of them."""
        now_s = self._clock()
        with self._lock:
            self._pinned = {n: one for n, one in self._pinned.items() if now_s - one.used_s < PINNED_S}

    def _bound(self, name: bytes) -> Bound:
        try:
            text = name.decode("utf-8")
            when = parse_when(text, now_ns=self._now_ns(), zone=self._zone, locale=self._locale)
            bound = History(self._vault, zone_of(self._zone)).bound(when)
        except (UnicodeDecodeError, LsfsError):
            missing()
        if bound.ns is not None and bound.ns > self._now_ns():
            missing()  # a time to come has no tree yet
        return bound


class AMoment(Folder):
    """The watched folders at one time."""

    def __init__(self, vault: Vault, reader: ContentReader, bound: Bound, used_s: float) -> None:
        self._vault = vault
        self._reader = reader
        self._bound = bound
        self._nodes = Nodes()
        self.used_s = used_s
        """When it was last asked for, on a monotonic clock."""

    def look(self, name: bytes) -> Node:
        """A watched folder."""
        root = named_roots(self._vault).get(name)
        if root is None:
            missing()
        return PastFolder(self._vault, self._reader, self._nodes, self._bound, root, name, b"")

    def descend(self, path: bytes) -> Node:
        """What lies at a path below; what was found once is not looked up again, since it does not change."""
        node = self._nodes.get(path)
        if node is None:
            above, _, name = path.rpartition(b"/")
            node = as_folder(self.descend(above)).look(name) if above else self.look(name)
            self._nodes.put({path: node})
        return node

    def listing(self) -> Sequence[Item]:
        """The watched folders."""
        names = named_roots(self._vault)
        return [Item(name, Attributes(FOLDER_MODE)) for name in names]


class PastFolder(Folder):
    """A folder as it was."""

    def __init__(
        self,
        vault: Vault,
        reader: ContentReader,
        nodes: Nodes,
        bound: Bound,
        root: Root,
        shown: bytes,
        path: bytes,
        version: Version | None = None,
    ) -> None:
        """`shown` is the path below the moment that leads here, `path` the one below the root."""
        self._vault = vault
        self._reader = reader
        self._nodes = nodes
        self._bound = bound
        self._root = root
        self._shown = shown
        self._path = path
        self._version = version
        self._items: Sequence[Item] | None = None

    @property
    def attributes(self) -> Attributes:
        """The folder's own, as it was."""
        return attributes_of(self._version) if self._version is not None else Attributes(FOLDER_MODE)

    def look(self, name: bytes) -> Node:
        """What stood there."""
        path = join(self._path, name)
        version = self._vault.versions.standing(self._root.id, path, self._bound)
        node = self._node(name, version) if version is not None else None
        if node is None:
            missing()
        return node

    def listing(self) -> Sequence[Item]:
        """What stood in it; what it holds is kept for the look-ups that follow."""
        if self._items is None:
            versions = self._vault.browsing.then(self._root.id, self._path, self._bound)
            nodes = {n: node for n, version in versions.items() if (node := self._node(n, version)) is not None}
            self._reader.prepare([version.content for version in versions.values() if version.content is not None])
            self._nodes.put({join(self._shown, name): node for name, node in nodes.items()})
            self._items = [Item(name, node.attributes) for name, node in nodes.items()]
        return self._items

    def _node(self, name: bytes, version: Version) -> Node | None:
        if version.kind != "dir":
            return node_of(self._reader, version)
        return PastFolder(
            self._vault,
            self._reader,
            self._nodes,
            self._bound,
            self._root,
            join(self._shown, name),
            join(self._path, name),
            version,
        )
