"""Finding tools: the router over the catalogue as it is now, built when it is asked for and dropped when it is not."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.core.errors import LsfsError, NothingFound, UnavailableError
from lsfs.core.tools import Tool, ToolKind
from lsfs.store.index import Index
from lsfs.store.vault import Vault
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.routing.evidence import Embed
from lsfs.tools.routing.router import Found, Hit, Router
from lsfs.tools.routing.trained import Trained
from lsfs.tools.snapshot import Snapshot, snapshot

_IDLE_S = 600.0
_MOST_QUERY = 2000
"""Characters of a request that are read."""
_BESIDE_S = 5.0
"""Seconds between two routers that are built while the one before answers, at least."""
_SHARING = 0.33
"""How much of the log of its number of subcommands each of them is behind, in fused scores."""
_MORE = 4
"""Times the tools that are asked for: subcommands of one program stand for one tool."""

log = logging.getLogger(__name__)


class ToolHit(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that may serve."""

    tool: Tool
    score: float
    """How likely it fits, 0 to 1."""
    matched: str
    """The wording that it was found by; for a program found by a subcommand, begun with that."""
    evidence: dict[str, float]


class ToolsFound(msgspec.Struct, frozen=True, kw_only=True):
    """The tools that fit a request best, the best first."""

    hits: tuple[ToolHit, ...]
    none_fits: bool
    parts: tuple[str, ...]
    complete: bool
    """Every tool has its vectors, and the embedder could be asked."""


class _Built(msgspec.Struct, frozen=True):
    """A router and what it was built from."""

    snapshot: Snapshot
    router: Router


