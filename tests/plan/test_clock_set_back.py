"""A clock that is set back, or was far ahead: what came later stays later, and nothing is thrown away for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core import actions as act
from tests.plan.conftest import Desk, desk_at

HOUR_S = 3600
YEAR_S = 365 * 24 * HOUR_S


class Clock:
    """What this process takes for the time."""

    def __init__(self) -> None:
        self._now_ns = time.time_ns
        self.ahead_s = 0

    def time_ns(self) -> int:
        return self._now_ns() + self.ahead_s * 1_000_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time_ns", clock.time_ns)
    return clock


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk whose clock the test sets."""
    with desk_at(tmp_path) as desk:
        desk.lsfs.up()
        yield desk


def saved(desk: Desk, clock: Clock, ahead: tuple[int, ...]) -> None:
    """Saves a version of `f` at each of some times, in that order."""
    for number, seconds in enumerate(ahead, 1):
        clock.ahead_s = seconds
        desk.write("f", f"version {number}\n")
        desk.flush()


@pytest.mark.parametrize("ahead", [(0, -HOUR_S, -2 * HOUR_S), (YEAR_S, 0, -YEAR_S), (0, YEAR_S, 0)])
def test_versions_are_in_the_order_in_which_they_were_made(desk, clock, ahead):
    saved(desk, clock, ahead)
    assert [version.number for version in desk.versions("f")] == [1, 2, 3]
    desk.do(act.Restore(path="f", to="@1"))
    assert desk.at("f").read_text() == "version 1\n"
    desk.undo()
    assert desk.at("f").read_text() == "version 3\n"
    desk.do(act.Restore(path="f", to="@2"))
    assert desk.at("f").read_text() == "version 2\n"


def test_previous_is_the_version_before_whatever_the_clock_said(desk, clock):
    saved(desk, clock, (0, -HOUR_S, -2 * HOUR_S))
    desk.do(act.Restore(path="f", to="previous"))
    assert desk.at("f").read_text() == "version 2\n"


def test_undo_takes_back_the_op_that_was_done_last_and_redo_goes_on_from_there(desk, clock):
    desk.write("f", "as it was\n")
    desk.flush()
    clock.ahead_s = YEAR_S
    desk.do(act.Write(path="f", text="first\n"))
    clock.ahead_s = 0
    desk.do(act.Write(path="f", text="second\n"))
    clock.ahead_s = -HOUR_S
    seen = []
    for _ in range(2):
        desk.undo()
        seen.append(desk.at("f").read_text())
    for _ in range(2):
        desk.redo()
        seen.append(desk.at("f").read_text())
    assert seen == ["first\n", "as it was\n", "first\n", "second\n"]


def test_before_an_op_means_before_it_though_the_clock_went_back(desk, clock):
    desk.write("d/f", "as it was\n")
    desk.flush()
    clock.ahead_s = YEAR_S
    first = desk.do(act.Write(path="d/f", text="first\n"))
    clock.ahead_s = -YEAR_S
    second = desk.do(act.Write(path="d/f", text="second\n"))
    for op, text in ((second, "first\n"), (first, "as it was\n")):
        desk.do(act.Restore(path="d", to=f"before op {op.op}"))
        assert desk.at("d/f").read_text() == text


def test_a_plan_may_be_carried_out_after_the_clock_went_back(desk, clock):
    desk.write("f", "words\n")
    desk.flush()
    plan = desk.preview(act.Move(paths=("f",), to="new"))
    clock.ahead_s = -YEAR_S
    assert desk.apply(plan).state == "applied"
    desk.lsfs.restart()
    assert desk.state(plan) == "applied" and desk.at("new/f").read_text() == "words\n"
    desk.undo(plan)
    assert desk.at("f").read_text() == "words\n"


@pytest.mark.parametrize("ahead", [(0, -HOUR_S, -2 * HOUR_S, -YEAR_S), (-YEAR_S, 0, -HOUR_S, -60)])
def test_tidying_up_keeps_what_is_younger_than_a_day_by_the_order_of_changes(desk, clock, ahead):
    saved(desk, clock, ahead)
    desk.lsfs.engine.run_job("tidy")
    newest = desk.versions("f")[-1]
    contents = desk.lsfs.engine._parts.contents
    assert newest.number == 4 and b"".join(contents.read(newest.content)) == b"version 4\n"
    clock.ahead_s = ahead[0]
    desk.lsfs.engine.run_job("tidy")
    kept = [version.number for version in desk.versions("f") if contents.has(version.content)]
    assert kept[-1] == 4 and len(kept) >= 3
    desk.do(act.Restore(path="f", to=f"@{kept[0]}"))
    assert desk.at("f").read_text() == f"version {kept[0]}\n"
