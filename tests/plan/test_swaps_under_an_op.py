"""Somebody swaps files, folders and links while lsfs changes them: nothing outside is touched, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import LsfsError
from lsfs.core.posix import folder_beneath
from tests.crash.killer import every_time
from tests.plan.conftest import Desk, desk_at
from tests.plan.hostile import Canary, Trouble, attempt, litter, lost, small_volume

NAMES = ("f", "g", "h", "d/inside", "d/deep/down", "d/f", "new/f", "inside", "deep/down", "down")
"""What an op meets, or makes, in the folder or in any folder of it that a link stands in for."""


class Place(NamedTuple):
    """A folder to work in, one to put things aside in, and one that must not be touched."""

    desk: Desk
    aside: Path
    canary: Canary

    def furnish(self) -> None:
        for name in ("f", "g", "d/inside", "d/deep/down"):
            self.desk.write(name, f"{self.desk.root.name} {name}\n" * 9)
        (self.desk.root / "h").hardlink_to(self.desk.root / "g")
        self.desk.flush()

    def take(self, name: str) -> Path:
        """Takes away what stands somewhere; its path, which is free now."""
        path = self.desk.root / name
        if path.is_symlink() or path.exists():
            path.rename(self.aside / f"{name.replace('/', ' ')} {time.monotonic_ns()}")
        return path


def another_file(place: Place, name: str) -> None:
    place.take(name).write_text(f"somebody's own {name} {place.desk.root.name}\n")


def same_length(place: Place, name: str) -> None:
    """Another inode, with the bytes of somebody else, that has the same size and time."""
    before = (place.desk.root / name).stat()
    path = place.take(name)
    path.write_bytes(b"x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def written(place: Place, name: str) -> None:
    """The same file, with somebody's bytes at its end."""
    with open(place.desk.root / name, "a") as file:
        file.write(f"added by somebody to {name} in {place.desk.root.name}\n")


def link_outside(place: Place, name: str) -> None:
    target = place.canary.folder / name
    place.take(name).symlink_to(target if target.exists() else place.canary.folder)


def folder_in_its_place(place: Place, name: str) -> None:
    place.take(name).mkdir()


def link_for_folder(place: Place, name: str) -> None:
    """The folder that something stands in becomes a link that leads outside."""
    path = (place.desk.root / name).parent
    place.take(str(path.relative_to(place.desk.root))).symlink_to(place.canary.folder)


def taken_away(place: Place, name: str) -> None:
    place.take(name)


ANYWHERE = (another_file, same_length, written, link_outside, folder_in_its_place, taken_away)


class Case(NamedTuple):
    """An op, and what of it is swapped."""

    actions: tuple[act.Action, ...]
    swapped: str
    swaps: tuple[Callable[[Place, str], None], ...] = ANYWHERE


CASES = {
    "move": Case((act.Move(paths=("f",), to="new"),), "f"),
    "move to where something comes": Case((act.Move(paths=("f",), to="d"),), "d/f", (another_file, link_outside)),
    "move out of a folder": Case((act.Move(paths=("d/inside",), to="."),), "d/inside", (*ANYWHERE, link_for_folder)),
    "move into a folder": Case((act.Move(paths=("f",), to="d"),), "d/inside", (link_for_folder,)),
    "move a folder": Case((act.Move(paths=("d",), to="new"),), "d", (link_outside, another_file, taken_away)),
    "write": Case((act.Write(path="f", text="ours\n"),), "f"),
    "write in a folder": Case((act.Write(path="d/inside", text="ours\n"),), "d/inside", (*ANYWHERE, link_for_folder)),
    "write in place": Case((act.Write(path="g", text="ours\n" * 99),), "g"),
    "create": Case((act.Create(path="d/f", text="ours\n"),), "d/f", (another_file, link_outside, link_for_folder)),
    "copy": Case((act.Copy(paths=("d/inside",), to="new"),), "d/inside", (*ANYWHERE, link_for_folder)),
    "trash": Case((act.Trash(paths=("f",)),), "f"),
    "trash a folder": Case((act.Trash(paths=("d/deep",)),), "d/deep/down", (*ANYWHERE, link_for_folder)),
    "replace": Case((act.Move(paths=("f",), to="d", name="inside", on_exists="replace"),), "d/inside"),
    "several": Case(
        (
            act.Move(paths=("d/inside",), to="new"),
            act.Write(path="new/inside", text="ours\n"),
            act.Trash(paths=("f",)),
            act.Create(path="f", text="ours again\n"),
            act.Append(path="d/deep/down", text="ours\n"),
        ),
        "d/deep/down",
        (*ANYWHERE, link_for_folder),
    ),
}


