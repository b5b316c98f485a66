"""The desktop's Trash (freedesktop.org, The FreeDesktop.org Trash specification 1.0): where files go, and back."""

from __future__ import annotations

import configparser
import datetime as dt
import os
import shutil
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import LsfsError, RefusedError
from lsfs.core.posix import mountinfo
from lsfs.plan.trash_spec import place_for
from tests.plan.conftest import Desk
from tests.plan.hostile import small_volume

OWN = f".Trash-{os.getuid()}"


@pytest.fixture
def volume(tmp_path: Path, start_desk) -> Iterator[Desk]:
    """A desk whose watched folder is a volume of its own; the home folder lies on another."""
    with small_volume(tmp_path / "root"), start_desk(tmp_path) as desk:
        desk.write("a.txt", "a\n", 0o640)
        desk.write("d/deep/c.txt", "deep\n")
        os.utime(desk.at("a.txt"), ns=(1_700_000_000_123_456_789,) * 2)
        desk.lsfs.up()
        desk.flush()
        yield desk


def held(trash: Path) -> dict[str, str]:
    """What lies in a Trash: the path in the note of each thing, by its name there."""
    if not trash.exists():
        return {}
    found = {}
    for info in (trash / "info").iterdir():
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(info.read_text())
        assert os.path.lexists(trash / "files" / info.stem), "a note without a file"
        found[info.stem] = urllib.parse.unquote(parser["Trash Info"]["Path"], errors="surrogateescape")
    assert len(list((trash / "files").iterdir())) == len(found), "a file without a note"
    return found


# Which one


def test_what_lies_on_the_volume_of_the_home_folder_goes_to_the_home_trash(desk: Desk):
    file = desk.write("some folder/100 % ü\n.txt")
    odd = desk.write(b"\xff.txt")
    desk.flush()
    before = desk.whole()
    began = dt.datetime.now(dt.UTC).replace(microsecond=0)
    op = desk.do(act.Trash(paths=("some folder/100 % ü\n.txt", "base64:" + "/y50eHQ=")), zone="Asia/Kolkata")
    assert held(desk.trash) == {file.name: str(file), os.fsdecode(odd.name): str(odd)}
    note = (desk.trash / "info" / f"{file.name}.trashinfo").read_bytes().decode("ascii").splitlines()
    assert note[0] == "[Trash Info]"
    assert note[1].endswith("/some%20folder/100%20%25%20%C3%BC%0A.txt") and note[1].startswith("Path=/")
    local = dt.datetime.strptime(note[2], "DeletionDate=%Y-%m-%dT%H:%M:%S")
    deleted = (local - dt.timedelta(hours=5, minutes=30)).replace(tzinfo=dt.UTC)
    assert began <= deleted <= dt.datetime.now(dt.UTC)
    assert {stat_mode(folder) for folder in (desk.trash, desk.trash / "files", desk.trash / "info")} == {0o700}
    desk.undo(op)
    assert desk.whole() == before
    assert held(desk.trash) == {}


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def shared(top: Path, mode: int = 0o1777) -> None:
    (top / ".Trash").mkdir()
    (top / ".Trash").chmod(mode)


def linked(top: Path) -> None:
    shared(top.parent / "home")
    (top / ".Trash").symlink_to(top.parent / "home/.Trash")


def foreign(top: Path) -> None:
    (top / OWN).mkdir()
    os.chown(top / OWN, 12345, 12345)


VOLUMES: list[tuple[str, Callable[[Path], object], str | None]] = [
    ("none is there yet", lambda top: None, OWN),
    ("the user's own is there", lambda top: (top / OWN).mkdir(mode=0o700), OWN),
    ("the shared one", shared, f".Trash/{os.getuid()}"),
    ("the shared one without the sticky bit", lambda top: shared(top, 0o777), OWN),
    ("a link instead of the shared one", linked, OWN),
    ("a file instead of the shared one", lambda top: (top / ".Trash").write_text(""), OWN),
    ("a link instead of the user's own", lambda top: (top / OWN).symlink_to(top.parent), None),
    ("a file instead of the user's own", lambda top: (top / OWN).write_text(""), None),
    ("another user's", foreign, None),
]


