"""The catalogue: sources come, change, fail and go; what the user decided stays."""

from __future__ import annotations

import json

import pytest

from lsfs.core.errors import ConflictError, NothingFound, UsageError
from lsfs.core.tools import ToolSource
from tests.tools.catalogues import Library


def test_a_source_is_taken_in_with_its_tools_and_its_state(library: Library):
    before = library.catalogue.generation
    source = library.functions("notes", {"add": "Write a note.", "": "nameless"})
    info = library.catalogue.add(source)
    assert (info.name, info.kind, info.state, info.tools) == ("notes", "functions", "partial", 1)
    assert info.where.endswith("notes.json") and info.checked.startswith("2023-11-14T22:13:2")
    assert [problem.why for problem in info.problems] == ["it has no name"]
    assert library.catalogue.sources() == (info,) and library.ids() == ["notes/add"]
    assert library.catalogue.generation > before
    assert library.catalogue.tool("notes/add").description == "Write a note."
    assert library.catalogue.detail("notes/add").source == "notes"


def test_a_source_that_cannot_be_read_is_not_added_unless_it_is_to_be_kept(library: Library):
    source = ToolSource(name="gone", kind="functions", where={"path": "/no/such/file"})
    with pytest.raises(NothingFound):
        library.catalogue.add(source)
    assert library.catalogue.sources() == ()
    info = library.catalogue.add(source, keep=True)
    assert (info.state, info.tools) == ("failed", 0) and "no such file" in info.error


def test_a_source_that_fails_later_keeps_what_was_known(library: Library):
    source = library.functions("notes", {"add": "Write a note."})
    library.catalogue.add(source)
    (library.folder / "notes.json").write_text("{")
    info = library.catalogue.refresh("notes")
    assert (info.state, info.tools) == ("failed", 1) and "JSON" in info.error
    library.functions("notes", {"add": "Write.", "find": "Find."})
    info = library.catalogue.refresh("notes")
    assert (info.state, info.tools, info.error) == ("ready", 2, "")


def test_a_source_of_which_every_tool_is_bad_has_failed(library: Library):
    with pytest.raises(UsageError, match="no name"):
        library.catalogue.add(library.functions("notes", {"": "nameless"}))


def test_two_sources_of_one_name_are_an_error_that_names_both(library: Library):
    library.catalogue.add(library.functions("notes", {"add": "Write a note."}))
    (library.folder / "other").mkdir()
    path = library.folder / "other/notes.json"
    path.write_text(json.dumps([{"name": "b"}]))
    with pytest.raises(ConflictError) as caught:
        library.catalogue.add(ToolSource(name="notes", kind="functions", where={"path": str(path)}))
    assert str(path) in caught.value.message and str(library.folder / "notes.json") in caught.value.message
    assert library.ids() == ["notes/add"]


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", " a", "a" * 200])
def test_a_name_that_no_id_can_begin_with_is_refused(library: Library, name: str):
    source = library.functions("notes", {"add": "Write a note."})
    with pytest.raises(UsageError):
        library.catalogue.add(ToolSource(name=name, kind=source.kind, where=source.where))


def test_adding_again_changes_secrets_and_allowance_and_shows_no_secret(library: Library):
    where = {"url": "https://user:pw@api.example/mcp?token=abc", "headers": {"Authorization": "Bearer s3cret"}}
    source = ToolSource(name="api", kind="openapi", where=where, allow="all")
    info = library.catalogue.add(source, keep=True)
    assert info.where == "https://api.example/mcp" and info.allow == "all"
    assert "s3cret" not in repr(library.catalogue.sources())
    other = ToolSource(name="api", kind="openapi", where={**where, "headers": {"Authorization": "new"}})
    library.catalogue.add(other, keep=True)
    assert library.catalogue.source("api").where["headers"] == {"Authorization": "new"}


def test_what_is_switched_off_cannot_be_called_and_is_still_listed(library: Library):
    library.catalogue.add(library.functions("notes", {"add": "Write.", "find": "Find."}))
    library.catalogue.enable("notes/add", False)
    assert library.catalogue.tool("notes/add") is None and library.catalogue.tool("notes/find") is not None
    assert [tool.enabled for tool in library.catalogue.tools().tools] == [False, True]
    assert [tool.id for tool in library.catalogue.enabled()] == ["notes/find"]
    library.catalogue.refresh("notes")
    assert library.catalogue.tool("notes/add") is None
    library.catalogue.enable("notes", False, "all")
    assert library.catalogue.tool("notes/find") is None and library.catalogue.source("notes") is None
    (info,) = library.catalogue.sources()
    assert (info.state, info.allow, info.tools) == ("off", "all", 2)
    library.catalogue.enable("notes", True)
    library.catalogue.enable("notes/add", True)
    assert len(library.catalogue.enabled()) == 2
    with pytest.raises(NothingFound):
        library.catalogue.enable("nobody", True)


