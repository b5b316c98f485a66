"""How soon a saved file is found: by a new word in it, and by what it means.

    python benchmarks/saves.py FOLDER [--saves 60] [--meanings 40] [--rest 5] [--json FILE]

FOLDER is copied, indexed whole (words and vectors; `--files` of it) and then saved into.  The clock starts when the
save begins and stops when an answer of the running daemon, asked every 20 ms over its socket, has the file: by words,
a file of the folder is saved with a word that stands nowhere else, in turn by a plain write into it and, as editors
do, by writing another file and renaming it over the old one.  By meaning, a new file holds a sentence, and a
paraphrase that shares hardly a word with it is asked in semantic mode; the file must be the first hit.

A save comes 1 to 2 s after the last one was found.  `--rest` saves by meaning come after the embedder of the
backlog, which stays only seconds, has ended, so that its start counts; they are reported apart.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from corpus import text_files
from harness import Lsfs, Report, installation, parser, percentile, wait_until
from meanings import MEANINGS

POLL_S = 0.02
GIVE_UP_S = 30.0


def until_found(lsfs: Lsfs, since: float, request: dict[str, Any], wanted: Path) -> float | None:
    """Seconds from `since` until the first hit is the wanted file; None where it never is."""
    client = lsfs.client()
    while (elapsed := time.perf_counter() - since) < GIVE_UP_S:
        asked = time.perf_counter()
        if [hit["path"] for hit in client.call("find", request)["hits"]] == [str(wanted)]:
            return time.perf_counter() - since
        time.sleep(max(0.0, POLL_S - (time.perf_counter() - asked)))
    print(f"not found after {elapsed:.0f} s: {request}")
    return None


def write(path: Path, text: str) -> None:
    """Saves into the file itself."""
    path.write_text(text, encoding="utf-8", errors="replace")


def replace(path: Path, text: str) -> None:
    """Saves as editors do: another file, made durable, takes the name."""
    other = path.with_name(f".{path.name}.swp")
    with open(other, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    other.replace(path)


def by_words(lsfs: Lsfs, files: list[Path], saves: int, rng: random.Random) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {"plain write": [], "replaced": []}
    for number in range(saves):
        time.sleep(rng.uniform(1, 2))
        path = rng.choice(files)
        word = "".join(rng.choices("bcdfghjklmnpqrstvwxz", k=12))
        text = f"{path.read_text(encoding='utf-8', errors='replace')}\nA line with {word} in it.\n"
        how, save = (("plain write", write), ("replaced", replace))[number % 2]
        start = time.perf_counter()
        save(path, text)
        found[how].append(until_found(lsfs, start, {"words": word, "mode": "keyword", "limit": 1}, path))
    return found


def by_meaning(
    lsfs: Lsfs, folder: Path, meanings: list[tuple[str, str]], rng: random.Random, rest: bool
) -> list[float | None]:
    found = []
    for number, (sentence, paraphrase) in enumerate(meanings):
        time.sleep(rng.uniform(1, 2))
        if rest:
            wait_until(lambda: not embedder_runs(lsfs), 60)
        path = folder / f"note-{'rest-' if rest else ''}{number}.txt"
        request = {"words": paraphrase, "mode": "semantic", "limit": 1}
        lsfs.client().call("find", request)  # the query embedder is warm, as while one works with lsfs
        start = time.perf_counter()
        write(path, f"{sentence}\n")
        found.append(until_found(lsfs, start, request, path))
    return found


def embedder_runs(lsfs: Lsfs) -> bool:
    """Whether the backlog's embedder is there."""
    return any(worker["name"] == "embedder" for worker in lsfs.client().call("status")["workers"])


def report_times(report: Report, name: str, found: list[float | None], reach: str) -> None:
    times = [one for one in found if one is not None]
    report.add(f"{name}: saves", len(found))
    report.add(f"{name}: not found within {GIVE_UP_S:.0f} s", len(found) - len(times))
    report.add(f"{name}: p50", percentile(times, 0.5), "s", samples=found)
    report.add(f"{name}: p95", percentile(times, 0.95), "s", reach=reach)


def measure(given: argparse.Namespace, work: Path, report: Report) -> None:
    rng = random.Random(11)
    folder = work / "folder"
    chosen = text_files(given.folder)
    rng.shuffle(chosen)
    for file in chosen[: given.files]:
        place = folder / file.relative_to(given.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    with installation(work, embedder=given.embedder) as lsfs:
        lsfs.up(folder, until="all")
        totals = lsfs.client().call("status")["totals"]
        report.add("files indexed", totals["files"])
        report.add("passages", totals["chunks"])
        # What an editor saves: text, not so large that writing it is what takes the time.
        files = [
            file for file in text_files(folder) if b"\0" not in file.read_bytes() and file.stat().st_size < 200_000
        ]
        for how, found in by_words(lsfs, files, given.saves, rng).items():
            report_times(report, f"by words, {how}", found, "≤ 1")
        usual, rested = MEANINGS[: given.meanings], MEANINGS[given.meanings :][: given.rest]
        for name, pairs, rest in (("by meaning", usual, False), ("by meaning after a rest", rested, True)):
            if pairs:
                report_times(report, name, by_meaning(lsfs, folder, pairs, rng, rest), "≤ 3")


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", type=Path, metavar="FOLDER")
    made.add_argument("--files", type=int, default=500, help="files of FOLDER that are copied and indexed")
    made.add_argument("--saves", type=int, default=60)
    made.add_argument("--meanings", type=int, default=40, help=f"saves by meaning; with --rest {len(MEANINGS)} at most")
    made.add_argument("--rest", type=int, default=5, help="saves by meaning after the embedder has ended")
    given = made.parse_args()
    report = Report("saves", vars(given))
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="saves-", dir=given.work)))
        measure(given, work, report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
