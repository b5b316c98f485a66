"""Every benchmark runs as one command and writes its figures; here on a few files, with an embedder without a model."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHARED = {"corpus", "harness", "letters", "loopback", "meanings", "prepared"}
"""Modules of the folder that are no commands."""
COMMANDS = sorted(path.stem for path in BENCHMARKS.glob("*.py") if path.stem not in SHARED)
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(
        map(str, (BENCHMARKS.parent, BENCHMARKS.parent / "daemon", BENCHMARKS.parent / "cli"))
    ),
}


def run(name: str, *arguments: str | Path) -> str:
    """What the benchmark prints."""
    command = [sys.executable, BENCHMARKS / f"{name}.py", *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty files of sentences made of a few hundred words."""
    rng = random.Random(2)
    words = ["".join(rng.choices("aeioumnrstl", k=rng.randint(4, 9))) for _ in range(400)]
    made = tmp_path / "folder"
    for number in range(30):
        place = made / f"part{number % 3}" / f"{words[number]}.{'md' if number % 2 else 'txt'}"
        place.parent.mkdir(parents=True, exist_ok=True)
        sentences = (" ".join(rng.choices(words, k=12)).capitalize() + "." for _ in range(40))
        place.write_text("\n\n".join(sentences))
    return made


def figures(name: str, tmp_path: Path, *arguments: str | Path) -> dict[str, Any]:
    """The values that the benchmark writes, by name; what is not a number was not measured."""
    file = tmp_path / "figures.json"
    table = run(name, *arguments, "--embedder", "hashing", "--work", tmp_path / "work", "--json", file)
    written = json.loads(file.read_text())
    assert written["benchmark"] == name
    assert all(figure in table for figure in written["figures"])
    values = {figure: one["value"] for figure, one in written["figures"].items()}
    assert not [figure for figure, value in values.items() if value is None or value != value]
    return values


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_shows_its_options(name: str) -> None:
    assert "--json" in run(name, "--help")


def test_every_benchmark_is_in_the_list() -> None:
    listed = (BENCHMARKS / "README.md").read_text()
    assert [name for name in COMMANDS if f"`{name}.py " not in listed] == []


def test_words_counts_files_and_sizes(folder: Path, tmp_path: Path) -> None:
    found = figures("words", tmp_path, folder, "--rounds", "1")
    assert found["files"] == found["contents"] == 30
    assert found["rate"] > 0
    assert 0 < found["index / text, before vectors"] < 20


def test_words_builds_its_corpus(folder: Path, tmp_path: Path) -> None:
    found = figures("words", tmp_path, "--corpus-from", folder, "--files", "40", "--bytes", "100000", "--rounds", "1")
    assert found["files"] == 40
    assert found["distinct texts"] <= 30


def test_search_builds_its_index_once(folder: Path, tmp_path: Path) -> None:
    small = ("--chunks", "150", "--real", "20", "--queries", "5", "--backlog", "0")
    found = figures("search", tmp_path, folder, *small)
    assert found["chunks"] >= 150
    assert 20 <= found["of real passages"] < 150
    # So few chunks are all rescored: the index must agree with the exact search.
    assert found["recall@10, of the exact float vectors"] > 0.9
    note = tmp_path / "work/prepared-150-hashing/prepared.json"
    made_at = note.stat().st_mtime_ns
    figures("search", tmp_path, folder, *small)
    assert note.stat().st_mtime_ns == made_at
    steps = figures("steps", tmp_path, note.parent, "--queries", "5")
    assert 0 < steps["words to postings, with variants, mean"] < steps["the whole search, mean"]


def test_find_process_compares_processes(folder: Path, tmp_path: Path) -> None:
    found = figures("find_process", tmp_path, folder, "--pairs", "2")
    assert found["lsfs find"] > 10
    assert math.isfinite(found["difference of the medians"])


