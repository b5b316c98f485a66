"""Taking back what something else has touched since: another file at its path, another inode, another of its names."""

from __future__ import annotations

import os

from lsfs.core import actions as act
from tests.plan.conftest import Desk


def test_a_file_that_moved_within_a_folder_that_moved_is_known_again_with_another_inode(room: Desk):
    room.write("d/f", "first\n")
    room.flush()
    before = room.whole()
    moved = room.do(act.Move(paths=("d",), to="new"), act.Move(paths=("new/d/f",), to="."))
    written = room.do(act.Write(path="f", text="second\n"))
    room.undo(written)
    room.undo(moved)
    assert room.whole() == before


def test_a_file_that_the_op_made_is_known_again_with_another_inode(room: Desk):
    before = room.whole()
    made = room.do(act.Create(path="f", text="first\n"), act.Move(paths=("f",), to="new"))
    room.flush()
    beside = room.write("beside", "edited\n")
    beside.rename(room.at("new/f"))
    room.flush()
    room.undo(made, "force")
    assert room.tree().keys() == before[0].keys()


def test_a_folder_has_its_time_back_though_another_stood_in_its_place_meanwhile(room: Desk):
    room.write("d/f", "words\n")
    os.utime(room.at("d"), ns=(1_600_000_000_123_456_789,) * 2)
    room.flush()
    before = room.whole()
    ops = [
        room.do(act.Move(paths=("d/f",), to="new")),
        room.do(act.Move(paths=("d",), to="new"), act.Mkdir(path="d")),
        room.do(act.Create(path="d/g", text="in the other\n")),
    ]
    for op in reversed(ops):
        room.undo(op)
    assert room.whole() == before


def test_what_comes_back_from_the_trash_goes_on_with_its_history_though_another_stood_there_meanwhile(room: Desk):
    room.write("a", "a\n")
    room.write("b", "b\n")
    room.flush()
    own, other = room.lineage("a"), room.lineage("b")
    trashed = room.do(act.Trash(paths=("a",)))
    renamed = room.do(act.Rename(path="b", name="a"))
    room.undo(renamed)
    room.undo(trashed)
    room.flush()
    assert (room.lineage("a"), room.lineage("b")) == (own, other)


def test_so_does_what_was_brought_there_by_the_op_itself(room: Desk):
    room.write("f", "first\n")
    room.at("d").mkdir()
    room.flush()
    own = room.lineage("f")
    op = room.do(
        act.Move(paths=("f",), to="d"),
        act.Create(path="f", text="another\n"),
        act.Trash(paths=("d",)),
    )
    assert room.lineage("f") != own
    room.undo(op)
    room.flush()
    assert room.lineage("f") == own
    assert room.at("f").read_text() == "first\n"


def test_a_folder_comes_back_from_the_trash_with_the_histories_of_all_that_is_in_it(room: Desk):
    room.write("d/a", "a\n")
    room.write("d/b", "b\n")
    room.write("c", "c\n")
    room.flush()
    own, other = {name: room.lineage(name) for name in ("d/a", "d/b")}, room.lineage("c")
    trashed = room.do(act.Trash(paths=("d",)))
    moved = room.do(act.Move(paths=("c",), to="d", name="a"))
    room.undo(moved)
    room.undo(trashed)
    room.flush()
    assert {name: room.lineage(name) for name in ("d/a", "d/b")} == own
    assert room.lineage("c") == other


def test_a_file_of_several_names_of_which_one_was_moved_and_another_written_in_place(room: Desk):
    room.write("f", "first\n")
    os.link(room.at("f"), room.at("linked"))
    room.flush()
    before = room.whole()
    op = room.do(act.Move(paths=("linked",), to="new"), act.Append(path="f", text="second\n"))
    assert room.at("new/linked").read_text() == "first\nsecond\n"
    room.undo(op)
    assert room.whole() == before


def test_what_is_put_where_the_file_was_moved_away_since_names_it_as_its_parent_and_the_op(room: Desk):
    room.write("f", "first\n")
    room.flush()
    own = room.lineage("f")
    written = room.do(act.Write(path="f", text="second\n"))
    room.do(act.Move(paths=("f",), to="new"))
    forced = room.undo(written, "force")
    room.flush()
    assert (room.lineage("new/f"), room.parent_of(room.lineage("f"))) == (own, own)
    assert [version.op for version in room.vault.versions.of(room.lineage("f"))] == [forced.op]


def test_a_link_that_was_replaced_and_brought_back_is_what_was_put(room: Desk):
    os.symlink("nowhere", room.at("link"))
    room.flush()
    before = room.whole()
    copied = room.do(act.Copy(paths=("link",), to="new"))
    replaced = room.do(act.Create(path="new/link", text="words\n", on_exists="replace"))
    room.undo(replaced)
    room.undo(copied)
    assert room.whole() == before


def test_what_another_program_has_put_there_is_not_taken_for_what_was_moved_though_the_op_made_it(room: Desk):
    room.write("f", "precious\n")
    room.at("d").mkdir()
    room.flush()
    op = room.do(act.Create(path="made", text="made\n"), act.Move(paths=("f",), to="d"))
    room.at("d/f").unlink()
    room.flush()
    room.at("made").rename(room.at("d/f"))
    room.flush()
    assert room.plan_undo(op).conflicts


def test_a_folder_forced_back_where_another_stands_brings_its_histories_and_the_others_end(room: Desk):
    room.write("d/a", "a\n")
    room.flush()
    own = room.lineage("d/a")
    trashed = room.do(act.Trash(paths=("d",)))
    room.write("c/x", "x\n")
    room.flush()
    other = room.lineage("c/x")
    room.do(act.Rename(path="c", name="d"), act.Rename(path="d/x", name="a"))
    room.undo(trashed, "force")
    room.flush()
    assert room.lineage("d/a") == own
    assert room.vault.versions.of(other)[-1].gone


def test_a_name_that_a_file_had_before_does_not_take_its_history_when_it_comes_back(room: Desk):
    room.write("d/old", "words\n")
    room.write("c", "c\n")
    room.flush()
    room.at("d/old").rename(room.at("d/new"))
    room.flush()
    own = room.lineage("d/new")
    room.do(act.Tag(paths=("d/new",), tags=("mine",)))
    before = room.whole()
    trashed = room.do(act.Trash(paths=("d",)))
    moved = room.do(act.Move(paths=("c",), to="d", name="new"))
    room.undo(moved)
    room.undo(trashed)
    assert room.whole() == before
    room.flush()
    assert room.lineage("d/new") == own


def test_a_folder_that_was_made_and_renamed_again_brings_no_histories_back_but_those_moved_into_it(room: Desk):
    room.write("d/f", "words\n")
    room.flush()
    own = room.lineage("d/f")
    op = room.do(
        act.Mkdir(path="made"),
        act.Move(paths=("d",), to="made"),
        act.Rename(path="made", name="renamed"),
    )
    room.undo(op)
    room.redo()
    room.flush()
    found = room.vault.versions.moments(room.vault.roots.all()[0].id, room.place("renamed/d/f"))
    assert {version.lineage for version in found} == {own}
