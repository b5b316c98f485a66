"""A vault of an earlier version is brought up to date without losing a row, whole or not at all.

``vaults/format-1.db`` was made by version 0.1.0: a folder with a few files, one of them moved, one deleted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from lsfs.core.locations import Paths
from lsfs.core.records import Kind
from lsfs.store.database import migrations
from lsfs.store.vault import COPY, Bound, FolderTimes, OpRow, Touch, Vault, Version
from lsfsd.repair import repair_vault

OLD = Path(__file__).parent / "vaults/format-1.db"
NEWEST = len(migrations("lsfs.store.vault"))


def reading(path: Path) -> contextlib.closing[apsw.Connection]:
    """A connection that leaves nothing beside the file where that is the kept vault itself."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    return contextlib.closing(apsw.Connection(f"file:{path}{'?immutable=1' if path == OLD else ''}", flags=flags))


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table that the old vault has, with the columns that it has."""
    with reading(OLD) as old:
        sql = "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table'"
        columns: dict[str, list[str]] = {}
        for table, column in old.execute(sql):
            columns.setdefault(table, []).append(column)
    with reading(path) as database:
        return {
            table: sorted(database.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall(), key=repr)
            for table, names in columns.items()
        }


def format_of(path: Path) -> int:
    with reading(path) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the old vault."""
    path = tmp_path / "data/vault.db"
    path.parent.mkdir()
    shutil.copyfile(OLD, path)
    return path


@pytest.fixture
def vault(old: Path):
    with contextlib.closing(Vault(old)) as opened:
        yield opened


def test_the_old_vault_is_what_the_tests_take_it_for():
    assert format_of(OLD) == 1 and NEWEST > 1
    assert len(rows_of(OLD)["versions"]) == 12


def test_every_row_is_kept(old):
    before = rows_of(OLD)
    with contextlib.closing(Vault(old)) as vault:
        assert vault.check() == "ok" and vault.newer == ""
    assert format_of(old) == NEWEST
    assert rows_of(old) == before
    Vault(old).close()  # and once more changes nothing
    assert rows_of(old) == before


def test_what_was_known_is_told_as_before(vault):
    (root,) = vault.roots.all()
    assert (root.path, root.baseline) == (b"/home/user/Documents", 7)
    living = {entry.path: entry.kind for entry in vault.entries.below(root.id, b"")}
    assert living == {
        b".hidden": Kind.FILE,
        b"caf\xe9.txt": Kind.FILE,
        b"letters": Kind.DIR,
        b"letters/lease-2026.md": Kind.FILE,
        b"link": Kind.SYMLINK,
        b"notes.txt": Kind.FILE,
    }
    moved = vault.entries.at(root.id, [b"letters/lease-2026.md"])[b"letters/lease-2026.md"]
    assert [version.number for version in vault.versions.of(moved.lineage)] == [1, 2, None, 3]
    assert vault.versions.at(moved.lineage, Bound(seq=26)).path == b"letters/lease.md"
    notes = vault.entries.at(root.id, [b"notes.txt"])[b"notes.txt"]
    assert vault.tags.of(notes.lineage) == ["home", "todo"] and vault.tags.tagged() == [notes.lineage]
    assert vault.versions.tree(root.id, b"", Bound(seq=25)).keys() >= {b"gone.txt", b"letters/lease.md"}
    assert b"gone.txt" not in vault.versions.tree(root.id, b"", Bound(seq=26))


