"""The vault is never lost: damage stops its writing, a full disk costs nothing, its copy can take its place."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import apsw
import msgspec
import pytest

from lsfs.core.errors import VaultDamaged
from lsfs.store.vault import APPLICATION_ID, COPY, OpRow, Touch, Vault


def filled_vault(path: Path) -> None:
    vault = Vault(path)
    with vault.write() as tx:
        for number in range(2000):
            vault.roots.add(tx, b"/folder/%d" % number, "", number, 0)
    vault.close()


def test_what_later_ops_touched_is_found_in_time_however_much_they_touched(tmp_path):
    count = 5000
    vault = Vault(tmp_path / "vault.db")
    row = OpRow(0, "applied", "reversible", "cli", "", "", b"{}", 1, 1, 1, 2, 1, 2)
    with vault.write() as tx:
        first = [Touch(1, b"a/b/%d" % n, n + 1, n % 7 == 0) for n in range(count)]
        op = vault.ops.add(tx, row, [], first)
        other = [Touch(1, b"c/%d" % n, n + 1 if n % 100 == 0 else None, False) for n in range(count)]
        other += [Touch(1, b"a/b/14/below", None, False), Touch(1, b"a/b/15/below", None, False)]
        other += [Touch(1, b"a/b/3", None, False), Touch(2, b"a/b/4", None, False)]
        last = vault.ops.add(tx, row, [], other)
        vault.ops.add(tx, msgspec.structs.replace(row, state="undone"), [], [Touch(1, b"a/b/5", None, False)])
        whole = vault.ops.add(tx, row, [], [Touch(1, b"a/b/21", None, True), Touch(1, b"a", None, False)])
        began = time.monotonic()
    found = vault.ops.later(op, first)
    assert time.monotonic() - began < 60, "each looks at all that the others touch"
    expected = {(1, b"c/%d" % n): last for n in range(0, count, 100)}
    expected |= {(1, b"a/b/14/below"): last, (1, b"a/b/3"): last, (1, b"a/b/21"): whole}
    assert found == expected
    assert vault.ops.later(last, [Touch(1, b"a/b/21/deep", None, False)]) == {(1, b"a/b/21"): whole}
    vault.close()


def test_a_vault_with_damaged_pages_refuses_to_be_written_once_it_was_verified(tmp_path):
    path = tmp_path / "vault.db"
    filled_vault(path)
    with open(path, "r+b") as file:
        file.seek(
            os.path.getsize(path) - 20 * 4096
        )  # behind the tables' descriptions, without which it cannot be opened
        file.write(os.urandom(20 * 4096))
    before = path.read_bytes()
    vault = Vault(path)
    with pytest.raises(VaultDamaged):
        vault.verify()
    with pytest.raises(VaultDamaged), vault.write():
        pytest.fail("a damaged vault was to be written")
    vault.close()
    assert path.read_bytes() == before and list(tmp_path.glob("*.damaged*")) == []


def test_a_vault_that_shows_its_damage_while_it_is_written_is_not_written_again(tmp_path):
    path = tmp_path / "vault.db"
    filled_vault(path)
    vault = Vault(path)
    vault._db._writer.execute("PRAGMA cache_size=0")
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(os.path.getsize(path) - 4096))
    with pytest.raises(VaultDamaged), vault.write() as tx:
        tx.execute("SELECT * FROM roots").fetchall()
    with pytest.raises(VaultDamaged), vault.write():
        pytest.fail("a damaged vault was to be written")
    vault.close()


def test_a_backup_is_whole_private_and_can_be_used_in_the_vaults_place(tmp_path):
    path, copy = tmp_path / "vault.db", tmp_path / "vault.copy.db"
    filled_vault(path)
    vault = Vault(path)
    with vault.write() as tx:
        vault.roots.add(tx, b"/still in the log", "", 1, 0)
    vault.backup(copy)
    vault.backup(copy)  # takes the place of the older one
    paths = [root.path for root in vault.roots.all()]
    vault.close()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    connection = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    connection.close()
    shutil.move(copy, path)
    loaded = Vault(path)
    assert [root.path for root in loaded.roots.all()] == paths and loaded.check() == "ok"
    with loaded.write() as tx:
        assert loaded.next_seq(tx) == loaded.seq() + 1
    loaded.close()
    assert list(tmp_path.glob("*.partial")) == []


FULL_DISK = """
import os, sys
from pathlib import Path
from lsfs.core.errors import DiskFull
from lsfs.store.vault import Vault

folder = Path(sys.argv[1])
vault = Vault(folder / "vault.db")
written = 0
def add(count):
    global written
    with vault.write() as tx:
        for number in range(count):
            vault.roots.add(tx, b"/%d/" % written + b"x" * 200, "", 1, 0)
            written += 1
full = 0
while not full:
    before = written
    try:
        add(2000)
    except DiskFull as error:
        assert error.hint, error
        full, written = 1, before
assert len(vault.roots.all()) == written
try:
    vault.backup(folder / "vault.copy.db")
except DiskFull:
    assert not (folder / "vault.copy.db").exists() and not list(folder.glob("*.partial"))
else:
    raise SystemExit("a copy on a full disk")
(folder / "ballast").unlink()
add(2000)
assert len(vault.roots.all()) == written and vault.check() == "ok"
vault.close()
print("nothing lost", written)
"""


def in_a_namespace(script: str, tmp_path: Path, *mounts: str) -> subprocess.CompletedProcess[str]:
    """Runs Python as root of a user namespace with the mounts made first; skips where that is not allowed."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("this system allows no user namespaces")
    program = tmp_path / "program.py"
    program.write_text(script)
    commands = " && ".join([*mounts, f"exec {sys.executable} {program} {tmp_path}/small"])
    (tmp_path / "small").mkdir()
    return subprocess.run(
        ["unshare", "-Urm", "sh", "-c", commands],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=60,
    )


def test_a_full_disk_is_told_and_loses_nothing(tmp_path):
    small = f"mount -t tmpfs -o size=6m tmpfs {tmp_path}/small"
    ballast = f"head -c 3000000 /dev/zero > {tmp_path}/small/ballast"
    result = in_a_namespace(FULL_DISK, tmp_path, small, ballast)
    assert "nothing lost" in result.stdout, result.stderr


@pytest.mark.parametrize("lost", ["gone", "emptied"])
def test_a_lost_vault_is_not_begun_anew_beside_its_copy(tmp_path, lost):
    path = tmp_path / "vault.db"
    filled_vault(path)
    vault = Vault(path)
    vault.backup(tmp_path / COPY)
    vault.close()
    path.unlink()
    if lost == "emptied":
        path.touch()
    with pytest.raises(VaultDamaged, match="its copy is not") as refused:
        Vault(path)
    assert "--repair" in (refused.value.hint or "")