@pytest.fixture(scope="module")
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, trouble: Trouble) -> Iterator[Desk]:
    with desk_at(tmp_path_factory.mktemp("hostile"), trouble.reach) as desk:
        desk.lsfs.up()
        yield desk


@pytest.fixture
def make_place(hostile: Desk, tmp_path: Path) -> Callable[[], Place]:
    def make() -> Place:
        at = tmp_path / f"{time.monotonic_ns()}"
        (at / "aside").mkdir(parents=True)
        name = f"room {at.name}"
        (hostile.root / name).mkdir()
        place = Place(Desk(hostile.lsfs, name), at / "aside", Canary(at / "outside", NAMES))
        place.furnish()
        return place

    return make


def swapped(place: Place, trouble: Trouble, case: Case, stop, swap, undo: bool, broken: str) -> list[str]:
    """What is wrong after an op, or its undo, in the midst of which something was swapped."""
    desk = place.desk
    owed = {path.read_bytes() for path in desk.root.rglob("*") if path.is_file()}
    plan = desk.preview(*case.actions)
    if undo:
        desk.apply(plan)
        owed |= {path.read_bytes() for path in desk.root.rglob("*") if path.is_file()}
        plan = desk.plan_undo(plan)

    def happen() -> None:
        try:
            swap(place, case.swapped)
        except OSError:
            return  # there is nothing of that name at this boundary
        if swap in (another_file, same_length, written):
            owed.add((desk.root / case.swapped).read_bytes())

    trouble.at(stop, happen)
    trouble.broken = broken
    error = attempt(desk, plan)
    trouble.broken = ""
    said = place.canary.touched()
    if not trouble.came and not broken:
        said.append("the boundary was not reached")
    state = desk.state(plan)
    if state not in ("applied", "failed") or (state == "applied") != (error is None):
        said.append(f"it is {state}: {error!r}")
    said += [f"lost: {body!r:.60}" for body in lost(desk, owed, place.aside)]
    # What stands in a folder that was taken away meanwhile cannot be found there any more.
    said += [f"left behind: {name}" for name in litter(desk.root)]
    return said


def all_swaps(make_place, trouble: Trouble, case: Case, most: int | None = None) -> list[str]:
    """What was wrong, and where, with all swaps at all boundaries, or with some."""
    attempts = []
    for undo in (False, True):
        place = make_place()
        plan = place.desk.preview(*case.actions)
        trouble.watch()
        place.desk.apply(plan)
        if undo:
            trouble.watch()
            place.desk.undo(plan)
        stops = every_time(trouble.reached)
        attempts += [(*each, undo, broken) for each in product(stops, case.swaps) for broken in ("", "op.before-done")]
    found: list[str] = []
    for each in attempts if most is None else random.sample(attempts, min(most, len(attempts))):
        found += [f"{each}: {line}" for line in swapped(make_place(), trouble, case, *each)]
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_is_swapped_at_a_boundary_costs_no_byte_and_leads_nowhere(make_place, trouble, name):
    assert all_swaps(make_place, trouble, CASES[name], most=6) == []


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_nothing_that_is_swapped_at_any_boundary_costs_a_byte_or_leads_anywhere(make_place, trouble, name):
    assert all_swaps(make_place, trouble, CASES[name]) == []


