"""The catalogue as the router reads it: cards, vectors and examples, each tool by its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsfs.core.tools import Origin, Tool
from lsfs.store.index import Index
from lsfs.store.vault import Vault
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.describing import card_of, text_hash
from lsfs.tools.routing import usage
from lsfs.tools.routing.cards import Card, view_texts

_MOST_EXAMPLES = 200
"""Of one tool, the newest."""
_ORIGINS: dict[Origin, usage.Origin] = {
    "written": usage.Origin.WRITTEN,
    "imported": usage.Origin.IMPORTED,
    "observed": usage.Origin.OBSERVED,
}
_VIEWS = 3
_DIMENSIONS = 384
"""Where there are no vectors yet."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All tools that are switched on, by number."""

    generation: int
    tools_generation: int
    tools: Sequence[Tool]
    cards: Sequence[Card]
    vectors: NDArray[np.float32]
    """``[tools, views, dimensions]``, zeros where there is none."""
    known: NDArray[np.bool_]
    """Which tools have all their vectors."""
    examples: usage.Examples
    """Those that have a vector."""
    complete: bool
    """Every tool has its vectors."""


def snapshot(catalogue: Catalogue, vault: Vault, index: Index) -> Snapshot:
    """What there is now."""
    generations = catalogue.generation, catalogue.tools_generation
    tools = catalogue.enabled()
    cards = [card_of(tool) for tool in tools]
    rows, vectors = _vectors(index)
    views = [[rows.get(text_hash(text), -1) for text in view_texts(card)] for card in cards]
    places = np.array(views, np.int64).reshape(len(tools), _VIEWS)
    known: NDArray[np.bool_] = np.array([min(found) >= 0 for found in views], np.bool_)
    placed = vectors[places] if len(vectors) else np.zeros((*places.shape, vectors.shape[1]), np.float32)
    placed[places < 0] = 0
    requests = _requests(tools, vault)
    found = [
        (tool, text, row, origin) for tool, text, origin in requests if (row := rows.get(text_hash(text))) is not None
    ]
    examples = usage.Examples(
        np.array([one[0] for one in found], np.int32),
        tuple(one[1] for one in found),
        vectors[np.array([one[2] for one in found], np.int64)]
        if found
        else np.empty((0, vectors.shape[1]), np.float32),
        np.array([one[3] for one in found], np.uint8),
    )
    return Snapshot(*generations, tools, cards, placed, known, examples, bool(known.all()))


def _vectors(index: Index) -> tuple[dict[bytes, int], NDArray[np.float32]]:
    """The row of each text by its hash, and the rows."""
    hashes, data = index.tools.vectors()
    if not hashes:
        return {}, np.empty((0, _DIMENSIONS), np.float32)
    rows = np.frombuffer(data, np.float32).reshape(len(hashes), -1)
    return {digest: row for row, digest in enumerate(hashes)}, rows


def _requests(tools: Sequence[Tool], vault: Vault) -> list[tuple[int, str, int]]:
    """The example requests of each tool: its number, the request, and where that comes from."""
    numbers = {tool.id: number for number, tool in enumerate(tools)}
    found: list[tuple[int, str, int]] = []
    for number, tool in enumerate(tools):
        found += [(number, text, usage.Origin.IMPORTED) for text in tool.examples]
    counts = np.zeros(len(tools), np.int64)
    for one in reversed(vault.tools.all_examples()):  # the newest of a tool first
        number_of = numbers.get(one.tool)
        if number_of is not None and counts[number_of] < _MOST_EXAMPLES:
            counts[number_of] += 1
            found.append((number_of, one.query, _ORIGINS[one.origin]))
    return found