@pytest.mark.parametrize(("what", "make", "wanted"), VOLUMES, ids=[each[0] for each in VOLUMES])
def test_the_trash_of_a_volume(volume: Desk, what: str, make: Callable[[Path], object], wanted: str | None):
    make(volume.root)
    volume.flush()
    before = volume.tree()
    plan = volume.preview(act.Trash(paths=("a.txt", "d")))
    volume.apply(plan)
    assert not volume.at("a.txt").exists() and not volume.at("d").exists()
    if wanted is None:
        assert held(volume.trash) == {"a.txt": str(volume.at("a.txt")), "d": str(volume.at("d"))}
        assert ["copied to the home Trash" in each.note for each in plan.effects if each.action == "trash"] == [
            True
        ] * 2
    else:
        assert held(volume.at(wanted)) == {"a.txt": "a.txt", "d": "d"}
        assert stat_mode(volume.at(wanted)) == 0o700
        assert not volume.trash.exists()
        assert [each.note for each in plan.effects] == ["", ""]
    volume.undo(plan)
    ours = os.fsencode((wanted or OWN).split("/")[0])
    after = {path: thing for path, thing in volume.tree().items() if not path.startswith(ours) and path}
    assert after == {path: thing for path, thing in before.items() if not path.startswith(ours) and path}
    assert held(volume.at(wanted) if wanted else volume.trash) == {}


def test_of_volumes_in_each_other_the_inner_one_counts(tmp_path: Path):
    with small_volume(tmp_path / "outer", "1m") as outer, small_volume(outer / "inner", "1m") as inner:
        (tmp_path / "home").mkdir()
        home = os.fsencode(tmp_path / "home/Trash")
        for top in (outer, inner):
            (top / "f").write_text("")
            found = place_for(os.fsencode(top / "f"), top.stat().st_dev, home, mountinfo(), os.getuid())
            assert (found.folder, found.copies) == (os.fsencode(top / OWN), False)


def test_a_link_goes_to_the_trash_of_the_volume_that_it_lies_on(volume: Desk):
    volume.at("link").symlink_to(volume.home)
    volume.flush()
    volume.do(act.Trash(paths=("link",)))
    assert held(volume.at(OWN)) == {"link": "link"}
    assert os.readlink(volume.at(OWN) / "files/link") == str(volume.home)


# Names there


def test_names_that_are_taken_are_numbered(desk: Desk):
    for text in ("one", "two", "three"):
        desk.write("f.txt", text)
        desk.flush()
        desk.do(act.Trash(paths=("f.txt",)))
    desk.write("d/f.txt", "four")
    desk.write("e/f.txt", "five")
    desk.flush()
    op = desk.do(act.Trash(paths=("d/f.txt", "e/f.txt")))
    there = held(desk.trash)
    assert sorted(there) == ["f (2).txt", "f (3).txt", "f (4).txt", "f (5).txt", "f.txt"]
    said = {there[name]: (desk.trash / "files" / name).read_text() for name in ("f (4).txt", "f (5).txt")}
    assert said == {str(desk.at("d/f.txt")): "four", str(desk.at("e/f.txt")): "five"}
    desk.undo(op)
    assert (desk.at("d/f.txt").read_text(), desk.at("e/f.txt").read_text()) == ("four", "five")


