"""What an undo of a call says, and does, of changes that may be the user's own, or another call's."""

from __future__ import annotations

import os
import threading
import time

import pytest

from lsfs.core import actions as act
from lsfs.core.api import ApplyRequest, UndoRequest
from lsfs.core.errors import ConflictError
from tests.plan.calls import Tools

ENVIRON = {"PATH": os.environ["PATH"]}
UNTIL = 'while [ ! -e "$0" ]; do sleep 0.02; done; '


@pytest.fixture
def tools(desk, tmp_path) -> Tools:
    return Tools(desk.lsfs.engine, tmp_path)


@pytest.fixture
def go(tmp_path):
    """What the calls of a test wait for, outside of what is watched."""
    return tmp_path / "go"


class Running:
    """A call that is made beside the test."""

    def __init__(self, desk, script: str, go, *words: str) -> None:
        arguments = {"args": ["-c", "echo > begun-$$; " + UNTIL + script + "; rm begun-$$", str(go), *words]}
        self._desk = desk
        begun = set(desk.root.glob("begun-*"))
        self.plan = desk.preview(act.CallTool(tool="own/sh", arguments=arguments))
        self._thread = threading.Thread(target=self._apply)
        self._thread.start()
        until = time.monotonic() + 10
        while not set(desk.root.glob("begun-*")) - begun:
            assert time.monotonic() < until
            time.sleep(0.01)

    def _apply(self) -> None:
        request = ApplyRequest(op=self.plan.op, confirmed="asked", environ=ENVIRON, door="cli")
        self.done = list(self._desk.changing.apply(request))[-1].result

    def ended(self):
        self._thread.join(15)
        assert not self._thread.is_alive()
        return self.done


def undo(desk, op, how="", **asked):
    return desk.changing.undo(UndoRequest(op=op.op, how=how, **({"door": "cli"} | asked)))


def edited_meanwhile(desk, go):
    """An op that changed two files, one of which it had named, while the user changed a third."""
    for name in ("named.txt", "other.txt", "mine.txt"):
        desk.write(name, "first\n")
    desk.flush()
    call = Running(desk, 'echo tool > "$1"; echo tool > other.txt', go, "named.txt")
    desk.write("mine.txt", "my own words\n")
    go.touch()
    return call.ended()


def test_an_undo_says_how_many_changes_the_call_had_not_named(desk, tools, go):
    op = edited_meanwhile(desk, go)
    plan = undo(desk, op)
    assert not plan.conflicts
    assert [note for note in plan.notes if "not named" in note and note.startswith("2 of the changed paths")]
    desk.apply(plan)
    assert {desk.at(name).read_text() for name in ("named.txt", "other.txt", "mine.txt")} == {"first\n"}


@pytest.mark.parametrize("asked", [{"unasked": True}, {"door": "mcp", "client": ""}])
def test_where_nobody_is_asked_they_are_in_the_way(desk, tools, go, asked):
    op = edited_meanwhile(desk, go)
    plan = undo(desk, op, **asked)
    assert plan.op is None
    assert {os.path.basename(one.path) for one in plan.conflicts} == {"other.txt", "mine.txt"}
    assert all(one.forcible and "your own" in one.why for one in plan.conflicts)
    kept = undo(desk, op, "keep", **asked)
    assert {os.path.basename(one.path) for one in kept.left_out} == {"other.txt", "mine.txt"}
    desk.apply(kept, confirmed="yes")
    assert desk.at("named.txt").read_text() == "first\n"
    assert desk.at("mine.txt").read_text() == "my own words\n" and desk.at("other.txt").read_text() == "tool\n"


def test_forced_they_are_taken_back_and_kept_as_versions(desk, tools, go):
    op = edited_meanwhile(desk, go)
    desk.apply(undo(desk, op, "force", unasked=True), confirmed="yes")
    assert {desk.at(name).read_text() for name in ("named.txt", "other.txt", "mine.txt")} == {"first\n"}


def test_a_plan_that_was_to_be_shown_is_not_carried_out_unasked(desk, tools, go):
    op = edited_meanwhile(desk, go)
    plan = undo(desk, op)
    with pytest.raises(ConflictError, match="your own"):
        desk.apply(plan, confirmed="yes")
    assert desk.at("mine.txt").read_text() == "my own words\n"


def test_a_call_that_named_all_that_it_changed_is_taken_back_unasked(desk, tools):
    desk.write("d/named.txt", "first\n")
    desk.flush()
    arguments = {"args": ["-c", 'echo tool > "$0"; echo tool > "$1/new.txt"', "d/named.txt", "d"]}
    plan = desk.preview(act.CallTool(tool="own/sh", arguments=arguments))
    request = ApplyRequest(op=plan.op, confirmed="asked", environ=ENVIRON, door="cli")
    op = list(desk.changing.apply(request))[-1].result
    desk.apply(undo(desk, op, unasked=True), confirmed="yes")
    assert desk.at("d/named.txt").read_text() == "first\n" and not desk.at("d/new.txt").exists()


def test_two_calls_in_one_folder_at_once_each_have_what_they_named(desk, tools, tmp_path):
    desk.write("one.txt", "first\n")
    desk.write("two.txt", "first\n")
    desk.flush()
    first = Running(desk, 'echo tool > "$1"', tmp_path / "go 1", "one.txt")
    script = 'echo tool > "$1"; echo > "$2"; ' + UNTIL.replace("$0", "$3") + "true"
    second = Running(desk, script, tmp_path / "go 2", "two.txt", str(tmp_path / "written"), str(tmp_path / "go 3"))
    (tmp_path / "go 2").touch()
    until = time.monotonic() + 10
    while not (tmp_path / "written").exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    (tmp_path / "go 1").touch()
    one = first.ended()
    (tmp_path / "go 3").touch()
    two = second.ended()
    for op, name in ((one, "one.txt"), (two, "two.txt")):
        written = {os.path.basename(effect.path) for effect in op.effects if effect.action == "write"}
        assert written == {name}
    desk.apply(undo(desk, one, "force"))
    assert desk.at("one.txt").read_text() == "first\n" and desk.at("two.txt").read_text() == "tool\n"
    desk.apply(undo(desk, two, "force"))
    assert desk.at("two.txt").read_text() == "first\n"
