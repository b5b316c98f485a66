"""Whether the right version comes back: many files, saved again and again as editors do, restored in every way.

    python benchmarks/rollback.py [--files 60] [--saves 5] [--every 3] [--busy] [--work DIR] [--json FILE]

Every file is saved ``--saves`` times, ``--every`` seconds apart: another file, made durable, takes its name.  Then,
one after the other by the command line, each is restored to ``@2``, to ``@-2``, and to the instant in the middle
between two saves; a restore is right if the file then says, byte for byte, what it said after that save.  A time before
the first version has to be refused and to change nothing.  Last, files are saved 0.2 s apart: that is one version, the
last.

With ``--busy`` another folder of the same daemon is written to all the while.  ``--saves 40`` goes 40 versions deep.

The script with which LSFS was tried (https://arxiv.org/abs/2410.11843, its code as published) is the same: it restored
the wrong version in 7 of 18 quiet trials and in 49 of 60 busy ones.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness import Lsfs, Report, installation, parser, percentile, timed
from saves import replace

SETTLED_S = 2.5


def text_of(number: int, save: int) -> str:
    """What a file says after a save, counted from 1; longer with each."""
    return "".join(f"file {number}, save {save}, line {line}\n" for line in range(20 + save))


@contextmanager
def noise(folder: Path) -> Iterator[None]:
    """Files that come, change and go in a folder, as fast as one thread makes them."""
    ended = threading.Event()

    def write() -> None:
        rng = random.Random(5)
        while not ended.is_set():
            path = folder / f"{rng.randrange(2000)}.txt"
            path.write_text(f"noise {rng.random()}\n" * rng.randrange(1, 400))
            if rng.random() < 0.2:
                path.unlink()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Trials:
    """What was tried, and how often it came out right."""

    def __init__(self, lsfs: Lsfs) -> None:
        self._lsfs = lsfs
        self.right: dict[str, list[bool]] = {}
        self.seconds: list[float] = []

    def restore(self, kind: str, path: Path, to: str, wanted: str) -> None:
        """Restores a file, and notes whether it says what it should."""
        arguments = ("restore", str(path), "--to", to, "--yes", "--quiet")
        self.seconds.append(timed(lambda: self._lsfs.run(*arguments)))
        self.note(kind, path.read_text() == wanted)

    def note(self, kind: str, right: bool) -> None:
        """Counts one trial."""
        self.right.setdefault(kind, []).append(right)


def save_all(files: list[Path], saves: int, every: float) -> list[float]:
    """Saves every file `saves` times; the instants in the middle after each save, in seconds since 1970."""
    middles = []
    for save in range(1, saves + 1):
        began = time.monotonic()
        for number, path in enumerate(files):
            replace(path, text_of(number, save))
        middles.append(time.time() + max(every - (time.monotonic() - began), 0.2) / 2)
        time.sleep(max(0.0, every - (time.monotonic() - began)))
    return middles


def numbers_of(lsfs: Lsfs, path: Path) -> list[int]:
    """The numbers of a file's versions."""
    found = json.loads(lsfs.run("history", str(path), "--json").stdout)
    return [version["number"] for version in found["files"][0]["versions"] if version["number"]]


def measure(given: argparse.Namespace, work: Path, report: Report) -> None:
    folder, other = work / "folder", work / "other"
    folder.mkdir()
    other.mkdir()
    rng = random.Random(7)
    with installation(work, embedder="off") as lsfs, ExitStack() as stack:
        lsfs.up(folder, other, until="words")
        if given.busy:
            stack.enter_context(noise(other))
        files = [folder / f"{number}.txt" for number in range(given.files)]
        middles = save_all(files, given.saves, given.every)
        time.sleep(max(0.0, SETTLED_S - given.every))
        trials = Trials(lsfs)
        whole = list(range(1, given.saves + 1))
        for number, path in enumerate(files):
            trials.note("every save is a version", numbers_of(lsfs, path) == whole)
            trials.restore("@2", path, "@2", text_of(number, 2))
            # What it was put back to is a version too: two back from there is the last but one save.
            trials.restore("@-2", path, "@-2", text_of(number, given.saves - 1))
            save = rng.randrange(1, given.saves)
            when = dt.datetime.fromtimestamp(middles[save - 1], dt.UTC).isoformat()
            trials.restore("by time", path, when, text_of(number, save))
            deep = rng.randrange(1, given.saves + 1)
            trials.restore("any number", path, f"@{deep}", text_of(number, deep))
            before = path.read_bytes()
            refused = lsfs.run("restore", str(path), "--to", "2001-02-03", "--yes")
            right = refused.returncode == 1 and path.read_bytes() == before
            trials.note("before the first version: refused", right)
        for number, path in enumerate(files[: given.quick]):
            quick = path.with_name(f"quick-{number}.txt")
            for save in range(1, 6):
                replace(quick, text_of(number, save))
                time.sleep(0.2)
        time.sleep(SETTLED_S)
        for number in range(min(given.quick, given.files)):
            quick = folder / f"quick-{number}.txt"
            shown = json.loads(lsfs.run("history", str(quick), "--json").stdout)["files"][0]["versions"]
            kept = [version["size"] for version in shown if version["number"]]
            trials.note("0.2 s apart: one version, the last", kept == [len(text_of(number, 5))])
    for kind, outcomes in trials.right.items():
        report.add(kind, f"{sum(outcomes)}/{len(outcomes)}", reach=f"{len(outcomes)}/{len(outcomes)}")
    report.median("a restore as a whole command", trials.seconds, "s")
    report.add("the same, p95", percentile(trials.seconds, 0.95), "s")


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--files", type=int, default=60)
    made.add_argument("--saves", type=int, default=5)
    made.add_argument("--every", type=float, default=3.0, help="seconds between two saves of a file")
    made.add_argument("--quick", type=int, default=20, help="files that are saved 0.2 s apart")
    made.add_argument("--busy", action="store_true", help="write to another watched folder all the while")
    given = made.parse_args()
    if given.saves < 3:
        made.error("three saves are the least")
    report = Report("rollback", vars(given))
    with tempfile.TemporaryDirectory(prefix="rollback-", dir=given.work) as work:
        measure(given, Path(os.path.realpath(work)), report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
