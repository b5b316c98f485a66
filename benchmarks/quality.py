"""How good searches are, from files on disk to what ``find`` gives: nDCG@10 and recall@10 of each collection.

    python benchmarks/quality.py FOLDER [--sets NAME…] [--models DIR] [--queries 500] [--mode hybrid] [--json FILE]

FOLDER holds collections, each with ``corpus/<id>.<ext>``, ``queries.jsonl`` ({"id", "query"}) and ``qrels.tsv``
(query, document, relevance).  Each is indexed with ``lsfs up --wait`` in a home of its own that is deleted afterwards;
the queries go through the daemon's socket.  With ``--queries N`` at most N of a collection are asked (seed 7).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from lsfs.core.locations import Paths
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client

SEED = 7
DEPTH = 10


class Collection(NamedTuple):
    """Documents on disk, questions, and which documents answer each."""

    folder: Path
    questions: dict[str, str]
    relevant: dict[str, dict[str, int]]


class Score(NamedTuple):
    """Means over the questions of a collection."""

    name: str
    questions: int
    ndcg: float
    recall: float
    refused: float
    """Share of the questions that found nothing good."""
    p50_ms: float
    p95_ms: float
    index_s: float


def load(folder: Path, most: int | None) -> Collection:
    """A collection, its questions limited to `most`."""
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    questions = {row["id"]: row["query"] for row in map(json.loads, lines)}
    relevant: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        question, document, grade = line.split("\t")
        if grade.isdigit() and int(grade):
            relevant.setdefault(question, {})[document] = int(grade)
    judged = [question for question in questions if question in relevant]
    if most is not None and most < len(judged):
        judged = sorted(random.Random(SEED).sample(judged, most))
    return Collection(folder, {question: questions[question] for question in judged}, relevant)


def ndcg(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """nDCG@10 with linear gain."""
    gain = sum(grades.get(name, 0) / math.log2(place + 2) for place, name in enumerate(found[:DEPTH]))
    ideal = sorted(grades.values(), reverse=True)[:DEPTH]
    return gain / sum(grade / math.log2(place + 2) for place, grade in enumerate(ideal))


@contextmanager
def indexed(corpus: Path, models: str | None) -> Iterator[tuple[Client, float]]:
    """A daemon of its own that has indexed `corpus`, and how long that took."""
    with tempfile.TemporaryDirectory(prefix="lsfs-quality-") as home:
        environ = {key: os.environ[key] for key in ("PATH", "PYTHONPATH", "LANG") if key in os.environ}
        environ |= {"HOME": home, "XDG_RUNTIME_DIR": home, "TZ": "UTC", "LSFS_LLM": "off", "LSFS_LEARN": "off"}
        if models:
            environ["LSFS_MODELS"] = models
        command = [sys.executable, "-m", "lsfs_cli"]
        begun = time.perf_counter()
        try:
            subprocess.run([*command, "up", str(corpus), "--wait"], env=environ, check=True, stdout=sys.stderr)
            took = time.perf_counter() - begun
            fields = caller_fields(environ, os.fsencode(corpus), "cli")
            yield Client(Paths.from_env(environ), fields, launch=_no_launch, on_demand=False), took
        finally:
            subprocess.run([*command, "down"], env=environ, check=False, stdout=subprocess.DEVNULL)


def _no_launch() -> None:
    raise SystemExit("the daemon has gone")


def measure(collection: Collection, models: str | None, mode: str) -> Score:
    """Asks all questions of a collection and scores the answers."""
    gains: list[float] = []
    recalls: list[float] = []
    times: list[float] = []
    refused = 0
    with indexed(collection.folder / "corpus", models) as (client, took):
        for key, question in collection.questions.items():
            begun = time.perf_counter()
            answer: dict[str, Any] = client.call("find", {"words": question, "limit": DEPTH, "mode": mode})
            times.append((time.perf_counter() - begun) * 1000)
            found = [Path(hit["path"]).stem for hit in answer["hits"]]
            grades = collection.relevant[key]
            gains.append(ndcg(found, grades))
            recalls.append(len(grades.keys() & set(found)) / min(len(grades), DEPTH))
            refused += not found
    times.sort()
    count = len(gains)
    p50, p95 = times[count // 2], times[min(count - 1, count * 95 // 100)]
    name = collection.folder.name
    return Score(name, count, sum(gains) / count, sum(recalls) / count, refused / count, p50, p95, took)


def main() -> None:
    """Measures the collections and prints a table."""
    parser = argparse.ArgumentParser(description="nDCG@10 and recall@10 of the whole product")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="*", help="names of collections; all in FOLDER without it")
    parser.add_argument("--models", default=os.environ.get("LSFS_MODELS"))
    parser.add_argument("--queries", type=int, help="at most so many of each collection")
    parser.add_argument("--mode", choices=["hybrid", "keyword", "semantic"], default="hybrid")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    folders = [path.parent for path in sorted(args.folder.glob("*/queries.jsonl"))]
    folders = [path for path in folders if not args.sets or path.name in args.sets]
    if not folders:
        raise SystemExit(f"{args.folder} holds no collection")
    titles = (
        ("questions", 10),
        ("nDCG@10", 9),
        ("R@10", 7),
        ("refused", 9),
        ("p50 ms", 8),
        ("p95 ms", 8),
        ("index s", 9),
    )
    print(f"{'collection':22}" + "".join(f"{title:>{width}}" for title, width in titles))
    scores = []
    for folder in folders:
        score = measure(load(folder, args.queries), args.models, args.mode)
        scores.append(score)
        print(
            f"{score.name:22}{score.questions:10}{score.ndcg:9.3f}{score.recall:7.3f}{score.refused:9.3f}"
            f"{score.p50_ms:8.1f}{score.p95_ms:8.1f}{score.index_s:9.0f}",
            flush=True,
        )
    mean = sum(score.ndcg for score in scores) / len(scores)
    print(f"{'mean':22}{'':10}{mean:9.3f}{sum(score.recall for score in scores) / len(scores):7.3f}")
    if args.json:
        args.json.write_text(json.dumps({"mean_ndcg": mean, "sets": [score._asdict() for score in scores]}, indent=1))


if __name__ == "__main__":
    main()
