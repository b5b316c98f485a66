"""Several ops at once: one is carried out after the other, none meets another halfway, and each can be cancelled."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.api import LogRequest, OpRequest, PlanResult
from lsfs.core.errors import ConflictError, LsfsError, RolledBack
from lsfs.plan.queue import OpQueue
from tests.crash.doer import Stop
from tests.plan.conftest import Desk, desk_at
from tests.plan.hostile import Trouble, attempt, litter, lost

PATIENCE_S = 60


@pytest.fixture(scope="module")
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, trouble: Trouble) -> Iterator[Desk]:
    with desk_at(tmp_path_factory.mktemp("at once"), trouble.reach) as desk:
        desk.lsfs.up()
        yield desk


@pytest.fixture
def busy(room: Desk, trouble: Trouble) -> Desk:
    for number in range(40):
        room.write(f"{number}", f"{number} in {room.root.name}\n")
    room.flush()
    trouble.watch()
    return room


def all_at_once(desk: Desk, plans: Sequence[PlanResult]) -> list[LsfsError | None]:
    """Carries out plans from a thread each; what became of each."""
    ready = threading.Barrier(len(plans))
    became: list[LsfsError | None] = [None] * len(plans)

    def carry_out(number: int) -> None:
        ready.wait()
        became[number] = attempt(desk, plans[number])

    threads = [threading.Thread(target=carry_out, args=(number,)) for number in range(len(plans))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    return became


def one_after_the_other(reached: Sequence[str]) -> bool:
    """Whether no op begins before the one that has begun has ended."""
    marks = [name for name in reached if name in ("op.before-begin", "op.cleaned")]
    return marks == ["op.before-begin", "op.cleaned"] * (len(marks) // 2)


def test_plans_for_different_files_are_carried_out_one_after_the_other(busy, trouble):
    plans = [busy.preview(act.Move(paths=(f"{n}", f"{n + 10}"), to=f"new {n}")) for n in range(8)]
    assert all_at_once(busy, plans) == [None] * 8
    assert one_after_the_other(trouble.reached) and trouble.reached.count("op.cleaned") == 8
    assert all((busy.root / f"new {n}" / f"{m}").exists() for n in range(8) for m in (n, n + 10))
    assert busy.agrees() == []


def test_of_two_plans_for_the_same_files_one_is_done_and_the_other_is_a_conflict(busy, trouble):
    before = busy.whole()
    plans = [busy.preview(act.Move(paths=("1", "2", "3"), to=to)) for to in ("here", "there")]
    became = all_at_once(busy, plans)
    assert one_after_the_other([name for name in trouble.reached if name != "op.begun"])
    (done,) = [plan for plan, error in zip(plans, became, strict=True) if error is None]
    (refused,) = [error for error in became if error is not None]
    assert isinstance(refused, ConflictError)
    assert sorted(busy.state(plan) for plan in plans) == ["applied", "failed"]
    busy.undo(done)
    assert busy.whole() == before


def test_a_plan_that_is_handed_in_twice_is_carried_out_once(busy):
    plan = busy.preview(act.Append(path="1", text="once\n"))
    became = all_at_once(busy, [plan, plan, plan])
    assert [error for error in became if error is not None and not isinstance(error, ConflictError)] == []
    assert became.count(None) == 1 and (busy.root / "1").read_text().count("once") == 1


def test_an_undo_and_a_redo_and_a_new_op_at_once_leave_a_tree_that_one_order_gives(busy):
    first = busy.do(act.Move(paths=("1",), to="new"))
    plans = [busy.plan_undo(first), busy.preview(act.Write(path="new/1", text="written\n"))]
    became = all_at_once(busy, plans)
    assert became.count(None) >= 1
    if became == [None, None]:
        assert (busy.root / "1").exists() != (busy.root / "new/1").exists()
    assert lost(busy, {f"1 in {busy.root.name}\n".encode()}) == []
    assert busy.agrees() == [] and litter(busy.root) == []


# Cancelling


def held(desk: Desk, trouble: Trouble, plan: PlanResult, stop: Stop) -> tuple[threading.Event, threading.Thread, list]:
    """Carries out a plan up to a boundary, where it waits for the event."""
    there, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        there.set()
        go_on.wait(PATIENCE_S)

    trouble.at(stop, wait)
    became: list[LsfsError | None] = []
    thread = threading.Thread(target=lambda: became.append(attempt(desk, plan)))
    thread.start()
    assert there.wait(PATIENCE_S)
    return go_on, thread, became


def test_an_op_that_waits_can_be_cancelled_and_the_one_before_it_goes_on(busy, trouble):
    first = busy.preview(act.Move(paths=("1",), to="first"))
    second = busy.preview(act.Move(paths=("2",), to="second"))
    go_on, thread, became = held(busy, trouble, first, Stop("op.step"))
    waiting: list[LsfsError | None] = []
    other = threading.Thread(target=lambda: waiting.append(attempt(busy, second)))
    other.start()
    while busy.state(second) == "preview":
        time.sleep(0.005)
    running = {op.op for op in busy.changing.log(LogRequest(running=True)).ops}
    busy.changing.cancel(OpRequest(op=second.op))
    go_on.set()
    thread.join(PATIENCE_S)
    other.join(PATIENCE_S)
    assert running == {first.op, second.op}
    assert became == [None] and isinstance(waiting[0], RolledBack)
    assert (busy.state(first), busy.state(second)) == ("applied", "failed")
    assert (busy.root / "first/1").exists() and (busy.root / "2").exists()
    assert not (busy.root / "second").exists()


@pytest.mark.parametrize("stop", [Stop("op.begun"), Stop("op.temporary", 2), Stop("op.step"), Stop("op.step", 17)])
def test_an_op_that_runs_can_be_cancelled_and_is_taken_back(busy, trouble, stop):
    before = busy.whole()
    actions = [act.Move(paths=tuple(str(n) for n in range(30)), to="new")]
    actions += [act.Write(path=str(n), text=f"written {n}\n") for n in range(30, 40)]
    plan = busy.preview(*actions)
    go_on, thread, became = held(busy, trouble, plan, stop)
    busy.changing.cancel(OpRequest(op=plan.op))
    go_on.set()
    thread.join(PATIENCE_S)
    assert isinstance(became[0], RolledBack) and busy.state(plan) == "failed"
    assert (busy.whole(), litter(busy.root)) == (before, [])
    assert busy.do(*actions).state == "applied"


# While others write


WRITER = """
import os, random, sys, time
root, said, name = sys.argv[1:]
out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
number = 0
while True:
    line = b"line %d in %s\\n" % (number, name.encode())
    file = os.open(f"{root}/{random.randrange(6)}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, line)
    if os.fstat(file).st_nlink:
        os.write(out, line)  # else it was taken away for good while it was open, which no program can mend
    os.close(file)
    number += 1
    time.sleep(random.random() / 200)
"""
"""A program that adds lines to files, which it opens by their names each time."""


@contextlib.contextmanager
def others_write(desk: Desk, said: Path) -> Iterator[None]:
    """Others write in the folder meanwhile; `said` has every line that they wrote after that."""
    writer = subprocess.Popen([sys.executable, "-S", "-c", WRITER, desk.root, said, desk.root.name])
    try:
        yield
    finally:
        writer.kill()
        writer.wait()


def some_op(chance: random.Random) -> act.Action:
    one, other = chance.sample([str(number) for number in range(6)], 2)
    makers: tuple[Callable[[], act.Action], ...] = (
        lambda: act.Rename(path=one, name=f"{one} {chance.random()}"),
        lambda: act.Move(paths=(one, other), to="new"),
        lambda: act.Move(paths=(one,), to=".", name=other, on_exists="replace"),
        lambda: act.Copy(paths=(one,), to="copies"),
        lambda: act.Trash(paths=(one,)),
        lambda: act.Tag(paths=(one,), tags=("busy",)),
    )
    return chance.choice(makers)()


def test_no_line_is_lost_that_others_write_while_ops_are_carried_out(busy, tmp_path):
    chance = random.Random(random.random())
    until, states = time.monotonic() + 4, []
    with others_write(busy, tmp_path / "said"):
        while time.monotonic() < until:
            try:
                plan = busy.preview(some_op(chance))
            except LsfsError:
                continue  # it is not there just now
            if plan.op is None:
                continue
            attempt(busy, plan)
            states.append(busy.state(plan))
            if states[-1] == "applied" and chance.random() < 0.5:
                undo = busy.plan_undo(plan, "keep")
                if undo.op is not None:
                    attempt(busy, undo)
    written = set((tmp_path / "said").read_bytes().splitlines(keepends=True))
    assert set(states) <= {"applied", "failed"} and "applied" in states and len(written) > 100
    everything = b"".join(path.read_bytes() for path in busy.root.rglob("*") if path.is_file())
    everything += b"".join(path.read_bytes() for path in busy.trash.rglob("*") if path.is_file())
    missing = {line for line in written if line not in everything}
    # What an op has replaced is a version, or was changed a moment before, and is kept for the undo.
    kept = "SELECT content FROM versions WHERE content IS NOT NULL UNION SELECT content FROM held"
    for (content,) in busy.vault.versions._db.rows(kept) if missing else ():
        body = b"".join(busy.lsfs.engine._parts.contents.read(content))
        missing -= {line for line in missing if line in body}
    assert missing == set()
    assert litter(busy.root) == []


def test_what_looks_for_interrupted_ops_leaves_one_alone_that_is_carried_out(start_desk, tmp_path: Path, wait_until):
    within, go_on = threading.Event(), threading.Event()

    def reach(name: str) -> None:
        if name == "op.step":
            within.set()
            assert go_on.wait(60)

    with start_desk(tmp_path, reach) as desk:
        desk.write("a.txt", "a\n")
        desk.lsfs.up()
        desk.flush()
        parts = desk.lsfs.engine._parts
        plan = desk.preview(act.Rename(path="a.txt", name="b.txt"))
        done = threading.Thread(target=desk.apply, args=(plan,))
        done.start()
        try:
            assert within.wait(60)
            # It was asked an instant before the op began.
            object.__setattr__(parts, "ops", Idle(parts.ops))
            desk.lsfs.engine.run_job("presence")
            assert desk.state(plan) == "running"
        finally:
            go_on.set()
            done.join()
        wait_until(parts.ops.queue.idle)
        assert (desk.state(plan), desk.names()) == ("applied", ["b.txt"])
        desk.undo(plan)


class Idle:
    """A queue of ops that says it is idle."""

    def __init__(self, queue: OpQueue) -> None:
        self.queue = queue

    def idle(self) -> bool:
        return True

    def __getattr__(self, name: str) -> object:
        return getattr(self.queue, name)
