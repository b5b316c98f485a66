"""The tables of tools: in the vault what could not be made again, in the index what can."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.errors import StorageError
from lsfs.core.tools import Tool, ToolProblem, ToolSource
from lsfs.store.index import Index
from lsfs.store.vault import StoredExample, Vault


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with contextlib.closing(Vault(tmp_path / "vault.db")) as opened:
        yield opened


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with contextlib.closing(Index(tmp_path / "index.db")) as opened:
        yield opened


def server(**changes: object) -> ToolSource:
    where = {"command": "server", "args": ["--stdio"], "env": {"TOKEN": "s3cret"}}
    return ToolSource(**{"name": "notes", "kind": "mcp", "where": where, **changes})


def tool(name: str, source: str = "notes") -> Tool:
    return Tool(id=f"{source}/{name}", name=name, description=name, schema={}, source=source, kind="mcp")


def test_a_source_comes_back_as_it_was_added_and_keeps_its_state_when_it_is_changed(vault):
    with vault.write() as tx:
        vault.tools.put_source(tx, server(), 1)
        vault.tools.set_state(tx, "notes", "partial", "", [ToolProblem(name="a", why="no schema")], 5)
    with vault.write() as tx:
        vault.tools.put_source(tx, server(watched=True), 2)
        vault.tools.enable_source(tx, "notes", enabled=False, allow="all")
    stored = vault.tools.source("notes")
    assert stored.source == server(watched=True, enabled=False, allow="all")
    assert (stored.state, stored.checked_ns) == ("partial", 5)
    assert stored.problems == (ToolProblem(name="a", why="no schema"),)
    with vault.write() as tx:
        vault.tools.enable_source(tx, "notes", enabled=True)
    assert vault.tools.source("notes").source.allow == "all"
    assert vault.tools.source("none") is None


def test_secrets_of_a_source_stand_in_a_column_of_their_own(vault):
    with vault.write() as tx:
        vault.tools.put_source(tx, server(), 1)
    ((place, secrets),) = vault._db.rows("SELECT place, secrets FROM tool_sources")
    assert "s3cret" not in place and "s3cret" in secrets


def test_examples_of_each_origin_stand_for_themselves_and_outlive_their_source(vault):
    with vault.write() as tx:
        vault.tools.put_source(tx, server(), 1)
        vault.tools.add_examples(
            tx,
            [
                StoredExample("notes/add", "write this down", "written", 1),
                StoredExample("notes/add", "write this down", "observed", 2),
                StoredExample("notes/add", "write this down", "observed", 9),
                StoredExample("notes/find", "where did I put it", "imported", 3),
            ],
        )
        vault.tools.remove_source(tx, "notes")
    assert [(one.origin, one.created_ns) for one in vault.tools.examples("notes/add")] == [
        ("observed", 9),
        ("written", 1),
    ]
    with vault.write() as tx:
        vault.tools.remove_examples(tx, "notes/add", "observed")
    assert [one.origin for one in vault.tools.all_examples()] == ["written", "imported"]


def test_tools_are_switched_off_and_on(vault):
    with vault.write() as tx:
        vault.tools.enable_tool(tx, "notes/add", enabled=False)
        vault.tools.enable_tool(tx, "notes/add", enabled=False)
        vault.tools.enable_tool(tx, "notes/find", enabled=False)
        vault.tools.enable_tool(tx, "notes/find", enabled=True)
    assert vault.tools.off() == {"notes/add"}


def test_the_weights_before_the_newest_are_kept_and_no_older_ones(vault):
    for number in range(4):
        with vault.write() as tx:
            vault.tools.put_weights(tx, b"%d" % number, number)
    assert vault.tools.weights() == [b"3", b"2"]


def test_no_two_macros_do_the_same(vault):
    with vault.write() as tx:
        vault.tools.put_macro(tx, "file invoices", b"{}", b"hash", 1)
        vault.tools.put_macro(tx, "file invoices", b'{"a":1}', b"other", 2)
    with pytest.raises(StorageError), vault.write() as tx:
        vault.tools.put_macro(tx, "the same", b"{}", b"other", 3)
    (macro,) = vault.tools.macros()
    assert (macro.name, macro.document, macro.created_ns) == ("file invoices", b'{"a":1}', 1)
    assert vault.tools.macro_like(b"other") == macro == vault.tools.macro("file invoices")
    with vault.write() as tx:
        vault.tools.remove_macro(tx, "file invoices")
    assert vault.tools.macro("file invoices") is None


def test_the_tools_of_a_source_are_replaced_together(index):
    with index.write() as tx:
        index.tools.replace(tx, "notes", [(tool("add"), b"1"), (tool("find"), b"2")])
        index.tools.replace(tx, "other", [(tool("add", "other"), b"3")])
        index.tools.replace(tx, "notes", [(tool("find"), b"4")])
    assert index.tools.all() == [(tool("find"), b"4"), (tool("add", "other"), b"3")]
    assert index.tools.get("notes/find") == tool("find") and index.tools.get("notes/add") is None
    assert index.tools.hashes("notes") == {"notes/find": b"4"}
    assert index.tools.counts() == {"notes": 1, "other": 1}


def test_a_source_that_is_forgotten_is_to_be_read_again(index):
    with index.write() as tx:
        index.tools.replace(tx, "notes", [(tool("add"), b"1")])
        index.tools.put_stamp(tx, "notes", "a")
        index.tools.put_stamp(tx, "notes", "b")
    assert index.tools.stamps() == {"notes": "b"}
    with index.write() as tx:
        index.tools.forget(tx, "notes")
    assert index.tools.stamps() == {} and index.tools.all() == []


def test_vectors_are_kept_by_the_hash_of_their_text_until_another_embedder_begins(index):
    with index.write() as tx:
        index.tools.begin(tx, "one")
        index.tools.add_vectors(tx, [(b"a", b"1234"), (b"b", b"5678"), (b"a", b"1234")])
        index.tools.drop_vectors(tx, [b"b"])
    assert index.tools.vectors() == ([b"a"], b"1234") and index.tools.embedded() == {b"a"}
    with index.write() as tx:
        index.tools.begin(tx, "two")
    assert index.tools.embedded() == set() and index.tools.embedder() == "two"


def test_what_was_written_for_a_tool_is_found_by_what_the_tool_says(index):
    with index.write() as tx:
        index.tools.put_written(tx, b"a", ["shrink it"])
        index.tools.put_written(tx, b"b", [])
    assert index.tools.written([b"a", b"b", b"c"]) == {b"a": ("shrink it",), b"b": ()}
