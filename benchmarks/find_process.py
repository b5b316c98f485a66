"""What ``lsfs find`` costs as a whole process with a warm daemon, beside the imports it cannot do without.

    python benchmarks/find_process.py [FOLDER] [--pairs 40] [--json FILE]

The other half of each pair is ``python -c 'import click, http.client, json'`` in the same environment: any command
line in Python that speaks HTTP pays that much.  FOLDER is what the daemon has indexed; without one, 200 modules of
Python's own library.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import ExitStack
from pathlib import Path

from corpus import build_corpus, some_words, text_files
from harness import Lsfs, Report, alternating, command, installation, parser, percentile, timed

FLOOR = "import click, http.client, json"


def process_ms(lsfs: Lsfs, arguments: list[str]) -> float:
    """Milliseconds from the start of a process to its end."""
    codes: list[int] = []

    def run() -> None:
        with open(os.devnull, "wb") as nowhere:
            codes.append(subprocess.call(arguments, env=lsfs.environ, stdout=nowhere, stderr=nowhere))

    seconds = timed(run)
    if codes[0] not in (0, 1):
        raise SystemExit(f"{' '.join(arguments)}: exit code {codes[0]}")
    return seconds * 1e3


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    made.add_argument("--pairs", type=int, default=40)
    given = made.parse_args()
    report = Report("find_process", vars(given))
    with ExitStack() as stack:
        folder = given.folder
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corpus-", dir=given.work)))
            build_corpus([Path(sysconfig.get_path("stdlib"))], folder, 200, 4_000_000)
        lsfs = stack.enter_context(installation(given.work, embedder=given.embedder))
        lsfs.up(folder, until="words")
        rng = random.Random(1)
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in text_files(folder)[:200]]
        queries = [query for text in texts if (query := some_words(rng, text))]
        client = lsfs.client()
        for query in queries[:10]:  # the query embedder is loaded by the first
            client.call("find", {"words": query})
        waiting = iter(queries * (1 + given.pairs // len(queries)))
        ours, floor, direct = alternating(
            given.pairs,
            lambda: process_ms(lsfs, [*command(), "find", next(waiting)]),
            lambda: process_ms(lsfs, [sys.executable, "-c", FLOOR]),
            lambda: timed(lambda: client.call("find", {"words": rng.choice(queries)})) * 1e3,
        )
        found = report.median("lsfs find", ours, "ms")
        base = report.median(f"python -c '{FLOOR}'", floor, "ms")
        report.add("difference of the medians", found - base, "ms", reach="≤ 30")
        report.median("difference within a pair", [a - b for a, b in zip(ours, floor, strict=True)], "ms")
        report.add("lsfs find, p95", percentile(ours, 0.95), "ms")
        report.median("a find over the socket, from a running process", direct, "ms")
    report.finish(given.json)


if __name__ == "__main__":
    main()
