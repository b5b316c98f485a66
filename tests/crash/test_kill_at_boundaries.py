"""Killed at any boundary of an op, lsfs starts again with the files as before or as after, and nothing in between."""

from __future__ import annotations

import pytest

from tests.crash.boundaries import OP, REVERTING
from tests.crash.doer import Stop
from tests.crash.killer import Killer, every_time, first_failure, last_times, some_times
from tests.crash.scenarios import SCENARIOS

NAMED = {scenario.name: scenario for scenario in SCENARIOS}
NAMES = list(NAMED)
FULL = Stop("op.synced", how="full")


@pytest.mark.parametrize("name", NAMES)
def test_an_op_that_is_killed_is_not_done_or_done_and_can_be_taken_back(stage, name):
    killer = Killer(stage(name))
    stops = some_times(killer.op_reaches)
    assert {*OP, *NAMED[name].meets} <= {stop.name for stop in stops}
    assert first_failure((f"the op at {stop}", killer.op(stop)) for stop in stops) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_undo_that_is_killed_is_not_done_or_done(stage, name):
    killer = Killer(stage(name))
    stops = last_times(killer.undo_reaches)
    assert {*OP, *NAMED[name].undo_meets} <= {stop.name for stop in stops}
    assert first_failure((f"its undo at {stop}", killer.undo(stop)) for stop in stops) == []


@pytest.mark.parametrize("name", ["move", "write", "write-in-place-longer", "trash", "several"])
def test_an_op_that_fails_may_be_killed_while_it_takes_itself_back(stage, name):
    killer = Killer(stage(name))
    stops = killer.reverting(FULL)
    assert {stop.name for stop in stops} >= REVERTING
    assert first_failure((f"it fails, and {stop}", killer.op(stop, fault=FULL)) for stop in stops) == []


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_an_op_and_its_undo_may_be_killed_at_every_boundary_as_often_as_it_is_reached(stage, name):
    killer = Killer(stage(name))
    for stop in every_time(killer.op_reaches):
        assert (stop, killer.op(stop)) == (stop, [])
    for stop in every_time(killer.undo_reaches):
        assert (stop, killer.undo(stop)) == (stop, [])
