"""Calls of tools as ops: shown, asked about, logged with what they gave, and taken back as far as that goes."""

from __future__ import annotations

import os
import threading
import time

import pytest

from lsfs.core import actions as act
from lsfs.core.api import ApplyRequest, LogRequest, OpRequest, UndoRequest
from lsfs.core.errors import ConflictError, NothingFound, RefusedError, UnavailableError, UsageError
from lsfs.core.tools import CallOutcome
from tests.plan.calls import Tools

ENVIRON = {"PATH": os.environ["PATH"]}


@pytest.fixture
def tools(desk, tmp_path) -> Tools:
    return Tools(desk.lsfs.engine, tmp_path)


def call(desk, name, **arguments):
    return desk.preview(act.CallTool(tool=f"own/{name}", arguments=arguments))


def applied(desk, plan, confirmed="asked"):
    request = ApplyRequest(op=plan.op, confirmed=confirmed, environ=ENVIRON, door="cli")
    return list(desk.changing.apply(request))[-1].result


def furnish(desk) -> None:
    desk.write("notes.txt", "first\n")
    desk.write("old.txt", "old\n")
    desk.write("moved.txt", "to be moved\n")
    desk.write("new/here.txt", "here\n")
    desk.write("script.sh", "echo\n", mode=0o600)
    desk.write("gone/deep/a.txt", "a\n")
    desk.write("gone/b.txt", "b\n")


def test_a_call_shows_what_it_would_do_and_is_external(desk, tools):
    plan = call(desk, "tidy")
    assert plan.effect_class == "external" and plan.state == "preview" and not plan.unasked
    assert [(effect.action, effect.note) for effect in plan.effects] == [("call", "own/tidy {}")]
    assert any("can be taken back, as far as" in note for note in plan.notes)
    assert [step.do for step in plan.steps] == ["call"]


def test_what_a_tool_changed_is_the_ops_and_an_undo_takes_it_back(desk, tools):
    furnish(desk)
    desk.flush()
    before, history = desk.tree(), len(desk.versions("notes.txt"))
    op = applied(desk, call(desk, "tidy"))
    assert op.state == "applied" and op.results[0].ok and op.results[0].text == "tidied"
    done = {(e.action, os.path.relpath(e.path, desk.root)) for e in op.effects if e.path}
    assert done == {
        ("write", "notes.txt"),
        ("remove", "old.txt"),
        ("move", "moved.txt"),
        ("mkdir", "made"),
        ("create", "made/by the tool.txt"),
        ("write", "script.sh"),
        ("remove", "gone/b.txt"),
        ("remove", "gone/deep/a.txt"),
        ("rmdir", "gone"),
        ("rmdir", "gone/deep"),
    }
    assert desk.versions("notes.txt")[-1].op == op.op and len(desk.versions("notes.txt")) == history + 1
    undo = desk.plan_undo(op)
    assert not undo.conflicts and any("best effort" in note for note in undo.notes)
    desk.apply(undo)
    after = desk.tree()
    assert after.keys() == before.keys()
    assert {path: thing.body for path, thing in after.items()} == {path: thing.body for path, thing in before.items()}
    assert {p: t.mode for p, t in after.items()} == {p: t.mode for p, t in before.items()}
    assert (desk.trash / "files" / "by the tool.txt").exists()
    assert desk.agrees() == []


def test_an_undo_is_taken_forward_without_calling_again(desk, tools):
    furnish(desk)
    op = applied(desk, call(desk, "tidy"))
    done = desk.names()
    desk.undo(op)
    tools.known.clear()
    desk.redo(op)
    assert desk.names() == done and (desk.root / "notes.txt").read_text() == "rewritten\n"


def test_what_changed_since_is_in_the_way_of_an_undo(desk, tools):
    furnish(desk)
    op = applied(desk, call(desk, "tidy"))
    desk.write("notes.txt", "edited since\n")
    desk.write("made/of the user.txt", "mine\n")
    undo = desk.plan_undo(op)
    assert [os.path.basename(one.path) for one in undo.conflicts] == ["notes.txt"]
    desk.apply(desk.plan_undo(op, "keep"))
    assert (desk.root / "notes.txt").read_text() == "edited since\n"
    assert (desk.root / "made/of the user.txt").exists() and (desk.root / "old.txt").exists()


