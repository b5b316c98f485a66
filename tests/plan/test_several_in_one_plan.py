"""What the actions of one plan know of each other, and that each of many costs no more than one alone."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import RefusedError
from lsfs.core.posix import mountinfo
from lsfs.plan.folding import folded
from tests.plan.conftest import Desk


def test_what_is_merged_has_a_bound_together(furnished: Desk, monkeypatch: pytest.MonkeyPatch):
    furnished.write("half.txt", "x" * 600)
    furnished.write("other half.txt", "x" * 600)
    furnished.flush()
    monkeypatch.setattr("lsfs.plan.lower.writing._MOST_BYTES", 1000)
    furnished.preview(act.Merge(paths=("half.txt", "a.txt"), to="all.txt"))
    with pytest.raises(RefusedError, match="together"):
        furnished.preview(act.Merge(paths=("half.txt", "other half.txt"), to="all.txt"))


def test_a_query_saved_twice_in_one_plan_is_forgotten_by_its_undo(room: Desk):
    op = room.do(act.SaveQuery(name="twice", query="one"), act.SaveQuery(name="twice", query="two"))
    assert room.vault.saved.get("twice") == "two"
    room.undo(op)
    assert room.vault.saved.get("twice") is None
    nothing = room.preview(act.SaveQuery(name="twice", query="one"), act.SaveQuery(name="twice"))
    room.undo(room.apply(nothing))
    assert room.vault.saved.get("twice") is None


def test_tags_in_one_plan_know_of_each_other(furnished: Desk):
    op = furnished.do(
        act.Tag(paths=("a.txt",), tags=("red", "blue")),
        act.Untag(paths=("a.txt",), tags=("red",)),
        act.Tag(paths=("a.txt",), tags=("blue", "red", "green")),
        act.Untag(paths=("a.txt",), tags=("blue",)),
    )
    assert furnished.tags() == {b"a.txt": ("green", "red")}
    furnished.undo(op)
    assert furnished.tags() == {}


def test_names_are_compared_once_however_many_there_are(furnished: Desk, monkeypatch: pytest.MonkeyPatch):
    count = 300
    compared = 0

    def compare(name: bytes) -> bytes:
        nonlocal compared
        compared += 1
        return folded(name)

    monkeypatch.setattr("lsfs.plan.planner.fold_of", lambda disk, where, mounts: compare)
    for number in range(count):
        furnished.write(f"many/{number}.txt", "x")
    furnished.flush()
    actions = [act.Rename(path=f"many/{number}.txt", name=f"Renamed {number}.TXT") for number in range(count)]
    furnished.preview(*actions)
    assert count <= compared < 20 * count


def test_a_name_there_is_looked_for_once_however_many_files_have_it(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    count = 400
    for number in range(count):
        desk.write(f"{number}/f.txt", f"{number}\n")
    desk.flush()
    looks, mounts = Counter[str](), Counter[str]()
    lexists, read = os.path.lexists, mountinfo

    def look(path) -> bool:
        looks["all"] += os.fsdecode(path).startswith(str(desk.trash))
        return lexists(path)

    def counted():
        mounts["all"] += 1
        return read()

    monkeypatch.setattr(os.path, "lexists", look)
    monkeypatch.setattr(desk.lsfs.engine._parts.planner, "_mounts", counted)
    plan = desk.preview(act.Trash(paths=tuple(f"{number}/f.txt" for number in range(count))))
    assert looks["all"] < 3 * count
    assert mounts["all"] <= 1
    assert len({step.name for step in desk.steps(plan)}) == count


@pytest.mark.long
def test_ten_thousand_files_go_to_the_trash_in_one_plan(desk: Desk):
    count = 10_000
    for number in range(count):
        desk.write(f"{number % 100}/{number}/f.txt", f"{number}\n")
    desk.flush()
    paths = tuple(f"{number % 100}/{number}/f.txt" for number in range(count))
    began = time.monotonic()
    plan = desk.preview(act.Trash(paths=(*paths, *paths)))
    assert time.monotonic() - began < 120
    assert plan.files == count
