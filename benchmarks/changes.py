"""What it takes to restore files and to move many, beside plain system calls.

    python benchmarks/changes.py FOLDER [--rounds 15] [--files 1000] [--backlog] [--work DIR] [--json FILE]

`--files` files of FOLDER are copied into a watched folder.  Then, in turns:

- one file after the other is overwritten and restored, timed within the daemon's connection: plan and apply;
- the whole folder is deleted and restored as one op, beside ``cp -a`` of a copy of it, and one with a sync behind it;
- all files are moved into another folder as one op, and back by undo, beside a loop of rename(2) that ends with a sync
  of both folders, and one in which each rename is synced.

Each time all that happened before is recorded already.

With ``--backlog`` the rest of FOLDER is indexed in another watched folder all the while.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from corpus import text_files
from harness import Lsfs, Report, alternating, installation, parser, percentile, timed

SETTLED_S = 2.5


class Desk:
    """A watched folder, and the ops on it."""

    def __init__(self, lsfs: Lsfs, root: Path) -> None:
        self._client = lsfs.client()
        self.root = root

    def rest(self) -> None:
        """Returns when everything that happened until now is recorded."""
        time.sleep(SETTLED_S)
        for _ in self._client.stream("progress", {"until": "words"}):
            pass

    def plan(self, *actions: dict[str, Any]) -> int:
        """The number of a plan."""
        planned = self._client.call("plan", {"actions": list(actions), "cwd": str(self.root)})
        if planned["op"] is None:
            raise SystemExit(f"nothing was planned: {planned}")
        return int(planned["op"])

    def undo(self) -> int:
        """The number of a plan that takes back the newest op."""
        return int(self._client.call("undo", {"cwd": str(self.root)})["op"])

    def apply(self, op: int) -> None:
        """Carries a plan out."""
        last: dict[str, Any] = {}
        for event in self._client.stream("apply", {"op": op, "confirmed": "asked"}):
            last = event
        if (last.get("result") or {}).get("state") != "applied":
            raise SystemExit(f"op {op} was not carried out: {last}")


def restore_files(desk: Desk, files: list[Path], report: Report, count: int) -> None:
    """One file at a time: overwritten, settled, restored."""
    rng = random.Random(4)
    chosen = rng.sample(files, min(count, len(files)))
    before = {path: path.read_bytes() for path in chosen}
    for path in chosen:
        path.write_bytes(b"overwritten\n")
    time.sleep(SETTLED_S)
    seconds = []
    for path in chosen:
        action = {"do": "restore", "path": str(path), "to": "previous"}
        seconds.append(timed(lambda action=action: desk.apply(desk.plan(action))))
        if path.read_bytes() != before[path]:
            raise SystemExit(f"{path} is not what it was")
    report.median("restore one file", [1000 * one for one in seconds], "ms")
    report.add("restore one file, p95", 1000 * percentile(seconds, 0.95), "ms", reach="≤ 50")


def restore_tree(desk: Desk, folder: Path, work: Path, rounds: int, report: Report) -> None:
    """A folder that was deleted comes back whole."""
    copy, target = work / "copy", work / "target"
    subprocess.run(["cp", "-a", folder, copy], check=True)

    def ours() -> float:
        time.sleep(SETTLED_S)
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        time.sleep(1.1)
        shutil.rmtree(folder)
        desk.rest()
        action = {"do": "restore", "path": str(folder), "to": when}
        seconds = timed(lambda: desk.apply(desk.plan(action)))
        if subprocess.run(["diff", "-r", folder, copy], capture_output=True).returncode:
            raise SystemExit("the folder is not what it was")
        return seconds

    def theirs(command: list[Any]) -> float:
        shutil.rmtree(target, ignore_errors=True)
        os.sync()
        return timed(lambda: subprocess.run(command, check=True))

    plain = ["cp", "-a", copy, target]
    synced = ["sh", "-c", 'cp -a "$0" "$1" && sync -f "$1"', copy, target]
    restored, copied, durable = alternating(rounds, ours, lambda: theirs(plain), lambda: theirs(synced))
    report.median("restore the folder", restored, "s")
    report.median("cp -a of it", copied, "s")
    report.median("cp -a of it, and sync", durable, "s")
    report.median("ratio to cp -a", ratios(restored, copied), reach="≤ 2")
    report.median("ratio to cp -a and sync", ratios(restored, durable))


def move_files(desk: Desk, folder: Path, rounds: int, report: Report) -> None:
    """All files of a folder into another as one op, and back."""
    names = sorted(path.name for path in folder.iterdir())
    there = desk.root / "there"
    there.mkdir()
    back: list[float] = []

    def ours() -> float:
        action = {"do": "move", "paths": [str(folder / name) for name in names], "to": str(there)}
        desk.rest()
        moved = timed(lambda: desk.apply(desk.plan(action)))
        desk.rest()
        if sorted(path.name for path in there.iterdir()) != names:
            raise SystemExit("not all files were moved")
        back.append(timed(lambda: desk.apply(desk.undo())))
        if sorted(path.name for path in folder.iterdir()) != names:
            raise SystemExit("not all files were moved back")
        return moved

    def plain(*, each: bool) -> float:
        seconds = timed(lambda: rename_all(folder, there, names, each=each))
        rename_all(there, folder, names, each=False)
        return seconds

    moved, renamed, durable = alternating(rounds, ours, lambda: plain(each=False), lambda: plain(each=True))
    report.median("move the files as one op", moved, "s")
    report.median("undo", back, "s")
    report.median("rename(2) in a loop, synced at the end", renamed, "s")
    report.median("rename(2) in a loop, each synced", durable, "s")
    report.median("ratio", ratios(moved, renamed), reach="≤ 4")
    report.median("ratio of undo", ratios(back, renamed), reach="≤ 4")
    report.median("ratio to each synced", ratios(moved, durable))
    report.median("ratio of undo to each synced", ratios(back, durable))


def rename_all(source: Path, target: Path, names: list[str], *, each: bool) -> None:
    """The calls that an op cannot do without: names change, and that is made durable, at the end or `each` time."""
    folders = [os.open(folder, os.O_RDONLY) for folder in (source, target)]
    for name in names:
        os.rename(source / name, target / name)
        for descriptor in folders if each else ():
            os.fsync(descriptor)
    for descriptor in folders:
        os.fsync(descriptor)
        os.close(descriptor)


def ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Of the times of each round."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def measure(given: argparse.Namespace, work: Path, report: Report) -> None:
    root, other = work / "root", work / "other"
    folder = root / "folder"
    folder.mkdir(parents=True)
    other.mkdir()
    files = text_files(given.folder)
    for number, path in enumerate(files[: given.files]):
        shutil.copy2(path, folder / f"{number}-{path.name}")
    report.add("files", min(given.files, len(files)))
    with installation(work, embedder=given.embedder) as lsfs:
        lsfs.up(root, until="words")
        time.sleep(SETTLED_S)
        if given.backlog:
            for number, path in enumerate(files[given.files :]):
                shutil.copy2(path, other / f"{number}-{path.name}")
            lsfs.up(other)
        desk = Desk(lsfs, root)
        restore_files(desk, sorted(folder.iterdir()), report, given.singles)
        if given.backlog:
            report.add("backlog left after that", lsfs.client().call("status")["queues"]["vectors"])
        if not given.singles_only:
            restore_tree(desk, folder, work, given.rounds, report)
            move_files(desk, folder, given.rounds, report)


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", type=Path, metavar="FOLDER")
    made.add_argument("--files", type=int, default=1000)
    made.add_argument("--rounds", type=int, default=15)
    made.add_argument("--singles", type=int, default=100, help="files that are restored one at a time")
    made.add_argument("--singles-only", action="store_true", help="restore single files and nothing else")
    made.add_argument("--backlog", action="store_true", help="index the rest of FOLDER all the while")
    given = made.parse_args()
    report = Report("changes", vars(given))
    with tempfile.TemporaryDirectory(prefix="changes-", dir=given.work) as work:
        measure(given, Path(os.path.realpath(work)), report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
