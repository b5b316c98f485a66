"""The searches that `make run` shows are chosen from the folder's own names and texts."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module; it lies in a folder that is no package."""
    spec = importlib.util.spec_from_file_location("first_searches", ROOT / "packaging/first_searches.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_words_of_a_name_leave_out_numbers_and_the_suffix(script: ModuleType) -> None:
    assert script.words_of("TaxReturn_2024-final.pdf") == ["tax", "return", "final"]
    assert script.words_of("IMG_0001.jpeg") == ["img"]


def test_queries_are_spread_over_the_folder_and_differ(script: ModuleType) -> None:
    names = [f"note {word} plan {number}.md" for word in ("garden", "kitchen", "holiday") for number in range(20)]
    assert script.queries_from(names) == ["note garden plan", "note kitchen plan", "note holiday plan"]
    assert script.queries_from(["a1.md", "lease.pdf"]) == ["lease"]


def test_hidden_names_and_names_past_the_limit_are_not_looked_at(script: ModuleType, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").touch()
    (tmp_path / ".hidden.md").touch()
    for number in range(5):
        (tmp_path / f"{number}.md").touch()
    assert list(script.names_under(tmp_path)) == [f"{number}.md" for number in range(5)]
    assert len(list(script.names_under(tmp_path, limit=3))) == 3


def test_a_passage_gives_a_query_only_where_it_has_words_enough(script: ModuleType) -> None:
    assert script.query_from("3.4 | 12 | 9") is None
    query = script.query_from("Either party may end the lease with three months notice in writing")
    assert query is not None and len(query.split()) == 5


@pytest.mark.parametrize("folder", ["", "~/no such folder"])
def test_make_run_says_which_folder_is_missing(folder: str, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    command = [str(ROOT / "packaging/first_run.sh"), folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("lsfs: no folder at ") and len(done.stderr.splitlines()) == 1
    assert folder.replace("~", str(tmp_path)) in done.stderr
