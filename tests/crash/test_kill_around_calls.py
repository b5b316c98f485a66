"""Killed around a call of a tool, lsfs never calls it again, says that it was cut off, and has what stood there."""

from __future__ import annotations

import pytest

from lsfs.core import actions as act
from lsfs.plan.recover import CUT_OFF, NEVER_BEGUN
from tests.crash.boundaries import CALLS
from tests.crash.doer import Job, Stop
from tests.crash.stage import Place, flush
from tests.crash.tree import age

SCRIPT = "echo call >> calls; echo rewritten > notes.txt; rm old.txt; mkdir made; echo new > made/new.txt"
ACTION = act.CallTool(tool="own/sh", arguments={"args": ["-c", SCRIPT]})


@pytest.fixture
def place(short_tmp, other_volume) -> Place:
    """A watched folder with two files of which there are versions."""
    place = Place(short_tmp, other_volume)
    (place.root / "notes.txt").write_text("first\n")
    (place.root / "old.txt").write_text("old\n")
    age(place.root)
    with place.lsfs() as lsfs:
        lsfs.up(place.root)
        flush(lsfs)
    return place


def job(place: Place, *stops: Stop) -> Job:
    tools = place.home / "tools"
    tools.mkdir(exist_ok=True)
    return Job(home=str(place.home), cwd=str(place.root), actions=(ACTION,), tools=str(tools), stops=stops)


def times_called(place: Place) -> int:
    calls = place.root / "calls"
    return len(calls.read_text().splitlines()) if calls.exists() else 0


def test_a_call_meets_its_boundaries(place, doer):
    report = doer.do(job(place))
    assert report.state == "applied"
    assert {name for name in report.reached if name.startswith("call.")} == CALLS


@pytest.mark.parametrize(
    ("boundary", "calls", "error"),
    [
        ("call.before-begin", 0, NEVER_BEGUN),
        ("call.begun", 0, CUT_OFF),
        ("call.returned", 1, CUT_OFF),
        ("call.before-done", 1, CUT_OFF),
        ("call.done", 1, ""),
    ],
)
def test_a_call_that_is_killed_is_said_to_be_and_what_stood_there_can_be_had(place, doer, boundary, calls, error):
    before = place.tree()
    assert doer.do(job(place, Stop(boundary))).killed
    with place.lsfs() as lsfs:
        assert place.trouble(lsfs) == []
        (op,) = lsfs.vault.ops.newest(9, ("applied", "failed"))
        assert (op.error, op.state) == (error, "failed" if error else "applied")
        flush(lsfs)
        assert times_called(place) == calls
        if not error:
            place.taken_back(lsfs, op.id)
        elif calls:
            place.carried_out(lsfs, act.Restore(path=str(place.root), to=f"before op {op.id}", exact=True))
        assert {name: thing.body for name, thing in place.tree().items()} == {n: t.body for n, t in before.items()}
    with place.lsfs():
        assert times_called(place) == 0


@pytest.mark.parametrize("how", ["full", "broken"])
@pytest.mark.parametrize("boundary", sorted(CALLS - {"call.done"}))
def test_a_disk_that_fails_around_a_call_costs_that_op_and_leaves_nothing_open(place, doer, boundary, how):
    report = doer.do(job(place, Stop(boundary, how=how)))
    assert not report.killed and (report.error or report.state in ("failed", "applied"))
    with place.lsfs() as lsfs:
        assert place.trouble(lsfs) == []
        assert times_called(place) == (0 if boundary in ("call.before-begin", "call.begun") else 1)
