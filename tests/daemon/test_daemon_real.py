"""The whole daemon, engine and databases included, from `up` to a mended vault."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsfs.core.config import Config, save_config
from lsfs.core.errors import UsageError
from lsfs.core.locations import Paths
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import is_locked, launch_daemon
from lsfs.store.index import Index

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon", "cli")]
RUN_LSFSD = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfsd.main import main; main()"


@pytest.fixture
def paths(private_home: Path) -> Iterator[Paths]:
    """The places of a home without models; whatever daemon runs at the end is ended."""
    found = Paths.from_env(os.environ)
    save_config(found.config_file, Config(embedder="hashing"))
    yield found
    client_of(found).stop_daemon()


@pytest.fixture
def documents(private_home: Path) -> Path:
    """A folder with two documents."""
    folder = private_home / "documents"
    folder.mkdir()
    (folder / "lease.md").write_text("# Lease\n\nThe flat in Lyon is let until March.\n")
    (folder / "recipe.txt").write_text("Flour, butter and three eggs.\n")
    return folder


def client_of(paths: Paths) -> Client:
    """A client that starts the real daemon when none runs."""
    command = [sys.executable, "-c", RUN_LSFSD, "run"]
    caller = caller_fields(os.environ, b"/", "cli")
    return Client(paths, caller, launch=lambda: launch_daemon(paths, os.environ, command), build="0")


def lsfsd(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of ``lsfsd``."""
    command = [sys.executable, "-c", RUN_LSFSD, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def bring_up(paths: Paths, folder: Path) -> Client:
    """A client, once everything in `folder` is found."""
    client = client_of(paths)
    client.call("up", {"paths": [str(folder)]})
    assert list(client.stream("progress", {"until": "all"}))[-1]["finished"]
    return client


def found(client: Client, words: str) -> list[str]:
    return [Path(hit["path"]).name for hit in client.call("find", {"words": words, "mode": "keyword"})["hits"]]


def test_a_folder_is_indexed_and_searched(paths, documents):
    client = bring_up(paths, documents)
    assert found(client, "Lyon") == ["lease.md"]
    status = client.call("status")
    assert (status["state"], status["totals"]["files"], status["complete"]) == ("idle", 2, True)
    assert client.call("file_status", {"path": str(documents / "lease.md")})["state"] == "indexed"
    assert client.call("file_status", {"path": "/etc/passwd"})["state"] == "outside"


def test_what_is_saved_after_a_kill_is_found(paths, documents, wait_until: Callable[..., None]):
    client = bring_up(paths, documents)
    os.kill(client.call("hello")["pid"], signal.SIGKILL)
    wait_until(lambda: not is_locked(paths.lock))
    (documents / "recipe.txt").write_text("Rhubarb instead of eggs.\n")
    client.call("hello")
    wait_until(lambda: found(client, "rhubarb") == ["recipe.txt"])
    assert found(client, "Lyon") == ["lease.md"]


@pytest.mark.parametrize("name", ["absent", "/"])
def test_folders_that_are_no_roots_are_refused(paths, documents, name):
    from lsfs.core.errors import LsfsError

    with pytest.raises(LsfsError):
        client_of(paths).call("up", {"paths": [str(documents / name)]})


def test_an_idle_daemon_with_a_watched_folder_uses_no_processor_time(paths, documents):
    client = bring_up(paths, documents)
    pid = client.call("hello")["pid"]
    time.sleep(1)
    before = _ticks(pid)
    time.sleep(3)
    assert _ticks(pid) - before <= 1  # of 300


def test_doctor_looks_by_itself_where_no_daemon_runs(paths, documents):
    assert "nothing is indexed yet" in lsfsd("doctor").stdout
    bring_up(paths, documents).stop_daemon()
    done = lsfsd("doctor")
    assert done.returncode == 0
    assert "✓ the vault passes SQLite's check" in done.stdout
    assert "the daemon does not run" in done.stdout


def test_doctor_alone_changes_nothing_whatever_the_settings_are(paths, documents):
    bring_up(paths, documents).stop_daemon()
    path = Path(paths.index_dir, "index.db")
    with contextlib.closing(Index(path)) as index, index.write() as tx:
        index.set_embedder(tx, "another")  # as after `lsfs models use`, before the daemon's next start
    assert lsfsd("doctor").returncode == 0
    Path(paths.config_file).write_text("embeder = 1\n")
    done = lsfsd("doctor")
    assert done.returncode == 7 and "the databases are looked at when the settings are right" in done.stdout
    with contextlib.closing(Index(path)) as index:
        assert index.embedder() == "another"
    path.unlink()
    lsfsd("doctor")
    assert not path.exists()
    save_config(paths.config_file, Config(embedder="hashing"))  # for the daemon's end


def test_a_relative_path_is_refused_by_every_request_that_takes_one(paths, documents):
    client = client_of(paths)
    for name, fields in (("up", {"paths": ["docs"]}), ("up", {"paths": ["base64:!!"]}), ("purge", {"path": "docs"})):
        with pytest.raises(UsageError):
            client.call(name, fields)


def test_a_damaged_vault_is_refused_and_mended_from_its_copy(paths, documents):
    bring_up(paths, documents).stop_daemon()
    vault, copy = Path(paths.vault_dir, "vault.db"), Path(paths.vault_dir, "vault.copy.db")
    shutil.copy(vault, copy)
    with open(vault, "r+b") as file:
        file.write(b"garbage" * 2000)
    damaged = vault.read_bytes()
    refused = lsfsd("run", "--json")
    assert refused.returncode == 2  # run has no such option; the error is a document all the same
    refused = lsfsd("run")
    assert refused.returncode == 7
    assert refused.stderr.startswith("lsfsd: ") and refused.stderr.count("\n") == 1
    assert lsfsd("doctor").returncode == 7
    assert vault.read_bytes() == damaged
    mended = lsfsd("doctor", "--repair")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert [path.read_bytes() for path in vault.parent.glob("vault.db.damaged-*") if path.stat().st_size] == [damaged]
    assert found(client_of(paths), "Lyon") == ["lease.md"]


def test_a_vault_without_a_copy_is_left_as_it_is(paths, documents):
    bring_up(paths, documents).stop_daemon()
    vault = Path(paths.vault_dir, "vault.db")
    vault.write_bytes(b"garbage" * 2000)
    done = lsfsd("doctor", "--repair")
    assert (done.returncode, vault.read_bytes()) == (7, b"garbage" * 2000)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