def test_a_source_that_comes_switched_off_is_read_when_it_is_switched_on(library: Library):
    source = library.functions("notes", {"add": "Write a note."})
    off = ToolSource(name="notes", kind="functions", where=source.where, enabled=False)
    assert library.catalogue.add(off, keep=True).state == "off" and library.ids() == []
    library.catalogue.enable("notes", True)
    assert library.ids() == ["notes/add"] and library.catalogue.sources()[0].state == "ready"


def test_a_source_is_removed_and_its_examples_come_back_with_it(library: Library):
    source = library.functions("notes", {"add": "Write a note."})
    library.catalogue.add(source)
    assert library.catalogue.add_examples([("notes/add", "write this down"), ("x/y", "else")], "observed") == 1
    library.catalogue.remove("notes")
    assert library.ids() == [] and library.catalogue.sources() == ()
    with pytest.raises(NothingFound):
        library.catalogue.detail("notes/add")
    for name in ("remove", "refresh"):
        with pytest.raises(NothingFound):
            getattr(library.catalogue, name)("notes")
    library.catalogue.add(source)
    (example,) = library.catalogue.detail("notes/add").examples
    assert (example.query, example.origin) == ("write this down", "observed")


def test_tools_are_listed_by_source_and_kind_in_parts(library: Library):
    library.catalogue.add(library.functions("a", {str(n): "d" for n in range(5)}))
    library.catalogue.add(library.functions("b", {"x": "d"}))
    part = library.catalogue.tools(source="a", offset=1, limit=2)
    assert ([tool.name for tool in part.tools], part.total) == (["1", "2"], 5)
    assert library.catalogue.tools(kind="mcp").total == 0 and library.catalogue.tools(kind="function").total == 6


def test_what_was_written_for_a_tool_goes_when_it_says_something_else_and_comes_back(library: Library):
    library.catalogue.add(library.functions("notes", {"add": "Write a note."}))
    tool = library.catalogue.tool("notes/add")
    assert library.catalogue.unwritten([tool]) == [tool]
    library.catalogue.write_examples(tool, ["jot this down", "remember the milk"])
    assert library.catalogue.unwritten([tool]) == []
    library.functions("notes", {"add": "Add numbers."})
    library.catalogue.refresh("notes")
    assert library.catalogue.detail("notes/add").examples == ()
    library.functions("notes", {"add": "Write a note."})
    library.catalogue.refresh("notes")
    written = {example.query for example in library.catalogue.detail("notes/add").examples}
    assert written == {"jot this down", "remember the milk"}


def test_a_source_is_due_when_it_was_never_read_here_or_lies_there_changed(library: Library):
    source = library.functions("notes", {"add": "Write a note."})
    assert library.catalogue.is_due(source)
    library.catalogue.add(source)
    assert not library.catalogue.is_due(source)
    library.functions("notes", {"add": "Write.", "find": "Find."})
    assert library.catalogue.is_due(source)


def test_macros_are_a_source_while_there_are_any(library: Library):
    document = json.dumps({"description": "File invoices.", "schema": {"type": "object", "properties": {}}}).encode()
    with library.vault.write() as tx:
        library.vault.tools.put_macro(tx, "file-invoices", document, b"hash", 1)
    library.catalogue.macros_changed()
    assert library.ids() == ["macros/file-invoices"]
    library.catalogue.enable("macros", True, "all")
    library.catalogue.macros_changed()
    assert library.catalogue.source("macros").allow == "all"
    assert library.catalogue.tool("macros/file-invoices").kind == "macro"
    with library.vault.write() as tx:
        library.vault.tools.remove_macro(tx, "file-invoices")
    library.catalogue.macros_changed()
    assert library.catalogue.sources() == () and library.ids() == []


def test_changes_are_told(library: Library):
    told = []
    library.catalogue.on_change = lambda: told.append(library.catalogue.generation)
    source = library.functions("notes", {"add": "Write a note."})
    library.catalogue.add(source)
    assert told == [library.catalogue.generation]
    library.catalogue.refresh("notes")
    assert len(told) == 1  # nothing is other than before
    tools = library.catalogue.tools_generation
    library.catalogue.add_examples([("notes/add", "a")], "imported")
    assert len(told) == 2 and library.catalogue.tools_generation == tools
