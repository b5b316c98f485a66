"""How fast a folder becomes searchable by its words, from nothing, and how large the index is before vectors.

    python benchmarks/words.py FOLDER [--rounds 15] [--work DIR] [--json FILE]
    python benchmarks/words.py --corpus-from TREE… [--files 10000] [--bytes 200000000] …

A round times ``lsfs up FOLDER --wait-words`` as a whole command in a fresh home (the daemon's start included), and, in
alternation, the barest thing that could be called an index: one thread that reads every file, cuts it every 900
characters and inserts the pieces into a contentless FTS5 table.  Medians are shown, and the median of the ratios
within the rounds.  Files come from the page cache in both; homes and the bare table are made in DIR.

The size is taken in a last run with the embedder off, once after everything was read and once after the daemon ended.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import apsw
from corpus import build_corpus, passages, text_files
from harness import Lsfs, Report, alternating, disk_bytes, installation, parser, timed, usage

COMMIT_FILES = 500


def bare_index(files: list[Path], work: Path | None) -> tuple[float, int]:
    """Seconds to insert the files' passages into a contentless FTS5 table, and its bytes on disk."""
    with tempfile.TemporaryDirectory(prefix="bare-", dir=work) as folder:
        seconds = timed(lambda: _fill(Path(folder, "bare.db"), files))
        return seconds, disk_bytes(Path(folder))


def _fill(path: Path, files: list[Path]) -> None:
    database = apsw.Connection(str(path))
    database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
    database.execute("CREATE VIRTUAL TABLE passages USING fts5 (body, content = '')")
    for start in range(0, len(files), COMMIT_FILES):
        with database:
            for file in files[start : start + COMMIT_FILES]:
                pieces = passages(file.read_text(encoding="utf-8", errors="replace"))
                database.executemany("INSERT INTO passages (body) VALUES (?)", ((piece,) for piece in pieces))
    database.close()


def index_once(lsfs: Lsfs, folder: Path) -> tuple[float, float]:
    """Seconds of the whole command, and processor seconds of the daemon and its workers."""
    seconds = timed(lambda: lsfs.run("up", str(folder), "--wait-words", "--quiet"))
    return seconds, usage(lsfs.processes()).cpu_s


def measure(folder: Path, given: argparse.Namespace, report: Report) -> None:
    files = text_files(folder)
    text_bytes = sum(file.stat().st_size for file in files)
    report.add("files", len(files))
    report.add("text", text_bytes / 1e6, "MB")
    cpu: list[float] = []
    bare_bytes = 0

    def ours() -> float:
        with installation(given.work, embedder=given.embedder) as lsfs:
            seconds, used = index_once(lsfs, folder)
            cpu.append(used)
        return seconds

    def bare() -> float:
        nonlocal bare_bytes
        seconds, bare_bytes = bare_index(files, given.work)
        return seconds

    times, bare_times = alternating(given.rounds, ours, bare)
    report.median("from nothing to searchable by words", times, "s")
    report.add("rate", len(files) / statistics.median(times), "files/s", reach="≥ 1,300")
    report.median("processor time of that", cpu, "s")
    report.add("bare FTS5, one thread", len(files) / statistics.median(bare_times), "files/s", samples=bare_times)
    report.median("rate, of bare FTS5's", [bare / ours for ours, bare in zip(times, bare_times, strict=True)])
    with installation(given.work, embedder="off") as lsfs:
        index_once(lsfs, folder)
        client = lsfs.client()
        status = client.call("status")
        totals = status["totals"]
        report.add("contents", totals["contents"])
        report.add("passages", totals["chunks"])
        report.add("files that failed", totals["failed"])
        time.sleep(1)  # the last commit's log
        running = lsfs.index_bytes()
        lsfs.down()
        report.add("index / text, before vectors", lsfs.index_bytes() / text_bytes, reach="≤ 0.8")
        report.add("the same while the daemon runs", running / text_bytes)
    report.add("bare FTS5 / text", bare_bytes / text_bytes)


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    made.add_argument("--rounds", type=int, default=15)
    made.add_argument("--corpus-from", nargs="+", type=Path, metavar="TREE", help="build the folder from these trees")
    made.add_argument("--files", type=int, default=10_000, help="files of the built folder")
    made.add_argument("--bytes", type=int, default=200_000_000, help="bytes of the built folder, about")
    given = made.parse_args()
    if (given.folder is None) == (given.corpus_from is None):
        made.error("name a folder, or trees to build one from")
    report = Report("words", vars(given))
    with ExitStack() as stack:
        folder = given.folder
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corpus-", dir=given.work)))
            report.add("distinct texts", build_corpus(given.corpus_from, folder, given.files, given.bytes))
        measure(folder, given, report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
