"""Taking back what a crash has left may itself be killed, and killed again: the next start does the rest."""

from __future__ import annotations

import pytest

from tests.crash.boundaries import RECOVERY
from tests.crash.doer import Stop
from tests.crash.killer import Killer, every_time, first_failure, last_times
from tests.crash.scenarios import SCENARIOS

SOME = ("move", "write", "write-in-place-longer", "trash", "restore-exact", "several", "volumes")
DONE = Stop("op.before-done")


@pytest.mark.parametrize("name", SOME)
def test_a_start_that_is_killed_twice_while_it_takes_back_an_op_is_followed_by_one_that_does_it(stage, name):
    killer = Killer(stage(name))
    reached = killer.recovery_reaches()
    stops = last_times(reached)
    assert {stop.name for stop in stops} >= RECOVERY
    assert first_failure((f"starts at {stop}", killer.op(DONE, stop, stop)) for stop in stops) == []


@pytest.mark.long
@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_a_start_may_be_killed_at_every_boundary_of_taking_back_an_op_or_an_undo(stage, name):
    killer = Killer(stage(name))
    for stop in every_time(killer.recovery_reaches()):
        for then in (stop, Stop("recover.step", 1), Stop("recover.steps", 1)):
            assert (stop, then, killer.op(DONE, stop, then)) == (stop, then, [])
        assert (stop, killer.undo(DONE, stop, stop)) == (stop, [])
