"""What lsfs keeps in memory, and what it does while nothing happens.

    python benchmarks/memory.py FOLDER [--until words|all] [--seconds 30] [--json FILE]
    python benchmarks/memory.py --prepared DIR …

Memory is the anonymous PSS, summed over the daemon and every process below it: what is theirs and backed by no file.

- after indexing: as it stands when everything is searchable (`--until words` by words; all passages of 10,000 files
  take an hour to embed, so for vectors give the home that ``search.py --work`` has built as `--prepared`);
- idle: after every worker has ended by itself (the embedder's idle time is set short, the others' are waited for);
- warm: right after ten searches, with the query embedder loaded.

Processor time is counted over some idle seconds, of all processes: nothing polls if it is nil.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from harness import Lsfs, Report, installation, parser, usage, wait_until
from prepared import read_prepared

IDLE_MINUTES = 0.05
"""The query embedder's idle time during the measurement."""


def anonymous_mb(lsfs: Lsfs) -> float:
    return usage(lsfs.processes()).anonymous / 1e6


def measure(lsfs: Lsfs, given: argparse.Namespace, folder: Path, report: Report) -> None:
    lsfs.up(folder, until=given.until)
    client = lsfs.client()
    totals = client.call("status")["totals"]
    for name in ("files", "chunks", "vectors"):
        report.add(name, totals[name])
    report.add("after indexing", anonymous_mb(lsfs), "MB")
    if given.until == "words":
        client.call("pause")  # the embedding of the rest is not idleness
    ended = wait_until(lambda: not client.call("status")["workers"], given.wait, every=1.0)
    report.add("workers that ended by themselves", "all" if ended else "not all")
    report.add("processes", len(lsfs.processes()))
    report.add("idle", anonymous_mb(lsfs), "MB", reach="≤ 120")
    # Between the two looks nothing is asked of the daemon, not even who it is.
    pids = lsfs.processes()
    before = usage(pids).cpu_s
    time.sleep(given.seconds)
    spent = usage(pids).cpu_s - before
    report.add("processor time while idle", spent / given.seconds * 100, "% of a core", reach="≤ 0.3")
    for number in range(10):
        client.call("find", {"words": f"annual report about water number {number}"})
    report.add("warm", anonymous_mb(lsfs), "MB", reach="≤ 400")


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    made.add_argument("--prepared", type=Path, metavar="DIR", help="a prepared-… folder of search.py")
    made.add_argument("--until", choices=("words", "all"), default="words")
    made.add_argument("--seconds", type=float, default=30.0, help="how long to watch the idle processes")
    # Workers of just saved files, which there are none of here, stay for five minutes; the others for one.
    made.add_argument("--wait", type=float, default=400.0, help="seconds at most until every worker has ended")
    given = made.parse_args()
    if (given.folder is None) == (given.prepared is None):
        made.error("name a folder or a prepared home")
    report = Report("memory", vars(given))
    with ExitStack() as stack:
        home, folder, embedder = None, given.folder, given.embedder
        if given.prepared is not None:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="memory-", dir=given.work)))
            prepared = read_prepared(given.prepared)
            home, folder, embedder = scratch / "home", prepared.folder, prepared.embedder
            shutil.copytree(prepared.home, home)
        lsfs = stack.enter_context(installation(given.work, home=home, embedder=embedder))
        lsfs.set("embedder_idle_minutes", str(IDLE_MINUTES))
        measure(lsfs, given, folder, report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
