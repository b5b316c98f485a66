"""Changing files and taking it back by commands, with the whole daemon: the bytes on the disk are what counts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsfs.core.config import Config, save_config
from lsfs.core.locations import Paths
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import launch_daemon

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon", "cli")]
RUN_LSFSD = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfsd.main import main; main()"
FIRST = "# Lease\n\nThe flat in Lyon is let until March.\n"
SECOND = "# Lease\n\nThe flat in Lyon is let until May.\n"


@pytest.fixture
def documents(private_home: Path) -> Iterator[Path]:
    """A watched folder with a document in it, and the daemon that watches it."""
    paths = Paths.from_env(os.environ)
    save_config(paths.config_file, Config(embedder="off"))
    folder = private_home / "documents"
    folder.mkdir()
    (folder / "lease.md").write_text(FIRST)
    command = [sys.executable, "-c", RUN_LSFSD, "run"]
    client = Client(
        paths, caller_fields(os.environ, b"/", "cli"), launch=lambda: launch_daemon(paths, os.environ, command)
    )
    client.call("up", {"paths": [str(folder)]})
    assert list(client.stream("progress", {"until": "all"}))[-1]["finished"]
    yield folder
    client.stop_daemon()


def write_plan(folder: Path, *actions: dict[str, object]) -> str:
    file = folder.parent / "plan.json"
    file.write_text(json.dumps(list(actions)))
    return str(file)


def tree(folder: Path) -> dict[str, str]:
    """The texts of the files below a folder, by their names."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_an_earlier_content_is_shown_restored_and_taken_back(documents, lsfs: Callable):
    (documents / "lease.md").write_text(SECOND)
    shown = lsfs("history", "lease.md", cwd=documents)
    assert shown.code == 0, shown.err
    assert [line.split()[0] for line in shown.out.splitlines()] == ["lease.md", "@1", "@2"]
    assert shown.out.splitlines()[-1].endswith("current")
    differences = lsfs("diff", "lease.md", cwd=documents).out.splitlines()
    assert [line for line in differences[2:] if line[0] in "+-"] == [
        "-The flat in Lyon is let until March.", "+The flat in Lyon is let until May.",
    ]  # fmt: skip
    assert lsfs("restore", "lease.md", "--to", "previous", cwd=documents).code == 3
    assert tree(documents) == {"lease.md": SECOND}  # nobody agreed
    done = lsfs("rollback", "lease.md", "--to", "previous", "--yes", "--json", cwd=documents)
    assert (done.code, done.document["state"], tree(documents)) == (0, "applied", {"lease.md": FIRST})
    assert lsfs("undo", "--yes").code == 0
    assert tree(documents) == {"lease.md": SECOND}
    assert lsfs("redo", "--yes").code == 0
    assert tree(documents) == {"lease.md": FIRST}


def test_a_plan_is_carried_out_logged_and_taken_back(documents, lsfs: Callable):
    plan = write_plan(
        documents,
        {"do": "create", "path": "new.txt", "text": "new\n"},
        {"do": "move", "paths": ["lease.md"], "to": "old/leases"},
    )
    shown = lsfs("apply", plan, "--dry-run", cwd=documents)
    assert (shown.code, tree(documents)) == (0, {"lease.md": FIRST})
    assert "lease.md → old/leases/lease.md" in shown.out
    done = lsfs("apply", plan, "--yes", cwd=documents)
    assert (done.code, tree(documents)) == (0, {"new.txt": "new\n", "old/leases/lease.md": FIRST})
    op = done.out.split()[-1]
    logged = lsfs("log", "--json").document["ops"][0]
    assert (str(logged["op"]), logged["door"], logged["sentence"]) == (op, "cli", f"lsfs apply {plan} --yes")
    assert lsfs("undo", op, "--yes").code == 0
    assert tree(documents) == {"lease.md": FIRST} and not (documents / "old").exists()


def test_what_changed_since_is_in_the_way_of_an_undo(documents, lsfs: Callable):
    plan = write_plan(documents, {"do": "write", "path": "lease.md", "text": SECOND})
    assert lsfs("apply", plan, "--yes", cwd=documents).code == 0
    (documents / "lease.md").write_text("my own words\n")
    refused = lsfs("undo", "--yes", "--json")
    assert (refused.code, refused.document["state"]) == (4, "refused")
    assert refused.document["conflicts"][0]["forcible"]
    assert tree(documents) == {"lease.md": "my own words\n"}
    assert lsfs("undo", "--force", "--yes").code == 0
    assert tree(documents) == {"lease.md": FIRST}
    assert "my own words" in lsfs("diff", "lease.md", "--from", "@-1", cwd=documents).out  # it is kept as a version


def test_a_deleted_folder_comes_back_as_it_was(documents, lsfs: Callable):
    (documents / "deep").mkdir()
    (documents / "deep" / "a.txt").write_text("a\n")
    assert lsfs("history", "deep/a.txt", cwd=documents).code == 0  # it has a version from now on
    plan = write_plan(documents, {"do": "trash", "paths": ["deep", "lease.md"]})
    done = lsfs("apply", plan, "--yes", "--json", cwd=documents)
    assert (done.code, tree(documents)) == (0, {})
    before = f"before op {done.document['op']}"
    assert "documents/deep/a.txt" in lsfs("at", before, "documents", cwd=documents.parent).out
    assert lsfs("restore", ".", "--to", before, "--yes", cwd=documents).code == 0
    assert tree(documents) == {"deep/a.txt": "a\n", "lease.md": FIRST}


def test_tags_are_set_shown_and_taken_away(documents, lsfs: Callable):
    assert lsfs("tag", "lease.md", "-t", "flat", cwd=documents).code == 0
    assert lsfs("tag", "lease.md", "-t", "flat", cwd=documents).code == 1  # it has it
    assert lsfs("tags", cwd=documents).out == "lease.md  flat\n"
    assert lsfs("untag", "lease.md", cwd=documents).code == 0
    assert lsfs("tags").code == 1


def test_a_query_is_saved_and_forgotten(documents, lsfs: Callable):
    assert lsfs("save", "leases", "lease", "-draft").code == 0
    assert lsfs("saved", "--json").document["queries"] == [{"name": "leases", "query": "lease -draft"}]
    assert lsfs("save", "leases", "--forget").code == 0
    assert lsfs("saved").code == 1


def test_what_is_outside_is_left_alone(documents, lsfs: Callable):
    plan = write_plan(documents, {"do": "trash", "paths": ["plan.json"]})
    outcome = lsfs("apply", plan, "--yes", "--json", cwd=documents.parent)
    assert (outcome.code, outcome.document["error"]["code"]) == (3, "refused")
    assert Path(plan).exists()
