"""Tools of a real MCP server, called as ops: one session, ended calls, and a server that dies mid-call."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.api import ApplyRequest, OpRequest, PlanRequest, UndoRequest
from lsfs.core.errors import UsageError
from lsfs.core.tools import ToolSource
from tests.running import engine_at

SERVER = Path(__file__).parents[1] / "tools/servers/notes.py"


class Agent:
    """Somebody who calls the tools of the notes server."""

    def __init__(self, engine, **more) -> None:
        self.engine = engine
        where = {"command": sys.executable, "args": [str(SERVER)], "env": {"NOTES_TOKEN": "token-of-notes"}, **more}
        added = engine._parts.tooling.catalogue.add(ToolSource(name="notes", kind="mcp", where=where))
        assert added.state == "ready", added

    def plan(self, name: str, **arguments):
        action = act.CallTool(tool=f"notes/{name}", arguments=arguments)
        return self.engine.changing.plan(PlanRequest(actions=(action,), door="cli"))

    def apply(self, op: int):
        *_, last = self.engine.changing.apply(ApplyRequest(op=op, confirmed="asked", door="cli"))
        return last.result

    def call(self, name: str, **arguments):
        return self.apply(self.plan(name, **arguments).op)


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    with engine_at(tmp_path_factory.mktemp("servers"), embedder="off") as lsfs:
        lsfs.up()
        yield Agent(lsfs.engine)


def test_calls_share_a_session_and_what_a_server_says_of_its_tools_decides_who_is_asked(agent):
    assert agent.plan("add_note", text="x").effect_class == "external"
    assert agent.call("add_note", text="buy goats", urgent=True).results[0].text.endswith(" notes")
    plan = agent.plan("find_note", words="goats")
    assert (plan.effect_class, plan.unasked) == ("read", True)
    assert agent.apply(plan.op).results[0].text == "! buy goats"


def test_arguments_are_checked_before_the_server_is_asked(agent):
    with pytest.raises(UsageError, match="urgent"):
        agent.plan("add_note", text="x", urgent="very")


def test_a_server_that_dies_costs_the_call_and_is_there_for_the_next(agent):
    op = agent.call("die")
    assert op.state == "failed" and op.results[0].failure == "failed" and op.error
    assert agent.call("add_note", text="again").results[0].text == "1 notes"


def test_a_call_that_waits_can_be_ended(agent):
    plan = agent.plan("wait", seconds=60)
    ended = threading.Timer(1.0, lambda: agent.engine.changing.cancel(OpRequest(op=plan.op)))
    ended.start()
    op = agent.apply(plan.op)
    assert op.state == "failed" and op.results[0].failure == "cancelled"
    assert agent.call("find_note", words="x").state == "applied"


def test_a_server_that_cannot_be_started_any_more_is_not_reached(tmp_path):
    with engine_at(tmp_path, embedder="off") as lsfs:
        lsfs.up()
        program = tmp_path / "python"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
        agent = Agent(lsfs.engine, command=str(program))
        op = agent.plan("add_note", text="x").op
        lsfs.engine._parts.tooling.sessions.end("notes")
        program.unlink()
        assert agent.apply(op).results[0].failure == "unavailable"


def test_what_a_server_says_of_its_own_secrets_is_not_kept(agent):
    op = agent.call("environment")
    assert "NOTES_TOKEN" in op.results[0].text and "token-of-notes" not in str(op)


def test_what_a_server_names_is_taken_from_the_folder_that_it_works_in(tmp_path):
    with engine_at(tmp_path, embedder="off") as lsfs:
        served, docs = lsfs.root / "served", lsfs.root / "docs"
        for folder in (served, docs):
            folder.mkdir()
            (folder / "list.txt").write_text("before")
        lsfs.up()
        agent = Agent(lsfs.engine, cwd=str(served))
        action = act.CallTool(tool="notes/write_file", arguments={"path": "list.txt", "text": "after"})
        plan = lsfs.engine.changing.plan(PlanRequest(actions=(action,), door="cli", cwd=str(docs)))
        assert any(note.startswith(f"the tool works in {served}") for note in plan.notes)
        assert any(f"{served}/list.txt can be taken back" in note for note in plan.notes)
        op = agent.apply(plan.op)
        assert [(effect.action, effect.path) for effect in op.effects[1:]] == [("write", f"{served}/list.txt")]
        undo = lsfs.engine.changing.undo(UndoRequest(op=op.op, door="cli"))
        list(lsfs.engine.changing.apply(ApplyRequest(op=undo.op, confirmed="yes", door="cli")))
        assert (served / "list.txt").read_text() == "before"
