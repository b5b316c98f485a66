"""How long ``lsfs do --dry-run`` takes as a whole process, and what the language model's worker takes of memory.

    python benchmarks/sentences.py CASES.jsonl HOME.json [--sentences 10] [--rounds 3] [--llm NAME|off] [--json FILE]

HOME.json describes a home folder ({path: {"text", "days_ago" or "date"}}); a module ``fixture.py`` beside it makes the
files (its ``build(description, folder)``), else each is its text.  CASES.jsonl has a sentence a line ("say"); those
that read documents to answer, or need edits before, are left out ("kind", "edits").  Which of the others the rules
understand, and which only the model does, is tried first.  Where there are too few of the latter, roundabout sentences
about files of the home are added.

- rules: sentences that the rules understand;
- model, warm: those that they give up on, the model in memory and each sentence said once before, so that what is
  measured is neither its load nor the disk;
- first after the start: the daemon ended and started again, and a sentence said to it: the model is loaded, and the
  fixed part of its prompt read from the kept state;
- beside a backlog: the same sentences in turn at rest and while a folder of `--backlog` made texts is read and
  embedded; the ratio is of the medians;
- memory: of the model's worker, at its most (VmHWM: with the pages of the model's file), and what is its own; of all
  processes before and after it has ended by itself (`--idle` seconds, more than the five minutes of the worker).

Every command is `--dry-run`: nothing is changed, and LSFS_LEARN=off.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import Lsfs, Report, command, installation, parser, percentile, usage, wait_until
from meanings import MEANINGS

READING = ("ask", "summarize", "compare", "refuse", "inject")
"""Kinds of cases whose time is mostly that of an answer, or that are to be refused."""
_ROUNDABOUT = (
    "it would be nice if {file} were to live in {folder}",
    "{file} would feel at home in {folder}, see to it",
    "i have no use for {file} any longer, so away with it",
    "for {file} i have in mind the label {word}",
    "a twin of {file} had better sit in {folder}",
)
_WORKER = "lsfs.workers.llm_worker"


class Outcome(NamedTuple):
    """One run of the command."""

    seconds: float
    tier: str | None
    """None also where the model gave no reading that may be acted on."""
    state: str
    code: str
    """Of the error; '' for none."""

    @property
    def by(self) -> str:
        """What it took: the rules, the model, or nothing that could be had."""
        return self.tier or ("llm" if self.code == "refused" else "nothing")


class Home:
    """An installation over the described home, and sentences said to it."""

    def __init__(self, lsfs: Lsfs, folder: Path, *, llm: bool) -> None:
        self._lsfs = lsfs
        self._folder = folder
        self._environ = {**lsfs.environ, "LSFS_LEARN": "off"} | ({} if llm else {"LSFS_LLM": "off"})

    def say(self, sentence: str, *, llm: bool = True) -> Outcome:
        """Says a sentence by a process of its own."""
        environ = self._environ if llm else {**self._environ, "LSFS_LLM": "off"}
        arguments = [*command(), "--json", "do", "--dry-run", "--", sentence]
        start = time.perf_counter()
        done = subprocess.run(arguments, env=environ, cwd=self._folder, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        try:
            result = json.loads(done.stdout)
        except json.JSONDecodeError:
            raise SystemExit(f"lsfs do {sentence}: exit code {done.returncode}\n{done.stderr}") from None
        return Outcome(seconds, result["tier"], result["state"], (result.get("error") or {}).get("code", ""))

    def worker(self) -> int | None:
        """The process of the language model."""
        for pid in self._lsfs.processes():
            try:
                if _WORKER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
            except OSError:
                continue
        return None


def build_home(description: Path, folder: Path) -> dict[str, Any]:
    """Makes the described files below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    described: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
    maker = description.with_name("fixture.py")
    if maker.exists():
        spec = importlib.util.spec_from_file_location("fixture", maker)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.build(description, folder)
        return described
    for name, entry in described.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(entry["text"], encoding="utf-8")
        when = time.time() - 86400 * entry.get("days_ago", 1)
        os.utime(path, (when, when))
    return described


