"""What a user means by a source, how it is named, and how it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lsfs.core.errors import LsfsError, UsageError
from lsfs.core.tools import ToolSource
from lsfs.tools.clients import configured, examples_in
from lsfs.tools.sourcing import recognised, same_place, shown
from lsfs.tools.web import credentials_origin, origin_of


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "api.yaml").write_text("openapi: 3.0.0\npaths: {}\n")
    (tmp_path / "functions.json").write_text('[{"name": "a"}]')
    (tmp_path / "tools.jsonl").write_text('{"name": "a"}\n')
    (tmp_path / "skills/one").mkdir(parents=True)
    (tmp_path / "skills/one/SKILL.md").write_text("one")
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.json").write_text('"words"')
    (tmp_path / "server").write_text("#!/bin/sh\n")
    (tmp_path / "server").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        ("commands", "commands", "commands"),
        ("{files}/api.yaml", "openapi", "api"),
        ("{files}/functions.json", "functions", "functions"),
        ("{files}/tools.jsonl", "functions", "tools"),
        ("{files}/skills", "skills", "skills"),
        ("{files}/skills/one/SKILL.md", "skills", "one"),
        ("https://api.example/mcp", "mcp", "api.example"),
        ("https://api.example/openapi.json", "openapi", "api.example"),
        ("package.module:function", "python", "package.module-function"),
        ("os.path", "python", "os.path"),
        ("{files}/mine.py", "python", "mine"),
        ("{files}/mine.py:run", "python", "mine-run"),
        ("server", "mcp", "server"),
        ("{files}/server", "mcp", "server"),
    ],
)
def test_a_source_is_recognised_by_how_it_looks(files, said, kind, name):
    source = recognised(said.format(files=files), path=str(files))
    assert (source.kind, source.name) == (kind, name)


@pytest.mark.parametrize("said", ["no-such-program", "{files}/gone", "{files}/empty", "{files}/words.json", "", "a b"])
def test_what_is_no_source_is_refused(files, said):
    with pytest.raises(LsfsError):
        recognised(said.format(files=files), path=str(files))


@pytest.mark.parametrize(
    ("command", "args", "name"),
    [
        ("npx", ["-y", "@scope/server-files@1.2", "/home"], "server-files"),
        ("uvx", ["mcp-server-git"], "mcp-server-git"),
        ("python3", ["/opt/notes.py"], "notes"),
    ],
)
def test_a_server_is_named_after_its_package(files, command, args, name):
    (files / command).write_text("#!/bin/sh\n")
    (files / command).chmod(0o755)
    source = recognised(command, args=args, path=str(files))
    assert source.name == name and source.where == {"command": str(files / command), "args": args}


def test_what_is_given_for_the_environment_goes_where_it_belongs(files):
    assert recognised("server", env={"A": "b"}, path=str(files)).where["env"] == {"A": "b"}
    assert recognised("https://a.example/mcp", env={"A": "b"}).where["headers"] == {"A": "b"}
    assert recognised("commands", from_help=True).where == {"from_help": True}


def test_where_the_credentials_of_an_api_go_is_fixed_and_shown(files):
    api = files / "api.yaml"
    api.write_text("openapi: 3.0.0\nservers: [{url: 'https://A.example:443/v1'}]\npaths: {}\n")
    source = recognised(str(api), env={"Authorization": "t"})
    assert credentials_origin(source.where) == "https://a.example" and shown(source).endswith("https://a.example")
    api.write_text("openapi: 3.0.0\nservers: [{url: 'https://b.example/v1'}]\npaths: {}\n")
    assert credentials_origin(source.where) == "https://a.example"
    named = recognised(str(api), env={"Authorization": "t"}, server="https://c.example/v2")
    assert credentials_origin(named.where) == "https://c.example" and same_place(source, named)
    assert shown(named) == f"{api}, server https://c.example/v2"
    assert credentials_origin(recognised("https://d.example/api.json", env={"A": "b"}).where) == "https://d.example"
    for said, server in ((str(api), "c.example"), (str(files / "functions.json"), "https://c.example")):
        with pytest.raises(UsageError, match="no server"):
            recognised(said, server=server)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://me:pw@A.example:443/x", "https://a.example"),
        ("http://[::1]:8000?x", "http://[::1]:8000"),
        ("http://good.example\\@evil.example/", ""),
        ("http://a@good.example@evil.example/", ""),
        ("http://good.example\n.evil.example/", ""),
        ("file:///etc", ""),
        ("/v2", ""),
    ],
)
def test_an_address_that_could_be_read_in_two_ways_has_no_origin(url, origin):
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"url": "https://me:pw@a.example:8443/mcp?key=1"}, "https://a.example:8443/mcp"),
        ({"command": "s", "args": ["--token", "abc", "--port", "1"], "env": {"A": "b"}}, "s --token ••• --port 1"),
        (
            {"command": "s", "args": ["--api-key=abc", "TOKEN=x", "https://u:p@h/x?y"]},
            "s --api-key=••• TOKEN=••• https://h/x",
        ),
        ({"target": "a:b"}, "a:b"),
    ],
)
def test_a_source_is_shown_without_secrets(where, said):
    assert shown(ToolSource(name="x", kind="mcp", where=where)) == said


# Configurations of clients

STDIO = {"command": "npx", "args": ["-y", "thing", "${HOME}/notes"], "env": {"KEY": "${KEY:-none}"}}
WANTED = {"command": "npx", "args": ["-y", "thing", "/home/me/notes"], "env": {"KEY": "none"}}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (json.dumps({"mcpServers": {"a": STDIO}}), WANTED),
        ('{"servers": {\n// VS Code\n"a": ' + json.dumps({"type": "stdio", **STDIO}) + ",}, /* end */}", WANTED),
        (json.dumps({"mcp": {"servers": {"a": STDIO}}, "editor.fontSize": 12}), WANTED),
        (json.dumps({"context_servers": {"a": {"command": {"path": "npx", **STDIO, "command": None}}}}), WANTED),
        ('{"mcpServers": {"a": {"type": "http", "url": "https://h/mcp", "headers": {"X": "y"}}}}',
         {"url": "https://h/mcp", "headers": {"X": "y"}}),
        ('{"mcpServers": {"a": {"serverUrl": "https://h/mcp"}}}', {"url": "https://h/mcp"}),
    ],
)  # fmt: skip
def test_the_configurations_of_the_usual_clients_are_read(tmp_path, text, where):
    (tmp_path / "mcp.json").write_text(text)
    found = configured(tmp_path / "mcp.json", {"HOME": "/home/me"})
    assert [(source.name, source.kind, source.where) for source in found.sources] == [("a", "mcp", where)]


def test_servers_that_cannot_be_taken_are_told_and_switched_off_ones_stay_so(tmp_path):
    servers = {
        "off": {**STDIO, "disabled": True},
        "input": {"url": "https://h/${input:token}"},
        "sse": {"type": "sse", "url": "https://h/sse"},
        "none": {"command": ""},
    }
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    found = configured(tmp_path / "mcp.json", {"HOME": "/home/me"})
    assert [(source.name, source.enabled) for source in found.sources] == [("off", False)]
    assert [problem.name for problem in found.problems] == ["input", "sse", "none"]


@pytest.mark.parametrize("text", ["{}", "[]", '{"mcpServers": {"a": 5}}', '{"openapi": "3.0.0"}'])
def test_other_files_are_no_configuration(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    assert configured(tmp_path / "x.json", {}) is None


def test_example_requests_are_read_line_by_line(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"query": "a  b", "gold": ["x", "y"]}\n\n{"query": "c", "gold": "z"}\n')
    assert list(examples_in(tmp_path / "q.jsonl")) == [("x", "a b"), ("y", "a b"), ("z", "c")]
    (tmp_path / "q.jsonl").write_text('{"query": "a", "gold": []}\n{"query": 1}\n')
    with pytest.raises(LsfsError, match="line 2"):
        list(examples_in(tmp_path / "q.jsonl"))


def test_only_a_program_has_arguments():
    with pytest.raises(UsageError, match="only a program"):
        recognised("http://127.0.0.1:9/mcp", args=["--env", "Authorization=x"])
