"""How good the tool router is: recall@5 and all needed tools in the top 5 of each set, with and without usage.

    python benchmarks/tools.py FOLDER [--models DIR] [--set NAME…] [--stages] [--latency] [--json FILE]

FOLDER holds sets, each with ``tools.jsonl``, ``queries.jsonl`` and, if there are such, ``queries_train.jsonl`` (usage),
``tools_all.jsonl`` (more tools, same queries) and ``queries_none.jsonl`` (queries that none of their candidates fits).
The router, its tokenizer and its embedder run in this process.  ``--stages`` leaves out one kind of
evidence at a time.  ``--latency`` asks 5,000 tools with 18,000 examples, drawn from the sets.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from lsfs.core.config import Config
from lsfs.core.locations import Paths
from lsfs.embed.minilm import MiniLmEmbedder
from lsfs.models.registry import Purpose
from lsfs.models.store import open_store
from lsfs.store.index import Index
from lsfs.tools.routing.cards import Card, view_texts
from lsfs.tools.routing.defaults import DEFAULT
from lsfs.tools.routing.evaluating import Judged, figures, read_requests, read_tools
from lsfs.tools.routing.router import Router
from lsfs.tools.routing.trained import Trained
from lsfs.tools.routing.training import train
from lsfs.tools.routing.usage import Examples, Origin

STAGES: Mapping[str, Sequence[str]] = {
    "words of the whole request": ("words", "name_words", "summary_words", "rest_words"),
    "words of parts, pairs, names": ("part_words", "word_pairs", "name_named"),
    "meaning of the whole request": ("meaning", "name_meaning"),
    "meaning of parts": ("part_meaning",),
    "values": ("values",),
    "usage: learnt": ("learnt",),
    "usage: nearest and votes": ("near", "votes"),
    "usage: centroid": ("centroid",),
}
"""Evidence that is left out together."""


class Embedder:
    """Embeds each text once."""

    def __init__(self, folder: Path) -> None:
        self._model = MiniLmEmbedder(folder, threads=2)
        self._rows: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        new = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if new:
            self._rows.update(zip(new, self._model.embed(new), strict=True))
        return np.stack([self._rows[text] for text in texts])

    def fresh(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """As a user waits for it: nothing is remembered."""
        return self._model.embed(texts)


class Maker:
    """Makes routers over sets."""

    def __init__(self, embed: Embedder, tokens: Callable[[str], Sequence[str]]) -> None:
        self.embed, self.tokens = embed, tokens

    def router(self, cards: Sequence[Card], examples: Examples | None = None, trained: Trained | None = None) -> Router:
        """One with all vectors."""
        vectors = self.embed([text for card in cards for text in view_texts(card)]).reshape(len(cards), 3, -1)
        return Router(
            cards, vectors, tokens=self.tokens, embed=self.embed, examples=examples, trained=trained or DEFAULT
        )

    def examples(self, numbers: Mapping[str, int], usage: Sequence[Judged]) -> Examples:
        """The usage of those tools that are known."""
        pairs = [(numbers[tool], one.query) for one in usage for tool in one.gold if tool in numbers]
        return Examples(
            np.array([tool for tool, _ in pairs], np.int32),
            [text for _, text in pairs],
            self.embed([text for _, text in pairs]),
            np.full(len(pairs), Origin.IMPORTED, np.uint8),
        )


def measure(maker: Maker, folder: Path, tools: str, stages: bool) -> Iterator[dict[str, Any]]:
    """The rows of one set of tools."""
    cards = read_tools((folder / tools).read_bytes())
    numbers = {name: number for number, name in enumerate(cards)}
    asked = read_requests((folder / "queries.jsonl").read_bytes())
    name = folder.name if tools == "tools.jsonl" else f"{folder.name}, {len(cards)} tools"

    def row(kind: str, router: Router, requests: Sequence[Judged] = asked) -> dict[str, Any]:
        return {"set": name, "with": kind, **msgspec.to_builtins(figures(router, numbers, requests))}

    plain = maker.router(list(cards.values()))
    yield row("no usage", plain)
    if stages:
        yield from _ablated(maker, list(cards.values()), None, DEFAULT, row)
    yield row("only the right tools and a few drawn by chance", plain, _among_few(asked, list(cards)))
    if (folder / "queries_none.jsonl").exists():
        yield row("no tool fits", plain, read_requests((folder / "queries_none.jsonl").read_bytes()))
    if (folder / "queries_train.jsonl").exists():
        usage = read_requests((folder / "queries_train.jsonl").read_bytes())
        yield from _with_usage(maker, list(cards.values()), numbers, usage, asked, stages, row)


def _among_few(asked: Sequence[Judged], tools: Sequence[str]) -> list[Judged]:
    """The same requests, of few candidates each."""
    chance = np.random.default_rng(7)
    few = [chance.choice(tools, int(chance.choice([1, 2, 4, 8]))).tolist() for _ in asked]
    return [
        msgspec.structs.replace(one, candidates=(*one.gold, *others)) for one, others in zip(asked, few, strict=True)
    ]


def _with_usage(
    maker: Maker,
    cards: Sequence[Card],
    numbers: Mapping[str, int],
    usage: Sequence[Judged],
    asked: Sequence[Judged],
    stages: bool,
    row: Callable[..., dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    used = maker.router(cards, maker.examples(numbers, usage))
    yield row("usage", used)
    began = time.perf_counter()
    report = train(used.catalogue, maker.embed, DEFAULT)
    yield {
        **row("usage, trained", maker.router(cards, used.catalogue.usage.examples, report.trained)),
        "train_s": round(time.perf_counter() - began, 1),
        "held_out": msgspec.to_builtins(report.after),
    }
    if stages:
        yield from _ablated(maker, cards, used.catalogue.usage.examples, report.trained, row)
    chance = np.random.default_rng(7)
    hidden = {name for name, drawn in zip(numbers, chance.random(len(numbers)), strict=True) if drawn < 0.5}
    some = [one for one in usage if not hidden.intersection(one.gold)]
    theirs = [one for one in asked if hidden.intersection(one.gold)]
    half = maker.router(cards, maker.examples(numbers, some))
    yield row("tools unseen in usage: descriptions alone", maker.router(cards), theirs)
    yield row("tools unseen in usage: usage of the others", half, theirs)
    trained = train(half.catalogue, maker.embed, DEFAULT).trained
    yield row(
        "tools unseen in usage: usage of the others, trained",
        maker.router(cards, half.catalogue.usage.examples, trained),
        theirs,
    )


def _ablated(
    maker: Maker, cards: Sequence[Card], examples: Examples | None, trained: Trained, row: Callable[..., dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    router = maker.router(cards, examples, trained)
    head = trained.head
    for stage, features in STAGES.items():
        if any(head.weights.get(name) for name in features) and (examples is not None or "usage" not in stage):
            weights = {name: weight for name, weight in head.weights.items() if name not in features}
            router.trained = msgspec.structs.replace(trained, head=msgspec.structs.replace(head, weights=weights))
            yield row(f"{'usage, trained' if examples else 'no usage'}, without {stage}", router)
    for stage, changed in (
        ("cover", msgspec.structs.replace(head, coverage=0.0)),
        ("spread", msgspec.structs.replace(head, spread=0.0)),
    ):
        router.trained = msgspec.structs.replace(trained, head=changed)
        yield row(f"{'usage, trained' if examples else 'no usage'}, without {stage}", router)


def latency(maker: Maker, folder: Path, n_tools: int = 5_000, n_examples: int = 18_000) -> Iterator[dict[str, Any]]:
    """Times of one request after another, the embedding of the request included."""
    sets = sorted(folder.glob("*/tools*.jsonl"))
    cards = [card for path in sets for card in read_tools(path.read_bytes()).values()]
    cards = (cards * (n_tools // len(cards) + 1))[:n_tools]
    usage = [one for path in sorted(folder.glob("*/queries_train.jsonl")) for one in read_requests(path.read_bytes())]
    asked = [one.query for path in sorted(folder.glob("*/queries.jsonl")) for one in read_requests(path.read_bytes())]
    asked = np.random.default_rng(7).permutation(np.array(asked))[:500].tolist()
    texts = [one.query for one in usage][:n_examples]
    examples = Examples(
        np.random.default_rng(7).integers(n_tools, size=len(texts)).astype(np.int32),
        texts,
        maker.embed(texts),
        np.full(len(texts), Origin.IMPORTED, np.uint8),
    )
    for kind, given in (("no usage", None), (f"{len(texts)} examples", examples)):
        began = time.perf_counter()
        built = maker.router(cards, given)
        seconds = time.perf_counter() - began
        router = Router(
            cards,
            maker.embed([text for card in cards for text in view_texts(card)]).reshape(len(cards), 3, -1),
            tokens=maker.tokens,
            embed=maker.embed.fresh,
            examples=given,
        )
        del built
        times, computed = [], []
        for request in asked:
            began, at = time.perf_counter(), time.thread_time()
            router.find(request)
            times.append((time.perf_counter() - began) * 1000)
            computed.append((time.thread_time() - at) * 1000)
        yield {
            "set": f"{n_tools} tools",
            "with": kind,
            "p50_ms": round(statistics.median(times), 1),
            "p95_ms": round(float(np.percentile(times, 95)), 1),
            "cpu_p50_ms": round(statistics.median(computed), 1),
            "cpu_p95_ms": round(float(np.percentile(computed, 95)), 1),
            "build_s": round(seconds, 1),
        }


@contextmanager
def tokenizer() -> Iterator[Callable[[str], Sequence[str]]]:
    """The index's own."""
    with tempfile.TemporaryDirectory() as scratch:
        index = Index(Path(scratch) / "index.db")
        try:
            yield index.passages.tokens
        finally:
            index.close()


