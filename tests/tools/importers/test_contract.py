"""What every importer does: the same suite over all kinds of sources."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from lsfs.core.errors import LsfsError
from lsfs.core.tools import ToolSource
from lsfs.store.vault import StoredMacro
from lsfs.tools.importers.base import Importer
from lsfs.tools.importers.commands import Commands
from lsfs.tools.importers.function_json import FunctionFiles
from lsfs.tools.importers.macros import Macros
from lsfs.tools.importers.mcp_server import McpServers
from lsfs.tools.importers.openapi import OpenApi
from lsfs.tools.importers.python_callables import PythonCallables
from lsfs.tools.importers.skills import Skills
from lsfs.tools.mcp_sessions import McpSessions
from lsfs.tools.validating import check_arguments

SERVER = Path(__file__).parents[1] / "servers/notes.py"
API = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://api.example/v1"}],
    "paths": {"/notes": {"get": {"operationId": "findNotes", "summary": "Find notes."}, "post": {"summary": "Add."}}},
}
FUNCTIONS = [{"name": "add_note", "description": "Write a note down.", "parameters": {"text": {"type": "str"}}}, 5]
SKILL = "---\nname: filing\ndescription: How notes are filed.\n---\n# Filing\n"
MACRO = {"description": "File invoices.", "schema": {"type": "object", "properties": {}}, "examples": ["file them"]}


class Case(msgspec.Struct):
    """An importer with a source that has at least one tool, one that has none, and what changes the first."""

    importer: Importer
    source: ToolSource
    empty: ToolSource
    change: Callable[[], object] | None


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[McpSessions]:
    pytest.importorskip("mcp")
    with contextlib.closing(McpSessions({"HOME": str(tmp_path), "PATH": os.environ["PATH"]})) as opened:
        yield opened


def of_mcp(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    where = {"command": sys.executable, "args": [str(SERVER)]}
    gone = ToolSource(name="x", kind="mcp", where={"command": "/no/such/server"})
    importer = McpServers(request.getfixturevalue("sessions"))
    return Case(importer, ToolSource(name="x", kind="mcp", where=where), gone, None)


def of_file(importer: Importer, path: Path, text: str, other: str) -> Case:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    kind = "functions" if isinstance(importer, FunctionFiles) else "openapi"
    source = ToolSource(name="x", kind=kind, where={"path": str(path)})
    gone = ToolSource(name="x", kind=kind, where={"path": str(path) + ".gone"})
    return Case(importer, source, gone, lambda: path.write_text(other))


def of_openapi(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    return of_file(OpenApi(), tmp_path / "api.json", json.dumps(API), json.dumps(API | {"info": {}}))


def of_functions(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    return of_file(FunctionFiles(), tmp_path / "f.json", json.dumps(FUNCTIONS), json.dumps(FUNCTIONS[:1]))


def of_skills(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    (tmp_path / "skills/filing").mkdir(parents=True)
    (tmp_path / "none").mkdir()
    (tmp_path / "skills/filing/SKILL.md").write_text(SKILL)

    def change() -> None:
        (tmp_path / "skills/other").mkdir()
        (tmp_path / "skills/other/SKILL.md").write_text(SKILL)

    source = ToolSource(name="x", kind="skills", where={"path": str(tmp_path / "skills")})
    return Case(Skills(), source, ToolSource(name="x", kind="skills", where={"path": str(tmp_path / "none")}), change)


def of_python(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    source = ToolSource(name="x", kind="python", where={"target": "textwrap:shorten"})
    gone = ToolSource(name="x", kind="python", where={"target": "no_such_module:f"})
    return Case(PythonCallables({"HOME": str(tmp_path)}), source, gone, None)


def of_macros(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    macros = [StoredMacro("file-invoices", json.dumps(MACRO).encode(), b"1", 1)]
    source = ToolSource(name="x", kind="macros", where={})
    return Case(Macros(lambda: macros), source, source, lambda: macros.append(StoredMacro("b", b"{}", b"2", 1)))


def of_commands(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    programs, pages = tmp_path / "bin", tmp_path / "share/man/man1"
    programs.mkdir()
    pages.mkdir(parents=True)
    program(programs / "shrink")
    page = ".TH SHRINK 1\n.SH NAME\nshrink \\- make files smaller\n.SH SYNOPSIS\n.B shrink\n[FILE]\n"
    (pages / "shrink.1.gz").write_bytes(gzip.compress(page.encode()))
    environ = {"PATH": str(programs), "MANPATH": str(tmp_path / "share/man"), "HOME": str(tmp_path)}
    source = ToolSource(name="x", kind="commands", where={})
    return Case(Commands(environ, lambda path: ""), source, source, lambda: program(programs / "another"))


def program(path: Path) -> None:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


@pytest.fixture(params=[of_mcp, of_openapi, of_functions, of_skills, of_python, of_macros, of_commands])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return request.param(tmp_path, request)


def test_every_tool_has_an_id_of_its_source_a_description_and_a_schema(case):
    taken = case.importer.take(case.source)
    assert taken.tools
    for tool in taken.tools:
        assert (tool.id, tool.source) == (f"x/{tool.name}", "x")
        assert tool.description and tool.schema["type"] == "object"
        with contextlib.suppress(LsfsError):  # that arguments lack is no mistake of the schema
            check_arguments(tool.schema, {})
        msgspec.json.encode(tool)  # it can be kept
    assert len({tool.id for tool in taken.tools}) == len(taken.tools)


def test_reading_twice_gives_the_same_and_changes_nothing(case):
    stamp = case.importer.stamp(case.source)
    assert case.importer.take(case.source) == case.importer.take(case.source)
    assert case.importer.stamp(case.source) == stamp


def test_a_change_is_seen_where_it_can_be(case):
    if case.change is None:
        assert case.importer.stamp(case.source) == ""
        return
    stamp = case.importer.stamp(case.source)
    case.change()
    assert case.importer.stamp(case.source) != stamp


def test_what_is_not_there_is_told_with_a_reason(case):
    if case.empty is case.source:
        pytest.skip("there is always something to look at")
    with pytest.raises(LsfsError) as caught:
        case.importer.take(case.empty)
    assert len(caught.value.message) > 5
    case.importer.stamp(case.empty)
