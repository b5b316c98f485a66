"""``lsfsd models`` prints what the contract of the command line says, and ends with its exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from lsfs.core.config import Config, load_config, save_config
from lsfs.core.locations import Paths
from lsfs.models.registry import Registry
from lsfsd.models_command import models
from lsfsd.progress_display import BarProgress, LineProgress, bar_text


@pytest.fixture
def folder(private_home, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("LSFS_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def small(folder, hub, model_of, body, monkeypatch):
    """The only known model, which the hub has."""
    hub.files[hub.path] = body
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    model = model_of(body, hub.source)
    monkeypatch.setattr("lsfs.models.store.load_registry", lambda: Registry((model,)))
    return model


def run(*arguments):
    return CliRunner().invoke(models, arguments)


def test_the_list_has_the_documented_shape(folder):
    done = run("list", "--json")
    assert done.exit_code == 0
    first = json.loads(done.stdout)["models"][0]
    assert first == {
        "id": "minilm-l6-int8",
        "purpose": "embedder",
        "installed": False,
        "default": True,
        "bytes": 23394866,
        "licence": "Apache-2.0",
    }


def test_the_list_for_people_marks_what_is_used(folder):
    lines = run("list").stdout.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("*")] == ["minilm-l6-int8", "qwen2.5-coder-1.5b-q4km"]


def test_a_pull_says_the_size_first_and_then_where_it_is(small, folder, body):
    done = run("pull", "small")
    assert done.exit_code == 0
    assert done.stderr.splitlines()[0] == f"small: 640.0 kB, into {folder}"
    assert done.stdout == "small installed and verified\n"
    assert run("path", "small").stdout == f"{folder}/small/model.gguf\n"
    assert Path(run("path", "small").stdout.strip()).read_bytes() == body


def test_a_pull_as_json_is_one_document_and_silent(small, folder):
    for pulled in (True, False):
        done = run("--json", "pull", "small")
        assert json.loads(done.stdout) == {
            "models": [{"id": "small", "pulled": pulled, "files": {"model.gguf": f"{folder}/small/model.gguf"}}]
        }
        assert done.stderr == ""


def test_a_purpose_stands_for_the_model_that_is_used_for_it(small, folder, private_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llm").mkdir()  # no path is meant
    config = Paths.from_env(os.environ).config_file
    for choice, ids in ((small.id, [small.id]), ("off", [])):
        save_config(config, Config(llm=choice))
        done = run("pull", "llm", "--json")
        assert done.exit_code == 0
        assert [model["id"] for model in json.loads(done.stdout)["models"]] == ids


def test_a_failed_pull_ends_with_5_and_the_reasons(small, hub):
    hub.files.clear()
    done = run("pull", "small", "--json")
    assert done.exit_code == 5
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "model-unavailable"
    assert "HTTP status 404" in error["message"]
    plain = run("pull", "small")
    assert plain.exit_code == 5
    assert "HTTP status 404" in plain.stderr


def test_a_model_that_is_not_there_has_no_path(folder):
    done = run("path", "minilm-l6-int8")
    assert done.exit_code == 5
    assert "lsfs models pull minilm-l6-int8" in done.stderr


@pytest.mark.parametrize("arguments", [("path", "nothing"), ("pull", "nothing"), ("use", "nothing"), ("pull", "/tmp")])
def test_a_wrong_name_ends_with_2(folder, arguments):
    done = run(*arguments, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"


def test_a_models_folder_that_cannot_be_written_ends_with_7(small, folder):
    folder.write_text("a file")
    assert run("pull", "small").exit_code == 7


def test_use_changes_the_setting_of_the_models_purpose(folder, tmp_path):
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"GGUF")
    settings = Paths.from_env(os.environ).config_file
    assert run("use", "smollm2-135m-q4_1").exit_code == 0
    assert load_config(settings).llm == "smollm2-135m-q4_1"
    done = run("use", os.path.relpath(mine), "--json")
    assert json.loads(done.stdout) == {"purpose": "llm", "id": str(mine), "installed": True}
    assert load_config(settings).llm == str(mine)
    assert load_config(settings).embedder == "minilm-l6-int8"
    assert f"* {mine}" in run("list").stdout


SLOW_PULL = """
import sys
from pathlib import Path
import lsfs.models.store
from lsfs.models.registry import load_registry

registry = load_registry(Path(sys.argv.pop(1)))
lsfs.models.store.load_registry = lambda: registry
from lsfsd.models_command import models
models()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_pull_ends_with_130_and_can_go_on(small, folder, hub, body, tmp_path, wait_until, number):
    hub.faults.append("slow")
    (file,) = small.files
    registry = tmp_path / "registry.toml"
    registry.write_text(
        '[[models]]\nid = "small"\npurpose = "llm"\nlicence = "MIT"\nsummary = ""\n[[models.files]]\n'
        f'name = "model.gguf"\nsha256 = "{file.sha256}"\nbytes = {file.bytes}\n'
        f'[[models.files.sources]]\nkind = "huggingface"\nrepo = "{hub.source.repo}"\nfile = "{hub.source.file}"\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_PULL, str(registry), "pull", "small", "--json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = folder / "small/model.gguf.part"
    wait_until(lambda: part.exists() and part.stat().st_size == 1000)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert json.loads(stdout)["error"]["code"] == "interrupted"
    assert stderr == ""
    assert not (folder / "small/model.gguf").exists()
    assert run("pull", "small").exit_code == 0
    assert (folder / "small/model.gguf").read_bytes() == body
    assert hub.ranges == [0, 1000]


def test_lines_tell_start_middle_and_end():
    now = [0.0]
    stream = io.StringIO()
    progress = LineProgress(stream, clock=lambda: now[0])
    progress.start(2_000_000, "weights")
    progress.advance(500_000)
    now[0] = 11.0
    progress.advance(500_000)
    progress.advance(1_000_000)
    progress.done()
    assert stream.getvalue().splitlines() == ["weights: 2.0 MB", "weights: 1.0 MB of 2.0 MB", "weights: complete"]


def test_a_bar_is_one_line_drawn_over_itself():
    stream = io.StringIO()
    progress = BarProgress(stream, clock=lambda: 0.0)
    progress.start(2_000_000, "weights")
    progress.advance(1_000_000)
    progress.done()
    progress.done()
    first, last = stream.getvalue().split("\r")[1:]
    assert "  0%" in first and "\n" not in first
    assert last.startswith("weights [##########          ]  50%") and last.endswith("\n")


def test_bars_read_well():
    assert bar_text("x", 5, None) == "x 5 B"
    assert bar_text("x", 30, 20).startswith("x [####################] 100%")
