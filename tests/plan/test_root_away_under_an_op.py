"""A watched folder that goes away, or becomes read only, in the midst of an op: nothing is taken for deleted, and the
op is settled at the latest when it is back."""

from __future__ import annotations

import errno
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lsfs.core import actions as act
from tests.crash.doer import Stop
from tests.crash.killer import every_time
from tests.crash.tree import differences, tree_of
from tests.plan.conftest import Desk, desk_at
from tests.plan.hostile import Trouble, attempt, litter, look_around, lost, remount, small_volume

OPS: dict[str, tuple[act.Action, ...]] = {
    "move": (act.Move(paths=("f", "d/inside", "d/deep"), to="new"),),
    "write": (act.Write(path="f", text="ours\n"), act.Write(path="g", text="ours in place\n" * 99)),
    "trash": (act.Trash(paths=("f", "d")),),
    "several": (
        act.Move(paths=("d",), to="new"),
        act.Write(path="new/d/inside", text="ours\n"),
        act.Trash(paths=("f",)),
        act.Create(path="a/b/c", text="ours\n"),
        act.Copy(paths=("g",), to="a"),
    ),
}


class Going(NamedTuple):
    """How a folder goes, and how it comes back."""

    go: Callable[[Path], None]
    back: Callable[[Path], None]


def beside(root: Path) -> Path:
    return root.with_name("elsewhere")


def rename_away(root: Path) -> None:
    root.rename(beside(root))


def rename_back(root: Path) -> None:
    beside(root).rename(root)


def another_in_its_place(root: Path) -> None:
    rename_away(root)
    root.mkdir()


def another_away(root: Path) -> None:
    root.rmdir()
    rename_back(root)


def unmount(root: Path) -> None:
    subprocess.run(["umount", "-l", root], check=True, capture_output=True)


def mount_again(root: Path) -> None:
    subprocess.run(["mount", "--bind", root.with_name("disk"), root], check=True, capture_output=True)


def read_only(root: Path) -> None:
    try:
        remount(root.with_name("disk"), "ro")
    except subprocess.CalledProcessError:  # a file is open to be written
        raise OSError(errno.EROFS, os.strerror(errno.EROFS)) from None


def writable(root: Path) -> None:
    remount(root.with_name("disk"), "rw")


WAYS = {
    "renamed": Going(rename_away, rename_back),
    "replaced": Going(another_in_its_place, another_away),
    "unmounted": Going(unmount, mount_again),
    "read only": Going(read_only, writable),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Going:
    return WAYS[request.param]


@pytest.fixture
def folder(short_tmp: Path, way: Going) -> Iterator[Path]:
    """Where a root is, for which the way fits: a folder, or a volume that is mounted there."""
    if way in (WAYS["unmounted"], WAYS["read only"]):
        with small_volume(short_tmp / "disk"):
            (short_tmp / "root").mkdir()
            mount_again(short_tmp / "root")
            try:
                yield short_tmp
            finally:
                subprocess.run(["umount", "-l", short_tmp / "root"], capture_output=True)
    else:
        yield short_tmp


def furnish(desk: Desk) -> None:
    for name in ("f", "g", "d/inside", "d/deep/down"):
        desk.write(name, f"{name}\n" * 9)
    (desk.root / "h").hardlink_to(desk.root / "g")
    desk.lsfs.up()
    # Where a volume gets a Trash of its own, that is there already.
    desk.write("gone", "to the Trash\n")
    desk.flush()
    desk.do(act.Trash(paths=("gone",)))
    desk.flush()


def away_under_it(desk: Desk, trouble: Trouble, way: Going, name: str, stop: Stop, restart: bool) -> list[str]:
    """What is wrong after an op in the midst of which the folder went away, and came back after it."""
    before = tree_of(desk.root)
    known = {entry.path: entry.lineage for entry in desk.vault.entries.below(desk.vault.roots.all()[0].id, b"")}
    rows = desk.vault.seq()
    plan = desk.preview(*OPS[name])
    trouble.at(stop, lambda: way.go(desk.root))
    error = attempt(desk, plan)
    assert trouble.came, stop
    said = [] if error is not None or desk.state(plan) == "applied" else ["it did not end"]
    look_around(desk)
    if error is not None:
        now = {entry.path: entry.lineage for entry in desk.vault.entries.below(desk.vault.roots.all()[0].id, b"")}
        said += [f"not known any more: {path!r}" for path in known.keys() - now.keys()]
        said += [f"a version says that it is gone: {row}" for row in desk.rows_after(rows, plan.op) if row.gone]
    way.back(desk.root)
    if restart or (error is None and litter(desk.root)):
        # What is missing of an op that is done is done at the next start.
        desk.lsfs.restart()
    look_around(desk)
    desk.lsfs.settled()
    state = desk.state(plan)
    if error is None:
        desk.undo(plan)
    elif state != "failed":
        said.append(f"it is {state} after {error!r}")
    said += differences(tree_of(desk.root), before)
    said += [f"left behind: {path}" for path in litter(desk.root)]
    owed = {thing.body for thing in before.values() if thing.kind == "file"}
    said += [f"lost: {body!r}" for body in lost(desk, owed)]
    desk.lsfs.rescanned()
    desk.flush()
    now = {entry.path: entry.lineage for entry in desk.vault.entries.below(desk.vault.roots.all()[0].id, b"")}
    return said + [f"another history: {path!r}" for path in known if now.get(path) != known[path]]


def all_ways_away(folder: Path, way: Going, name: str, most: int | None = None) -> list[str]:
    """What was wrong where first something was."""
    trouble = Trouble()
    with desk_at(folder, trouble.reach) as desk:
        furnish(desk)
        trouble.watch()
        op = desk.do(*OPS[name])
        stops = every_time(trouble.reached)
        desk.undo(op)
        for stop in stops if most is None else random.sample(stops, most):
            if said := away_under_it(desk, trouble, way, name, stop, random.random() < 0.3):
                return [f"at {stop.count}. {stop.name}", *said]
    return []


@pytest.mark.parametrize("name", OPS)
def test_a_folder_that_goes_away_under_an_op_comes_back_as_it_was(folder, way, name):
    assert all_ways_away(folder, way, name, most=2) == []


@pytest.mark.long
@pytest.mark.parametrize("name", OPS)
def test_a_folder_may_go_away_at_any_boundary_of_an_op(folder, way, name):
    assert all_ways_away(folder, way, name) == []
