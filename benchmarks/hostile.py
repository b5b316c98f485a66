"""What becomes of every file of a folder of difficult documents: nothing may hang, crash the daemon, or have no state.

    python benchmarks/hostile.py FOLDER [--limit-s 600] [--json FILE]

FOLDER is indexed by words in a home of its own, where it stands and unchanged.  Afterwards each file is asked for
with ``status``.  The table has, for each folder directly below FOLDER, how many files give text, are known by name for
good, or failed; the share of readable files counts the office, PDF, mail and web folders and leaves out what holds no
text or needs a password.  Exit code 1 where a file has no final state or the daemon is not the one that
was started.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from harness import Lsfs, Report, installation, parser, usage

from lsfs.core.wirepath import to_wire

FINAL = frozenset({"indexed", "words", "name-only", "failed", "ignored"})
READABLE = frozenset(
    "pdf docx doc odt rtf xlsx xls ods pptx ppt odp epub eml msg mbox html mhtml md txt csv ipynb rst tex org".split()
)
NOT_READABLE = ("empty", "encrypted", "no text in it")


def states(lsfs: Lsfs, folder: Path) -> dict[Path, tuple[str, str]]:
    """State and reason of each file, as the running daemon tells them."""
    client = lsfs.client()
    found: dict[Path, tuple[str, str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            answer = client.call("file_status", {"path": to_wire(os.fsencode(path.absolute()))})
            found[path] = (answer["state"], answer.get("reason", ""))
    return found


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--limit-s", type=float, default=600.0, help="the run may take so long")
    options = arguments.parse_args()
    report = Report("hostile", vars(options))
    with installation(options.work, embedder="off") as lsfs:
        start = time.perf_counter()
        lsfs.up(options.folder)
        daemon = lsfs.client().call("status")["pid"]
        largest = 0
        while (
            not (status := lsfs.client().call("status"))["complete"] and time.perf_counter() - start < options.limit_s
        ):
            largest = max(largest, usage(lsfs.processes()).anonymous)
            time.sleep(0.2)
        elapsed = time.perf_counter() - start
        found = states(lsfs, options.folder)
        survived = status["pid"] == daemon == lsfs.client().call("status")["pid"]
    return 0 if tabulate(report, options.folder, found, elapsed, largest, survived, options.json) else 1


def tabulate(
    report: Report,
    folder: Path,
    found: dict[Path, tuple[str, str]],
    elapsed: float,
    largest: int,
    survived: bool,
    file: Path | None,
) -> bool:
    """Prints the figures; whether all that must hold does."""
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    failures = {}
    readable = texts = 0
    for path, (state, reason) in found.items():
        kind = path.relative_to(folder).parts[0]
        gives = "text" if state in ("indexed", "words") else state
        kinds[kind][gives] += 1
        if state == "failed":
            failures[str(path.relative_to(folder))] = reason
        if kind in READABLE and state != "ignored" and not reason.startswith(NOT_READABLE):
            readable += 1
            texts += gives == "text"
    for kind, counts in sorted(kinds.items()):
        report.add(kind, ", ".join(f"{count} {gives}" for gives, count in counts.most_common()))
    stateless = {str(path): state for path, (state, _) in found.items() if state not in FINAL}
    report.add("files", len(found))
    report.add("files without a final state", len(stateless), reach="0", samples=stateless)
    report.add("files that failed", len(failures), samples=failures)
    report.add("text of readable office, PDF, mail, web", texts / readable if readable else float("nan"), reach="≥ 0.9")
    report.add("daemon survived", "yes" if survived else "no", reach="yes")
    report.add("time", elapsed, "s")
    report.add("largest memory of all processes", largest / 2**20, "MiB")
    report.finish(file)
    return survived and not stateless


if __name__ == "__main__":
    sys.exit(main())
