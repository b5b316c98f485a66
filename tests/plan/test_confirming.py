"""Between preview and apply: what changed meanwhile, what has to be confirmed, and how."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import ConflictError, LsfsError, NothingFound, RefusedError
from lsfs.plan.preview import MOST_FILES
from tests.plan.conftest import Desk

CHANGES: dict[str, Callable[[Desk], object]] = {
    "written": lambda desk: desk.write("b.txt", "by hand\n"),
    "appended to": lambda desk: desk.write("b.txt", "b\nby hand\n"),
    "replaced": lambda desk: desk.write("saved", "by hand\n").replace(desk.at("b.txt")),
    "touched": lambda desk: os.utime(desk.at("b.txt")),
    "given another mode": lambda desk: desk.at("b.txt").chmod(0o600),
    "deleted": lambda desk: desk.at("b.txt").unlink(),
    "moved away": lambda desk: desk.at("b.txt").rename(desk.at("d/b.txt")),
    "made a folder": lambda desk: (desk.at("b.txt").unlink(), desk.at("b.txt").mkdir()),
    "made a link": lambda desk: (desk.at("b.txt").unlink(), desk.at("b.txt").symlink_to("a.txt")),
}
THEN: list[act.Action] = [
    act.Write(path="b.txt", text="x"),
    act.Append(path="b.txt", text="x"),
    act.Move(paths=("b.txt",), to="new"),
    act.Copy(paths=("b.txt",), to="new"),
    act.Trash(paths=("b.txt",)),
    act.Create(path="b.txt", text="x", on_exists="replace"),
]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_since_the_preview_is_a_conflict_and_the_whole_op_is_not_done(furnished: Desk, change):
    plans = [furnished.preview(act.Create(path="first.txt"), act.Rename(path="a.txt", name="z"), then) for then in THEN]
    change(furnished)
    now = furnished.tree()
    for plan in plans:
        with pytest.raises(LsfsError):
            furnished.apply(plan)
        assert furnished.state(plan) == "failed"
        assert furnished.tree() == now
    assert furnished.agrees() == []


def test_the_conflict_names_the_file(furnished: Desk):
    plan = furnished.preview(act.Write(path="b.txt", text="x"))
    furnished.write("b.txt", "by hand\n")
    with pytest.raises(ConflictError, match="changed since the plan was made") as caught:
        furnished.apply(plan)
    assert caught.value.path == str(furnished.at("b.txt"))


def test_a_place_that_was_free_at_the_preview_is_a_conflict(furnished: Desk):
    plans = [
        furnished.preview(act.Create(path="n", text="x")),
        furnished.preview(act.Mkdir(path="n")),
        furnished.preview(act.Rename(path="a.txt", name="n")),
        furnished.preview(act.Copy(paths=("a.txt",), to=".", name="n")),
    ]
    furnished.write("n", "theirs\n")
    now = furnished.tree()
    for plan in plans:
        with pytest.raises(ConflictError):
            furnished.apply(plan)
        assert furnished.tree() == now


def test_a_plan_is_carried_out_once_and_not_after_its_time(furnished: Desk):
    plan = furnished.preview(act.Append(path="a.txt", text="x"))
    furnished.apply(plan)
    with pytest.raises(ConflictError, match="it is applied"):
        furnished.apply(plan)
    late = furnished.preview(act.Append(path="a.txt", text="y"))
    with furnished.vault.write() as tx:
        tx.execute("UPDATE ops SET expires_ns = 1 WHERE id = ?", (late.op,))
    with pytest.raises(ConflictError, match="it is expired"):
        furnished.apply(late)
    assert furnished.at("a.txt").read_text() == "a\nx\n"
    with pytest.raises(NothingFound):
        furnished.apply(late.op + 1000)


# Classes and caps


def test_every_plan_has_its_class(furnished: Desk, tmp_path: Path):
    for wanted, action in (
        ("silent", act.Tag(paths=("a.txt",), tags=("red",))),
        ("silent", act.SaveQuery(name="q", query="x")),
        ("reversible", act.Trash(paths=("a.txt",))),
        ("reversible", act.Restore(path="a.txt", to="first", output="out")),
        ("external", act.Restore(path="a.txt", to="first", output=str(tmp_path / "elsewhere"))),
        ("read", act.Mkdir(path="d")),
    ):
        assert furnished.preview(action).effect_class == wanted, action
    mixed = furnished.preview(act.Tag(paths=("a.txt",), tags=("red",)), act.Mkdir(path="new"))
    assert mixed.effect_class == "reversible"


def test_what_goes_outside_is_asked_unless_the_user_named_it_at_the_command_line(furnished: Desk, tmp_path: Path):
    action = act.Restore(path="a.txt", to="first", output=str(tmp_path / "elsewhere"))
    for door in ("mcp", "http"):
        with pytest.raises(RefusedError, match="always asked"):
            furnished.apply(furnished.preview(action), confirmed="yes", door=door)
        assert not (tmp_path / "elsewhere").exists()
    op = furnished.apply(furnished.preview(action), confirmed="yes", door="cli")
    assert (tmp_path / "elsewhere/a.txt").read_text() == "a\n"
    furnished.undo(op)
    assert not (tmp_path / "elsewhere").exists()


def test_more_files_than_the_cap_are_confirmed_by_their_number_only(room: Desk):
    count = MOST_FILES + 1
    room.at("many").mkdir()
    for number in range(count):
        room.at(f"many/{number}").write_bytes(b"")
    room.flush()
    plan = room.preview(act.Rename(path="many", name="moved"))
    assert plan.files == count
    for expect in (None, count - 1):
        with pytest.raises(RefusedError) as caught:
            room.apply(plan, confirmed="yes", expect=expect)
        assert f"--expect {count}" in (caught.value.hint or "")
    op = room.apply(plan, confirmed="yes", expect=count)
    undo = room.plan_undo(op)
    assert undo.exempt
    room.apply(undo, confirmed="yes")
    assert room.at("many").is_dir()


def test_more_bytes_than_the_cap_are_confirmed_by_the_number_only(room: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lsfs.plan.preview.MOST_BYTES", 1 << 20)
    with open(room.at("large.bin"), "wb") as file:
        file.truncate((1 << 20) + 1)
    plan = room.preview(act.Rename(path="large.bin", name="moved.bin"))
    with pytest.raises(RefusedError, match="of 1 MiB"):
        room.apply(plan, confirmed="yes")
    room.apply(plan, confirmed="yes", expect=1)


def test_a_wrong_expectation_is_refused_even_below_the_cap(furnished: Desk):
    plan = furnished.preview(act.Trash(paths=("a.txt", "b.txt")))
    with pytest.raises(RefusedError, match="2 files, not 3"):
        furnished.apply(plan, confirmed="yes", expect=3)
    furnished.apply(plan, confirmed="yes", expect=2)
