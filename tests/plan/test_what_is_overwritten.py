"""What somebody has just saved where a plan puts something else is a version first; outside, it stays where it is."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from lsfs.core import actions as act
from lsfs.core.errors import RefusedError
from lsfs.plan.lower.restoring import BESIDE
from lsfs.plan.planner import Document
from tests.plan.conftest import Desk

SAVED = "just saved\n"
OVERWRITING = [
    ("a copy", act.Copy(paths=("a.txt",), to="d", name="b.txt", on_exists="replace"), "a\n"),
    ("a move", act.Move(paths=("a.txt",), to="d", name="b.txt", on_exists="replace"), "a\n"),
    ("a merge", act.Merge(paths=("a.txt", "c.txt"), to="d/b.txt", on_exists="replace"), "a\nc\n"),
    ("a text", act.Create(path="d/b.txt", text="new\n", on_exists="replace"), "new\n"),
    ("a write through a link", act.Write(path="link", text="new\n"), "new\n"),
    ("lines behind it, through a link", act.Append(path="link", text="new"), "just saved\nnew\n"),
    ("a restore to its folder", act.Restore(path="e/b.txt", to="first", output="d"), "e\n"),
    ("a restore of a folder onto its own", act.Restore(path="f/d", to="before op {op}", output="."), "in f\n"),
]


@pytest.fixture
def furnished(room: Desk) -> Desk:
    for path, text in {
        "a.txt": "a\n",
        "c.txt": "c\n",
        "d/b.txt": "old\n",
        "e/b.txt": "e\n",
        "f/d/b.txt": "in f\n",
    }.items():
        room.write(path, text)
    os.symlink("d/b.txt", room.at("link"))
    room.flush()
    return room


@pytest.mark.parametrize(("what", "action", "text"), OVERWRITING, ids=[each[0] for each in OVERWRITING])
def test_a_fresh_save_is_a_version_before_it_is_overwritten(furnished: Desk, what: str, action: act.Action, text: str):
    if isinstance(action, act.Restore) and "{op}" in action.to:
        mark = furnished.do(act.Mkdir(path="a mark"))
        action = act.Restore(path=action.path, to=f"before op {mark.op}", output=action.output)
    furnished.write("d/b.txt", SAVED)
    lineage = furnished.lineage("d/b.txt")
    op = furnished.do(action)
    assert furnished.at("d/b.txt").read_text() == text
    goes_on = [] if isinstance(action, act.Move) else [text]
    assert texts_of(furnished, lineage) == ["old\n", SAVED, *goes_on]
    furnished.undo(op)
    assert furnished.at("d/b.txt").read_text() == SAVED
    furnished.do(act.Restore(path="d/b.txt", to="@1"))
    furnished.do(act.Restore(path="d/b.txt", to="@2"))
    assert furnished.at("d/b.txt").read_text() == SAVED


def test_a_file_that_took_the_place_of_another_just_now_goes_on_with_its_history(furnished: Desk):
    beside = furnished.write("d/beside", SAVED)
    lineage = furnished.lineage("d/b.txt")
    beside.replace(furnished.at("d/b.txt"))
    furnished.do(act.Copy(paths=("a.txt",), to="d", name="b.txt", on_exists="replace"))
    assert furnished.lineage("d/b.txt") == lineage
    assert texts_of(furnished, lineage) == ["old\n", SAVED, "a\n"]


def test_every_name_of_a_file_that_is_written_in_place_has_what_it_said(furnished: Desk):
    os.link(furnished.at("d/b.txt"), furnished.at("same.txt"))
    furnished.flush()
    furnished.write("d/b.txt", SAVED)
    furnished.do(act.Copy(paths=("a.txt",), to="d", name="b.txt", on_exists="replace"))
    for name in ("d/b.txt", "same.txt"):
        assert texts_of(furnished, furnished.lineage(name))[-2:] == [SAVED, "a\n"]


def test_what_is_versioned_already_gets_no_other_version(furnished: Desk):
    rows = furnished.rows()
    furnished.preview(act.Copy(paths=("a.txt",), to="d", name="b.txt", on_exists="replace"))
    assert furnished.rows() == rows


# Outside the watched folders


def test_a_restore_elsewhere_leaves_what_has_its_name_there(furnished: Desk, tmp_path: Path):
    mark = furnished.do(act.Mkdir(path="a mark"))
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "d").mkdir(parents=True, mode=0o700)
    for name in ("b.txt", "d/b.txt"):
        (elsewhere / name).write_text("mine\n")
    alone = furnished.do(act.Restore(path="d/b.txt", to="first", output=str(elsewhere)))
    tree = furnished.do(act.Restore(path="d", to=f"before op {mark.op}", output=str(elsewhere)))
    found = {str(path.relative_to(elsewhere)): path.read_text() for path in elsewhere.rglob("*.txt")}
    assert found == {"b.txt": "mine\n", "b (2).txt": "old\n", "d/b.txt": "mine\n", "d/b (2).txt": "old\n"}
    assert (elsewhere / "d").stat().st_mode & 0o777 == 0o700
    for done in (alone, tree):
        assert done.notes == (BESIDE,)
        assert [Path(each.to).name for each in done.effects] == ["b (2).txt"]
    furnished.undo(tree)
    furnished.undo(alone)
    assert sorted(path.name for path in elsewhere.rglob("*.txt")) == ["b.txt", "b.txt"]


@pytest.mark.parametrize("output", [".ssh", ".ssh/more", "home/.gnupg", "home/.config/google-chrome/Default"])
@pytest.mark.parametrize("there", [True, False], ids=["there", "yet to be made"])
@pytest.mark.parametrize("path", ["d", "d/b.txt"])
def test_nothing_is_restored_among_secrets(furnished: Desk, tmp_path: Path, output: str, there: bool, path: str):
    mark = furnished.do(act.Mkdir(path="a mark"))
    if there:
        (tmp_path / output).mkdir(parents=True)
    with pytest.raises(RefusedError, match="secrets"):
        furnished.preview(act.Restore(path=path, to=f"before op {mark.op}", output=str(tmp_path / output)))


def test_a_file_whose_name_is_a_secrets_is_not_restored_with_its_folder(furnished: Desk, tmp_path: Path):
    mark = furnished.do(act.Mkdir(path="a mark"))
    names = furnished.place("f/d/id_rsa"), furnished.place("f/d/b.txt")
    with furnished.vault.write() as tx:  # kept when it was not known for one
        tx.execute("UPDATE versions SET path = ? WHERE path = ?", names)
    done = furnished.preview(act.Restore(path="f", to=f"before op {mark.op}", output=str(tmp_path)))
    assert [Path(each.path).name for each in done.left_out] == ["id_rsa"]
    assert not [each for each in done.effects if "id_rsa" in each.path]


# What is stored of it


def test_no_text_of_a_plan_is_stored_beside_its_steps(room: Desk):
    plan = room.preview(act.Create(path="letter.txt", text="dear reader, this is between us"))
    row = room.vault.ops.get(plan.op)
    assert b"between us" not in row.plan
    assert msgspec.json.decode(row.plan, type=Document).actions == ()


def texts_of(desk: Desk, lineage: int) -> list[str]:
    """What the counted versions of a history say, the oldest first."""
    counted = [version for version in desk.vault.versions.of(lineage) if version.number is not None]
    assert [version.number for version in counted] == list(range(1, len(counted) + 1))
    return [b"".join(desk.lsfs.contents.read(version.content)).decode() for version in counted]