class Finding:
    """Finds tools.  Any thread may ask."""

    def __init__(
        self,
        catalogue: Catalogue,
        vault: Vault,
        index: Index,
        embed: Embed | None,
        idle_s: float = _IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`embed` makes the unit vectors of requests, with the embedder whose vectors the index has; None: by words
        alone.  After `idle_s` seconds without a question the router is given back by `tidy`."""
        self._catalogue = catalogue
        self._vault = vault
        self._index = index
        self._embed = embed
        self._idle_s = idle_s
        self._clock = clock
        self._building = threading.Lock()
        self._counting = threading.Lock()
        self._shown: Counter[str] = Counter()
        self._built: _Built | None = None
        self._words: _Built | None = None
        """The same without an embedder, where that could not be asked."""
        self._used_at = self._built_at = clock()

    def find(self, query: str, k: int = 5, kinds: Sequence[ToolKind] = (), sources: Sequence[str] = ()) -> ToolsFound:
        """The `k` tools that serve `query` best, of these kinds and sources where some are given."""
        self._used_at = self._clock()
        built = self._ready()
        allowed = _allowed(built.snapshot.tools, kinds, sources)
        query = query[:_MOST_QUERY]
        complete = built.snapshot.complete and self._embed is not None
        try:
            found = built.router.find(query, k * _MORE, allowed=allowed)
        except UnavailableError as error:
            log.info("tools are found by words alone: %s", error.message)
            complete = False
            found = self._by_words(built.snapshot).find(query, k * _MORE, allowed=allowed)
        hits = _hits(built.snapshot.tools, found, k)
        if hits and not found.none_fits:
            with self._counting:
                self._shown.update(hit.tool.id for hit in hits)
        return ToolsFound(
            hits=hits,
            none_fits=found.none_fits or not hits,
            parts=found.parts,
            complete=complete,
        )

    def observed(self, query: str, tool_id: str) -> None:
        """Keeps that a tool was chosen for a request.  Raises NothingFound for a tool that is not known."""
        if self._catalogue.tool(tool_id) is None:
            raise NothingFound(f"there is no tool {tool_id}")
        query = " ".join(query.split())[:_MOST_QUERY]
        if query:
            self._catalogue.add_examples([(tool_id, query)], "observed")

    def shown(self) -> Mapping[str, int]:
        """How often each tool was shown for a request."""
        self._keep_shown()
        return self._index.tools.shown()

    def _keep_shown(self) -> None:
        with self._counting:
            counted, self._shown = self._shown, Counter()
        if counted:
            with self._index.write() as tx:
                self._index.tools.add_shown(tx, counted)

    def trained(self) -> Trained | None:
        """The weights that training fitted and that are in use; None for those of the package."""
        kept = self._vault.tools.weights()
        try:
            return msgspec.json.decode(kept[0], type=Trained) if kept else None
        except msgspec.MsgspecError:
            log.warning("the trained weights are of another version and not used")
            return None

    def snapshot(self) -> Snapshot:
        """What the router that answers was built from; that of `build` is the newest."""
        return self._ready().snapshot

    def router(self) -> Router:
        """The newest router: for training and measuring."""
        return self.build().router

    def tidy(self) -> bool:
        """Gives back what is held in memory if nobody asked for a while; whether it did."""
        self._keep_shown()
        with self._building:
            if self._built is None or self._clock() - self._used_at < self._idle_s:
                return False
            self._built = self._words = None
            return True

    def _ready(self) -> _Built:
        """A router of the tools as they are now.

        A further example changes little and building takes a second: then the router that is there answers, and the
        next one is built beside it.
        """
        built = self._built
        if built is None or not self._serves(built):
            return self.build()
        late = built.snapshot.generation != self._catalogue.generation
        if late and self._clock() - self._built_at >= _BESIDE_S and not self._building.locked():
            threading.Thread(target=self._build_beside, name="lsfs-tool-router", daemon=True).start()
        return built

    def build(self) -> _Built:
        """A router of the catalogue as it is now, examples and all."""
        with self._building:
            built = self._built
            if built is None or built.snapshot.generation != self._catalogue.generation:
                taken = snapshot(self._catalogue, self._vault, self._index)
                built = _Built(taken, self._router(taken, self._embed))
                self._built, self._built_at = built, self._clock()
            return built

    def _serves(self, built: _Built) -> bool:
        there = built.snapshot
        if there.generation == self._catalogue.generation:
            return True
        return there.complete and there.tools_generation == self._catalogue.tools_generation

    def _build_beside(self) -> None:
        try:
            self.build()
        except LsfsError as error:
            log.info("the router stays as it is: %s", error.message)

    def _by_words(self, taken: Snapshot) -> Router:
        with self._building:
            if self._words is None or self._words.snapshot is not taken:
                self._words = _Built(taken, self._router(taken, None))
            return self._words.router

    def _router(self, taken: Snapshot, embed: Embed | None) -> Router:
        return Router(
            taken.cards,
            taken.vectors,
            tokens=self._index.passages.tokens,
            embed=embed,
            known=taken.known,
            examples=taken.examples,
            trained=self.trained(),
            prior=prior(taken.tools),
        )


def prior(tools: Sequence[Tool]) -> NDArray[np.float32]:
    """By tool, what its fused score is changed by: the subcommands of a program share one chance among them.

    The best of many pages is good by chance, so that programs with hundreds of them would come first everywhere.
    """
    pages = Counter((tool.source, tool.group) for tool in tools if _is_part(tool))
    return np.array(
        [-_SHARING * math.log(pages[tool.source, tool.group]) if _is_part(tool) else 0.0 for tool in tools], np.float32
    )


def _is_part(tool: Tool) -> bool:
    return tool.kind == "command" and tool.group not in ("", tool.name)


def _allowed(tools: Sequence[Tool], kinds: Sequence[ToolKind], sources: Sequence[str]) -> NDArray[np.bool_] | None:
    if not kinds and not sources:
        return None
    return np.array(
        [(not kinds or tool.kind in kinds) and (not sources or tool.source in sources) for tool in tools], np.bool_
    )


def _hits(tools: Sequence[Tool], found: Found, k: int) -> tuple[ToolHit, ...]:
    """The best tools by score; a program stands once, with the best of its subcommands.

    Which are chosen depends on those before them (`lsfs.tools.routing.fusion.ranked`); in what order they are shown
    does not.
    """
    programs = {(tool.source, tool.group): tool for tool in tools if tool.kind == "command" and tool.name == tool.group}
    seen: set[str] = set()
    hits: list[ToolHit] = []
    for hit in found.hits:
        tool = tools[hit.tool]
        shown = programs.get((tool.source, tool.group), tool) if tool.kind == "command" else tool
        if shown.id not in seen:
            seen.add(shown.id)
            hits.append(_hit(shown, tool, hit))
    return tuple(sorted(hits[:k], key=lambda hit: -hit.score))


def _hit(shown: Tool, tool: Tool, hit: Hit) -> ToolHit:
    matched = hit.matched if shown is tool else f"{' '.join(tool.invocation.get('argv', ()))}: {hit.matched}"
    return ToolHit(tool=shown, score=hit.score, matched=matched, evidence=hit.evidence)