def usual_sentences(cases: Path) -> list[str]:
    """Those of the cases that are about files themselves, in an order that mixes their kinds."""
    lines = cases.read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines if line.strip() and not line.startswith("#")]
    said = [case["say"] for case in read if case.get("kind") not in READING and not case.get("edits") and case["say"]]
    random.Random(3).shuffle(said)
    return said


def roundabout(described: dict[str, Any], count: int) -> list[str]:
    """Sentences about files of the home that no rule foresees."""
    rng = random.Random(5)
    names = [Path(name) for name in sorted(described)]
    folders = sorted({str(name.parent) for name in names if name.parent != Path(".")}) or ["Documents"]
    once = [name.name for name in names if sum(other.name == name.name for other in names) == 1]
    words = ("urgent", "someday", "paper", "blue")
    return [
        _ROUNDABOUT[number % len(_ROUNDABOUT)].format(
            file=rng.choice(once), folder=rng.choice(folders), word=rng.choice(words)
        )
        for number in range(count)
    ]


def write_backlog(folder: Path, count: int) -> None:
    """So many different texts of a few paragraphs."""
    rng = random.Random(9)
    sentences = [said for pair in MEANINGS for said in pair]
    for number in range(count):
        path = folder / f"{number // 200:03d}" / f"{number:05d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        paragraphs = (" ".join(rng.sample(sentences, 12)) for _ in range(8))
        path.write_text(f"Number {number}.\n\n" + "\n\n".join(paragraphs))


def backlog_left(lsfs: Lsfs) -> bool:
    """Whether files or vectors are still due."""
    return not lsfs.client().call("status")["complete"]


def times(home: Home, sentences: Sequence[str], rounds: int, tier: str) -> list[float]:
    """The seconds of each run that went to `tier`; the others say something about another."""
    came = [home.say(sentence) for _ in range(rounds) for sentence in sentences]
    return [one.seconds for one in came if one.by == tier]


def add_times(report: Report, name: str, seconds: Sequence[float], reach: str) -> float:
    """The median and p95 of some runs."""
    middle = report.median(name, seconds, "s", reach=reach)
    report.add(f"{name}, p95 of {len(seconds)}", percentile(seconds, 0.95), "s")
    return middle


def choose(
    home: Home, given: argparse.Namespace, described: dict[str, Any], report: Report
) -> tuple[list[str], list[str]]:
    """Sentences for the rules, and those that they give up on."""
    usual = usual_sentences(given.cases)
    ruled: list[str] = []
    left: list[str] = []
    for sentence in (*usual, *roundabout(described, 4 * given.sentences)):
        if len(ruled) >= given.sentences and len(left) >= given.sentences:
            break
        came = home.say(sentence, llm=False)
        if came.tier == "rules" and came.state in ("preview", "answered"):
            ruled.append(sentence)
        elif came.tier is None and came.state == "refused":
            left.append(sentence)
    ruled, left = ruled[: given.sentences], left[: given.sentences]
    report.add("sentences for the rules, for the model", f"{len(ruled)}, {len(left)}", samples=[ruled, left])
    return ruled, left


def measure_model(lsfs: Lsfs, home: Home, given: argparse.Namespace, left: list[str], report: Report) -> None:
    """The times and the memory of the model."""
    start = time.perf_counter()
    home.say(left[0])
    report.add(
        "model, the first sentence ever (its prompts are read unless they were kept)", time.perf_counter() - start, "s"
    )
    came = [home.say(sentence) for sentence in left]
    understood = sum(one.tier == "llm" for one in came)
    report.add(
        "model: sentences that it understood", f"{understood}/{len(came)}", samples=[one._asdict() for one in came]
    )
    at_rest = times(home, left, given.rounds, "llm")
    if not at_rest:
        raise SystemExit("the model was asked about no sentence of those: is there one?")
    add_times(report, "model, warm", at_rest, "≤ 2.0")
    starts = []
    for number in range(given.starts):
        lsfs.down()
        wait_until(lambda: not backlog_left(lsfs), 60)  # asking starts it
        starts.append(home.say(left[number % len(left)]).seconds)
    if starts:
        add_times(report, "model, first after the start", starts, "≤ 6")
    worker = home.worker()
    if worker is not None:
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{worker}/status").read_text().splitlines())
        report.add("worker, at its most", int(status["VmHWM"].split()[0]) * 1024 / 1e6, "MB")
        report.add("worker, its own", usage([worker]).anonymous / 1e6, "MB")


