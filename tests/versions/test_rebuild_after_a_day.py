"""A copy and the objects are enough: after the vault itself was lost, everything that was kept can be had."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from lsfs.compose import open_engine
from lsfs.core.actions import Create, Write
from lsfs.core.api import HistoryRequest
from lsfs.core.wirepath import to_wire
from lsfs.store.vault import COPY, OpRow, Vault
from lsfsd.repair import repair_vault
from tests.plan.conftest import desk_at
from tests.running import Lsfs, engine_at


def history(lsfs: Lsfs, name: str) -> list[bytes]:
    """What the numbered versions of a file hold, oldest first, asked for as a person would."""
    path = to_wire(os.fsencode(lsfs.root / name))
    (found,) = lsfs.engine.past.history(HistoryRequest(path=path)).files
    numbered = [version for version in found.versions if version.number is not None]
    assert [version.number for version in numbered] == list(range(1, len(numbered) + 1))
    assert all(version.kept for version in numbered), numbered
    return [b"".join(lsfs.engine._parts.contents.read(bytes.fromhex(version.content))) for version in numbered]


def wait_for(lsfs: Lsfs, name: str, body: bytes) -> None:
    """Returns when a content is a version."""
    until = time.monotonic() + 30
    while True:
        with contextlib.suppress(AssertionError):
            entry = lsfs.entry(name)
            last = [v for v in lsfs.vault.versions.of(entry.lineage) if v.number is not None][-1:] if entry else []
            if last and b"".join(lsfs.engine._parts.contents.read(last[0].content)) == body:
                return
        assert time.monotonic() < until, (name, body)
        time.sleep(0.1)


def save(lsfs: Lsfs, **bodies: bytes) -> None:
    """Saves files, and returns when each is a version."""
    for name, body in bodies.items():
        (lsfs.root / name).write_bytes(body)
    for name, body in bodies.items():
        wait_for(lsfs, name, body)


def repaired(lsfs: Lsfs) -> str:
    """Loses the vault of an engine that was closed, repairs it, and starts again; what the repair said."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{lsfs.paths.vault_dir}/vault.db{suffix}").unlink(missing_ok=True)
    said = repair_vault(lsfs.paths, "now")
    assert {finding.severity for finding in said} <= {"ok", "warning"}, said
    lsfs.engine = lsfs._start()
    lsfs.settled()
    return " ".join(finding.what for finding in said)


def test_a_lost_vault_is_made_again_from_its_copy_and_the_objects(tmp_path):
    big = os.urandom(3_000_000)
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        save(lsfs, notes=b"first", gone=b"soon deleted")
        save(lsfs, notes=b"second", big=big)
        lsfs.engine.run_job("copy")
        before = lsfs.vault.versions.of(lsfs.lineage("notes"))
        save(lsfs, notes=b"third", new=b"a new file", big=big + b"more", brief=b"deleted before the end")
        save(lsfs, notes=b"fourth", new=b"a new file, changed", late=b"deleted while nobody looks")
        (lsfs.root / "gone").unlink()
        (lsfs.root / "brief").unlink()
        time.sleep(1)
        lsfs.rescanned()
        lsfs.engine.close()
        (lsfs.root / "late").unlink()
        assert "versions since then" in repaired(lsfs)
        assert lsfs.vault.versions.of(lsfs.lineage("notes"))[: len(before)] == before
        assert history(lsfs, "notes") == [b"first", b"second", b"third", b"fourth"]
        assert history(lsfs, "new") == [b"a new file", b"a new file, changed"]
        assert history(lsfs, "big") == [big, big + b"more"]
        assert history(lsfs, "gone") == [b"soon deleted"] and lsfs.entry("gone").gone
        assert history(lsfs, "brief") == [b"deleted before the end"] and lsfs.entry("brief").gone
        assert history(lsfs, "late") == [b"deleted while nobody looks"] and lsfs.entry("late").gone
        assert lsfs.disagreement() == []
        save(lsfs, notes=b"fifth")
        assert history(lsfs, "notes")[-2:] == [b"fourth", b"fifth"]


def test_what_the_index_knows_and_the_repaired_vault_does_not_is_not_found_any_more(tmp_path):
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        lsfs.engine.run_job("copy")
        save(lsfs, late=b"deleted while nobody looks")
        lsfs.engine.close()
        (lsfs.root / "late").unlink()
        repaired(lsfs)
        assert lsfs.index.files.at(1, b"late") is None


def test_what_a_command_had_made_a_version_of_at_once_is_found_too(tmp_path):
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        lsfs.engine.run_job("copy")
        for body in (b"first", b"second", b"third"):
            (lsfs.root / "notes").write_bytes(body)
            assert history(lsfs, "notes")[-1] == body
        lsfs.engine.close()
        (lsfs.root / "notes").unlink()
        repaired(lsfs)
        assert history(lsfs, "notes") == [b"first", b"second", b"third"]


