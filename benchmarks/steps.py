"""Where the time of a search goes, step by step, as processor time of the searching thread.

    python benchmarks/steps.py PREPARED [--queries 200] [--json FILE]

PREPARED is a prepared-… folder that ``search.py --work`` has made; it is copied, and searched in this process through
the engine, without its background threads.  Processor time, since it says the same on a busy machine; the query's
vector is made in the embedder's process, so for that the time waited is given.  Steps hold those that they call.
"""

from __future__ import annotations

import functools
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import harness
from harness import Report, installation, percentile
from prepared import read_prepared
from search import WARM_UP, queries

from lsfs.compose import open_engine
from lsfs.core.api import FindRequest
from lsfs.core.config import load_config
from lsfs.engine import finding
from lsfs.index import search
from lsfs.index.names import NameSearch
from lsfs.index.vectors import VectorIndex
from lsfs.store.index.passages import Passages
from lsfs.store.index.vectors import Vectors
from lsfs.workers.embedder import RemoteEmbedder

STEPS: tuple[tuple[str, object, str], ...] = (
    ("words to postings, with variants", search, "query_postings"),
    ("… frequencies of terms", Passages, "frequency"),
    ("… terms that begin alike", Passages, "starting"),
    ("… reading postings", Passages, "postings"),
    ("BM25 of passages", search, "word_evidence"),
    ("names", NameSearch, "scores"),
    ("vectors, nearest by codes", VectorIndex, "nearest"),
    ("vectors, exact cosines", Vectors, "cosines"),
    ("ranking", search, "rank"),
    ("hits with their snippets", finding.Finding, "_hit"),
)


class Stopwatch:
    """Sums the processor milliseconds of wrapped functions, search by search."""

    def __init__(self) -> None:
        self.samples: dict[str, list[float]] = {}

    def next_search(self) -> None:
        """From here on counts as the next one."""
        for sums in self.samples.values():
            sums.append(0.0)

    def wrap(self, label: str, owner: Any, name: str, clock: Callable[[], float] = time.thread_time) -> None:
        """Has `owner.name` counted under the label."""
        work = getattr(owner, name)
        sums = self.samples.setdefault(label, [])

        @functools.wraps(work)
        def counted(*arguments: Any, **named: Any) -> Any:
            start = clock()
            try:
                return work(*arguments, **named)
            finally:
                if sums:
                    sums[-1] += (clock() - start) * 1e3

        setattr(owner, name, counted)


def main() -> None:
    made = harness.parser(__doc__)
    made.add_argument("prepared", type=Path, metavar="PREPARED")
    made.add_argument("--queries", type=int, default=200)
    given = made.parse_args()
    prepared = read_prepared(given.prepared)
    report = Report("steps", vars(given))
    watch = Stopwatch()
    for label, owner, name in STEPS:
        watch.wrap(label, owner, name)
    watch.wrap("the query's vector, waited for", RemoteEmbedder, "embed", time.perf_counter)
    with tempfile.TemporaryDirectory(prefix="steps-", dir=given.work) as scratch:
        home = Path(scratch, "home")
        shutil.copytree(prepared.home, home)
        with installation(home=home, embedder=prepared.embedder) as lsfs:
            engine = open_engine(lsfs.paths, load_config(lsfs.paths.config_file))
            engine._parts.prepare()
            watch.wrap("the whole search", engine, "find")
            requests = (FindRequest(**request) for request in queries(prepared, given.queries + WARM_UP, seed=7))
            for request in itertools.islice(requests, WARM_UP):
                engine.find(request)
            for request in requests:
                watch.next_search()
                engine.find(request)
            engine.close()
    report.add("chunks", prepared.chunks)
    for label, samples in watch.samples.items():
        report.add(f"{label}, mean", sum(samples) / len(samples), "ms", samples=samples)
        report.add(f"{label}, p95", percentile(samples, 0.95), "ms")
    report.finish(given.json)


if __name__ == "__main__":
    main()
