"""The daemon, killed at any instant of a busy day, has lost nothing that it had to keep."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from blake3 import blake3

from lsfs.core.api import PlanResult
from lsfs.core.config import Config
from tests.crash.daemon import Beside, Daemon
from tests.crash.mixed import Ops, Searches
from tests.crash.scenarios import furnish
from tests.crash.stage import Place
from tests.crash.tree import Tree, differences, tree_of

STOOD_STILL_S = 6.0
"""The settle time, and what a busy machine may take longer."""
STATES = ("preview", "running", "applied", "undone", "failed")
DAYS_S = 3 * 24 * 3600
CONFIG = Config(embedder="off", versions_budget_mb=1, max_workers=1)
"""Nearly everything that was superseded is over the budget."""


class Desk(Place):
    """A folder that somebody works in, and one that the daemon is told to change, while it tidies up all the time."""

    def __init__(self, folder: Path, other: Path) -> None:
        super().__init__(folder, other)
        self.daemon = Daemon(CONFIG)
        self.mine, self.theirs = self.root / "mine", self.root / "theirs"
        self.mine.mkdir()
        furnish(self.theirs)
        self._chance = random.Random(random.random())
        self._ops = Ops(self.daemon, self.theirs, self._chance)
        self._searches = Searches(self.daemon, self.theirs, self._chance)
        self._owed: set[bytes] = set()
        """Contents that versions have to have."""
        self.daemon.start()
        self.daemon.ask("up", paths=[str(self.root)])

    @contextlib.contextmanager
    def beside(self) -> Iterator[Beside]:
        """What the databases say, while the daemon runs."""
        lsfs = Beside(self.daemon, self.home, self.root, CONFIG)
        try:
            yield lsfs
        finally:
            lsfs.engine.close()

    def live(self, seconds: float) -> None:
        """Has the daemon work for so long, works meanwhile, and kills it."""
        others = [threading.Thread(target=each.go_on) for each in (self._ops, self._searches)]
        end = threading.Timer(seconds, self.daemon.kill)
        for each in (*others, end):
            each.start()
        standing = self._write_to_stand(self._chance)
        began = time.monotonic()
        while end.is_alive():
            self._work()
            if standing and time.monotonic() - began > STOOD_STILL_S:
                # They stood for long enough: now they may go.
                self._owed.update(blake3(path.read_bytes()).digest() for path in standing)
                for path in standing:
                    path.write_text("written over")
                standing = []
        for each in (*others, end):
            each.join()

    def _write_to_stand(self, chance: random.Random) -> list[Path]:
        paths = [self.mine / f"stands {number}.md" for number in range(5)]
        for path in paths:
            path.write_text(f"stands {chance.random()}\n" * 50)
        return paths

    def _work(self) -> None:
        """Writes, moves or deletes a file, and rests."""
        chance = self._chance
        path, other = (self.mine / f"{chance.randrange(30)}.txt" for _ in range(2))
        what = chance.random()
        if path.exists() and what < 0.15:
            path.unlink()
        elif path.exists() and what < 0.3:
            path.replace(other)
        elif what < 0.6:
            fresh = path.with_suffix(".tmp")
            fresh.write_text(f"text {chance.random()}\n" * 20 + chance.randbytes(chance.choice((0, 0, 50_000))).hex())
            fresh.replace(path)
        else:
            with open(path, "a") as file:
                file.write(f"line {chance.random()}\n")
        time.sleep(0.005)

    def check(self) -> list[str]:
        """What is wrong after a new start."""
        mine = tree_of(self.mine)
        self._let_days_pass()
        if self._chance.random() < 0.3:
            self.daemon.start_and_kill(self._chance.random() * 1.5)
        self.daemon.start()
        with self.beside() as lsfs:
            said = self.unsettled(lsfs) + differences(tree_of(self.mine), mine) + self._searches.failed
            if (before := self._ops.last) is not None:
                op = lsfs.vault.ops.get(before.op)
                done = op.state == "applied"
                if done:
                    plan = self.daemon.plan_back("undo", before.op)
                    said += [f"op {before.op} is not taken back: {conflict}" for conflict in plan.conflicts]
                    said += [f"op {plan.op} is {state}" for state in self._applied(plan) if state != "applied"]
                found, wanted = (_timeless(tree, folders=done) for tree in (tree_of(self.theirs), before.tree))
                said += [f"{op.state} op {op.id}: {line}" for line in differences(found, wanted)]
                self._ops.last = None
            if said:
                last = lsfs.vault.ops.newest(4, STATES)
                said += [f"op {op.id}, {op.state}, {op.summary}, {op.error}, {op.plan.decode()}" for op in last]
            rows = lsfs.vault._db.rows("SELECT DISTINCT content FROM versions WHERE number IS NOT NULL")
            said += [f"no version of {lost.hex()[:8]}" for lost in self._owed - {row[0] for row in rows}]
        for path in (self.home / ".local/share/lsfs/vault.db", self.home / ".cache/lsfs/index.db"):
            connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            said += [f"{path.name}: {row}" for row in connection.execute("PRAGMA integrity_check") if row != ("ok",)]
            connection.close()
        return said

    def _applied(self, plan: PlanResult) -> list[str]:
        return [] if plan.op is None else [self.daemon.apply(plan.op)]

    def _let_days_pass(self) -> None:
        """Has the kept bytes, and the vault's copy, be of some days ago: tidying leaves alone what is young."""
        at = time.time() - DAYS_S
        for path in (self.home / ".local/share/lsfs").rglob("*"):
            if "objects" in path.parts or path.name == "vault.copy.db":
                os.utime(path, (at, at))

    def tidied(self) -> bool:
        """Whether versions were given up, and packs written anew or deleted."""
        with self.beside() as lsfs:
            numbers = lsfs.contents.packs.numbers()
            gaps = numbers[-1] - len(numbers)
            return bool(lsfs.vault._db.rows("SELECT 1 FROM dropped LIMIT 1")) and gaps > 0


def _timeless(tree: Tree, *, folders: bool) -> Tree:
    """Without what no instant decides: the tags on files follow those in the vault when they are looked at next.

    The time of a folder is lost in the instant between the end of a temporary name in it and its getting it back.
    """
    tree = {path: thing._replace(tags="") for path, thing in tree.items()}
    if not folders:
        return tree
    return {path: thing._replace(mtime_ns=0) if thing.kind == "dir" else thing for path, thing in tree.items()}


@pytest.fixture
def desk(private_home: Path, other_volume: Path) -> Iterator[Desk]:
    desk = Desk(private_home.parent, other_volume)
    yield desk
    desk.daemon.kill()


def test_a_daemon_that_is_killed_ten_times_loses_nothing_and_settles_each_time(desk):
    for number in range(10):
        desk.live(random.random() if number != 4 else STOOD_STILL_S + 0.5 + random.random())
        assert (number, desk.check()) == (number, [])
    assert desk.tidied()


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_a_daemon_that_is_killed_two_hundred_times_loses_nothing_and_settles_each_time(desk, part):
    for number in range(50):
        desk.live(random.random() * 2 if number % 10 else STOOD_STILL_S + 0.5 + random.random())
        assert (number, desk.check()) == (number, [])
    assert desk.tidied()