def test_what_newer_versions_keep_is_empty_and_can_be_filled(vault):
    """Everything that the vault offers works on a vault that was brought up to date."""
    (root,) = vault.roots.all()
    notes = vault.entries.at(root.id, [b"notes.txt"])[b"notes.txt"]
    assert (notes.xattrs, notes.mirror) == (None, None)
    assert vault.pieces.kept([notes.content]) == set() and vault.pieces.stored_bytes() == 0
    assert notes.id in vault.entries.unkept(10)  # its bytes are kept as soon as it is read again
    assert vault.versions.dropped(notes.lineage) == {}
    with vault.write() as tx:
        vault.pieces.add(tx, [(notes.content, 1, 0, 70, 4)])
        seq = vault.next_seq(tx)
        number = vault.versions.next_numbers(tx, [notes.lineage])[notes.lineage]
        row = (root.id, b"notes.txt", "file", notes.content, None, 4, 0o100600, 1, None, 1, 1)
        vault.versions.add(tx, [Version(seq, notes.lineage, number, *row)])
        vault.versions.drop(tx, [seq], 1, "thinned")
        op = vault.ops.add(
            tx,
            OpRow(0, "preview", "reversible", "cli", "say", "do", b"{}", 1, 4, 1, 1 << 60),
            [b"{}"],
            [Touch(root.id, b"notes.txt", notes.lineage, False)],
        )
        vault.ops.hold(tx, op, [notes.content])
        assert vault.ops.claim(tx, op, 1)
        vault.ops.begin(tx, op, 2, [], [FolderTimes(root.id, b"", 1)])
        vault.ops.finish(tx, op, 3, seq, [(0, b"{}")], [FolderTimes(root.id, b"", 1, 2)])
        vault.saved.put(tx, "bills", "kind:pdf bill", 1)
        vault.roots.set_policy(tx, root.id, '{"versions":"off"}')
        vault.tags.change(tx, notes.lineage, "new", on=True)
        (lineage,) = vault.entries.new_lineages(tx, [(notes.lineage, seq)])
    assert seq == 35 and number == 2 and lineage == 8
    assert vault.pieces.kept([notes.content]) == {notes.content}
    assert vault.versions.dropped(notes.lineage) == {seq: "thinned"}
    assert [row.id for row in vault.ops.touching(root.id, b"", [], 10)] == [op]
    assert vault.ops.folder_times(op) == [FolderTimes(root.id, b"", 1, 2)] and vault.ops.held(0) == {notes.content}
    assert vault.saved.all() == {"bills": "kind:pdf bill"} and vault.tags.of(notes.lineage)[-2:] == ["new", "todo"]
    assert vault.entries.protected()[0] == 4
    assert vault.check() == "ok"


def test_a_vault_of_the_format_between_is_brought_up_to_date_as_well(old):
    with contextlib.closing(apsw.Connection(str(old))) as database:
        database.execute(migrations("lsfs.store.vault")[1] + "; PRAGMA user_version=2")
        database.execute("INSERT INTO saved VALUES ('bills', 'kind:pdf bill', 1)")
    before = rows_of(old)
    with contextlib.closing(Vault(old)) as vault:
        assert vault.check() == "ok" and vault.saved.all() == {"bills": "kind:pdf bill"}
        assert vault.tools.sources() == [] and vault.tools.macros() == []
    assert rows_of(old) == before and format_of(old) == NEWEST


KILLED = """
import os, signal, sys
from pathlib import Path
import apsw
from lsfs.store.vault import Vault

at = int(sys.argv[2])
count = 0

def hook(connection):
    def traced(cursor, sql, bindings):
        global count
        inside = not connection.get_autocommit()
        count += inside
        if inside and count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return True
    connection.set_exec_trace(traced)

apsw.connection_hooks.append(hook)
Vault(Path(sys.argv[1])).close()
print("done", count)
"""


def migrated_until(path: Path, statement: int) -> subprocess.CompletedProcess[str]:
    """Opens a vault in a process that is killed at the n-th statement within the transactions of its migrations."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", KILLED, str(path), str(statement)]
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60)


def test_a_migration_that_is_killed_leaves_the_old_vault_as_it_was(old):
    before = rows_of(OLD)
    whole = migrated_until(old, 0)
    assert whole.returncode == 0, whole.stderr
    statements = int(whole.stdout.split()[1])
    assert statements > 10
    for statement in (1, 2, statements // 2, statements - 1, statements):  # the last commits
        for suffix in ("", "-wal", "-shm"):
            Path(f"{old}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(OLD, old)
        assert migrated_until(old, statement).returncode == -signal.SIGKILL
        with contextlib.closing(apsw.Connection(str(old))) as database:  # takes up the log that was left
            (reached,) = database.execute("PRAGMA user_version").fetchone()
            assert reached < NEWEST
            for number, table in enumerate(["pieces", "tool_sources"], 2):  # each migration whole, or not at all
                there = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
                assert there == (int(reached >= number),)
        assert rows_of(old) == before
        with contextlib.closing(Vault(old)) as vault:
            assert vault.check() == "ok"
        assert rows_of(old) == before and format_of(old) == NEWEST


def test_a_vault_can_be_repaired_from_a_copy_that_an_earlier_version_made(tmp_path):
    paths = Paths.from_env({"HOME": str(tmp_path)})
    folder = Path(paths.vault_dir)
    folder.mkdir(parents=True)
    shutil.copyfile(OLD, folder / COPY)
    (folder / "vault.db").write_bytes(b"garbage" * 1000)
    said = repair_vault(paths, "now")
    assert [finding.severity for finding in said] == ["warning", "ok"]
    assert sorted(path.name for path in folder.iterdir()) == [COPY, "vault.db", "vault.db.damaged-now"]
    assert rows_of(folder / "vault.db") == rows_of(OLD) and format_of(folder / "vault.db") == NEWEST
    assert (folder / COPY).read_bytes() == OLD.read_bytes()  # the copy itself is not touched
