"""``tools train`` and ``tools eval``: the router learns from what is kept of its use, and is measured on sets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.core.api.tooling import ToolsEvalResult, ToolsTrainResult
from lsfs.core.errors import NothingFound, UnavailableError
from lsfs.store.vault import Vault
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.finding import Finding
from lsfs.tools.importers.files import read_file
from lsfs.tools.routing.cards import Card, view_texts
from lsfs.tools.routing.defaults import DEFAULT
from lsfs.tools.routing.evaluating import Figures, Judged, figures, read_requests, read_tools
from lsfs.tools.routing.evidence import Embed
from lsfs.tools.routing.lexical import Tokens
from lsfs.tools.routing.router import Router
from lsfs.tools.routing.trained import Trained
from lsfs.tools.routing.training import Measured, train
from lsfs.tools.routing.usage import Examples, Origin

_TOOLS, _REQUESTS, _NONE, _USAGE = "tools.jsonl", "queries.jsonl", "queries_none.jsonl", "queries_train.jsonl"


class Measuring:
    """Learns and measures."""

    def __init__(
        self,
        catalogue: Catalogue,
        finding: Finding,
        vault: Vault,
        embed: Embed | None,
        tokens: Tokens,
        now_ns: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._finding = finding
        self._vault = vault
        self._embed = embed
        self._tokens = tokens
        self._now_ns = now_ns

    def train(self) -> ToolsTrainResult:
        """Fits the weights to the examples that are kept, and uses them where they are better on what was held out.

        Raises UnavailableError without an embedder, NothingFound where too little is kept to learn from.
        """
        began = time.perf_counter()
        catalogue = self._finding.router().catalogue
        report = train(catalogue, self._embedder(), self._finding.trained() or DEFAULT)
        if not report.before.requests:
            raise NothingFound("there are too few examples to learn from", hint="lsfs tools import takes in more")
        if report.kept:
            with self._vault.write() as tx:
                self._vault.tools.put_weights(tx, msgspec.json.encode(report.trained), self._now_ns())
            self._catalogue.changed()
        return ToolsTrainResult(
            examples=len(catalogue.usage.examples.texts),
            before=_shares(report.before),
            after=_shares(report.after),
            kept="new" if report.kept else "old",
            seconds=round(time.perf_counter() - began, 2),
        )

    def evaluate(self, path: Path, *, any_of: bool = False) -> ToolsEvalResult:
        """How often the right tools come first, on a set or, where `path` is a file of requests, among those known.

        A set is a folder with ``tools.jsonl`` and ``queries.jsonl``; ``queries_none.jsonl`` are requests that no
        candidate fits, ``queries_train.jsonl`` usage, which is learnt from first.  With `any_of` a request of a file is
        served by any of its tools.  Raises what reading them raises.
        """
        if not path.is_dir():
            return self._among_known(read_requests(read_file(path)), any_of=any_of)
        cards = read_tools(read_file(path / _TOOLS))
        numbers = {name: number for number, name in enumerate(cards)}
        asked = read_requests(read_file(path / _REQUESTS))
        embed = self._embedder()
        router = self._router(list(cards.values()), embed)
        found = _told(figures(router, numbers, asked))
        if os.path.exists(path / _NONE):
            found |= _told(figures(router, numbers, read_requests(read_file(path / _NONE))))
        if os.path.exists(path / _USAGE):
            examples = _examples(numbers, read_requests(read_file(path / _USAGE)), embed)
            used = self._router(list(cards.values()), embed, examples)
            report = train(used.catalogue, embed, DEFAULT)
            learnt = self._router(list(cards.values()), embed, examples, report.trained)
            found |= {f"with usage: {name}": value for name, value in _told(figures(learnt, numbers, asked)).items()}
        return ToolsEvalResult(tools=len(cards), queries=len(asked), figures=found)

    def _among_known(self, asked: Sequence[Judged], *, any_of: bool) -> ToolsEvalResult:
        """Asked as a user asks: programs stand for their subcommands."""
        served = {3: 0.0, 5: 0.0}
        complete, refused = 0, 0
        for one in asked:
            found = self._finding.find(one.query, max(served))
            refused += found.none_fits
            names = [{hit.tool.id, hit.tool.name} for hit in found.hits]
            got = {k: sum(any(gold in each for each in names[:k]) for gold in one.gold) for k in served}
            for k, count in got.items():
                served[k] += bool(count) if any_of else count / max(len(one.gold), 1)
            complete += bool(got[5]) if any_of else got[5] == len(one.gold)
        count = max(len(asked), 1)
        figures_of = {f"in the top {k}": round(value / count, 4) for k, value in served.items()}
        figures_of |= {"all in the top 5": round(complete / count, 4), "refused": round(refused / count, 4)}
        return ToolsEvalResult(tools=len(self._finding.snapshot().tools), queries=len(asked), figures=figures_of)

    def _embedder(self) -> Embed:
        """Embeds each text once."""
        if self._embed is None:
            raise UnavailableError("there is no embedder", hint="lsfs models list")
        return remembering(self._embed)

    def _router(
        self, cards: Sequence[Card], embed: Embed, examples: Examples | None = None, trained: Trained | None = None
    ) -> Router:
        vectors = embed([text for card in cards for text in view_texts(card)])
        return Router(
            cards,
            vectors.reshape(len(cards), -1, vectors.shape[1]),
            tokens=self._tokens,
            embed=embed,
            examples=examples,
            trained=trained,
        )


def remembering(embed: Embed) -> Embed:
    """The same embedder, which is asked about each text once."""
    rows: dict[str, NDArray[np.float32]] = {}

    def embedded(texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in rows]
        if new:
            rows.update(zip(new, embed(new), strict=True))
        return np.stack([rows[text] for text in texts])

    return embedded


def _examples(numbers: Mapping[str, int], usage: Sequence[Judged], embed: Embed) -> Examples:
    pairs = [(numbers[tool], one.query) for one in usage for tool in one.gold if tool in numbers]
    texts = [text for _, text in pairs]
    origins = np.full(len(pairs), Origin.IMPORTED, np.uint8)
    return Examples(np.array([tool for tool, _ in pairs], np.int32), texts, embed(texts), origins)


def _told(found: Figures) -> dict[str, float]:
    """Figures by what they are called."""
    said: dict[str, float] = {}
    if found.requests:
        said |= {
            "recall at 5": found.recall,
            "all in the top 5": found.complete,
            "refused wrongly": found.refused_wrongly,
        }
    if found.without:
        said["refused rightly"] = found.refused_rightly
    return {name: round(value, 4) for name, value in said.items()}


def _shares(measured: Measured) -> dict[str, float]:
    """What was measured on tools that were held out, as if they had been used and as if they had not."""
    return {
        "used: recall at 5": round(measured.used_recall, 4),
        "used: all in the top 5": round(measured.used_complete, 4),
        "unused: recall at 5": round(measured.unused_recall, 4),
        "unused: all in the top 5": round(measured.unused_complete, 4),
    }
