"""Tools as the doors ask for them, on the whole engine: sources, requests, examples and what is learnt of use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lsfs.core import actions as act
from lsfs.core.api import (
    ApplyRequest,
    PlanRequest,
    SaveOpRequest,
    ToolRequest,
    ToolsAddRequest,
    ToolsEnableRequest,
    ToolsEvalRequest,
    ToolsFindRequest,
    ToolsImportRequest,
    ToolsListRequest,
    ToolsSourceRequest,
)
from lsfs.core.errors import NothingFound, RefusedError, UnavailableError, UsageError
from tests.running import Lsfs, engine_at

TOOLS = {"weather": "Tell how the weather will be in a city.", "mail": "Send a mail to somebody."}


@pytest.fixture
def lsfs(tmp_path: Path) -> Iterator[Lsfs]:
    root = tmp_path / "root"
    root.mkdir()
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        (root / "web.json").write_text(
            json.dumps([{"name": name, "description": said} for name, said in TOOLS.items()])
        )
        yield lsfs


@pytest.fixture
def tooling(lsfs: Lsfs):
    return lsfs.engine.tooling


def added(lsfs: Lsfs, source: str = "web.json", **fields):
    return lsfs.engine.tooling.add(ToolsAddRequest(source=source, cwd=str(lsfs.root), **fields))


def found(tooling, query: str, **fields):
    return tooling.find(ToolsFindRequest(query=query, **fields))


@pytest.mark.parametrize("said", ["web.json", "./web.json", "../root/web.json"])
def test_a_file_is_a_source_by_any_of_its_paths_and_the_same_by_all(lsfs, said):
    added(lsfs)
    assert (added(lsfs, said).name, len(lsfs.engine.tooling.sources().sources)) == ("web", 1)


def test_tools_are_listed_shown_found_and_switched_off(lsfs, tooling):
    added(lsfs)
    assert [tool.id for tool in tooling.list(ToolsListRequest()).tools] == ["web/mail", "web/weather"]
    assert tooling.show(ToolRequest(id="web/mail")).description == TOOLS["mail"]
    assert found(tooling, "how will the weather be in the city of Lyon").tools[0].id == "web/weather"
    tooling.enable(ToolsEnableRequest(target="web/weather", enabled=False))
    assert "web/weather" not in {tool.id for tool in found(tooling, "weather in a city").tools}
    tooling.remove(ToolsSourceRequest(source="web"))
    assert found(tooling, "weather").tools == () and found(tooling, "weather").none_fits


def test_requests_that_say_nothing_are_refused(tooling):
    for request in (ToolsFindRequest(query="  "), ToolsFindRequest(query="x", limit=0)):
        with pytest.raises(UsageError):
            tooling.find(request)
    with pytest.raises(UnavailableError):
        tooling.find(ToolsFindRequest(query="x", deep=True, llm=False))


def test_a_source_of_the_watched_folder_is_removed_with_its_file_only(lsfs, tooling):
    source = lsfs.engine._parts.tooling.catalogue
    added(lsfs)
    stored = source.stored()[0].source
    with lsfs.vault.write() as tx:
        watched = msgspec.structs.replace(stored, watched=True, where={**stored.where, "file": "/x/web.json"})
        lsfs.vault.tools.put_source(tx, watched, 1)
    with pytest.raises(RefusedError) as refused:
        tooling.remove(ToolsSourceRequest(source="web"))
    assert refused.value.hint == "delete /x/web.json"


def test_macros_are_forgotten_one_by_one(lsfs, tooling):
    (lsfs.root / "a.txt").write_text("a")
    lsfs.rescanned()
    actions = (act.Move(paths=("a.txt",), to="old"),)
    plan = lsfs.engine.changing.plan(PlanRequest(actions=actions, cwd=str(lsfs.root)))
    list(lsfs.engine.changing.apply(ApplyRequest(op=plan.op, confirmed="asked")))
    macro = tooling.save_op(SaveOpRequest(op=plan.op, name="tidy up", cwd=str(lsfs.root)))
    assert macro.id == "macros/tidy-up"
    with pytest.raises(RefusedError):
        tooling.remove(ToolsSourceRequest(source="macros"))
    tooling.remove(ToolsSourceRequest(source=macro.id))
    with pytest.raises(NothingFound):
        tooling.show(ToolRequest(id=macro.id))


def test_example_requests_are_taken_in_counted_and_forgotten(lsfs, tooling):
    added(lsfs)
    path = lsfs.root / "asked.jsonl"
    lines = [{"query": "will it rain", "gold": ["weather"]}, {"query": "write to Ann", "gold": ["web/mail", "gone"]}]
    path.write_text("\n".join(map(json.dumps, lines)))
    taken = tooling.import_file(ToolsImportRequest(path=str(path)))
    assert (taken.examples, taken.unknown) == (3, 1)
    assert [one.query for one in tooling.show(ToolRequest(id="web/weather")).examples] == ["will it rain"]
    assert tooling.import_file(ToolsImportRequest(path=str(path), forget=True)).examples == 3
    assert tooling.show(ToolRequest(id="web/weather")).examples == ()
    measured = tooling.evaluate(ToolsEvalRequest(path=str(path)))
    assert measured.queries == 2 and 0 <= measured.figures["in the top 3"] <= 1


def test_what_is_chosen_after_asking_is_learnt_and_kept_from_agents(lsfs, tooling):
    added(lsfs)
    shown = found(tooling, "tell me how the weather will be in the city", door="cli")
    assert not shown.none_fits
    caller = ToolsFindRequest(query="", door="cli")
    tooling.called("web/weather", caller)
    tooling.called("web/weather", caller)  # it was the choice once
    (example,) = tooling.show(ToolRequest(id="web/weather", door="cli")).examples
    assert (example.query, example.origin) == (shown.query, "observed")
    assert tooling.show(ToolRequest(id="web/weather", door="mcp", client="agent")).examples == ()


def test_nothing_is_learnt_where_that_is_not_wanted_or_another_was_asked(lsfs, tooling):
    added(lsfs)
    found(tooling, "tell me how the weather will be in the city", door="cli", learn=False)
    tooling.called("web/weather", ToolsFindRequest(query="", door="cli"))
    found(tooling, "tell me how the weather will be in the city", door="mcp", client="one")
    tooling.called("web/weather", ToolsFindRequest(query="", door="mcp", client="two"))
    assert tooling.show(ToolRequest(id="web/weather")).examples == ()