def test_a_tool_that_only_reads_runs_unasked_and_is_logged_but_not_undone(desk, tools):
    desk.write("notes.txt", "words\n")
    made = desk.do(act.Create(path="a.txt"))
    plan = call(desk, "cat", args=["notes.txt"])
    assert plan.effect_class == "read" and plan.unasked
    op = applied(desk, plan, confirmed="yes")
    assert op.results[0].text == "words"
    assert desk.changing.log(LogRequest()).ops[0].op == op.op
    assert desk.changing.undo(UndoRequest(door="cli")).summary.endswith(f"{desk.root}/a.txt")
    assert desk.state(made) == "applied"


def test_a_tool_that_may_change_is_asked_about_unless_its_source_may_do_all(desk, tools):
    with pytest.raises(RefusedError, match="always asked"):
        applied(desk, call(desk, "tidy"), confirmed="yes")
    tools.allow_all()
    furnish(desk)
    plan = call(desk, "tidy")
    assert plan.unasked
    assert applied(desk, plan, confirmed="yes").state == "applied"


def test_arguments_that_do_not_fit_and_tools_that_are_not_there_make_no_plan(desk, tools):
    with pytest.raises(UsageError, match="seconds"):
        call(desk, "wait")
    with pytest.raises(NothingFound, match="own/none"):
        call(desk, "none")
    with pytest.raises(RefusedError, match="by itself"):
        desk.preview(act.CallTool(tool="own/cat"), act.Create(path="a.txt"))


def test_a_tool_removed_between_plan_and_call_is_said(desk, tools):
    plan = call(desk, "tidy")
    del tools.known["own/tidy"]
    with pytest.raises(NothingFound, match="removed or switched off"):
        applied(desk, plan)
    assert desk.state(plan) == "failed"


def test_a_failing_tool_fails_the_op_and_what_it_changed_can_be_undone(desk, tools):
    desk.write("notes.txt", "first\n")
    op = applied(desk, call(desk, "fail", path="notes.txt"))
    assert op.state == "applied" and not op.results[0].ok and "ValueError: no more" in op.error
    desk.undo(op)
    assert (desk.root / "notes.txt").read_text() == "first\n"
    op = applied(desk, call(desk, "sh", args=["-c", "exit 4"]))
    assert op.state == "failed" and op.results[0].exit_code == 4
    with pytest.raises(NothingFound):
        desk.plan_undo(op)


def test_other_ops_run_while_a_tool_does_and_are_not_taken_for_its_doing(desk, tools):
    plan = call(desk, "wait", seconds=30, path="begun.txt")
    running = threading.Thread(target=applied, args=(desk, plan))
    running.start()
    until(lambda: (desk.root / "begun.txt").exists())
    other = desk.do(act.Create(path="meanwhile.txt", text="made\n"))
    assert desk.changing.log(LogRequest(running=True)).ops[0].op == plan.op
    desk.changing.cancel(OpRequest(op=plan.op))
    running.join(15)
    assert not running.is_alive()
    op = desk.changing.op(OpRequest(op=plan.op))
    assert op.state == "applied" and "cancelled" in op.error
    assert [e.path for e in op.effects if e.path] == [f"{desk.root}/begun.txt"]
    desk.undo(op)
    assert (desk.root / "meanwhile.txt").exists() and not (desk.root / "begun.txt").exists()
    assert desk.state(other) == "applied"


def test_a_stop_ends_a_call_and_writes_down_what_it_did(desk, tools):
    plan = call(desk, "wait", seconds=60, path="begun.txt")
    threading.Thread(target=lambda: applied(desk, plan), daemon=True).start()
    until(lambda: (desk.root / "begun.txt").exists())
    desk.lsfs.restart()
    assert desk.state(plan) == "applied"
    desk.undo(plan.op)
    assert not (desk.root / "begun.txt").exists()


