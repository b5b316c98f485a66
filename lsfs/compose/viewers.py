"""What a mount shows: the semantic folders over a vault that is only read."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from lsfs.core.locations import Paths
from lsfs.core.times import zone_of
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.vault import Vault
from lsfs.versions.contents import ContentStore
from lsfs.versions.reading import ContentReader
from lsfs.views.at import Moments
from lsfs.views.base import Folder, Link, Live, Node
from lsfs.views.by_date import ByDate
from lsfs.views.by_tag import Tags
from lsfs.views.by_type import ByType
from lsfs.views.history import Histories
from lsfs.views.opened import Opened
from lsfs.views.recent import Recent
from lsfs.views.results import Results
from lsfs.views.saved import Saved
from lsfs.views.search import Searches
from lsfs.views.selection import Selection
from lsfs.views.similar import Similar
from lsfs.views.tree import Fixed, Tree, root_of

Part = Literal["all", "queries", "past"]
"""What of the tree one mount shows.  ``queries`` has a folder for the mount of ``past``, and links into it."""
PAST = b".past"
"""Where ``past`` is mounted below ``queries``."""


class Views:
    """A tree, and what has to be told of its use."""

    def __init__(self, tree: Tree, vault: Vault, opened: Opened, tidying: Sequence[Callable[[], None]]) -> None:
        self.tree = tree
        self.vault = vault
        self.opened = opened
        self._tidying = tidying

    def tidy(self) -> None:
        """Gives memory back that nobody has asked for the contents of lately."""
        for each in self._tidying:
            each()


def open_views(
    paths: Paths,
    part: Part,
    live: Live,
    zone: str,
    closing: contextlib.ExitStack,
    *,
    locale: str = "",
    learn: bool = True,
) -> Views:
    """The tree of one mount; `closing` closes what it has open.  Raises the errors of opening a vault."""
    vault = closing.enter_context(contextlib.closing(Vault(Path(paths.vault_dir, "vault.db"), readonly=True)))
    opened = Opened(Path(paths.state_dir, "opened") if learn else None)
    folders: dict[bytes, Node] = {}
    tidying: list[Callable[[], None]] = []
    if part != "past":
        results = Results(vault, live, opened, zone_of(zone))
        folders |= _queries(vault, results, live)
        tidying.append(results.tidy)
    if part == "queries":
        folders |= {PAST: Fixed({}), **{name: Link(PAST + b"/" + name, 0) for name in (b"history", b"at")}}
    else:
        packs = closing.enter_context(contextlib.closing(Packs(Path(paths.vault_dir, "objects"))))
        reader = ContentReader(ContentStore(vault, packs, Codec()))
        moments = Moments(vault, reader, zone, locale, time.time_ns)
        folders |= {b"history": Histories(vault, reader, zone_of(zone)), b"at": moments}
        tidying += [moments.tidy, reader.tidy]
    return Views(Tree(root_of(folders)), vault, opened, tidying)


def _queries(vault: Vault, results: Results, live: Live) -> Mapping[bytes, Folder]:
    return {
        b"search": Searches(results, Selection()),
        b"saved": Saved(results, vault, live),
        b"by-type": ByType(results, Selection()),
        b"by-date": ByDate(results, Selection()),
        b"by-tag": Tags(results, live.tag),
        b"recent": Recent(results),
        b"similar": Similar(results, vault),
    }
