"""How fast the default embedder is, against what the machine's own fp32 matrix product would allow.

    python benchmarks/embedding.py FOLDER [--models DIR] [--rounds 15] [--threads 2] [--seconds 90] [--json FILE]

FOLDER holds real text.  The product and the embedders take turns within each round, because the speed of a shared
machine drifts; medians over the rounds are shown.  Tokens are those of the texts, special ones included, padding not.

Other busy processes do not slow all alike: a product whose threads wait for each other loses more than texts that are
computed apart, which would flatter the ratio.  So with several threads only turns count in which the process got its
processors, and rounds go on until enough do or the time is up; where too few did, nothing is shown.  ``--threads 1``
measures processor time instead, which other processes hardly change: the way on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lsfs.embed.minilm import MiniLmEmbedder
from lsfs.embed.onnx_folder import OnnxFolderEmbedder
from lsfs.embed.tokens import load_tokenizer, token_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PASSAGE_CHARACTERS = 900
PASSAGES, PLAIN_PASSAGES, COMPARED_PASSAGES = 16, 6, 200
UNDISTURBED = 0.93
"""Share of its processors that a turn must have had to count."""
QUERY = "when can I cancel the lease for the flat in"  # 12 tokens
MATMUL_FLOP_PER_TOKEN = 2 * 6 * (4 * 384 * 384 + 2 * 384 * 1536)  # 2 · 10.6 M
ATTENTION_FLOP_PER_PAIR = 6 * 2 * 2 * 384
PRODUCT_SIDE = 2048


def passages(folder: Path, count: int) -> list[str]:
    """`count` passages spread evenly over the text files of `folder`, the first 20,000 passages of them."""
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".txt", ".md", ".rst", ".py", ".html", ".tex"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")[: 20 * PASSAGE_CHARACTERS]
        found += [text[at : at + PASSAGE_CHARACTERS] for at in range(0, len(text), PASSAGE_CHARACTERS)]
        if len(found) > 100 * count:
            break
    if len(found) < count:
        raise SystemExit(f"{folder} has {len(found)} passages of text, {count} are needed")
    return found[:: len(found) // count][:count]


class Turn(NamedTuple):
    """What one piece of work took."""

    seconds: float
    processors: float
    """Processors it had on average."""


def turn(work: Callable[[], object]) -> Turn:
    start, start_cpu = time.perf_counter(), time.process_time()
    work()
    elapsed = time.perf_counter() - start
    return Turn(elapsed, (time.process_time() - start_cpu) / elapsed)


class Round(NamedTuple):
    """Speeds in one round, and for which of them the process had its processors."""

    gflops: float
    product_counts: bool
    rate: float
    rate_counts: bool
    plain_rate: float
    plain_counts: bool


def flop_per_token(lengths: Sequence[int]) -> float:
    """Floating-point operations that a text's tokens cost on average, attention among a text's own tokens included."""
    pairs = sum(length * length for length in lengths)
    return MATMUL_FLOP_PER_TOKEN + ATTENTION_FLOP_PER_PAIR * pairs / sum(lengths)


def throughput(models: Path, texts: list[str], threads: int, wanted: int, limit_s: float) -> dict[str, float | None]:
    """Medians over the rounds that count, and how near the vectors are to the plain session's."""
    import numpy as np

    tokenizer = load_tokenizer(models / "tokenizer.json", 256)
    lengths = [len(token_ids(tokenizer, text, 256)) for text in texts]
    ours = MiniLmEmbedder(models, threads=threads)
    plain = OnnxFolderEmbedder(models, id="plain", threads=threads)
    side = np.random.default_rng(0).random((PRODUCT_SIDE, PRODUCT_SIDE), dtype=np.float32)

    def cost(one: Turn) -> float:
        return one.seconds * one.processors if threads == 1 else one.seconds

    def counts(one: Turn) -> bool:
        return threads == 1 or one.processors >= UNDISTURBED * threads

    def one_round() -> Round:
        product = min((turn(lambda: side @ side) for _ in range(3)), key=cost)  # the most that the machine allowed
        mine = turn(lambda: ours.embed(texts[:PASSAGES]))
        theirs = turn(lambda: plain.embed(texts[:PLAIN_PASSAGES]))
        return Round(
            2 * PRODUCT_SIDE**3 / cost(product) / 1e9,
            counts(product),
            sum(lengths[:PASSAGES]) / cost(mine),
            counts(mine),
            sum(lengths[:PLAIN_PASSAGES]) / cost(theirs),
            counts(theirs),
        )

    one_round()  # warms up
    rounds: list[Round] = []
    counted: list[Round] = []
    end = time.perf_counter() + limit_s
    while len(rounds) < wanted or (len(counted) < wanted and time.perf_counter() < end):
        rounds.append(one_round())
        counted = [one for one in rounds if one.product_counts and one.rate_counts]
    plain_counted = [one for one in rounds if one.product_counts and one.plain_counts]
    flop, plain_flop = flop_per_token(lengths[:PASSAGES]), flop_per_token(lengths[:PLAIN_PASSAGES])
    cosines = row_cosines(ours.embed(texts), plain.embed(texts))
    return {
        "rounds": len(rounds),
        "rounds that count": len(counted),
        "matrix product, GFLOP/s": median(one.gflops for one in counted),
        "file as it is, tokens/s": median(one.plain_rate for one in plain_counted),
        "file as it is, of the fp32 bound": median(
            one.plain_rate * plain_flop / one.gflops / 1e9 for one in plain_counted
        ),
        "tokens/s": median(one.rate for one in counted),
        "of the fp32 bound": median(one.rate * flop / one.gflops / 1e9 for one in counted),
        "cosine to the file as it is, mean": float(np.mean(cosines)),
        "cosine to the file as it is, least": float(np.min(cosines)),
        "tokens per passage": sum(lengths) / len(lengths),
    }