def main(arguments: Sequence[str]) -> int:
    """Prints a row for each measurement as it comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, help="models folder, if not the usual one")
    parser.add_argument("--set", nargs="*", help="names of the sets (all)")
    parser.add_argument("--stages", action="store_true", help="leave out one kind of evidence at a time")
    parser.add_argument("--latency", action="store_true", help="times among 5,000 tools, instead of the sets")
    parser.add_argument("--json", type=Path, help="write the rows here")
    given = parser.parse_args(arguments)
    rows = []
    with tokenizer() as tokens:
        maker = Maker(Embedder(_model(given.models)), tokens)
        for row in latency(maker, given.folder) if given.latency else _sets(maker, given):
            rows.append(row)
            print(_line(row), flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


def _sets(maker: Maker, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for folder in sorted(path.parent for path in given.folder.glob("*/tools.jsonl")):
        if not given.set or folder.name in given.set:
            for tools in ("tools.jsonl", "tools_all.jsonl"):
                if (folder / tools).exists():
                    yield from measure(maker, folder, tools, given.stages)


def _model(models: Path | None) -> Path:
    if models is not None:
        return models / "minilm-l6-int8"
    store = open_store(Paths.from_env(os.environ), Config())
    model = store.default(Purpose.EMBEDDER)
    return store.path(model or "minilm-l6-int8")["model.onnx"].parent


def _line(row: Mapping[str, Any]) -> str:
    if "p50_ms" in row:
        return (
            f"{row['set']}, {row['with']}: p50 {row['p50_ms']} ms, p95 {row['p95_ms']} ms, built in {row['build_s']} s"
        )
    parts = []
    if row["requests"]:
        parts.append(f"{row['recall']:.1%} / {row['complete']:.1%} of {row['requests']}")
        parts.append(f"refused wrongly {row['refused_wrongly']:.1%}")
    if row["without"]:
        parts.append(f"refused rightly {row['refused_rightly']:.1%} of {row['without']}")
    return f"{row['set']} | {row['with']} | {', '.join(parts)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
