"""docs/storage.md says what is: its reader reads a vault without lsfs, and its tables name every column."""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lsfs.core.records import Kind
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.index import Index
from lsfs.store.vault import Entry, Vault, Version
from lsfs.versions.contents import ContentStore

DOCUMENT = (Path(__file__).parents[2] / "docs/storage.md").read_text(encoding="utf-8")


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    (program,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    path = tmp_path / "vault_reader.py"
    path.write_text(program)
    return path


def read(reader: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # -I: neither lsfs nor anything else beside the standard library can be imported from the working tree.
    return subprocess.run([sys.executable, "-I", "-S", reader, *arguments], capture_output=True, text=True)


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 37), reason="this Python's SQLite knows no STRICT tables")
def test_the_reader_of_the_document_lists_roots_files_and_versions(reader: Path, tmp_path: Path):
    path = tmp_path / "vault.db"
    vault = Vault(path)
    with vault.write() as tx:
        root = vault.roots.add(tx, b"/home/me/Documents", "", 1, 0)
        gone = vault.roots.add(tx, b"/old", "", 1, 0)
        vault.roots.remove(tx, gone.id, 1)
        (lineage,) = vault.entries.new_lineages(tx, [None])
        name = b"caf\xe9\n.txt"
        entry = Entry(1, root.id, name, Kind.FILE, 1, 0, 5, 0o100600, 1, 1, None, b"\xab" * 32, lineage, 1, None, 0)
        vault.entries.put(tx, [entry])
        day = 86_400_000_000_000
        rows = [(1, 1, b"before.txt", 0), (2, None, name, 0), (3, 2, name, 0), (4, None, name, 1)]
        vault.versions.add(
            tx,
            [
                Version(
                    seq, lineage, number, root.id, at, "file", b"c", None, 5, 0o100600, 1, None, 1, seq * day, None, g
                )
                for seq, number, at, g in rows
            ],
        )
    printed = read(reader, path)
    vault.close()
    assert printed.returncode == 0, printed.stderr
    lines = printed.stdout.splitlines()
    assert "/home/me/Documents (online)" in lines and "/old (removed)" in lines
    assert "  caf\\xe9\\n.txt" in lines
    versions = [line.split("0600  ")[1] for line in lines if "0600  " in line]
    assert versions == ["@1 as before.txt  63", "name, mode or time changed  63", "@2  63", "gone  63"]
    assert "caf" not in read(reader, path, "no such part").stdout


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 37), reason="this Python's SQLite knows no STRICT tables")
@pytest.mark.parametrize("size", [0, 100, 3 << 20], ids=["empty", "small", "large"])
def test_the_reader_of_the_document_writes_out_what_is_kept(reader: Path, tmp_path: Path, size: int):
    data = random.Random(size).randbytes(size)
    vault, packs = Vault(tmp_path / "vault.db"), Packs(tmp_path / "objects")
    content = ContentStore(vault, packs, Codec()).keep_bytes(data)
    with vault.write() as tx:
        root = vault.roots.add(tx, b"/watched", "", 1, 0)
        (lineage,) = vault.entries.new_lineages(tx, [None])
        row = Version(1, lineage, 1, root.id, b"a", "file", content, None, size, 0o100600, 1, None, 1, 1, None, 0)
        vault.versions.add(tx, [row])
    packs.close()
    written = tmp_path / "written"
    program = [sys.executable, "-I", reader, tmp_path / "vault.db", "--content", content.hex()[:16], written]
    printed = subprocess.run(program, capture_output=True, text=True)
    vault.close()
    assert (printed.returncode, printed.stdout, printed.stderr) == (0, "", "")
    assert written.read_bytes() == data
    if size:
        (kept, *_) = (path for path in (tmp_path / "objects").rglob("*") if path.is_file())
        spoilt = bytearray(kept.read_bytes())
        spoilt[100] ^= 1
        kept.write_bytes(spoilt)
        assert subprocess.run(program, capture_output=True).returncode != 0


def test_the_reader_refuses_what_is_no_vault(reader: Path, tmp_path: Path):
    Index(tmp_path / "index.db").close()
    refused = read(reader, tmp_path / "index.db")
    assert refused.returncode != 0 and "not a vault" in refused.stderr


def test_every_table_and_column_is_explained(tmp_path: Path):
    vault, index = Vault(tmp_path / "vault.db"), Index(tmp_path / "index.db")
    sql = (
        "SELECT t.name, c.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c "
        "WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'vectors_%' "
        "AND t.type IN ('table', 'virtual')"
    )
    columns = vault._db.rows(sql) + index._db.rows(sql)
    vault.close()
    index.close()
    said = set(re.findall(r"[a-z_0-9]+", DOCUMENT))
    assert len(columns) > 60
    # A contentless FTS5 table has hidden columns of its own name and rank.
    assert [pair for pair in columns if not {*pair} - {"rank"} <= said] == []
