"""The two databases: migrations, modes, what happens to a newer, damaged or full one, and reading beside the writer."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import apsw
import pytest

from lsfs.core.errors import StorageError, VaultDamaged, VaultNewer
from lsfs.store import database
from lsfs.store.database import Damaged, Database, SchemaNewer
from lsfs.store.index import APPLICATION_ID as INDEX_ID
from lsfs.store.index import Index, NewContent
from lsfs.store.vault import APPLICATION_ID as VAULT_ID
from lsfs.store.vault import Vault

KINDS = [(Vault, VAULT_ID, "lsfs.store.vault"), (Index, INDEX_ID, "lsfs.store.index")]
both = pytest.mark.parametrize(("kind", "application_id", "package"), KINDS, ids=["vault", "index"])


def make(kind: type, path: Path) -> None:
    kind(path).close()


def pragma(path: Path, name: str):
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def execute(path: Path, sql: str) -> list:
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def overwrite_pages(path: Path) -> None:
    """Damages the pages of an existing database but the first, which holds its header."""
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(os.path.getsize(path) - 4096))


@both
def test_what_cannot_be_changed_later_is_fixed_from_the_first_migration(kind, application_id, package, tmp_path):
    path = tmp_path / "x.db"
    make(kind, path)
    assert pragma(path, "application_id") == application_id
    assert pragma(path, "page_size") == 4096
    assert pragma(path, "auto_vacuum") == 2
    assert pragma(path, "journal_mode") == "wal"
    tables = execute(path, "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    # FTS5 and vec0 make their own tables below the virtual ones.
    ours = {
        name: strict
        for name, strict in tables
        if not name.startswith(("sqlite_", "passages", "names", "grams", "vectors"))
    }
    assert len(ours) >= 5 and set(ours.values()) == {1}


@both
def test_paths_are_stored_as_bytes(kind, application_id, package, tmp_path):
    path = tmp_path / "x.db"
    make(kind, path)
    columns = execute(
        path,
        "SELECT t.name, c.type FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c "
        "WHERE c.name IN ('path', 'target') AND t.type = 'table'",
    )
    assert columns and {kind for _, kind in columns} == {"BLOB"}


@both
def test_files_are_for_their_owner_only_whatever_the_umask(kind, application_id, package, tmp_path):
    folder = tmp_path / "data"
    before = os.umask(0)
    try:
        opened = kind(folder / "x.db")
        with opened.write() as tx:
            tx.execute("UPDATE meta SET value = value")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        opened.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes.keys() >= {"x.db", "x.db-wal"} and set(modes.values()) == {0o600}


def with_migrations(tmp_path: Path, monkeypatch, *scripts: str) -> Path:
    folder = tmp_path / "package" / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    for number, script in enumerate(scripts, 1):
        (folder / f"{number:04}.sql").write_text(script)
    monkeypatch.setattr(database, "files", lambda package: folder.parent)
    return folder


def open_database(path: Path) -> Database:
    return Database(path, package="of the test", application_id=7, page_size=4096)


def test_a_migration_and_its_record_commit_together(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    with_migrations(tmp_path, monkeypatch, "CREATE TABLE a (x) STRICT;".replace("(x)", "(x INT)"))
    open_database(path).close()
    broken = "CREATE TABLE b (x INT) STRICT; INSERT INTO nowhere VALUES (1);"
    with_migrations(tmp_path, monkeypatch, "CREATE TABLE a (x INT) STRICT;", broken)
    with pytest.raises(StorageError):
        open_database(path)
    assert pragma(path, "user_version") == 1
    assert [row[0] for row in execute(path, "SELECT name FROM sqlite_schema")] == ["a"]
    with_migrations(tmp_path, monkeypatch, "CREATE TABLE a (x INT) STRICT;", "CREATE TABLE b (x INT) STRICT;")
    open_database(path).close()
    assert pragma(path, "user_version") == 2


def test_only_migrations_that_are_missing_are_run(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    with_migrations(tmp_path, monkeypatch, "CREATE TABLE a (x INT) STRICT;")
    open_database(path).close()
    execute(path, "INSERT INTO a VALUES (1)")
    with_migrations(tmp_path, monkeypatch, "CREATE TABLE a (x INT) STRICT;", "UPDATE a SET x = x + 1;")
    for _ in range(2):
        open_database(path).close()
    assert execute(path, "SELECT x FROM a") == [(2,)]


@pytest.mark.parametrize("prepare", ["CREATE TABLE t (x)", "PRAGMA user_version=1", "PRAGMA application_id=9"])
def test_another_programs_database_is_not_written(prepare, tmp_path):
    path = tmp_path / "vault.db"
    execute(path, prepare)
    before = path.read_bytes()
    with pytest.raises(VaultDamaged):
        Vault(path)
    assert path.read_bytes() == before


def test_a_newer_vault_is_read_and_not_written(tmp_path):
    path = tmp_path / "vault.db"
    vault = Vault(path)
    with vault.write() as tx:
        vault.roots.add(tx, b"/a", "", 1, 0)
    vault.close()
    execute(path, "PRAGMA user_version=99")
    newer = Vault(path)
    assert "99" in newer.newer
    assert [root.path for root in newer.roots.all()] == [b"/a"]
    with pytest.raises(VaultNewer), newer.write():
        pass
    newer.close()
    assert pragma(path, "user_version") == 99


def test_a_newer_index_is_moved_aside_with_what_it_holds_and_made_again(tmp_path):
    path = tmp_path / "index.db"
    make(Index, path)
    execute(path, "PRAGMA user_version=99")
    index = Index(path)
    assert "index.db.damaged-1" in index.rebuilt
    assert pragma(tmp_path / "index.db.damaged-1", "user_version") == 99
    with index.write() as tx:
        index.set_embedder(tx, "new")
    assert os.path.getsize(f"{path}-wal") > 0
    assert execute(path, "SELECT value FROM meta WHERE key = 'embedder'") == [("new",)]
    index.close()


@pytest.mark.parametrize("damage", ["header", "pages"])
def test_a_damaged_index_is_moved_aside_and_made_again_and_says_so(damage, tmp_path):
    path = tmp_path / "index.db"
    make(Index, path)
    if damage == "header":
        path.write_bytes(b"not a database at all" * 500)
    else:
        overwrite_pages(path)
    broken = path.read_bytes()
    index = Index(path)
    assert index.rebuilt and index.applied_seq() == 0
    assert (tmp_path / "index.db.damaged-1").read_bytes() == broken
    index.close()
    again = Index(path)
    assert again.rebuilt == ""
    again.close()


def test_a_second_damaged_index_does_not_replace_the_first(tmp_path):
    path = tmp_path / "index.db"
    for number in (1, 2):
        path.write_bytes(b"broken %d " % number * 500)
        make(Index, path)
    assert sorted(p.name for p in tmp_path.glob("*.damaged-*")) == ["index.db.damaged-1", "index.db.damaged-2"]


def test_a_vault_that_is_no_database_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "vault.db"
    path.write_bytes(b"something else " * 1000)
    with pytest.raises(VaultDamaged) as caught:
        Vault(path)
    assert caught.value.hint
    assert path.read_bytes() == b"something else " * 1000


def test_a_block_that_raises_changes_nothing(tmp_path):
    vault = Vault(tmp_path / "vault.db")
    with pytest.raises(ZeroDivisionError), vault.write() as tx:
        vault.next_seq(tx, 5)
        raise ZeroDivisionError
    assert vault.seq() == 0
    with vault.write() as tx:
        assert vault.next_seq(tx, 2) == 1
    assert vault.seq() == 2
    vault.close()


def test_readers_see_whole_transactions_while_another_thread_writes(tmp_path):
    vault = Vault(tmp_path / "vault.db")
    done = threading.Event()
    torn: list[int] = []

    def read() -> None:
        while not done.is_set():
            count = len(vault.roots.all())
            if count % 10:
                torn.append(count)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for group in range(30):
        with vault.write() as tx:
            for number in range(10):
                vault.roots.add(tx, b"/%d/%d" % (group, number), "", 1, 0)
    done.set()
    for reader in readers:
        reader.join()
    assert torn == [] and len(vault.roots.all()) == 300
    vault.close()


def test_a_second_process_reads_beside_the_writer(tmp_path):
    path = tmp_path / "vault.db"
    vault = Vault(path)
    with vault.write() as tx:
        vault.roots.add(tx, b"/seen", "", 1, 0)
        script = f"""
            import sqlite3
            print(sqlite3.connect("file:{path}?mode=ro", uri=True).execute("SELECT count(*) FROM roots").fetchone()[0])
        """
        during = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True)
    assert during.stdout == b"0\n"
    vault.close()


def test_a_database_that_may_not_be_read_says_so(tmp_path):
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "vault.db"
    make(Vault, path)
    path.chmod(0)
    with pytest.raises(StorageError) as caught:
        Vault(path)
    assert caught.value.code == "permission"


def test_the_errors_of_a_database_tell_newer_from_damaged():
    assert not issubclass(SchemaNewer, Damaged) and not issubclass(Damaged, SchemaNewer)


def test_an_index_finds_its_contents_again_after_it_was_closed(tmp_path):
    path = tmp_path / "index.db"
    index = Index(path)
    with index.write() as tx:
        index.contents.add(tx, NewContent(hash=b"h" * 32, state="no-text", extractor="1"), 0)
        index.set_applied_seq(tx, 9)
        index.set_applied_seq(tx, 4)
    index.close()
    index = Index(path)
    assert index.contents.known([b"h" * 32]) and index.applied_seq() == 9
    index.close()