@pytest.mark.parametrize("part", ["files/f.txt", "info/f.txt.trashinfo"])
def test_a_name_that_another_program_takes_after_the_preview_is_left_to_it(desk: Desk, part: str):
    desk.write("f.txt", "ours")
    desk.flush()
    plan = desk.preview(act.Trash(paths=("f.txt",)))
    for folder in ("files", "info"):
        (desk.trash / folder).mkdir(parents=True, exist_ok=True)
    (desk.trash / part).write_text("theirs")
    desk.apply(plan)
    assert (desk.trash / part).read_text() == "theirs"
    assert (desk.trash / "files/f (2).txt").read_text() == "ours"
    desk.undo(plan)
    assert desk.at("f.txt").read_text() == "ours"
    assert (desk.trash / part).read_text() == "theirs"


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127, "n" * 250 + ".txt", "." + "n" * 254])
def test_a_name_that_leaves_no_room_for_that_of_its_note_is_shortened(desk: Desk, name: str):
    desk.write(name)
    desk.flush()
    before = desk.whole()
    op = desk.do(act.Trash(paths=(name,)))
    assert list(held(desk.trash).values()) == [str(desk.at(name))]
    desk.undo(op)
    assert desk.whole() == before


def test_a_link_in_the_place_of_the_trash_or_of_a_part_of_it_is_not_followed(desk: Desk, tmp_path: Path):
    (tmp_path / "theirs").mkdir()
    desk.write("f.txt", "ours")
    desk.flush()
    for part in ("files", "info"):
        desk.trash.mkdir(parents=True)
        (desk.trash / part).symlink_to(tmp_path / "theirs")
        plan = desk.preview(act.Trash(paths=("f.txt",)))
        with pytest.raises(LsfsError):
            desk.apply(plan)
        assert desk.at("f.txt").read_text() == "ours"
        assert list((tmp_path / "theirs").iterdir()) == []
        shutil.rmtree(desk.trash)


# What is in it is nobody's file any more


def test_a_trash_in_a_watched_folder_is_never_looked_into(volume: Desk):
    volume.do(act.Trash(paths=("a.txt", "d")))
    volume.flush()
    volume.lsfs.rescanned()
    root = volume.vault.roots.all()[0]
    assert [entry.path for entry in volume.vault.entries.below(root.id, b"") if entry.path] == []
    assert [row for row in (volume.lsfs.index.files.at(root.id, os.fsencode(f"{OWN}/files/a.txt")),) if row] == []


def test_the_home_trash_in_a_watched_folder_is_never_looked_into(start_desk, tmp_path: Path):
    with start_desk(tmp_path) as desk:
        desk.write("a.txt", "words\n")
        desk.lsfs.up(tmp_path)
        desk.do(act.Trash(paths=("a.txt",)))
        desk.lsfs.rescanned()
        root = desk.vault.roots.all()[0]
        known = [entry.path for entry in desk.vault.entries.below(root.id, b"")]
        assert held(desk.trash) == {"a.txt": str(desk.at("a.txt"))}
        assert [path for path in known if b"Trash" in path] == []


def test_what_is_in_the_trash_is_not_brought_there_again(volume: Desk):
    volume.do(act.Trash(paths=("a.txt",)))
    for path in (f"{OWN}/files/a.txt", OWN):
        with pytest.raises(RefusedError, match="in the Trash already"):
            volume.preview(act.Trash(paths=(path,)))


# Back from it


