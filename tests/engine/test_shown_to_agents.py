"""What previews show of texts: to agents nothing of what they could not read."""

from __future__ import annotations

import time

import pytest

from lsfs.core import actions as act
from lsfs.core.api import Caller, HistoryRequest, OpRequest, PlanRequest
from lsfs.core.errors import RefusedError
from lsfs.core.wirepath import to_wire
from lsfs.engine.desk import Desk

AGENT = {"door": "mcp", "client": "agent"}
HIDDEN = ("build.log", ".hidden.txt", "node_modules/x.txt", ".config/app/hosts.txt", "private/deep/a.txt")


@pytest.fixture
def filled(lsfs):
    (lsfs.root / ".gitignore").write_text("*.log\n")
    (lsfs.root / ".lsfsignore").write_text("private/\n")
    for name in (*HIDDEN, "open.txt", "d/open.txt"):
        path = lsfs.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("first\nwords of before\n")
    lsfs.up()
    return lsfs


def texts(lsfs, *actions: act.Action, **caller: str) -> str:
    """All that the preview of a plan shows of texts."""
    caller = {"cwd": to_wire(bytes(lsfs.root)), **caller}
    plan = lsfs.engine.changing.plan(PlanRequest(actions=actions, **caller))
    stored = lsfs.engine.changing.op(OpRequest(op=plan.op, **caller))
    return "\n".join(change.unified + change.drafted for change in stored.changes)


@pytest.mark.parametrize("name", HIDDEN)
def test_an_agent_sees_no_text_of_what_is_not_searched(filled, name):
    for action in (act.Write(path=name, text="x"), act.Append(path=name, text="x")):
        assert texts(filled, action, **AGENT) == ""
        if filled.entry(name) is not None:  # else there is nothing kept that could be compared
            assert "words of before" in texts(filled, action)


def test_an_agent_sees_no_text_that_a_plan_would_bring_elsewhere_first(filled):
    for actions in (
        (act.Merge(paths=("open.txt", "build.log"), to="all.txt"),),
        (act.Move(paths=("build.log",), to="d", name="x.txt"), act.Append(path="d/x.txt", text="x")),
        (act.Copy(paths=("build.log",), to="d", name="x.txt"), act.Append(path="d/x.txt", text="x")),
        (act.Move(paths=("private/deep",), to="e"), act.Append(path="e/deep/a.txt", text="x")),
    ):
        with pytest.raises(RefusedError, match="left to the user"):
            texts(filled, *actions, **AGENT)


def test_an_agent_sees_no_text_of_a_version_of_what_is_not_searched(filled):
    filled.engine.past.history(HistoryRequest(path=str(filled.root / "build.log")))
    (filled.root / "build.log").unlink()
    filled.rescanned()
    back = act.Restore(path="build.log", to="@1")
    assert "words of before" in texts(filled, back)
    assert texts(filled, back, **AGENT) == ""


def test_an_agent_sees_the_texts_of_what_it_may_read(filled):
    assert "words of before" in texts(filled, act.Append(path="open.txt", text="x"), **AGENT)
    assert "words of before" in texts(filled, act.Merge(paths=("open.txt", "d/open.txt"), to="all.txt"), **AGENT)
    assert "new words" in texts(filled, act.Create(path="new/folder/a.txt", text="new words"), **AGENT)


def test_a_sentence_of_an_agent_takes_no_text_from_what_is_not_searched(filled):
    def text(name: str, door: str) -> str | None:
        desk = Desk(filled.engine._parts, Caller(cwd=to_wire(bytes(filled.root)), door=door), time.time_ns(), None)
        return desk.text_at(bytes(filled.root / name))

    for name in HIDDEN:
        assert text(name, "cli") and text(name, "mcp") is None
    assert text("open.txt", "mcp") and text("not there.txt", "mcp") == ""
