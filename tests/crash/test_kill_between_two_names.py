"""Where a file system cannot rename without replacing (NFS), a file has both names for an instant: killed then."""

from __future__ import annotations

from pathlib import Path

from lsfs.core.actions import Append, Create, Move, Trash, Write
from tests.crash.doer import Stop
from tests.crash.killer import Killer, every_time, first_failure
from tests.crash.scenarios import Folders, Scenario
from tests.crash.stage import Doer, Stage


def _all_sorts(at: Folders) -> tuple:
    root = at.root
    return (
        Create(path=f"{root}/docs/fresh.txt", text=f"fresh {at.mark}\n"),
        Write(path=f"{root}/docs/lease.txt", text=f"another lease {at.mark}\n"),
        Append(path=f"{root}/docs/fresh.txt", text=f"more {at.mark}\n"),
        Move(paths=(f"{root}/notes.txt",), to=f"{root}/docs", name="empty.txt", on_exists="replace"),
        Move(paths=(f"{root}/docs/link",), to=f"{root}/new"),
        Trash(paths=(f"{root}/big.txt",)),
    )


BY_LINK = Scenario("by link", _all_sorts, by_link=True)


def test_a_file_that_has_its_old_and_its_new_name_is_given_the_old_one_back(
    short_tmp: Path, other_volume: Path, doer: Doer
):
    killer = Killer(Stage(short_tmp, other_volume, doer, BY_LINK))
    stops = linked(killer.op_reaches)
    assert len(stops) > 5
    assert first_failure((f"the op at {stop}", killer.op(stop)) for stop in stops) == []
    stops = linked(killer.undo_reaches)
    assert len(stops) > 5
    assert first_failure((f"its undo at {stop}", killer.undo(stop)) for stop in stops) == []


def test_a_start_that_is_killed_while_it_gives_names_back_is_followed_by_one_that_does_it(
    short_tmp: Path, other_volume: Path, doer: Doer
):
    killer = Killer(Stage(short_tmp, other_volume, doer, BY_LINK))
    stops = linked(killer.recovery_reaches())
    assert stops
    done = Stop("op.before-done")
    assert first_failure((f"starts at {stop}", killer.op(done, stop)) for stop in stops) == []


def linked(reached: tuple[str, ...]) -> list[Stop]:
    return every_time(name for name in reached if name == "rename.linked")