def query_latency(models: Path) -> dict[str, float | None]:
    """Milliseconds of a query in a warm process, alone on its thread."""
    import numpy as np

    embedder = MiniLmEmbedder(models, threads=1)
    times = [turn(lambda: embedder.embed([QUERY])).seconds * 1e3 for _ in range(320)][20:]
    return {
        "query of 12 tokens, ms p50": float(np.median(times)),
        "query of 12 tokens, ms p95": float(np.percentile(times, 95)),
    }


def median(values: Iterable[float]) -> float | None:
    """None of too few to tell."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if len(ordered) >= 5 else None


def row_cosines(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    cosines: NDArray[np.float32] = (first * second).sum(axis=1)
    return cosines


def footprint(models: Path, texts: list[str], threads: int) -> dict[str, float | None]:
    """Memory and start time of a process that does nothing but embed; medians of five."""
    command = [sys.executable, __file__, "--child", "--models", str(models), "--threads", str(threads)]
    runs: list[dict[str, float]] = []
    for _ in range(5):
        done = subprocess.run(command, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True)
        runs.append(json.loads(done.stdout))
    return {name: median(run[name] for run in runs) for name in runs[0]}


def child(models: Path, threads: int) -> dict[str, float | None]:
    """What one process measures of itself: load, first query, then a bulk of texts from standard input."""
    texts = json.load(sys.stdin)

    start = time.perf_counter()
    embedder = MiniLmEmbedder(models, threads=threads)
    embedder.embed([QUERY])
    loaded = time.perf_counter() - start
    embedder.embed(texts)
    return {
        "libraries, model and first query, s": loaded,
        "bulk process, MiB resident at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "bulk process, MiB anonymous": anonymous_mib(),
    }


def anonymous_mib() -> float:
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        values = dict(line.split(":", 1) for line in file if line.startswith("Anonymous"))
    return int(values["Anonymous"].split()[0]) / 1024


def default_models() -> Path:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return Path(os.environ.get("LSFS_MODELS") or data / "lsfs/models") / "minilm-l6-int8"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--models", type=Path, default=default_models(), help="the model's folder")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=90.0, help="how long to wait for undisturbed rounds")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.models, given.threads)))
        return
    if given.folder is None:
        parser.error("which folder of text?")
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(given.threads)  # read by numpy's import
    texts = passages(given.folder, COMPARED_PASSAGES)
    figures: dict[str, Any] = footprint(given.models, texts, given.threads)
    figures |= query_latency(given.models)
    figures |= throughput(given.models, texts, given.threads, given.rounds, given.seconds)
    for name, value in figures.items():
        print(f"{name:40} " + ("machine too busy" if value is None else f"{value:10.4g}"))
    document = json.dumps({"threads": given.threads, **figures}, indent=1)
    print(document)
    if given.json:
        given.json.write_text(document + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
