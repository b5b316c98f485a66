"""Taking back and carrying out again: what it gives back, what is in its way, and what `keep` and `force` do then."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import ConflictError, NothingFound
from tests.plan.conftest import Desk


@pytest.fixture
def furnished(room: Desk) -> Desk:
    """A folder with files, links and folders of long ago, one of them tagged."""
    room.write("f.txt", "first\n", 0o640)
    room.write("g.txt", "g\n", 0o600)
    room.write("d/inside.txt", "inside\n", 0o444)
    room.write("d/deep/deeper.txt", "deeper\n")
    room.write("d/b\xff.txt".encode("latin-1"), "bytes\n")
    os.link(room.at("f.txt"), room.at("d/linked.txt"))
    os.symlink("f.txt", room.at("link"))
    os.setxattr(room.at("g.txt"), "user.note", b"from the sea")
    os.setxattr(room.at("d"), "user.note", b"a folder's")
    room.at("d/deep").chmod(0o750)
    room.at("empty").mkdir()
    for number, path in enumerate(sorted(room.names(), reverse=True)):
        at = 1_700_000_000_123_456_789 + number * 86_400_000_000_000
        os.utime(room.at(path), ns=(at, at), follow_symlinks=False)
    os.utime(room.root, ns=(1_600_000_000_987_654_321,) * 2)
    room.flush()
    room.do(act.Tag(paths=("f.txt", "d", "d/inside.txt"), tags=("tax 2024",)))
    return room


class Case(NamedTuple):
    step: str
    actions: tuple[act.Action, ...]


CASES = [
    Case("mkdir", (act.Mkdir(path="new/deep"),)),
    Case("put, where nothing was", (act.Create(path="new.txt", text="new\n"),)),
    Case("put, over a file", (act.Write(path="g.txt", text="other\n"),)),
    Case("put, over a link", (act.Create(path="link", text="other\n", on_exists="replace"),)),
    Case("put, in place, for all names of a file", (act.Write(path="f.txt", text="other\n"),)),
    Case("put, a copy", (act.Copy(paths=("g.txt",), to="new"),)),
    Case("put, a copy in place", (act.Copy(paths=("g.txt",), to="d", name="linked.txt", on_exists="replace"),)),
    Case("put, away, and move", (act.Move(paths=("g.txt",), to="d", name="inside.txt", on_exists="replace"),)),
    Case("move of a file", (act.Move(paths=("g.txt",), to="d/deep"),)),
    Case("move of a folder", (act.Move(paths=("d",), to="new"),)),
    Case("trash of a file", (act.Trash(paths=("g.txt",)),)),
    Case("trash of one of several names", (act.Trash(paths=("f.txt",)),)),
    Case("trash of a folder", (act.Trash(paths=("d",)),)),
    Case("trash of a link and of an empty folder", (act.Trash(paths=("link", "empty")),)),
    Case("tag", (act.Tag(paths=("g.txt", "d"), tags=("red", "blue")),)),
    Case("untag", (act.Untag(paths=("d", "d/inside.txt")),)),
    Case("trash, and another in its place", (act.Trash(paths=("d",)), act.Create(path="d/inside.txt", text="new\n"))),
    Case("move, and another in its place", (act.Move(paths=("g.txt",), to="d"), act.Create(path="g.txt", text="n"))),
    Case("move, then write and trash there", (
        act.Move(paths=("d",), to="new"),
        act.Write(path="new/d/inside.txt", text="written\n"),
        act.Trash(paths=("new/d/deep",)),
    )),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.step for case in CASES])
def test_every_kind_of_step_is_taken_back_and_carried_out_again(furnished: Desk, case: Case):
    before = furnished.whole()
    op = furnished.do(*case.actions)
    after = furnished.whole()
    assert after != before
    undo = furnished.undo(op)
    assert furnished.whole() == before
    assert (furnished.state(op), furnished.state(undo)) == ("undone", "applied")
    redo = furnished.redo(op)
    assert furnished.whole() == after
    assert [furnished.state(each) for each in (op, undo, redo)] == ["applied", "undone", "applied"]
    furnished.undo(op)
    assert furnished.whole() == before
    assert furnished.agrees() == []


def test_a_saved_query_is_forgotten_and_known_again(room: Desk):
    op = room.do(act.SaveQuery(name="leases", query="lease -draft"))
    changed = room.do(act.SaveQuery(name="leases", query="lease"))
    room.undo(changed)
    assert room.vault.saved.get("leases") == "lease -draft"
    room.undo(op)
    assert room.vault.saved.get("leases") is None
    room.redo(op)
    assert room.vault.saved.get("leases") == "lease -draft"
    room.undo(op)


def test_permissions_and_times_that_a_restore_changed_come_back(furnished: Desk):
    furnished.at("g.txt").chmod(0o644)
    os.utime(furnished.at("g.txt"), ns=(1_650_000_000_000_000_001,) * 2)
    furnished.flush()
    before = furnished.whole()
    op = furnished.do(act.Restore(path="g.txt", to="first"))
    assert furnished.at("g.txt").stat().st_mode & 0o777 == 0o600
    assert {type(step).__name__ for step in furnished.steps(op)} == {"SetMeta"}
    furnished.undo(op)
    assert furnished.whole() == before


# Which op is meant


def test_undo_twice_is_refused_and_redo_without_an_undo_too(desk: Desk):
    desk.write("f.txt")
    desk.flush()
    with pytest.raises(NothingFound, match="nothing to undo"):
        desk.plan_undo()
    op = desk.do(act.Rename(path="f.txt", name="g.txt"))
    with pytest.raises(NothingFound, match="nothing to redo"):
        desk.plan_redo()
    with pytest.raises(NothingFound, match="is not undone"):
        desk.plan_redo(op)
    desk.undo(op)
    with pytest.raises(NothingFound, match="is undone already"):
        desk.plan_undo(op)
    with pytest.raises(NothingFound, match="nothing to undo"):
        desk.plan_undo()
    with pytest.raises(NothingFound, match="there is no op"):
        desk.plan_undo(op.op + 100)
    preview = desk.preview(act.Trash(paths=("f.txt",)))
    with pytest.raises(NothingFound, match="was not carried out"):
        desk.plan_undo(preview)


def test_bare_undo_and_redo_step_back_and_forward(desk: Desk):
    states = [desk.whole()]
    for number in range(3):
        desk.do(act.Create(path=f"{number}.txt", text=f"{number}\n"))
        states.append(desk.whole())
    for state in reversed(states[:-1]):
        desk.undo()
        assert desk.whole() == state
    for state in states[1:]:
        desk.redo()
        assert desk.whole() == state


def test_redo_goes_round_as_often_as_one_likes(room: Desk):
    room.write("f.txt", "first\n")
    room.flush()
    before = room.whole()
    op = room.do(act.Write(path="f.txt", text="second\n"))
    after = room.whole()
    for _ in range(3):
        room.undo(op)
        assert room.whole() == before
        room.redo(op)
        assert room.whole() == after


def test_a_redo_after_another_op_on_the_same_file_meets_it(room: Desk):
    room.write("f.txt", "first\n")
    room.flush()
    op = room.do(act.Write(path="f.txt", text="second\n"))
    room.undo(op)
    later = room.do(act.Write(path="f.txt", text="third\n"))
    planned = room.plan_redo(op)
    assert planned.op is None
    assert f"op {later.op} changed it later" in planned.conflicts[0].why
    assert room.at("f.txt").read_text() == "third\n"
    room.undo(later)
    room.redo(op)
    assert room.at("f.txt").read_text() == "second\n"


def test_ops_on_different_files_are_taken_back_in_any_order(room: Desk):
    before = room.whole()
    ops = [room.do(act.Create(path=name, text=name)) for name in ("a", "b", "c")]
    for op in (ops[1], ops[0], ops[2]):
        room.undo(op)
    assert room.whole() == before


# What is in the way


RESTING = [
    ("a write of the same file", act.Write(path="f.txt", text="a"), act.Append(path="f.txt", text="b")),
    ("a move of what was written", act.Write(path="f.txt", text="a"), act.Move(paths=("f.txt",), to="d")),
    ("a write where it was moved to", act.Move(paths=("f.txt",), to="d"), act.Write(path="d/f.txt", text="a")),
    ("a file in a folder that was made", act.Mkdir(path="made"), act.Create(path="made/f.txt", text="a")),
    ("a file below a folder that was moved", act.Rename(path="d", name="e"), act.Write(path="e/i.txt", text="a")),
    ("a move of the folder that it is in", act.Write(path="d/i.txt", text="a"), act.Rename(path="d", name="e")),
    ("a file in the place of one in the Trash", act.Trash(paths=("f.txt",)), act.Create(path="f.txt", text="a")),
    ("a tag on what was tagged", act.Tag(paths=("f.txt",), tags=("a",)), act.Untag(paths=("f.txt",), tags=("a",))),
]


@pytest.mark.parametrize(("what", "first", "then"), RESTING, ids=[each[0] for each in RESTING])
def test_an_op_on_which_a_later_one_rests_names_that(room: Desk, what: str, first: act.Action, then: act.Action):
    room.write("f.txt", "first\n")
    room.write("d/i.txt", "inside\n")
    room.flush()
    before = room.whole()
    op, later = room.do(first), room.do(then)
    after = room.whole()
    planned = room.plan_undo(op)
    assert (planned.op, planned.state) == (None, "refused")
    named = [each for each in planned.conflicts if f"op {later.op}" in each.why]
    assert named and f"lsfs undo {later.op}" in named[0].why
    assert room.whole() == after
    room.undo(later)
    room.undo(op)
    assert room.whole() == before


def test_an_edit_since_is_a_conflict_with_choices(room: Desk):
    room.write("f.txt", "first\n")
    room.flush()
    op = room.do(act.Write(path="f.txt", text="second\n"))
    room.write("f.txt", "by hand\n")
    planned = room.plan_undo(op)
    assert planned.op is None
    assert [(each.path, each.forcible) for each in planned.conflicts] == [(str(room.at("f.txt")), True)]
    assert room.at("f.txt").read_text() == "by hand\n"


def test_force_takes_the_old_over_the_newer_which_can_be_had_back(room: Desk):
    room.write("f.txt", "first\n")
    room.flush()
    op = room.do(act.Write(path="f.txt", text="second\n"))
    room.write("f.txt", "by hand\n")
    forced = room.undo(op, "force")
    assert room.at("f.txt").read_text() == "first\n"
    room.do(act.Restore(path="f.txt", to="previous"))
    assert room.at("f.txt").read_text() == "by hand\n"
    room.undo()
    room.undo(forced)
    assert room.at("f.txt").read_text() == "by hand\n"


def test_force_takes_away_what_was_made_and_edited_and_it_can_be_had_back(room: Desk):
    op = room.do(act.Create(path="f.txt", text="made\n"))
    room.write("f.txt", "by hand\n")
    room.undo(op, "force")
    assert not room.at("f.txt").exists()
    room.do(act.Restore(path="f.txt", to="previous"))
    assert room.at("f.txt").read_text() == "by hand\n"


def test_force_goes_over_a_later_op(room: Desk):
    room.write("f.txt", "first\n")
    room.flush()
    op = room.do(act.Write(path="f.txt", text="second\n"))
    room.do(act.Write(path="f.txt", text="third\n"))
    room.undo(op, "force")
    assert room.at("f.txt").read_text() == "first\n"
    bodies = [body_of(room, version) for version in room.versions("f.txt")]
    assert bodies == ["first\n", "second\n", "third\n", "first\n"]


def test_force_makes_way_for_what_comes_back_and_the_other_is_kept(room: Desk):
    room.write("f.txt", "first\n")
    room.flush()
    op = room.do(act.Move(paths=("f.txt",), to="d"))
    room.write("f.txt", "another's\n")
    assert room.plan_undo(op).conflicts[0].forcible
    forced = room.undo(op, "force")
    assert room.names() == ["f.txt"]
    assert room.at("f.txt").read_text() == "first\n"
    room.undo(forced)
    assert room.at("f.txt").read_text() == "another's\n"
    assert room.at("d/f.txt").read_text() == "first\n"


def test_keep_undoes_the_rest_and_leaves_what_was_edited(room: Desk):
    for name in ("a.txt", "b.txt", "c.txt"):
        room.write(name, "first\n")
    room.flush()
    op = room.do(*(act.Write(path=name, text="second\n") for name in ("a.txt", "b.txt", "c.txt")))
    room.write("b.txt", "by hand\n")
    kept = room.undo(op, "keep")
    assert texts(room) == {"a.txt": "first\n", "b.txt": "by hand\n", "c.txt": "first\n"}
    assert [Path(each.path).name for each in kept.left_out] == ["b.txt"]


def test_keep_leaves_what_a_later_op_changed(room: Desk):
    for name in ("a.txt", "b.txt", "c.txt"):
        room.write(name, "first\n")
    room.flush()
    op = room.do(act.Mkdir(path="new"), *(act.Move(paths=(name,), to="new") for name in ("a.txt", "b.txt", "c.txt")))
    later = room.do(act.Write(path="new/b.txt", text="later\n"))
    kept = room.undo(op, "keep")
    assert texts(room) == {"a.txt": "first\n", "c.txt": "first\n", "new/b.txt": "later\n"}
    said = {Path(each.path).name: each.why for each in kept.left_out}
    assert f"op {later.op} changed it later" in said["b.txt"]


def test_an_inverse_move_keeps_later_edits(room: Desk):
    room.write("f.txt", "first\n")
    room.flush()
    op = room.do(act.Move(paths=("f.txt",), to="d"))
    room.write("d/f.txt", "edited\n")
    room.undo(op)
    assert texts(room) == {"f.txt": "edited\n"}
    room.redo(op)
    beside = room.at("d/saved")
    beside.write_text("saved anew\n")
    beside.replace(room.at("d/f.txt"))
    room.flush()
    room.undo(op)
    assert texts(room) == {"f.txt": "saved anew\n"}


def test_what_was_moved_and_is_gone_is_said(room: Desk):
    room.write("f.txt", "first\n")
    room.write("g.txt", "first\n")
    room.flush()
    op = room.do(act.Move(paths=("f.txt", "g.txt"), to="d"))
    room.at("d/f.txt").rename(room.at("d/elsewhere.txt"))
    room.flush()
    planned = room.plan_undo(op)
    assert [(each.path, each.forcible) for each in planned.conflicts if "elsewhere.txt" in each.why] == [
        (str(room.at("d/f.txt")), False)
    ]
    kept = room.undo(op, "keep")
    assert texts(room) == {"d/elsewhere.txt": "first\n", "g.txt": "first\n"}
    assert any("elsewhere.txt" in each.why for each in kept.left_out)


@pytest.mark.parametrize("how", ["keep", "force"])
def test_a_folder_that_was_made_stays_while_it_holds_other_files(room: Desk, how: str):
    op = room.do(act.Create(path="new/deep/made.txt", text="made\n"))
    room.write("new/mine.txt", "mine\n")
    planned = room.plan_undo(op)
    assert planned.op is None
    assert [(each.path, each.forcible) for each in planned.conflicts] == [(str(room.at("new")), False)]
    done = room.undo(op, how)
    assert room.names() == ["new", "new/mine.txt"]
    assert [(each.path, "other things" in each.why) for each in done.left_out] == [(str(room.at("new")), True)]


def test_a_folder_comes_back_with_all_that_it_was(furnished: Desk):
    before = furnished.whole()
    op = furnished.do(act.Trash(paths=("d",)))
    assert "d" not in furnished.names() and b"d/inside.txt" not in furnished.tags()
    furnished.undo(op)
    assert furnished.whole() == before
    assert furnished.tags()[b"d/inside.txt"] == ("tax 2024",)


def test_what_an_emptied_trash_made_impossible_comes_from_versions(furnished: Desk):
    bodies = {path: thing.body for path, thing in furnished.tree("d").items()}
    modes = {path: thing.mode for path, thing in furnished.tree("d").items()}
    op = furnished.do(act.Trash(paths=("d", "g.txt")))
    empty_trash(furnished)
    undone = furnished.undo(op)
    assert {path: thing.body for path, thing in furnished.tree("d").items()} == bodies
    assert {path: thing.mode for path, thing in furnished.tree("d").items()} == modes
    assert furnished.at("g.txt").read_text() == "g\n"
    assert "not in the Trash any more" in " ".join(each.note for each in undone.effects)
    assert furnished.tags()[b"d/inside.txt"] == ("tax 2024",)


def test_an_undo_that_is_overtaken_by_an_edit_stops_and_changes_nothing(room: Desk):
    for name in ("a.txt", "b.txt"):
        room.write(name, "first\n")
    room.flush()
    op = room.do(act.Write(path="a.txt", text="second\n"), act.Write(path="b.txt", text="second\n"))
    planned = room.plan_undo(op)
    room.write("a.txt", "by hand\n")
    with pytest.raises(ConflictError, match="changed"):
        room.apply(planned)
    assert texts(room) == {"a.txt": "by hand\n", "b.txt": "second\n"}
    assert (room.state(planned), room.state(op)) == ("failed", "applied")


def empty_trash(desk: Desk) -> None:
    for part in ("files", "info"):
        shutil.rmtree(desk.trash / part)
        (desk.trash / part).mkdir(mode=0o700)


def texts(desk: Desk) -> dict[str, str]:
    """The texts of the files, by path."""
    return {name: desk.at(name).read_text() for name in desk.names() if desk.at(name).is_file()}


def body_of(desk: Desk, version) -> str:
    return b"".join(desk.lsfs.engine._parts.contents.read(version.content)).decode()
