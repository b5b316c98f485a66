"""Losing power costs what was not synced: any of an op's steps may be missing then, and all of it is taken back."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.compose import open_engine
from lsfs.core.actions import Create, Mkdir, Move, Rename, Restore, Trash, Write
from lsfs.core.config import Config
from lsfs.core.locations import Paths
from lsfs.core.posix import AT_FDCWD, RENAME_EXCHANGE, RENAME_NOREPLACE, renameat2
from lsfs.plan.recover import INTERRUPTED
from lsfs.plan.steps import MakeDir, Put, RemoveDir, SetMeta, Step, Where, decode
from lsfs.plan.steps import Move as MoveStep
from lsfs.plan.steps import Trash as TrashStep
from lsfs.plan.steps import Untrash as UntrashStep
from lsfs.plan.torn import is_torn
from tests.crash.doer import Stop
from tests.crash.scenarios import Folders, Scenario, edit
from tests.crash.stage import Stage
from tests.crash.tree import differences


def _all_sorts(at: Folders) -> tuple:
    root = at.root
    return (
        Create(path=f"{root}/docs/fresh.txt", text=f"fresh {at.mark}\n"),
        Write(path=f"{root}/notes.txt", text=f"other notes {at.mark}\n"),
        Rename(path=f"{root}/big.txt", name="large.txt"),
        Move(paths=(f"{root}/docs/lease.txt",), to=f"{root}/docs", name="empty.txt", on_exists="replace"),
        Trash(paths=(f"{root}/docs/letters",)),
        Mkdir(path=f"{root}/new"),
    )


def _restored(at: Folders) -> tuple:
    return (Restore(path=f"{at.root}/docs", to="before op 1", exact=True),)


SCENARIOS = {"all sorts": Scenario("all sorts", _all_sorts), "restored": Scenario("restored", _restored, later=edit)}


class Lost(Stage):
    """A stage on which steps that were done can be made undone, as if they had not reached the disk."""

    def steps(self) -> list[Step]:
        """Those of an op that was killed when all of them were done."""
        assert self.do(Stop("op.before-done")).killed
        engine = open_engine(Paths.from_env({"HOME": str(self.home)}), Config(embedder="off"))
        vault = engine._parts.vault
        (op,) = vault.ops.newest(1, ("running",))
        steps = [decode(step) for step, _ in vault.ops.steps(op.id)]
        engine.close()
        return steps

    def lose(self, step: Step) -> None:
        """Takes back what a step did to the disk; raises OSError where others that stand rest on it."""
        path = self._path
        match step:
            case MakeDir(at):
                os.rmdir(path(at))
            case RemoveDir(at, _, meta):
                os.mkdir(path(at), meta.mode & 0o7777)
            case MoveStep(src, dst):
                _rename(path(dst), path(src))
            case TrashStep():
                _rename(os.path.join(step.folder, b"files", step.name), path(step.at))
            case UntrashStep():
                _rename(path(step.at), os.path.join(step.folder, b"files", step.name))
            case SetMeta(at, before):
                os.chmod(path(at), before.mode & 0o7777)
                if before.mtime_ns is not None:
                    os.utime(path(at), ns=(before.mtime_ns, before.mtime_ns))
            case Put(in_place=True):
                pass  # it is synced by itself, before anything else is done
            case Put(at, before, after):
                temporary = path(Where(at.base, step.temporary))
                if before is None:
                    _rename(path(at), temporary)
                elif after is None:
                    _rename(temporary, path(at))
                else:
                    renameat2(AT_FDCWD, temporary, AT_FDCWD, path(at), RENAME_EXCHANGE)

    def _path(self, where: Where) -> bytes:
        return os.path.join(os.fsencode(self.root), where.path)

    def recovered(self) -> list[str]:
        """What is wrong after a start."""
        engine = open_engine(Paths.from_env({"HOME": str(self.home)}), Config(embedder="off"))
        engine._parts.recovery.settle()
        (op,) = engine._parts.vault.ops.newest(1, ("failed", "running"))
        engine.close()
        said = [] if (op.state, op.error) == ("failed", INTERRUPTED) else [f"it is {op.state}: {op.error}"]
        return said + differences(self.tree(), self.before)


def _rename(one: bytes, other: bytes) -> None:
    renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_NOREPLACE)


def lose_some(stage: Lost, steps: Sequence[Step], numbers: set[int]) -> None:
    """Has steps be lost; one on which another rests that is not lost cannot be, and stays."""
    for number in sorted(numbers, reverse=True):
        try:
            stage.lose(steps[number])
        except OSError:
            continue


def lost_each_time(stage: Lost, subsets: Iterable[set[int]]) -> list[str]:
    for lost in subsets:
        lose_some(stage, stage.steps(), lost)
        if said := stage.recovered():
            return [f"lost: {sorted(lost)}", *said]
    return []


@pytest.fixture
def lost(short_tmp: Path, other_volume: Path, doer):
    return lambda name: Lost(short_tmp, other_volume, doer, SCENARIOS[name])


@pytest.mark.parametrize("name", SCENARIOS)
def test_whichever_steps_did_not_reach_the_disk_the_rest_is_taken_back(lost, name):
    stage = lost(name)
    count = len(stage.steps())
    assert stage.recovered() == []
    some = [{number for number in range(count) if random.random() < 0.5} for _ in range(12)]
    assert lost_each_time(stage, [set(), set(range(count)), *some]) == []


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_set_of_steps_may_be_missing_after_a_power_loss(lost, name):
    stage = lost(name)
    count = len(stage.steps())
    assert stage.recovered() == [] and count >= 7
    assert lost_each_time(stage, ({n for n in range(count) if bits >> n & 1} for bits in range(1 << count))) == []


# Half a file


@given(st.binary(max_size=9000), st.binary(max_size=9000), st.lists(st.integers(0, 4096), min_size=3, max_size=3))
def test_a_file_that_was_being_written_over_is_known_as_such(old, new, cuts):
    fresh = [new[at : at + cut] for at, cut in zip((0, 4096, 8192), cuts, strict=True)]
    blocks = [part + old[at + len(part) : at + 4096] for at, part in zip((0, 4096, 8192), fresh, strict=True)]
    full = [block for block in blocks[:-1] if len(block) == 4096]
    torn = b"".join([*full, blocks[len(full)]])
    assert is_torn(torn, old, new) and is_torn(torn, new, old)


@pytest.mark.parametrize("now", [b"somebody wrote this", b"the old text, and somebody's", b"the new text, somebody's"])
def test_a_file_that_somebody_has_written_since_is_not_taken_for_a_torn_one(now):
    assert not is_torn(now, b"the old text, as it was", b"the new text, as it is to be")
    assert not is_torn(b"x" * 4096 + now, b"x" * 4096 + b"the old text", b"x" * 4096 + b"the new text")


def test_a_block_that_was_never_written_is_one_of_a_torn_file():
    assert is_torn(b"a" * 4096 + bytes(4096) + b"a", b"b" * 5000, b"a" * 8193)
