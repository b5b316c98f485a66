"""``tools/WORDS/TOOL.md``: the tools that serve a request, each as a page."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from lsfs.core.linknames import NAME_BYTES, cut, link_names
from lsfs.views.base import Folder, Item, Live, Node, Text, missing
from lsfs.views.probes import is_probe
from lsfs.views.readme import README, readme, readme_item

_KEPT_S = 10.0
"""How long pages are good: a walk through a folder asks the daemon once."""
_KEPT = 64
"""Requests whose pages are kept."""
_PAGE = b".md"


class Requests(Folder):
    """Every name in it is a request; none is listed."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Mapping[bytes, Text]]] = OrderedDict()

    def look(self, name: bytes) -> Node:
        """The folder of a request, at no cost: tools are looked for when that is opened."""
        if name == README:
            return readme("tools")
        if is_probe(name):
            missing()
        try:
            words = name.decode("utf-8")
        except UnicodeDecodeError:
            missing()
        if not words.strip():
            missing()
        return Serving(self, words)

    def listing(self) -> Sequence[Item]:
        """The README alone."""
        return [readme_item("tools")]

    def pages(self, words: str) -> Mapping[bytes, Text]:
        """The pages of a request by their names, the best first; raises OSError where the daemon does not answer."""
        now = time.monotonic()
        with self._lock:
            made_s, pages = self._kept.get(words, (float("-inf"), {}))
        if now - made_s <= _KEPT_S:
            return pages
        found = self._live.tools(words)
        stems = [cut(one.name.replace("/", "\N{DIVISION SLASH}").encode(), NAME_BYTES - len(_PAGE)) for one in found]
        names = link_names((stem + _PAGE for stem in stems), (README,))
        pages = {name: Text(one.page) for name, one in zip(names, found, strict=True)}
        with self._lock:
            self._kept[words] = now, pages
            self._kept.move_to_end(words)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return pages

    def tidy(self) -> None:
        """Forgets what is not good any more."""
        with self._lock:
            for words, (made_s, _) in list(self._kept.items()):
                if time.monotonic() - made_s > _KEPT_S:
                    del self._kept[words]


class Serving(Folder):
    """The tools that serve one request."""

    def __init__(self, requests: Requests, words: str) -> None:
        self._requests = requests
        self._words = words

    def look(self, name: bytes) -> Node:
        """The page of one of them."""
        if not name.endswith(_PAGE):
            missing()
        page = self._requests.pages(self._words).get(name)
        if page is None:
            missing()
        return page

    def listing(self) -> Sequence[Item]:
        """Their pages, the best first."""
        return [Item(name, page.attributes) for name, page in self._requests.pages(self._words).items()]
