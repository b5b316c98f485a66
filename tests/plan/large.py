"""Carries out one large op in a process of its own and prints, as JSON, what became of it and what memory it took.

Arguments: a folder, and how many files are moved.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from lsfs.core import actions as act
from tests.plan.conftest import desk_at


def peak_kib(pid: int | str) -> int:
    """The most memory that a process has had resident, in KiB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields.get("VmHWM", "0 kB").split()[0])


def children() -> list[int]:
    """Every process below this one."""
    found, waiting = [], [os.getpid()]
    while waiting:
        pid = waiting.pop()
        below = [
            int(each)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for each in (task / "children").read_text().split()
        ]
        found += below
        waiting += below
    return found


def main(folder: Path, count: int) -> None:
    root = folder / "root"
    root.mkdir(parents=True)
    for number in range(count):
        (root / f"{number}.txt").write_text(f"{number}\n")
    with desk_at(folder) as desk:
        desk.lsfs.up()
        plan = desk.preview(act.Move(paths=tuple(f"{number}.txt" for number in range(count)), to="new"))
        done = desk.apply(plan, confirmed="yes", expect=count)
        moved = len(os.listdir(root / "new"))
        desk.undo(done)
        peak = peak_kib("self") + sum(peak_kib(pid) for pid in children())
        print(
            json.dumps(
                {"steps": len(desk.steps(done)), "moved": moved, "back": len(list(root.glob("*.txt"))), "kib": peak}
            )
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