def test_saves_are_found_by_their_words(folder: Path, tmp_path: Path) -> None:
    found = figures("saves", tmp_path, folder, "--saves", "2", "--meanings", "0", "--rest", "0")
    assert found["by words, plain write: not found within 30 s"] == 0
    assert found["by words, replaced: not found within 30 s"] == 0


def test_memory_counts_every_process(folder: Path, tmp_path: Path) -> None:
    found = figures("memory", tmp_path, folder, "--seconds", "1", "--wait", "5", "--until", "all")
    assert found["files"] == 30
    assert found["vectors"] == found["chunks"]
    assert found["idle"] > 1


def test_rollback_restores_the_right_version_every_time(tmp_path: Path) -> None:
    found = figures("rollback", tmp_path, "--files", "2", "--saves", "3", "--every", "2.4", "--quick", "1")
    assert found["@2"] == found["@-2"] == found["by time"] == found["any number"] == "2/2"
    assert found["every save is a version"] == found["before the first version: refused"] == "2/2"
    assert found["0.2 s apart: one version, the last"] == "1/1"


def test_backup_keeps_every_file(folder: Path, tmp_path: Path) -> None:
    found = figures("backup", tmp_path, folder, "--rounds", "1", "--index")
    assert found["files"] == 30 and found["objects"] > 0
    assert found["words, with versions / without"] > 0


def test_writing_waits_for_every_version(tmp_path: Path) -> None:
    found = figures("writing", tmp_path, "--files", "20", "--rounds", "1")
    assert found["files"] == 20
    assert 1 < found["until all have a version"] <= found["the longest"] < 10


def test_changes_restores_and_moves_files(folder: Path, tmp_path: Path) -> None:
    small = ("--files", "5", "--rounds", "1", "--singles", "2", "--backlog")
    found = figures("changes", tmp_path, folder, *small)
    assert found["files"] == 5
    assert found["restore one file"] > 0 and found["ratio to cp -a"] > 0 and found["ratio of undo"] > 0


def test_sentences_are_said_to_the_rules(tmp_path: Path) -> None:
    home = {name: {"text": f"About {name}.", "days_ago": 2} for name in ("a.txt", "Papers/b.txt", "Papers/c.md")}
    (tmp_path / "home.json").write_text(json.dumps(home))
    said = ("move a.txt to Papers", "trash Papers/c.md", "the weather wants blue cheese", "tag a.txt as urgent")
    cases = [{"id": str(at), "kind": "change", "say": sentence} for at, sentence in enumerate(said)]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    small = ("--sentences", "3", "--rounds", "1", "--llm", "off")
    found = figures("sentences", tmp_path, tmp_path / "cases.jsonl", tmp_path / "home.json", *small)
    assert found["rules"] > 0
    assert found["sentences for the rules, for the model"].startswith("3, ")


def test_the_papers_evaluation_runs_without_a_model(folder: Path, tmp_path: Path) -> None:
    small = ("--prompts", "2", "--sizes", "6", "--questions", "2", "--llm", "off")
    found = figures("lsfs_paper", tmp_path, *small)
    # The file that is named is found; which is described is for an embedder with a model.
    assert all(found[f"parsing, {api}"][0] in "12" for api in ("change-summary", "rollback", "sharing"))
    assert found["parsing, retrieve-summary"] == "0/2 (0 %)"
    assert found["retrieval, 6 files: one word, lsfs"] == "P 1.000 R 1.000 F1 1.000"
    taken = figures("lsfs_paper", tmp_path, folder, *small, "--only", "retrieval")
    assert "/2 " in taken["retrieval, 6 files, by its words"]


@pytest.mark.fuse
@pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK) or not shutil.which("fusermount3"), reason="no FUSE here")
def test_mounting_measures_each_thing_on_the_mount_and_beside_it(tmp_path):
    values = figures("mounting", tmp_path, "--files", "60", "--links", "40", "--rounds", "1", "--video-mb", "2")
    assert values["second read of the video"] > 0
    assert 4 < values["hung daemon: ls -l of another search"] < 7
