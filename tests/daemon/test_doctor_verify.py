"""``doctor --verify``: by the running daemon or alone, with an exit code that tells damage for good from all else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsfs.core.config import Config, save_config
from lsfs.core.errors import DaemonUnavailable
from lsfs.core.locations import Paths
from lsfs.core.progress import NullProgress
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import launch_daemon
from lsfsd.doctor import verified
from lsfsd.lock import vault_lock

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon", "cli")]
RUN_LSFSD = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfsd.main import main; main()"


def doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN_LSFSD, "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def paths(private_home: Path) -> Paths:
    found = Paths.from_env(os.environ)
    save_config(found.config_file, Config(embedder="off"))
    return found


@pytest.fixture
def client(paths: Paths, private_home: Path) -> Iterator[Client]:
    """A daemon that keeps a folder with two files."""
    folder = private_home / "documents"
    folder.mkdir()
    (folder / "lease.md").write_text("The flat in Lyon is let until March.\n")
    (folder / "recipe.txt").write_text("Flour, butter and three eggs.\n")
    command = [sys.executable, "-c", RUN_LSFSD, "run"]
    caller = caller_fields(os.environ, b"/", "cli")
    client = Client(paths, caller, launch=lambda: launch_daemon(paths, os.environ, command), build="0")
    client.call("up", {"paths": [str(folder)]})
    assert list(client.stream("progress", {"until": "all"}))[-1]["finished"]
    client.call("history", {"path": str(folder)})  # has versions made of what is there
    yield client
    client.stop_daemon()


def damage(paths: Paths, words: bytes) -> None:
    """Flips a bit of kept words: what is short is stored as it is."""
    (pack,) = Path(paths.vault_dir, "objects/packs").iterdir()
    data = bytearray(pack.read_bytes())
    data[data.index(words)] ^= 1
    pack.write_bytes(data)


def test_a_running_daemon_says_that_all_is_sound(client, paths):
    done = doctor("--verify")
    assert (done.returncode, done.stdout.startswith("✓ everything that is kept is sound: ")) == (0, True), done
    assert "reading what is kept" in done.stderr
    document = json.loads(doctor("--verify", "--json").stdout)
    assert [finding["severity"] for finding in document["findings"]] == ["ok"]


def test_damage_that_a_file_can_mend_is_mended(client, paths, private_home, wait_until: Callable[..., None]):
    damage(paths, b"Flour")
    done = doctor("--verify")
    assert (done.returncode, "1 damaged objects are mended, or will be" in done.stdout) == (0, True), done
    path = str(private_home / "documents/recipe.txt")
    wait_until(lambda: all(v["kept"] for v in client.call("history", {"path": path})["files"][0]["versions"]), 40)
    assert "sound" in doctor("--verify").stdout


def test_damage_for_good_is_named_and_exit_code_7_with_a_daemon_and_without(client, paths, private_home):
    path = private_home / "documents/recipe.txt"
    path.write_text("Rhubarb.\n")
    client.call("history", {"path": str(path)})
    damage(paths, b"Flour")
    client.stop_daemon()
    alone = doctor("--verify")
    assert alone.returncode == 7 and f"✗ damaged: {path} @1: a kept object is not what it was" in alone.stdout, alone
    (found,) = client.call("history", {"path": str(path)})["files"]
    assert [(v["kept"], v["reason"]) for v in found["versions"] if v["number"]] == [(False, "damaged"), (True, "")]
    damage(paths, b"Rhubarb")
    path.write_text("Plums.\n")
    client.call("history", {"path": str(path)})
    asked = doctor("--verify", "--quiet")
    assert asked.returncode == 7 and f"{path} @2" in asked.stdout and asked.stderr == "", asked
    assert doctor("--verify").returncode == 0  # told once


def test_where_nothing_is_kept_there_is_nothing_to_verify(paths):
    done = doctor("--verify")
    assert (done.returncode, done.stdout) == (0, "· nothing is kept yet: lsfs up FOLDER\n")


def test_a_verification_that_breaks_off_is_no_verdict(paths, monkeypatch):
    class BreaksOff:
        def stream(self, name: str) -> Iterator[object]:
            yield {"done": 1, "total": 2}

    monkeypatch.setattr("lsfsd.doctor._client", lambda _: BreaksOff())
    with vault_lock(paths.lock), pytest.raises(DaemonUnavailable, match="before everything was read"):
        verified(paths, NullProgress())


def test_repairing_and_verifying_go_together(client, paths):
    client.stop_daemon()
    done = doctor("--repair", "--verify")
    assert done.returncode == 0
    assert "there is nothing to mend" in done.stdout and "everything that is kept is sound" in done.stdout


def test_doctor_tells_how_much_is_kept(client):
    (line,) = [line for line in doctor().stdout.splitlines() if "kept objects take" in line]
    assert line.startswith("✓ 2 kept objects take ") and " of " in line
