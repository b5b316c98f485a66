"""A disk that is full, or broken, at any boundary of an op: it is not done and said why, or done; then all goes on."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import pytest

from lsfs.plan.recover import INTERRUPTED
from tests.crash.doer import Report, Stop
from tests.crash.killer import Killer, every_time, first_failure, last_times
from tests.crash.scenarios import SCENARIOS
from tests.crash.tree import differences
from tests.running import Lsfs

NAMES = [scenario.name for scenario in SCENARIOS]
SHORT = ("move-over", "write", "write-in-place-longer", "create-below", "trash", "restore-exact", "several", "volumes")
"""Those that are tried each time: one of each kind of step."""
How = Literal["full", "broken"]


class Breaker(Killer):
    """Has the disk fail under the op of a stage, instead of killing it."""

    def op_fails(self, stop: Stop) -> list[str]:
        """What is wrong after a failure of the op; where it is not done, it is done when the disk works again."""
        report = self._stage.do(stop)
        with self._stage.lsfs() as lsfs:
            said = _ended(stop, report) + self._stage.trouble(lsfs) + _unsettled(lsfs, stop)
            if report.state == "applied":
                self._op = lsfs.vault.ops.newest_applied().id
            else:
                said += self._news(lsfs) + differences(self._stage.tree(), self._stage.before)
                self._op = self._stage.carried_out(lsfs, *self._stage.actions()).op
            said += differences(self._stage.tree(), self._after, self._since_ns)
            self._stage.taken_back(lsfs, self._op)
            self._known = self._flushed(lsfs)
            return said + differences(self._stage.tree(), self._stage.before)

    def undo_fails(self, stop: Stop) -> list[str]:
        """What is wrong after a failure of the undo; where it is not done, it is done when the disk works again."""
        with self._stage.lsfs() as lsfs:
            self._op = self._stage.carried_out(lsfs, *self._stage.actions()).op
            self._known, after = self._flushed(lsfs), self._stage.tree()
        report = self._stage.do(stop, undo=self._op)
        with self._stage.lsfs() as lsfs:
            said = _ended(stop, report) + self._stage.trouble(lsfs) + _unsettled(lsfs, stop)
            if report.state != "applied":
                said += self._news(lsfs) + differences(self._stage.tree(), after)
                self._stage.taken_back(lsfs, self._op)
            self._known = self._flushed(lsfs)
            return said + differences(self._stage.tree(), self._stage.before)


def _ended(stop: Stop, report: Report) -> list[str]:
    """What is wrong with how something ended; what failed has to say why."""
    code, why = {"full": ("disk-full: ", "no space"), "broken": ("storage: ", "error")}[stop.how]
    named = report.error.startswith(("rolled-back: ", "storage: ", code)) and why in report.error.lower()
    return [] if report.state == "applied" or named else [f"it is {report.state!r} and says {report.error!r}"]


def _unsettled(lsfs: Lsfs, stop: Stop) -> list[str]:
    """The op that was left to the next start though what it met has passed."""
    newest = lsfs.vault.ops.newest(1, ("applied", "undone", "failed"))
    left = [op for op in newest if op.state == "failed" and op.error.startswith(INTERRUPTED)]
    return [f"op {op.id} was not settled" for op in left if not stop.lasting]


def failing(stops: Sequence[Stop], how: How) -> list[Stop]:
    """The same boundaries, at which the disk fails once, or from then on."""
    return [msgspec.structs.replace(stop, how=how, lasting=lasting) for stop in stops for lasting in (False, True)]


def attempts(do: Callable[[Stop], list[str]], stops: Sequence[Stop], what: str) -> list[str]:
    """What was wrong where first something was."""
    return first_failure((f"{what} at {stop}", do(stop)) for stop in stops)


@pytest.mark.parametrize("name", SHORT)
def test_an_op_that_finds_the_disk_full_or_broken_is_taken_back_and_works_when_it_is_not(stage, name):
    breaker = Breaker(stage(name))
    how: How = random.choice(("full", "broken"))
    stops = failing(last_times(breaker.op_reaches), how)
    assert attempts(breaker.op_fails, random.sample(stops, 2), "the op") == []
    stops = failing(last_times(breaker.undo_reaches), how)
    assert attempts(breaker.undo_fails, random.sample(stops, 1), "its undo") == []


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["full", "broken"])
def test_the_disk_may_fail_at_every_boundary_of_an_op_and_of_its_undo(stage, name, how):
    breaker = Breaker(stage(name))
    assert attempts(breaker.op_fails, failing(every_time(breaker.op_reaches), how), "the op") == []
    assert attempts(breaker.undo_fails, failing(every_time(breaker.undo_reaches), how), "its undo") == []


def test_what_was_not_done_yet_is_not_taken_back_after_a_file_that_was_written_in_place(stage):
    breaker = Breaker(stage("restore"))
    assert breaker.undo_fails(Stop("op.step", 1, how="full")) == []