def measure_backlog(
    lsfs: Lsfs, home: Home, given: argparse.Namespace, left: list[str], work: Path, report: Report
) -> None:
    """The same sentences at rest, and then while a folder is read."""
    home.say(left[0])
    at_rest = times(home, left, 1, "llm")
    folder = work / "backlog"
    write_backlog(folder, given.backlog)
    lsfs.up(folder)
    time.sleep(2.0)
    busy = times(home, left, 1, "llm")
    still = backlog_left(lsfs)
    if not at_rest or not busy:
        raise SystemExit("the model was asked about no sentence beside the backlog")
    rest, beside = add_times(report, "at rest, same run", at_rest, ""), add_times(report, "beside a backlog", busy, "")
    report.add("ratio", beside / rest, reach="≤ 1.3")
    report.add("the backlog lasted to the end", "yes" if still else "no: take more files")


def measure_idle(lsfs: Lsfs, home: Home, seconds: float, report: Report) -> None:
    """What is given back once nobody asks."""
    before = usage(lsfs.processes()).anonymous / 1e6
    ended = wait_until(lambda: home.worker() is None, seconds, every=2.0)
    report.add("all processes, with the worker", before, "MB")
    report.add("all processes, after idle", usage(lsfs.processes()).anonymous / 1e6, "MB")
    report.add("the worker ended by itself", "yes" if ended else f"no, not within {seconds:.0f} s")


def measure(given: argparse.Namespace, report: Report) -> None:
    """All of it, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="sentences-", dir=given.work) as scratch:
        work = Path(os.path.realpath(scratch))
        with installation(given.work, embedder=given.embedder) as lsfs:
            lsfs.set("llm", given.llm)
            described = build_home(given.home, work / "home")
            lsfs.up(work / "home", until="all")
            home = Home(lsfs, work / "home", llm=given.llm != "off")
            ruled, left = choose(home, given, described, report)
            if not ruled:
                raise SystemExit("the rules understand none of the sentences")
            add_times(report, "rules", times(home, ruled, given.rounds, "rules"), "≤ 0.2")
            if given.llm == "off":
                return
            if not left:
                raise SystemExit("there is no sentence that the rules give up on")
            measure_model(lsfs, home, given, left, report)
            if given.backlog:
                measure_backlog(lsfs, home, given, left, work, report)
            if given.idle:
                measure_idle(lsfs, home, given.idle, report)


def main() -> None:
    made = parser(__doc__)
    made.add_argument("cases", type=Path, metavar="CASES.jsonl")
    made.add_argument("home", type=Path, metavar="HOME.json")
    made.add_argument("--sentences", type=int, default=10, help="for each tier")
    made.add_argument("--rounds", type=int, default=3, help="how often each is said")
    made.add_argument("--starts", type=int, default=5, help="starts of the daemon")
    made.add_argument("--backlog", type=int, default=3000, metavar="FILES", help="0: not measured")
    made.add_argument("--idle", type=float, default=330.0, metavar="SECONDS", help="0: not measured")
    made.add_argument("--llm", default="auto", metavar="NAME", help="the setting of that name: a model, a file, or off")
    given = made.parse_args()
    report = Report("sentences", vars(given))
    try:
        measure(given, report)
    finally:  # what was measured until it was ended is of use too
        report.finish(given.json)


if __name__ == "__main__":
    main()
