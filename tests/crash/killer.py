"""Kills an op, its undo, and what takes either back, and says what is wrong after that."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from tests.crash.doer import Stop
from tests.crash.stage import Stage, flush, known
from tests.crash.tree import differences
from tests.ingest.conftest import Lsfs


class Killer:
    """The op of a stage, to be killed again and again; in between all is as it was before the op."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._since_ns = time.time_ns() - 1_000_000_000
        whole = stage.do()
        assert (whole.error, whole.state) == ("", "applied")
        self.op_reaches = self._each_time(whole.reached)
        self._after = stage.tree()
        with stage.lsfs() as lsfs:
            self._op = lsfs.vault.ops.newest_applied().id
            assert stage.trouble(lsfs) == []
        whole = stage.do(undo=self._op)
        assert (whole.error, whole.state) == ("", "applied")
        self.undo_reaches = self._each_time(whole.reached)
        assert differences(stage.tree(), stage.before) == []
        with stage.lsfs() as lsfs:
            assert stage.trouble(lsfs) == []
            self._known = self._flushed(lsfs)

    def _each_time(self, reached: tuple[str, ...]) -> tuple[str, ...]:
        """The boundaries that are reached again the next time: what was kept once is not kept again."""
        again = self._stage.scenario.is_marked
        return tuple(name for name in reached if again or not name.startswith("objects."))

    def recovery_reaches(self) -> tuple[str, ...]:
        """The boundaries of taking back the whole op."""
        assert self._stage.do(Stop("op.before-done")).killed
        return self._stage.do(idle=True).reached

    def reverting(self, fault: Stop) -> list[Stop]:
        """The boundaries of an op that takes itself back after a fault, each as often as it is reached."""
        failed = self._stage.do(fault)
        assert failed.error.startswith("rolled-back"), failed
        stops = every_time(failed.reached)
        before = Counter(failed.reached[: failed.reached.index(fault.name) + 1])
        return [stop for stop in stops if stop.count > before[stop.name]]

    def op(self, stop: Stop, *starts: Stop, fault: Stop | None = None) -> list[str]:
        """What is wrong after a kill of the op, also after a fault, and of the next starts if they get there."""
        report = self._stage.do(stop, *([fault] if fault is not None else []))
        assert report.killed, (stop, report)
        for each in starts:
            self._stage.do(each, idle=True)
        with self._stage.lsfs() as lsfs:
            said = self._stage.trouble(lsfs)
            done = lsfs.vault.ops.newest_applied()
            if done is None or done.id <= self._op:
                said += self._news(lsfs)
            else:
                self._op = done.id
                said += differences(self._stage.tree(), self._after, self._since_ns)
                self._stage.taken_back(lsfs, done.id)
                self._known = self._flushed(lsfs)
            return said + differences(self._stage.tree(), self._stage.before)

    def undo(self, stop: Stop, *starts: Stop) -> list[str]:
        """What is wrong after a kill of the undo, and of the next starts if they get so far."""
        with self._stage.lsfs() as lsfs:
            self._op = self._stage.carried_out(lsfs, *self._stage.actions()).op
            self._known, after = self._flushed(lsfs), self._stage.tree()
        report = self._stage.do(stop, undo=self._op)
        assert report.killed, (stop, report)
        for each in starts:
            self._stage.do(each, idle=True)
        with self._stage.lsfs() as lsfs:
            said = self._stage.trouble(lsfs)
            if lsfs.vault.ops.get(self._op).state == "applied":
                said += differences(self._stage.tree(), after) + self._news(lsfs)
                self._stage.taken_back(lsfs, self._op)
            self._known = self._flushed(lsfs)
            return said + differences(self._stage.tree(), self._stage.before)

    @staticmethod
    def _flushed(lsfs: Lsfs):
        # What else the watcher has seen becomes versions now, and not while the next kill is looked at.
        flush(lsfs)
        return known(lsfs)

    def _news(self, lsfs: Lsfs) -> list[str]:
        """What the vault says otherwise than before an op that was not done."""
        now = known(lsfs)
        return [
            f"other {field}: {set(map(str, new)) ^ set(map(str, old))}"
            for field in now.__struct_fields__
            if (new := getattr(now, field)) != (old := getattr(self._known, field))
        ]


def every_time(reached: Iterable[str]) -> list[Stop]:
    """Where to end: at each boundary, every time that it is reached."""
    return [Stop(name, number) for name, count in Counter(reached).items() for number in range(1, count + 1)]


def some_times(reached: Iterable[str]) -> list[Stop]:
    """Where to end: at each boundary, the first, a middle and the last time that it is reached."""
    counts = Counter(reached).items()
    return [Stop(name, number) for name, count in counts for number in sorted({1, (count + 1) // 2, count})]


def last_times(reached: Iterable[str]) -> list[Stop]:
    """Where to end: at each boundary, the last time that it is reached."""
    return [Stop(name, count) for name, count in Counter(reached).items()]


def first_failure(attempts: Iterable[tuple[str, list[str]]]) -> list[str]:
    """What was wrong where first something was: what comes after that begins with a wrong tree."""
    return next(([name, *said] for name, said in attempts if said), [])