class Swapper:
    """Swaps over and over: a folder for a link that leads outside and back, files for links and for other files."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._chance = random.Random(random.random())
        self._root = os.open(place.desk.root, os.O_RDONLY | os.O_DIRECTORY)
        self.swaps = 0
        self.made: set[bytes] = set()
        """What it has written and closed."""

    def __enter__(self) -> Swapper:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()
        os.close(self._root)

    def _run(self) -> None:
        while not self._end.is_set():
            # An op was there first, or has put a link back where a folder was: the swapper itself follows none.
            with contextlib.suppress(OSError):
                self._swap(self._chance.choice(("f", "d/inside", "d/deep/down", "d/deep", "d")))
            self.swaps += 1

    def _swap(self, path: str) -> None:
        aside, outside = self._place.aside, self._place.canary.folder
        folder, _, name = path.rpartition("/")
        here = folder_beneath(self._root, folder.encode())
        try:
            away = aside / f"{self.swaps}"
            os.rename(name, away, src_dir_fd=here)
            if away.is_symlink():
                return
            if self._chance.random() < 0.6:
                os.symlink(outside / path if (outside / path).exists() else outside, name, dir_fd=here)
                time.sleep(self._chance.random() / 500)
                # Only the link itself goes: what an op has put here meanwhile is moved aside.
                os.rename(name, aside / f"{self.swaps} link", src_dir_fd=here)
                os.rename(away, name, dst_dir_fd=here)
            elif away.is_file():
                body = f"somebody's {path} {self.swaps} in {self._place.desk.root.name}\n".encode()
                fresh = aside / f"{self.swaps} fresh"
                fresh.write_bytes(body)
                self.made.add(body)
                os.rename(fresh, name, dst_dir_fd=here)
            else:
                os.rename(away, name, dst_dir_fd=here)
        finally:
            os.close(here)


def swapped_all_the_time(place: Place, seconds: float) -> tuple[list[str], int]:
    """What is wrong after ops under which everything was swapped for so long; how many of them were done."""
    desk = place.desk
    owed = {path.read_bytes() for path in desk.root.rglob("*") if path.is_file()}
    states: list[str] = []
    chance = random.Random(random.random())
    until = time.monotonic() + seconds
    with Swapper(place) as swapper:
        number = 0
        while time.monotonic() < until:
            number += 1
            case = CASES[chance.choice(list(CASES))]
            with contextlib.suppress(LsfsError):
                plan = desk.preview(*case.actions)
                if plan.op is None:
                    continue
                attempt(desk, plan)
                states.append(desk.state(plan))
                if chance.random() < 0.5 and states[-1] == "applied":
                    plan = desk.plan_undo(plan)
                    if plan.op is not None:
                        attempt(desk, plan)
                        states.append(desk.state(plan))
    desk.lsfs.settled()
    said = place.canary.touched()
    said += [f"an op is {state}" for state in states if state not in ("applied", "failed", "undone")]
    said += [f"lost: {body!r:.60}" for body in lost(desk, owed | swapper.made, place.aside)]
    assert swapper.swaps > 100 and len(states) > 10
    return said + [f"left behind: {name}" for name in litter(desk.root)], states.count("applied")


def test_an_adversary_that_swaps_all_the_time_gets_nothing_touched_outside_and_nothing_lost(make_place):
    said, done = swapped_all_the_time(make_place(), 4)
    assert said == [] and done > 0


@pytest.mark.long
def test_an_adversary_that_swaps_for_minutes_gets_nothing_touched_outside_and_nothing_lost(make_place):
    for _ in range(12):
        said, _ = swapped_all_the_time(make_place(), 15)
        assert said == []


@pytest.fixture
def volume(short_tmp: Path) -> Iterator[Path]:
    with small_volume(short_tmp / "root"):
        yield short_tmp


@pytest.mark.parametrize("whole", [True, False])
def test_a_trash_that_becomes_a_link_before_the_op_leads_nowhere(volume, tmp_path, whole):
    trouble = Trouble()
    with desk_at(volume, trouble.reach) as desk:
        place = Place(desk, tmp_path / "aside", Canary(tmp_path / "outside", NAMES))
        place.aside.mkdir()
        desk.lsfs.up()
        place.furnish()
        desk.do(act.Trash(paths=("g",)))
        trash = next(desk.root.glob(".Trash-*"))
        plan = desk.preview(act.Trash(paths=("f",)))
        assert plan.op is not None
        swapped = trash if whole else trash / "files"
        aside = swapped.rename(desk.root / "aside")
        swapped.symlink_to(place.canary.folder)
        error = attempt(desk, plan)
        assert error is not None and desk.state(plan) == "failed"
        assert place.canary.touched() == []
        assert (desk.root / "f").read_text().startswith(desk.root.name)
        swapped.unlink()
        aside.rename(swapped)
        assert desk.do(act.Trash(paths=("f",))).state == "applied"