SPOILT: dict[str, Callable[[Path], object]] = {
    "emptied": lambda trash: [shutil.rmtree(trash / part) or (trash / part).mkdir(0o700) for part in ("files", "info")],
    "gone as a whole": lambda trash: shutil.rmtree(trash),
    "renamed in it": lambda trash: [(trash / "files" / name).rename(trash / "files/other") for name in ("d",)],
    "replaced in it": lambda trash: (
        shutil.rmtree(trash / "files/d"),
        (trash / "files/d").mkdir(),
        (trash / "files/d/theirs.txt").write_text("theirs\n"),
    ),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_is_not_in_the_trash_any_more_comes_back_from_versions(desk: Desk, spoil: Callable[[Path], object]):
    desk.write("d/deep/c.txt", "deep\n", 0o640)
    desk.at("d/link").symlink_to("deep")
    desk.at("d/deep").chmod(0o750)
    os.utime(desk.at("d/deep/c.txt"), ns=(1_700_000_000_123_456_789,) * 2)
    desk.flush()
    desk.do(act.Tag(paths=("d/deep/c.txt",), tags=("red",)))
    before, lineage = desk.whole(), desk.lineage("d/deep/c.txt")
    op = desk.do(act.Trash(paths=("d",)))
    spoil(desk.trash)
    undone = desk.undo(op)
    assert any("not in the Trash any more" in each.note for each in undone.effects)
    tree = desk.tree()
    assert {path: thing for path, thing in tree.items() if thing.kind == "file"} == {
        path: thing for path, thing in before[0].items() if thing.kind == "file"
    }
    assert {path: (thing.kind, thing.mode, thing.body) for path, thing in tree.items()} == {
        path: (thing.kind, thing.mode, thing.body) for path, thing in before[0].items()
    }
    assert (desk.tags(), desk.lineage("d/deep/c.txt")) == (before[1], lineage)
    desk.redo(op)
    desk.undo(op)
    assert desk.at("d/deep/c.txt").read_text() == "deep\n"


def test_what_was_edited_in_the_trash_comes_back_as_it_is(desk: Desk):
    desk.write("f.txt", "first\n")
    desk.flush()
    op = desk.do(act.Trash(paths=("f.txt",)))
    (desk.trash / "files/f.txt").write_text("edited in there\n")
    desk.undo(op)
    assert desk.at("f.txt").read_text() == "edited in there\n"
    desk.do(act.Restore(path="f.txt", to="first"))
    assert desk.at("f.txt").read_text() == "first\n"


def test_what_another_program_took_out_of_the_trash_is_not_overwritten(desk: Desk):
    desk.write("f.txt", "first\n")
    desk.flush()
    op = desk.do(act.Trash(paths=("f.txt",)))
    (desk.trash / "files/f.txt").rename(desk.at("f.txt"))
    (desk.trash / "info/f.txt.trashinfo").unlink()
    desk.write("f.txt", "edited since\n")
    planned = desk.plan_undo(op)
    assert planned.op is None
    assert [(each.path, each.forcible) for each in planned.conflicts] == [(str(desk.at("f.txt")), True)]
    assert desk.at("f.txt").read_text() == "edited since\n"


def test_an_undo_that_finds_the_trash_emptied_after_its_preview_changes_nothing(desk: Desk):
    desk.write("f.txt", "first\n")
    desk.write("g.txt", "first\n")
    desk.flush()
    op = desk.do(act.Trash(paths=("f.txt", "g.txt")))
    planned = desk.plan_undo(op)
    (desk.trash / "files/f.txt").unlink()
    with pytest.raises(LsfsError):
        desk.apply(planned)
    assert desk.names() == []
    desk.undo(op)
    assert desk.names() == ["f.txt", "g.txt"]


def test_of_an_emptied_trash_what_was_never_kept_is_said(start_desk, tmp_path: Path):
    with start_desk(tmp_path) as desk:
        desk.write(".lsfsignore", "*.tmp\n")
        desk.lsfs.up()
        desk.write("f.tmp", "never kept\n")
        desk.write("g.txt", "kept\n")
        desk.flush()
        op = desk.do(act.Trash(paths=("f.tmp", "g.txt")))
        SPOILT["emptied"](desk.trash)
        planned = desk.plan_undo(op)
        assert [(each.path, each.forcible) for each in planned.conflicts] == [(str(desk.at("f.tmp")), False)]
        assert "not in the Trash any more" in planned.conflicts[0].why
        desk.undo(op, "keep")
        assert desk.names() == [".lsfsignore", "g.txt"]


def test_a_file_that_was_written_just_before_has_its_bytes_kept(desk: Desk):
    desk.write("f.txt", "just now\n")
    op = desk.do(act.Trash(paths=("f.txt",)))
    SPOILT["emptied"](desk.trash)
    time.sleep(0.1)
    desk.undo(op)
    assert desk.at("f.txt").read_text() == "just now\n"
