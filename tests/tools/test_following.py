"""What changes outside is followed: ``tools.d``, the places of sources, servers that have other tools."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsfs.core.errors import UsageError
from lsfs.core.tools import ToolSource
from lsfs.tools.following import Following, _paused, sources_of
from lsfs.tools.web import credentials_origin
from tests.tools.catalogues import Library

SERVER = Path(__file__).parent / "servers/notes.py"
HOSTILE = Path(__file__).parent / "servers/hostile.py"


@pytest.fixture
def folder(library: Library) -> Path:
    path = library.folder / "tools.d"
    path.mkdir()
    return path


@pytest.fixture
def following(library: Library, folder: Path) -> Following:
    return Following(library.catalogue, folder, {"PATH": os.environ["PATH"], "TOKEN": "s3cret"})


@contextlib.contextmanager
def running(library: Library, folder: Path) -> Iterator[Following]:
    thread = Following(library.catalogue, folder, os.environ, look_s=0.02, sources_s=0.05)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def functions(path: Path, *names: str) -> None:
    path.write_text(json.dumps([{"name": name, "description": "d"} for name in names]))


def test_who_says_without_end_that_it_changed_is_asked_ever_less_often():
    pause = _paused(None, 100.0, 2.0, 16.0)
    lengths = []
    for _ in range(5):
        lengths.append(pause.length_s)
        pause = _paused(pause, pause.until_s + 0.1, 2.0, 16.0)
    assert lengths == [2.0, 4.0, 8.0, 16.0, 16.0]
    assert _paused(pause, pause.until_s + 100.0, 2.0, 16.0).length_s == 2.0


def test_a_server_that_hangs_keeps_no_other_source_waiting(library, folder):
    described = {"mcpServers": {"mute": {"command": sys.executable, "args": [str(HOSTILE), "hangs"]}}}
    (folder / "mcp.json").write_text(json.dumps(described))
    functions(folder / "one.json", "a")
    with running(library, folder):
        begun = time.monotonic()
        until(lambda: library.ids() == ["one/a"])
        assert time.monotonic() - begun < 5
        library.sessions.close()


def test_what_lies_on_the_network_is_asked_for_nothing_by_itself(library, folder, following, monkeypatch):
    library.catalogue.announce(ToolSource(name="far", kind="mcp", where={"url": "http://127.0.0.1:9/mcp"}))
    monkeypatch.setattr(library.catalogue, "refresh", lambda name: pytest.fail(f"{name} was read"))
    following.look_at_sources()


def test_files_of_the_folder_are_sources_while_they_are_there(library, folder, following):
    functions(folder / "one.json", "a", "b")
    (folder / "skill").mkdir()
    (folder / "skill/SKILL.md").write_text("---\nname: s\ndescription: d\n---\n")
    (folder / "api.yaml").write_text("openapi: 3.0.0\npaths: {/x: {get: {}}}\n")
    (folder / ".hidden.json").write_text("{")
    (folder / "README.md").write_text("not a source")
    following.look()
    assert library.ids() == ["api/get_x", "one/a", "one/b", "skill/s"]
    assert all(info.watched for info in library.catalogue.sources())
    functions(folder / "one.json", "c")
    (folder / "api.yaml").unlink()
    following.look()
    assert library.ids() == ["one/c", "skill/s"]
    gone = []
    following.on_gone = gone.append
    (folder / "one.json").rename(folder / "two.json")
    following.look()
    assert library.ids() == ["skill/s", "two/c"] and set(gone) == {"one"}


def test_a_file_that_is_no_source_is_shown_with_the_reason_until_it_is_one(library, folder, following):
    (folder / "broken.json").write_text("{")
    functions(folder / "good.json", "a")
    following.look()
    infos = {info.name: info for info in library.catalogue.sources()}
    assert infos["broken.json"].state == "failed" and "JSON" in infos["broken.json"].error
    assert infos["good"].state == "ready"
    functions(folder / "broken.json", "b")
    following.look()
    assert library.ids() == ["broken/b", "good/a"] and len(library.catalogue.sources()) == 2


def test_a_name_that_is_taken_is_an_error_with_both_sources(library, folder, following):
    library.catalogue.add(library.functions("one", {"x": "d"}))
    functions(folder / "one.json", "a")
    following.look()
    (_, stranger) = library.catalogue.sources()
    assert str(library.folder / "one.json") in stranger.error and str(folder / "one.json") in stranger.error
    assert library.ids() == ["one/x"]


def test_servers_of_a_clients_configuration_come_and_go_with_their_lines(library, folder, following):
    servers = {name: {"command": "/no/such/server", "env": {"KEY": "${TOKEN}"}} for name in ("a", "b")}
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    following.look()
    until(lambda: [(one.name, one.state) for one in library.catalogue.sources()] == [("a", "failed"), ("b", "failed")])
    assert library.catalogue.source("a").where["env"] == {"KEY": "s3cret"}
    del servers["a"]
    servers["c"] = {"url": "${NO_SUCH_VARIABLE}"}
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    following.look()
    named, stranger = library.catalogue.sources()
    assert named.name == "b" and "NO_SUCH_VARIABLE" in stranger.error


def test_a_few_words_describe_a_source_that_lies_elsewhere(library, folder, following):
    functions(library.folder / "elsewhere.json", "a")
    (folder / "mine.toml").write_text('source = "../elsewhere.json"\nallow = "all"\nenabled = true\n')
    following.look()
    (info,) = library.catalogue.sources()
    assert (info.name, info.allow, library.ids()) == ("mine", "all", ["mine/a"])
    library.catalogue.enable("mine", False)
    Following(library.catalogue, folder, {}).look()  # the next start
    assert library.catalogue.sources()[0].state == "off"
    (folder / "mine.toml").write_text('source = "../elsewhere.json"\nallow = "ask"\n')
    following.look()
    assert (library.catalogue.sources()[0].state, library.catalogue.sources()[0].allow) == ("ready", "ask")


def test_where_credentials_go_is_fixed_until_the_description_is_another(library, folder):
    api = library.folder / "api.yaml"

    def origin(host: str, more: str = "") -> str:
        api.write_text(f"openapi: 3.0.0\nservers: [{{url: 'https://{host}'}}]\npaths: {{/x: {{get: {{}}}}}}\n")
        (folder / "api.toml").write_text(f'source = "../api.yaml"\nheaders = {{ Authorization = "t" }}\n{more}')
        Following(library.catalogue, folder, {}).look()  # as the next start does
        return credentials_origin(library.catalogue.source("api").where)

    assert origin("a.example") == "https://a.example"
    assert origin("b.example") == "https://a.example"
    assert origin("b.example", 'server = "https://b.example"') == "https://b.example"


@pytest.mark.parametrize("text", ['source = "commands"\nodd = 1', "source = ", 'source = "commands"\nkind = "other"'])
def test_a_description_with_a_mistake_is_told(folder, text):
    (folder / "x.toml").write_text(text)
    with pytest.raises(UsageError):
        sources_of(folder / "x.toml", {})


def test_a_folder_that_is_not_there_is_no_trouble(library):
    Following(library.catalogue, library.folder / "nowhere", {}).look()
    assert library.catalogue.sources() == ()


def test_what_changes_while_it_runs_is_taken_in_by_itself(library, folder):
    source = library.functions("mine", {"a": "d"})
    library.catalogue.add(source)
    with running(library, folder) as following:
        functions(folder / "one.json", "x")
        until(lambda: library.ids() == ["mine/a", "one/x"])
        library.functions("mine", {"a": "d", "b": "d"})
        until(lambda: "mine/b" in library.ids())
        (folder / "one.json").unlink()
        until(lambda: library.ids() == ["mine/a", "mine/b"])
        with library.index.write() as tx:
            library.index.tools.forget(tx, "mine")
        until(lambda: library.ids() == ["mine/a", "mine/b"])  # an index that was lost is filled again
        following.touch("mine")
        following.touch("nobody")


def test_a_server_that_has_other_tools_is_read_anew(library, folder):
    pytest.importorskip("mcp")
    where = {"command": sys.executable, "args": [str(SERVER)]}
    source = ToolSource(name="notes", kind="mcp", where=where)
    library.catalogue.add(source)
    with running(library, folder) as following:
        library.sessions.on_changed = following.touch
        library.sessions.call(source, "learn", {"name": "say_new"}, 10)
        until(lambda: "notes/say_new" in library.ids())


def test_a_description_can_say_where_python_finds_its_modules(folder: Path):
    (folder / "own.toml").write_text('source = "given_module:run"\npath = "../lib"\n')
    ((source,), _) = sources_of(folder / "own.toml", {})
    assert source.where["path"] == str(folder.parent / "lib")
    (folder / "own.toml").write_text('source = "./own.py:run"\n')
    ((source,), _) = sources_of(folder / "own.toml", {})
    assert source.kind == "python" and source.where["target"] == f"{folder}/own.py:run"
    (folder / "own.toml").write_text('source = "commands"\npath = "."\n')
    with pytest.raises(UsageError, match="only Python"):
        sources_of(folder / "own.toml", {})
