"""Killed at any instant, an engine goes on where it was: nothing is missing, nothing is there twice."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from lsfs.store.vault import Vault

ENGINE = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from conftest import engine_at

with engine_at(Path(sys.argv[1])) as lsfs:
    print("started", flush=True)
    if not lsfs.vault.roots.all():
        lsfs.up()
    sys.stdin.read()
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    program = folder / "program.py"
    program.write_text(ENGINE.format(tests=str(Path(__file__).parent)))
    process = subprocess.Popen(
        [sys.executable, program, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdout.readline() == b"started\n"
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def change(root: Path, chance: random.Random, count: int) -> None:
    """Writes, moves and deletes files at random."""
    for _ in range(count):
        path = root / f"{chance.randrange(count)}.txt"
        what = chance.random()
        if path.exists() and what < 0.15:
            path.unlink()
        elif path.exists() and what < 0.3:
            path.replace(root / f"{chance.randrange(count)}.txt")
        else:
            path.write_text(f"text {chance.random()}\n" * 20)


def check_sound(folder: Path, lsfs) -> None:
    assert lsfs.differences() == []
    for path in (folder / "home/.local/share/lsfs/vault.db", folder / "home/.cache/lsfs/index.db"):
        assert path.exists()
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    numbered: dict[int, list[tuple[int, bytes | None]]] = {}
    rows = lsfs.vault._db.rows("SELECT lineage, number, content FROM versions WHERE number IS NOT NULL ORDER BY seq")
    for lineage, number, content in rows:
        numbered.setdefault(lineage, []).append((number, content))
    for versions in numbered.values():
        assert [number for number, _ in versions] == list(range(1, len(versions) + 1))
        assert all(one[1] != next[1] for one, next in itertools.pairwise(versions)), "a version twice"


def kill_and_go_on(folder: Path, start_lsfs, rounds: int, files: int) -> None:
    chance = random.Random(random.random())
    (folder / "root").mkdir()
    for _ in range(rounds):
        change(folder / "root", chance, files)
        process = start(folder)
        time.sleep(chance.random() * 0.7)
        change(folder / "root", chance, files // 10)
        time.sleep(chance.random() * 0.3)
        kill(process)
        with start_lsfs(folder) as lsfs:
            if not lsfs.vault.roots.all():
                lsfs.up()
            lsfs.settled()
            check_sound(folder, lsfs)


def test_an_engine_that_is_killed_ten_times_while_it_indexes_ends_in_the_same_index_as_the_disk(short_tmp, start_lsfs):
    kill_and_go_on(short_tmp, start_lsfs, rounds=10, files=300)


@pytest.mark.long
def test_an_engine_that_is_killed_a_hundred_times_ends_in_the_same_index_as_the_disk(short_tmp, start_lsfs):
    kill_and_go_on(short_tmp, start_lsfs, rounds=100, files=1000)


def test_what_was_captured_and_not_settled_when_it_was_killed_is_a_version_afterwards(
    short_tmp, start_lsfs, wait_until
):
    (short_tmp / "root").mkdir()
    (short_tmp / "root/a.txt").write_text("saved just before the kill")
    process = start(short_tmp)
    vault_path = short_tmp / "home/.local/share/lsfs/vault.db"

    def captured() -> bool:
        connection = apsw.Connection(str(vault_path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(1000)
        found = connection.execute("SELECT 1 FROM entries WHERE content IS NOT NULL").fetchall()
        connection.close()
        return bool(found)

    wait_until(captured)
    kill(process)
    (short_tmp / "root/a.txt").unlink()
    with start_lsfs(short_tmp) as lsfs:
        lsfs.settled()
        assert [(v.number, v.gone) for v in lsfs.versions("a.txt")] == [(1, 0), (None, 1)]


def texts(root: Path, count: int) -> None:
    for number in range(count):
        (root / f"{number}.txt").write_text(f"number {number}")


def index_file(lsfs) -> Path:
    return Path(os.fsdecode(lsfs.paths.index_dir), "index.db")


def test_an_index_that_was_deleted_is_made_again_from_the_vault_and_the_files(lsfs):
    texts(lsfs.root, 20)
    lsfs.up()
    (lsfs.root / "0.txt").unlink()
    (lsfs.root / "1.txt").rename(lsfs.root / "renamed.txt")
    lsfs.rescanned()
    lineages = {entry.path: entry.lineage for entry in lsfs.vault.entries.below(1, b"")}
    lsfs.engine.close()
    index_file(lsfs).unlink()
    lsfs.engine = lsfs._start()
    lsfs.settled()
    assert lsfs.differences() == []
    assert {entry.path: entry.lineage for entry in lsfs.vault.entries.below(1, b"")} == lineages
    # What is gone in the vault is not in the index that follows it.
    assert len(lsfs.index.files.below(1, b"")) == len(lineages) == 19


def test_a_damaged_index_is_made_again_and_status_says_so(lsfs):
    texts(lsfs.root, 5)
    lsfs.up()
    lsfs.engine.close()
    index_file(lsfs).write_bytes(b"damage" * 5000)
    lsfs.engine = lsfs._start()
    lsfs.settled()
    assert lsfs.differences() == []
    assert any("moved to" in note for note in lsfs.engine.status().notes)


def test_an_older_copy_of_the_vault_in_its_place_ends_in_the_same_index_as_the_disk(lsfs):
    texts(lsfs.root, 5)
    lsfs.up()
    lsfs.engine.run_job("copy")
    # The numbers that these get, others have had in the copy's future.
    for number in range(5):
        (lsfs.root / f"{number}.txt").unlink()
    for name in ("later", "latest"):
        (lsfs.root / f"{name}.txt").write_text(f"{name} than the copy")
    lsfs.rescanned()
    lsfs.engine.close()
    for name in ("later", "latest"):
        (lsfs.root / f"{name}.txt").unlink()
    folder = Path(os.fsdecode(lsfs.paths.vault_dir))
    for suffix in ("-wal", "-shm"):
        (folder / f"vault.db{suffix}").unlink(missing_ok=True)
    shutil.copyfile(folder / "vault.copy.db", folder / "vault.db")
    (lsfs.root / "another.txt").write_text("made while none ran")
    lsfs.engine = lsfs._start()
    lsfs.settled()
    assert lsfs.differences() == []
    assert len(lsfs.index.files.below(1, b"")) == 1


def test_an_index_that_could_not_be_written_for_a_while_lacks_nothing_afterwards(lsfs, monkeypatch, wait_until):
    from lsfs.core.errors import DiskFull
    from lsfs.ingest import agenda

    lsfs.up()
    monkeypatch.setattr(agenda, "RETRY_S", 0.2)
    follow = lsfs.engine._parts.pipeline.follow
    failures = iter([True, True])

    def failing(*args, **named) -> None:
        if next(failures, False):
            raise DiskFull("no space left for the database")
        follow(*args, **named)

    monkeypatch.setattr(lsfs.engine._parts.pipeline, "follow", failing)
    texts(lsfs.root, 5)
    lsfs.rescanned()
    assert lsfs.disagreement() == []


def test_a_vault_that_ends_in_a_kill_opens_as_it_was_committed(tmp_path):
    path = tmp_path / "vault.db"
    script = f"""
import os, signal
from pathlib import Path
from lsfs.store.vault import Vault
vault = Vault(Path({str(path)!r}))
with vault.write() as tx:
    vault.roots.add(tx, b"/committed", "", 1, 0)
with vault.write() as tx:
    vault.roots.add(tx, b"/under way", "", 1, 0)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", script], env=environment).returncode == -signal.SIGKILL
    vault = Vault(path)
    assert [root.path for root in vault.roots.all()] == [b"/committed"] and vault.check() == "ok"
    vault.close()