def test_what_ops_have_put_is_found_too(tmp_path):
    with desk_at(tmp_path) as desk:
        lsfs = desk.lsfs
        lsfs.up()
        lsfs.engine.run_job("copy")
        desk.do(Create(path="notes", text="first\n"), Create(path="other", text="of the same op\n"))
        desk.do(Write(path="notes", text="second\n"))
        desk.do(Write(path="notes", text="third\n"))
        desk.undo()
        lsfs.engine.close()
        (lsfs.root / "notes").unlink()
        (lsfs.root / "other").unlink()
        repaired(lsfs)
        assert history(lsfs, "notes") == [b"first\n", b"second\n", b"third\n", b"second\n"]
        assert history(lsfs, "other") == [b"of the same op\n"]


def test_repairing_again_changes_nothing(tmp_path):
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        lsfs.engine.run_job("copy")
        save(lsfs, notes=b"first", other=b"another")
        save(lsfs, notes=b"second")
        lsfs.engine.close()
        repaired(lsfs)
        lsfs.engine.close()
        (finding,) = repair_vault(lsfs.paths, "again")
        assert "nothing to mend" in finding.what
        lsfs.engine = lsfs._start()
        assert history(lsfs, "notes") == [b"first", b"second"]


def test_a_damaged_vault_never_takes_the_place_of_its_copy(tmp_path):
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        save(lsfs, notes=b"first")
        lsfs.engine.run_job("copy")
        copy = Path(lsfs.paths.vault_dir, COPY)
        os.utime(copy, (1, 1))
        good = copy.read_bytes()
        lsfs.engine.close()
        vault = Path(lsfs.paths.vault_dir, "vault.db")
        with contextlib.closing(apsw.Connection(str(vault), flags=apsw.SQLITE_OPEN_READONLY)) as database:
            ((page,),) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'versions_by_path'")
        with open(vault, "r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
        with contextlib.closing(open_engine(lsfs.paths, lsfs.config)) as damaged:
            damaged.run_job("copy")
        assert copy.read_bytes() == good
        repaired(lsfs)
        assert history(lsfs, "notes") == [b"first"]


KILLED = """
import os, signal, sys
from pathlib import Path
from lsfs.core.locations import Paths
from lsfsd import repair

paths, at = Paths.from_env({"HOME": sys.argv[1]}), int(sys.argv[2])
calls = 0
def dying(real):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call
for owner, name in ((repair.shutil, "copyfile"), (repair.os, "rename"), (repair, "rebuild"), (repair, "fold"),
                    (repair, "end_ops"), (repair, "follow_anew"), (repair.os, "unlink")):
    setattr(owner, name, dying(getattr(owner, name)))
repair.repair_vault(paths, "killed")
print("done", calls)
"""


def test_a_repair_that_is_killed_is_done_whole_by_the_next(tmp_path):
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        lsfs.engine.run_job("copy")
        save(lsfs, notes=b"first")
        save(lsfs, notes=b"second")
        lsfs.engine.close()
        folder = Path(lsfs.paths.vault_dir)
        (folder / "vault.db").write_bytes(b"garbage" * 1000)
        shutil.copytree(folder, tmp_path / "before")
        for at in range(1, 30):
            shutil.rmtree(folder)
            shutil.copytree(tmp_path / "before", folder)
            done = _killed(lsfs.home, at)
            if done.returncode == 0:
                break
            assert done.returncode == -signal.SIGKILL, done.stderr
            repair_vault(lsfs.paths, "next")
            with contextlib.closing(Vault(folder / "vault.db")) as vault:
                (entry,) = vault.entries.at(1, [b"notes"]).values()
                assert [v.number for v in vault.versions.of(entry.lineage) if v.number] == [1, 2], at
        assert at > 5
        lsfs.engine = lsfs._start()
        lsfs.settled()
        assert history(lsfs, "notes") == [b"first", b"second"]


def _killed(home: Path, at: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(home), str(at)]
    path = os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parents[2] / "daemon")])
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, timeout=60)


def test_an_op_that_ran_when_the_copy_was_made_is_not_taken_up_again(tmp_path):
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        with lsfs.vault.write() as tx:
            op = lsfs.vault.ops.add(tx, OpRow(0, "running", "reversible", "cli", "", "", b"{}", 1, 1, 1, 1), [], [])
        lsfs.engine.run_job("copy")
        with lsfs.vault.write() as tx:
            lsfs.vault.ops.set_state(tx, op, "applied", 1)
        lsfs.engine.close()
        repaired(lsfs)
        found = lsfs.vault.ops.get(op)
        assert found.state == "failed" and "repaired" in found.error


def test_a_vault_without_its_copy_is_left_as_it_is(tmp_path):
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        lsfs.engine.close()
        vault = Path(lsfs.paths.vault_dir, "vault.db")
        vault.write_bytes(b"garbage" * 1000)
        (finding,) = repair_vault(lsfs.paths, "now")
        assert finding.severity == "error" and vault.read_bytes() == b"garbage" * 1000
        vault.unlink()
        (finding,) = repair_vault(lsfs.paths, "now")
        assert finding.severity == "note"
        lsfs.engine = lsfs._start()


@pytest.fixture(autouse=True)
def no_vault_is_left_partial(tmp_path):
    yield
    assert list(tmp_path.rglob("*.partial*")) == []
