"""An op of which nothing is left to take back counts as undone once somebody asked for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import NothingFound
from tests.plan.conftest import Desk


def test_what_was_made_and_deleted_by_hand_is_not_met_again(desk: Desk):
    first = desk.do(act.Create(path="first.txt", text="first\n"))
    second = desk.do(act.Create(path="second.txt", text="second\n"))
    desk.at("second.txt").unlink()
    plan = desk.plan_undo()
    assert (plan.state, plan.steps, plan.effect_class) == ("preview", (), "silent")
    assert "nothing of it is left" in plan.notes[0]
    assert desk.state(second) == "applied"  # so far it was only asked for
    desk.apply(plan, confirmed="yes")
    assert desk.state(second) == "undone"
    assert desk.names() == ["first.txt"]
    undone = desk.undo()
    assert (undone.summary.startswith(f"undo of op {first.op}"), desk.names()) == (True, [])
    with pytest.raises(NothingFound, match="nothing to undo"):
        desk.plan_undo()


def test_redo_of_it_does_nothing_and_goes_on(desk: Desk):
    op = desk.do(act.Create(path="f.txt", text="made\n"))
    desk.at("f.txt").unlink()
    desk.undo()
    redone = desk.redo()
    assert "nothing is done again" in redone.notes[0]
    assert (desk.state(op), desk.names()) == ("applied", [])
    desk.undo()
    assert desk.state(op) == "undone"


def test_where_all_was_left_alone_keep_settles_it_and_force_does_not(desk: Desk):
    op = desk.do(act.Mkdir(path="made"))
    desk.write("made/mine.txt", "mine\n")
    assert desk.plan_undo().conflicts
    forced = desk.plan_undo(how="force")
    assert (forced.op, desk.state(op)) == (None, "applied")
    kept = desk.undo(how="keep")
    assert [Path(each.path).name for each in kept.left_out] == ["made"]
    assert (desk.state(op), desk.names()) == ("undone", ["made", "made/mine.txt"])


def test_a_restart_meets_nothing_of_it(desk: Desk):
    op = desk.do(act.Create(path="f.txt", text="made\n"))
    desk.at("f.txt").unlink()
    desk.undo()
    desk.lsfs.restart()
    assert desk.state(op) == "undone"
    assert not desk.vault.ops.newest(9, ("queued", "running"))
