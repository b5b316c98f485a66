"""What a mount shows: the semantic folders over a vault that is only read."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lsfs.core.locations import Paths
from lsfs.core.times import zone_of
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.vault import Vault
from lsfs.versions.contents import ContentStore
from lsfs.versions.reading import ContentReader
from lsfs.views.at import Moments
from lsfs.views.base import File, Live, Node, missing
from lsfs.views.by_date import ByDate
from lsfs.views.by_tag import Tags
from lsfs.views.by_type import ByType
from lsfs.views.history import Histories
from lsfs.views.opened import Opened
from lsfs.views.past import PastFile
from lsfs.views.recent import Recent
from lsfs.views.results import Results
from lsfs.views.saved import Saved
from lsfs.views.search import Searches
from lsfs.views.selection import Selection
from lsfs.views.similar import Similar
from lsfs.views.tools import Requests
from lsfs.views.tree import Tree, root_of


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
    paths: Paths, live: Live, zone: str, closing: contextlib.ExitStack, *, locale: str = "", learn: bool = True
) -> Views:
    """The tree of a mount, in whose names times are those of `zone`; `closing` closes what it has open.

    Without `learn` it is not kept what was opened.  Raises the errors of opening a vault.
    """
    vault = closing.enter_context(contextlib.closing(Vault(Path(paths.vault_dir, "vault.db"), readonly=True)))
    packs = closing.enter_context(contextlib.closing(Packs(Path(paths.vault_dir, "objects"))))
    reader = ContentReader(ContentStore(vault, packs, Codec()))
    opened = Opened(Path(paths.state_dir, "opened") if learn else None)
    results = Results(vault, live, opened, zone_of(zone))
    histories = Histories(vault, reader, zone_of(zone))
    moments = Moments(vault, reader, zone, locale, time.time_ns)

    def numbered(seq: int) -> File:
        version = vault.versions.get(seq)
        if version is None:
            missing()
        return PastFile(reader, version)

    requests = Requests(live)
    folders: dict[bytes, Node] = {
        b"search": Searches(results, Selection()),
        b"saved": Saved(results, vault, live),
        b"by-type": ByType(results, Selection()),
        b"by-date": ByDate(results, Selection()),
        b"by-tag": Tags(results, live.tag),
        b"recent": Recent(results),
        b"similar": Similar(results, vault),
        b"tools": requests,
        b"history": histories,
        b"at": moments,
    }
    return Views(
        Tree(root_of(folders), numbered),
        vault,
        opened,
        [results.tidy, requests.tidy, histories.tidy, moments.tidy, reader.tidy],
    )