def test_a_call_that_does_not_end_keeps_nobody_from_stopping(desk, tools, monkeypatch):
    monkeypatch.setattr("lsfs.plan.queue._END_S", 0.5)
    begun, end, told = threading.Event(), threading.Event(), []

    class Deaf:
        def works_in(self, source, cwd):
            return None

        def call(self, tool, arguments, around):
            begun.set()
            end.wait(30)
            return CallOutcome(ok=True, text="done")

    desk.lsfs.engine._parts.tools._callers = {"function": Deaf()}
    plan = call(desk, "tidy")

    def listen():
        with pytest.raises(UnavailableError) as caught:
            applied(desk, plan)
        told.append(caught.value)

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    assert begun.wait(10)
    started = time.monotonic()
    desk.lsfs.restart()
    assert time.monotonic() - started < 8
    listening.join(5)
    end.set()
    assert told and "cut off" in desk.changing.op(OpRequest(op=plan.op)).error


def test_secrets_are_kept_nowhere(desk, tools):
    action = act.CallTool(tool="own/say", arguments={"password": "hunter2hunter2"})
    plan = desk.preview(action, sentence='lsfs tools call own/say --args \'{"password": "hunter2hunter2"}\'')
    assert "hunter2hunter2" not in str(plan)
    op = applied(desk, plan)
    assert op.results[0].text == "logged in with ••• and ••• "
    kept = desk.vault._db.rows(
        "SELECT CAST(step AS TEXT) FROM steps UNION SELECT CAST(plan AS TEXT) FROM ops UNION SELECT sentence FROM ops"
    )
    assert not any("hunter2" in row[0] or "key-of-the" in row[0] for row in kept)


def test_a_plan_with_secrets_does_not_outlive_the_program(desk, tools):
    plan = call(desk, "say", password="hunter2hunter2")
    desk.lsfs.restart()
    tools.join(desk.lsfs.engine)
    with pytest.raises(ConflictError, match="forgotten"):
        applied(desk, plan)


def test_a_file_that_a_rule_leaves_out_is_kept_when_it_is_named(desk, tools):
    desk.write(".lsfsignore", "*.raw\n")
    desk.write("big.raw", "raw\n")
    desk.lsfs.rescanned()
    op = applied(desk, call(desk, "fail", path="big.raw"))
    assert (desk.root / "big.raw").read_text() == "half\n"
    desk.undo(op)
    assert (desk.root / "big.raw").read_text() == "raw\n"


def test_a_plan_that_was_read_only_is_not_called_once_the_tool_says_otherwise(desk, tools):
    plan = call(desk, "cat", args=["notes.txt"])
    tools.add("cat", "command", argv=["cat"])
    with pytest.raises((ConflictError, RefusedError)):
        applied(desk, plan, confirmed="yes")


def until(condition) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_secrets_of_a_command_line_and_of_the_environment_are_written_down_nowhere(desk, tools):
    desk.write("a.txt", "a\n")
    said = "echo hunter-one $GH_TOKEN $DATABASE_URL $API_KEY; cat"
    arguments = {"args": ["-c", said, "sh", "-u", "me:hunter-one", "--password-stdin"], "stdin": "hunter-two"}
    plan = desk.preview(act.CallTool(tool="own/sh", arguments=arguments), sentence="call with -u me:hunter-one")
    environ = ENVIRON | {"GH_TOKEN": "hunter-three", "DATABASE_URL": "postgres://app:hunter-four@db/app"}
    request = ApplyRequest(op=plan.op, confirmed="asked", environ=environ, door="cli")
    op = list(desk.changing.apply(request))[-1].result
    assert op.results[0].text.split() == ["•••", "•••", "postgres://app:•••@db/app", "•••", "•••"]
    rows = [list(row) for table in ("ops", "steps") for row in desk.vault._db.rows(f"SELECT * FROM {table}")]
    assert "call with" in str(rows) and "hunter" not in str(rows)
