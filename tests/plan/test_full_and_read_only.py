"""On volumes that are full, or read only: what fails changes nothing and says why; with room, all goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import LsfsError, RefusedError
from tests.crash.tree import Tree, differences, tree_of
from tests.plan.conftest import Desk, desk_at
from tests.plan.hostile import attempt, fill, litter, look_around, lost, remount, small_volume

KIB = 1 << 10
SETTLED_S = 2.6
"""More than the settle time."""
LONG = "".join(f"line {number} of a long text\n" for number in range(30_000))
"""Some 800 KiB."""

OPS: dict[str, tuple[act.Action, ...]] = {
    "write": (act.Write(path="long", text=LONG.upper()),),
    "write in place": (act.Write(path="linked", text=LONG.upper() * 2),),
    "append": (act.Append(path="long", text=LONG),),
    "copy": (act.Copy(paths=("many", "long"), to="copies"),),
    "merge": (act.Merge(paths=("long", "linked", "long"), to="merged"),),
    "restore": (act.Restore(path="older", to="@1"),),
    "many": tuple(act.Create(path=f"made/{number}/{number}", text=f"{number}\n" * 99) for number in range(40)),
    "several": (
        act.Move(paths=("long",), to="many"),
        act.Mkdir(path="deep/down/below"),
        act.Write(path="many/long", text=LONG.upper()),
        act.Trash(paths=("many/3",)),
        act.Create(path="deep/down/below/it", text=LONG),
    ),
}


def furnish(desk: Desk) -> None:
    for name in ("long", "linked"):
        desk.write(name, f"{name}\n{LONG}")
    (desk.root / "same").hardlink_to(desk.root / "linked")
    for number in range(20):
        desk.write(f"many/{number}", f"{number}\n" * 999)
    desk.write("older", LONG.title())
    desk.write("room", "")
    desk.write(".lsfsignore", "room\n")
    desk.lsfs.up()
    desk.flush()
    desk.write("older", "short\n")
    desk.flush()


def tree(desk: Desk) -> Tree:
    """The folder without what takes the room, and without the times of a Trash that may be made in it."""
    found = tree_of(desk.root)
    found.pop("room")
    return found | {".": found["."]._replace(mtime_ns=0)}


@pytest.fixture
def volume(short_tmp: Path) -> Iterator[Path]:
    """A folder whose `root` is a volume of 16 MiB."""
    with small_volume(short_tmp / "root", "16m"):
        yield short_tmp


def disagreement(desk: Desk) -> list[str]:
    """Where the vault differs from the disk when all is taken in; what takes the room, and a Trash, are not watched."""
    until = time.monotonic() + 15
    while found := [line for line in desk.lsfs.differences() if "b'room'" not in line and "b'.Trash-" not in line]:
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    return found


def without_room(desk: Desk, name: str, leave: int) -> bool:
    """Tries an op on a full volume, and its undo, and both when there is room; whether one of them failed."""
    failed = False
    before = tree(desk)
    owed = {thing.body for thing in before.values() if thing.kind == "file"}
    plan = desk.preview(*OPS[name])
    fill(desk.root / "room", leave)
    error = attempt(desk, plan)
    if error is not None:
        failed = True
        assert "no space" in error.message, error.message
        assert (differences(tree(desk), before), desk.state(plan)) == ([], "failed")
        with_plan = refused(desk, name)
        assert with_plan is None or "free there" in with_plan.message or "no space" in with_plan.message
        (desk.root / "room").write_bytes(b"")
        plan = desk.do(*OPS[name])
    after = tree(desk)
    fill(desk.root / "room", leave)
    try:
        undo = desk.undo(plan)
    except LsfsError as error:
        failed = True
        assert "no space" in error.message or "free there" in error.message, error.message
        assert differences(tree(desk), after) == []
        (desk.root / "room").write_bytes(b"")
        undo = desk.undo(plan)
    (desk.root / "room").write_bytes(b"")
    assert (differences(tree(desk), before), desk.state(undo), litter(desk.root)) == ([], "applied", [])
    assert lost(desk, owed) == []
    return failed


def refused(desk: Desk, name: str) -> LsfsError | None:
    """What is said to a plan that there is no room for, or to carrying it out."""
    try:
        return attempt(desk, desk.preview(*OPS[name]))
    except LsfsError as error:
        return error


@pytest.mark.parametrize("name", OPS)
def test_an_op_on_a_full_volume_changes_nothing_and_works_when_there_is_room(volume, name):
    with desk_at(volume) as desk:
        furnish(desk)
        failures = [without_room(desk, name, leave) for leave in (0, 300 * KIB, 9000 * KIB)]
        assert failures[0] and not failures[-1]
        assert disagreement(desk) == []


@pytest.mark.long
@pytest.mark.parametrize("name", OPS)
def test_an_op_may_find_the_volume_full_after_any_number_of_pages(volume, name):
    with desk_at(volume) as desk:
        furnish(desk)
        for pages in [*range(20), *range(20, 700, 23)]:
            without_room(desk, name, pages * 4 * KIB)
        assert disagreement(desk) == []


# The vault's own volume


def test_a_vault_without_room_refuses_and_goes_on_when_there_is_some(short_tmp):
    with small_volume(short_tmp / "home", "24m") as home, desk_at(short_tmp, free_space_floor_mb=0) as desk:
        furnish(desk)
        (desk.root / "long").write_text("changed\n" + LONG)
        before, done, failed = tree(desk), 0, 0
        for leave in (0, 4 * KIB, 12 * KIB, 40 * KIB, 120 * KIB, 300 * KIB):
            plans = [desk.preview(*OPS["write"]), desk.preview(act.Move(paths=("many", "linked"), to="new"))]
            filler = fill(home / "filler", leave)
            for plan in plans:
                error = attempt(desk, plan)
                if error is None:
                    done += 1
                    filler.write_bytes(b"")
                    desk.undo(plan)
                    fill(filler, leave)
                else:
                    # Where the end of an op could not be written down either, it is as soon as there is room.
                    assert "space" in error.message or "is to be taken back first" in error.message, error.message
                assert differences(tree(desk), before) == []
            filler.unlink()
            look_around(desk)
            assert desk.vault.ops.newest(9, ("running",)) == []
            failed += sum(desk.state(plan) != "undone" for plan in plans)
        assert done > 0 and failed > 0
        desk.undo(desk.do(*OPS["write"]))
        assert differences(tree(desk), before) == [] and disagreement(desk) == []
        desk.lsfs.restart()
        assert [row.state for row in desk.vault.ops.newest(99, ("queued", "running"))] == []
        assert lost(desk, {thing.body for thing in before.values() if thing.kind == "file"}) == []


def test_what_is_saved_while_the_vault_has_no_room_is_kept_once_it_has(short_tmp):
    with small_volume(short_tmp / "home", "24m") as home, desk_at(short_tmp, free_space_floor_mb=0) as desk:
        furnish(desk)
        filler = fill(home / "filler", 0)
        texts = {f"saved {number}": f"saved while the disk is full {number}\n{LONG}" for number in range(3)}
        for name, text in texts.items():
            desk.write(name, text)
        time.sleep(SETTLED_S)
        filler.unlink()
        desk.lsfs.rescanned()
        desk.flush()
        assert disagreement(desk) == []
        assert lost(desk, {text.encode() for text in texts.values()}) == []


# Read only


def test_on_a_volume_that_is_read_only_every_plan_is_refused(volume):
    with desk_at(volume) as desk:
        furnish(desk)
        before = tree(desk)
        remount(desk.root, "ro")
        for actions in OPS.values():
            with pytest.raises(RefusedError, match="read only"):
                desk.preview(*actions)
        assert tree(desk) == before
        remount(desk.root, "rw")
        for actions in OPS.values():
            desk.undo(desk.do(*actions))


def test_a_volume_that_becomes_read_only_before_an_op_is_left_as_it_is(volume):
    with desk_at(volume) as desk:
        furnish(desk)
        before = tree(desk)
        plans = [desk.preview(*actions) for actions in OPS.values()]
        remount(desk.root, "ro")
        for plan in plans:
            error = attempt(desk, plan)
            assert error is not None and "ead-only" in error.message
            assert (desk.state(plan), differences(tree(desk), before)) == ("failed", [])
        remount(desk.root, "rw")
        for actions in OPS.values():
            desk.undo(desk.do(*actions))
        assert differences(tree(desk), before) == []
