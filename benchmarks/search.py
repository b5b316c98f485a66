"""How fast and how exact a search is in an index of many chunks, at rest and beside a backlog.

    python benchmarks/search.py FOLDER [--chunks 100000] [--queries 400] [--work DIR] [--json FILE]

The index is that of `prepared.py`: passages of FOLDER's plain text, embedded, and filler made of them.  It is built
once in DIR (minutes) and copied for each run.  Queries are two to four words (two thirds) or a sentence of a passage
drawn at random; every fifth is filtered, in turn by folder, type and date.  Each is asked once.

- inside the daemon: `elapsed_ms` of the answer, all of the engine's work and none of HTTP's;
- over the socket: what a running client waits, JSON included;
- recall@10: of the ten chunks nearest by exact cosines with every vector, how many `VectorIndex` finds; every fifth
  query among a random tenth of the chunks;
- beside a backlog: another folder of filler is added, and queries are asked while it is read, and while it is embedded.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from corpus import some_sentence, some_words, text_files
from harness import Lsfs, Report, answered, embedder, installation, parser, percentile
from prepared import REAL_PASSAGES, Prepared, prepare

from lsfs.core.wirepath import to_wire
from lsfs.index.vectors import VectorIndex
from lsfs.store.index import Index

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILTERED_EVERY = 5
WARM_UP = 20


class Answered(NamedTuple):
    """What one query took, in milliseconds."""

    inside: float
    socket: float
    filtered: bool
    request: dict[str, Any]


def queries(prepared: Prepared, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Requests, as `find` takes them."""
    rng = random.Random(seed)
    files = text_files(prepared.folder)
    folders = sorted({file.parent for file in files})
    suffixes = [file.suffix for file in files if file.suffix]

    def a_filter(number: int) -> dict[str, Any]:
        if number % 3 == 0:
            return {"in_folder": to_wire(bytes(rng.choice(folders)))}
        return {"types": [rng.choice(suffixes)]} if number % 3 == 1 else {"since": f"{rng.randint(30, 900)} days ago"}

    made = 0
    while made < count:
        text = rng.choice(files).read_text(encoding="utf-8", errors="replace")
        start = rng.randrange(max(1, len(text) - 900))
        draw = some_sentence if made % 3 == 2 else some_words
        if words := draw(rng, text[start : start + 900]):
            made += 1
            yield {"words": words, **(a_filter(made // FILTERED_EVERY) if made % FILTERED_EVERY == 0 else {})}


def ask(lsfs: Lsfs, requests: Iterable[dict[str, Any]]) -> Iterator[Answered]:
    """Asks each in turn."""
    client = lsfs.client()
    for request in requests:
        result, seconds = answered(partial(client.call, "find", request))
        yield Answered(result["elapsed_ms"], seconds * 1e3, len(request) > 1, request)


def report_times(report: Report, name: str, asked: list[Answered], reach: tuple[str, str] = ("", "")) -> None:
    inside = [one.inside for one in asked]
    slowest = sorted(asked, reverse=True)[:10]
    report.add(f"{name}: queries", len(asked), samples=[one.request | {"ms": one.inside} for one in slowest])
    report.add(f"{name}: inside the daemon, p50", percentile(inside, 0.5), "ms", reach=reach[0], samples=inside)
    report.add(f"{name}: inside the daemon, p95", percentile(inside, 0.95), "ms", reach=reach[1])
    for share in (0.5, 0.95):
        over = percentile([one.socket for one in asked], share)
        report.add(f"{name}: over the socket, p{share * 100:.0f}", over, "ms")
    report.add(f"{name}: filtered ones, p95", percentile([one.inside for one in asked if one.filtered], 0.95), "ms")


def beside_backlog(
    lsfs: Lsfs, backlog: Path, requests: Iterator[dict[str, Any]], most: int
) -> tuple[list[Answered], list[Answered]]:
    """What queries took while the backlog was read, and while it was embedded; `most` in each phase at most."""
    reading: list[Answered] = []
    embedding: list[Answered] = []
    client = lsfs.client()
    client.call("up", {"paths": [to_wire(bytes(backlog))]})
    for one in ask(lsfs, requests):
        status = client.call("status")
        queues = status["queues"]
        if status["state"] != "working":
            break
        (embedding if queues["vectors"] and not queues["read"] else reading).append(one)
        if len(embedding) >= most:
            break
    return reading, embedding


def recall(prepared: Prepared, lsfs: Lsfs, words: list[str], embedder_name: str | None) -> float:
    """Recall@10 of `VectorIndex`, every fifth query among a random tenth of the chunks."""
    floats = np.load(prepared.vectors)
    there = floats.any(axis=1)  # chunk ids have gaps
    index = Index(Path(lsfs.paths.index_dir, "index.db"))
    vectors = VectorIndex(index, floats.shape[1])
    vectors.load()
    generator = np.random.default_rng(5)
    shares: list[float] = []
    with embedder(lsfs, embedder_name) as model:
        queried = model.embed(words)
    for number, query in enumerate(queried):
        filtered = number % FILTERED_EVERY == 0
        allowed = there & (generator.random(len(floats)) < 0.1) if filtered else there
        ids, cosines = vectors.cosines(vectors.nearest(query, allowed if filtered else None), query)
        found = set((ids[np.argsort(-cosines, kind="stable")[:10]] - 1).tolist())
        shares.append(_share(floats, query, allowed, found))
    index.close()
    return float(np.mean(shares))


def _share(
    vectors: NDArray[np.float32], query: NDArray[np.float32], allowed: NDArray[np.bool_], found: set[int]
) -> float:
    exact = np.where(allowed, vectors @ query, -2)
    best = set(np.argpartition(-exact, 9)[:10].tolist())
    return len(best & found) / len(best)


def measure(given: argparse.Namespace, work: Path, report: Report) -> None:
    place = work / f"prepared-{given.chunks}-{given.embedder or 'default'}"
    prepared = prepare(given.folder, place, given.chunks, given.embedder, given.real)
    report.add("chunks", prepared.chunks)
    report.add("of real passages", prepared.real_passages)
    with tempfile.TemporaryDirectory(prefix="run-", dir=work) as scratch:
        home, backlog = Path(scratch, "home"), Path(scratch, "backlog")
        shutil.copytree(prepared.home, home)
        with installation(home=home, embedder=prepared.embedder) as lsfs:
            requests = queries(prepared, 10 * given.queries + WARM_UP, seed=7)
            words = [request["words"] for request in queries(prepared, given.queries, seed=8)]
            found = recall(prepared, lsfs, words, given.embedder)
            report.add("recall@10, of the exact float vectors", found, reach="≥ 0.99")
            lsfs.up(prepared.folder, until="words")
            list(ask(lsfs, itertools.islice(requests, WARM_UP)))
            at_rest = list(ask(lsfs, itertools.islice(requests, given.queries)))
            report_times(report, "at rest", at_rest, ("≤ 20", "≤ 50"))
            if given.backlog:
                _backlog_of(prepared, backlog, given.backlog)
                reading, embedding = beside_backlog(lsfs, backlog, requests, given.queries)
                report_times(report, "backlog being read", reading, ("", "≤ 100"))
                report_times(report, "backlog being embedded", embedding, ("", "≤ 100"))


def _backlog_of(prepared: Prepared, target: Path, count: int) -> None:
    """Files that the index does not know, of the same texts in other order."""
    rng = random.Random(9)
    files = text_files(prepared.folder)
    for number in range(count):
        lines = "\n".join(rng.choice(files).read_text(errors="replace") for _ in range(2)).splitlines()
        rng.shuffle(lines)
        place = target / f"{number // 200:03d}" / f"new-{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(lines[: len(lines) // 2 + 1]), errors="replace")


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", type=Path, metavar="FOLDER")
    made.add_argument("--chunks", type=int, default=100_000)
    made.add_argument("--real", type=int, default=REAL_PASSAGES, help="real passages at least")
    made.add_argument("--queries", type=int, default=400)
    made.add_argument("--backlog", type=int, default=5_000, help="files of the backlog; 0 for none")
    given = made.parse_args()
    report = Report("search", vars(given))
    if given.work is not None:
        measure(given, given.work, report)
    else:
        with tempfile.TemporaryDirectory(prefix="search-") as work:
            measure(given, Path(work), report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
