"""What a plan is checked for before anything is changed: where it reaches, what collides, what has no room."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import ConflictError, LsfsError, RefusedError
from lsfs.core.posix import Mount
from lsfs.core.wirepath import to_wire
from lsfs.plan.disk import Disk
from lsfs.plan.folding import folded
from lsfs.plan.overlay import Overlay
from lsfs.plan.steps import Move, Where
from tests.plan.conftest import Desk
from tests.plan.hostile import remount, small_volume


def refused(desk: Desk, kind: type[LsfsError], *actions: act.Action, match: str | None = None) -> LsfsError:
    """The error of a plan that cannot be, with nothing changed."""
    before = desk.whole()
    with pytest.raises(kind, match=match) as caught:
        desk.preview(*actions)
    assert desk.whole() == before
    return caught.value


# Inside the watched folders, wherever links lead


@pytest.fixture
def outside(furnished: Desk) -> Path:
    """A folder beside the watched one, to which links in it lead."""
    folder = furnished.home / f"outside of {furnished.root.name}"
    folder.mkdir()
    (folder / "theirs.txt").write_text("theirs\n")
    furnished.at("out").symlink_to(folder)
    furnished.at("their file").symlink_to(folder / "theirs.txt")
    furnished.at("made there").symlink_to(folder / "not yet.txt")
    furnished.flush()
    return folder


ACTIONS: list[Callable[[str], act.Action]] = [
    lambda path: act.Create(path=path, text="x"),
    lambda path: act.Write(path=path, text="x"),
    lambda path: act.Append(path=path, text="x"),
    lambda path: act.Mkdir(path=path),
    lambda path: act.Move(paths=("a.txt",), to=path),
    lambda path: act.Move(paths=(path,), to="d"),
    lambda path: act.Copy(paths=("a.txt",), to=path),
    lambda path: act.Copy(paths=(path,), to="d"),
    lambda path: act.Rename(path=path, name="x"),
    lambda path: act.Trash(paths=(path,)),
    lambda path: act.Tag(paths=(path,), tags=("red",)),
    lambda path: act.Untag(paths=(path,)),
    lambda path: act.Merge(paths=("a.txt", "b.txt"), to=path),
    lambda path: act.Merge(paths=("a.txt", path), to="m.txt"),
    lambda path: act.Group(paths=("a.txt",), by="kind", to=path),
    lambda path: act.Group(paths=(path,), by="kind"),
    lambda path: act.Restore(path=path, to="yesterday"),
]


@pytest.mark.parametrize("action", ACTIONS, ids=[repr(action("P")) for action in ACTIONS])
def test_what_lies_outside_is_refused_however_it_is_named(furnished: Desk, outside: Path, action):
    up = "../" * (len(furnished.root.parts) + 3)
    there = outside / "theirs.txt"
    for path in (
        str(there),
        f"{up}{there}",
        f"../../home/{outside.name}/theirs.txt",
        "out/theirs.txt",
        "out/new/x.txt",
    ):
        refused(furnished, RefusedError, action(path), match="in no watched folder")
    assert {each.name: each.read_text() for each in outside.iterdir()} == {"theirs.txt": "theirs\n"}


@pytest.mark.parametrize("action", [
    act.Write(path="their file", text="x"),
    act.Append(path="their file", text="x"),
    act.Write(path="made there", text="x"),
    act.Move(paths=("a.txt",), to="out"),
    act.Copy(paths=("a.txt",), to="out"),
    act.Merge(paths=("a.txt", "their file"), to="m.txt"),
], ids=repr)  # fmt: skip
def test_a_link_as_the_last_part_does_not_lead_out(furnished: Desk, outside: Path, action: act.Action):
    refused(furnished, RefusedError, action, match="in no watched folder")
    assert {each.name: each.read_text() for each in outside.iterdir()} == {"theirs.txt": "theirs\n"}


def test_a_link_itself_may_be_moved_tagged_and_trashed(furnished: Desk, outside: Path):
    before = furnished.whole()
    ops = [
        furnished.do(act.Move(paths=("out", "their file"), to="d")),
        furnished.do(act.Tag(paths=("d/out",), tags=("red",))),
        furnished.do(act.Trash(paths=("d/out", "d/their file"))),
    ]
    assert {each.name: each.read_text() for each in outside.iterdir()} == {"theirs.txt": "theirs\n"}
    for op in reversed(ops):
        furnished.undo(op)
    assert furnished.whole() == before


def test_a_folder_that_becomes_a_link_after_the_preview_leads_nowhere(furnished: Desk, outside: Path):
    plans = [
        furnished.preview(act.Create(path="d/new.txt", text="x")),
        furnished.preview(act.Move(paths=("a.txt",), to="d")),
        furnished.preview(act.Write(path="d/a.txt", text="x")),
        furnished.preview(act.Trash(paths=("d/a.txt",))),
    ]
    furnished.at("d").rename(furnished.at("real d"))
    furnished.at("d").symlink_to(outside)
    (outside / "a.txt").write_text("theirs too\n")
    for plan in plans:
        with pytest.raises(LsfsError):
            furnished.apply(plan)
        assert furnished.state(plan) == "failed"
    assert sorted(each.name for each in outside.iterdir()) == ["a.txt", "theirs.txt"]
    assert (outside / "a.txt").read_text() == "theirs too\n"
    assert furnished.at("real d/a.txt").read_text() == "in d\n"


def test_what_is_never_touched(start_desk, tmp_path: Path):
    with start_desk(tmp_path) as desk:
        (tmp_path / "home/.ssh").mkdir()
        (tmp_path / "home/.ssh/config").write_text("Host *\n")
        desk.write("a.txt")
        desk.lsfs.up(tmp_path)  # with the home folder, and in it the folders of lsfs itself
        around = {"cwd": to_wire(os.fsencode(tmp_path))}
        for path in (
            str(tmp_path),
            "home",
            "home/.local",
            "home/.local/share/lsfs",
            "home/.local/share/lsfs/vault/vault.db",
            "home/.ssh",
            "home/.ssh/config",
        ):
            for action in (
                act.Trash(paths=(path,)),
                act.Move(paths=(path,), to="root"),
                act.Rename(path=path, name="x"),
            ):
                with pytest.raises(RefusedError, match=r"never|lsfs itself"):
                    desk.preview(action, **around)
        for action in (
            act.Create(path="home/.local/share/lsfs/x.txt"),
            act.Create(path="home/.ssh/authorized_keys", text="theirs"),
            act.Copy(paths=("root/a.txt",), to="home/.ssh"),
            act.Move(paths=("root/a.txt",), to="home/.local/share/lsfs"),
        ):
            with pytest.raises(RefusedError, match=r"never|lsfs itself"):
                desk.preview(action, **around)


# Two things in one place


def test_two_things_onto_one_path_of_a_plan(furnished: Desk):
    moves = (act.Move(paths=("a.txt", "d/a.txt"), to="new", on_exists="fail"),)
    refused(furnished, ConflictError, *moves, match="something stands there already")
    refused(furnished, ConflictError, act.Create(path="n"), act.Create(path="n", on_exists="fail"))
    refused(furnished, ConflictError, act.Mkdir(path="n"), act.Rename(path="a.txt", name="n"))
    plan = furnished.do(act.Move(paths=("a.txt", "d/a.txt"), to="new"))
    assert furnished.names("new") == ["a (2).txt", "a.txt"]
    furnished.undo(plan)
    swap = [
        act.Rename(path="a.txt", name="t"),
        act.Rename(path="b.txt", name="a.txt"),
        act.Rename(path="t", name="b.txt"),
    ]
    furnished.do(*swap)
    assert furnished.at("b.txt").read_text() == "a\n"


@pytest.fixture
def folding(furnished: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose file system is said to ignore case and how letters are composed."""
    mounts = [Mount(b"/", "ext4"), Mount(os.fsencode(furnished.lsfs.root), "vfat")]
    monkeypatch.setattr(furnished.lsfs.engine._parts.planner, "_mounts", lambda: mounts)
    furnished.write("café.txt".encode(), "composed\n")
    furnished.flush()
    return furnished


@pytest.mark.parametrize("action", [
    act.Create(path="A.TXT", on_exists="fail"),
    act.Create(path="new/x", on_exists="fail"),
    act.Create(path="cafe\N{COMBINING ACUTE ACCENT}.txt", on_exists="fail"),
    act.Mkdir(path="D"),
    act.Move(paths=("a.txt",), to=".", name="B.TXT", on_exists="fail"),
    act.Rename(path="a.txt", name="B.TXT"),
    act.Rename(path="a.txt", name="B.TXT", on_exists="replace"),
    act.Copy(paths=("a.txt",), to=".", name="A.TXT", on_exists="fail"),
], ids=repr)  # fmt: skip
def test_names_that_a_file_system_takes_for_the_same_collide(folding: Desk, action: act.Action):
    error = refused(folding, ConflictError, act.Create(path="new/X"), action)
    assert "same name" in error.message or "already" in error.message


def test_names_that_differ_in_case_only_are_numbered_there(folding: Desk):
    folding.do(act.Create(path="A.TXT", text="x"), act.Merge(paths=("a.txt", "b.txt"), to="B.txt"))
    assert folding.at("A (2).TXT").read_text() == "x"
    assert folding.at("B (2).txt").read_text() == "a\nb\n"
    folding.do(act.Move(paths=("d/a.txt",), to=".", name="CAFÉ.txt"))
    assert folding.at("CAFÉ (2).txt").read_text() == "in d\n"


@pytest.mark.parametrize(("old", "new"), [("a.txt", "A.txt"), ("d", "D"), ("café.txt", "cafe\u0301.txt")])
def test_another_case_of_its_own_name_is_no_collision(folding: Desk, old: str, new: str):
    before = folding.whole()
    op = folding.do(act.Rename(path=old, name=new))
    assert old not in folding.names() and new in folding.names()
    folding.undo(op)
    assert folding.whole() == before


def test_names_that_a_plan_frees_and_takes_are_known_by_every_case(folding: Desk):
    folding.preview(act.Rename(path="a.txt", name="n.txt"), act.Create(path="A.TXT", on_exists="fail"))
    for action in (act.Create(path="N.TXT", on_exists="fail"), act.Create(path="A.TXT", on_exists="fail")):
        refused(
            folding,
            ConflictError,
            act.Rename(path="a.txt", name="n.txt"),
            act.Create(path="a.TXT"),
            action,
            match="same name",
        )


class FoldingDisk(Disk):
    """A disk that finds files under other cases of their names, as a case-insensitive file system does."""

    def look(self, where: Where) -> os.stat_result | None:
        if not where.path:
            return super().look(where)
        fd, name = self.parent(where)
        real = next((real for real in map(os.fsencode, os.listdir(fd)) if folded(real) == folded(name)), name)
        return super().look(Where(where.base, real))

    def btime(self, where: Where) -> int:
        return 0


def test_a_file_that_is_found_under_its_new_name_already_may_have_it(tmp_path: Path):
    (tmp_path / "a.txt").write_text("a\n")
    (tmp_path / "b.txt").write_text("b\n")
    os.link(tmp_path / "b.txt", tmp_path / "linked.txt")
    with contextlib.closing(FoldingDisk({1: os.fsencode(tmp_path)})) as disk:
        overlay = Overlay(disk, lambda where: folded, lambda folder: -1)
        a, b = overlay.get(Where(1, b"a.txt")), overlay.get(Where(1, b"b.txt"))
        assert overlay.taken(Where(1, b"A.TXT"), a) is None
        assert overlay.taken(Where(1, b"A.TXT"), b) == b"A.TXT"
        assert overlay.taken(Where(1, b"linked.txt"), b) == b"linked.txt"
        overlay.apply(Move(Where(1, b"a.txt"), Where(1, b"A.TXT"), a.guard))
        assert overlay.get(Where(1, b"A.TXT")) is a


# Names and paths


def test_names_that_are_too_long_are_refused(furnished: Desk):
    most = "n" * 255
    furnished.do(act.Create(path=most, text="x"))
    for action in (
        act.Create(path=most + "n"),
        act.Rename(path="a.txt", name="ü" * 128),
        act.Mkdir(path=f"new/{most}n"),
        act.Move(paths=("a.txt",), to="new", name=most + "n"),
        act.Move(paths=("a.txt",), to=most + "n"),
    ):
        refused(furnished, RefusedError, action, match="bytes")
    furnished.do(act.Create(path=most, text="numbered"))
    numbered = [name for name in furnished.names() if name.endswith(" (2)")]
    assert [len(name) for name in numbered] == [255]


def test_paths_that_are_too_long_are_refused(furnished: Desk):
    deep = "/".join(["folder"] * 700)
    for action in (
        act.Create(path=f"{deep}/n.txt"),
        act.Mkdir(path=deep),
        act.Move(paths=("a.txt",), to=deep),
    ):
        refused(furnished, RefusedError, action, match="more than 4095 bytes")


# Room and permission


@pytest.fixture
def volume(tmp_path: Path, start_desk) -> Iterator[Desk]:
    """A desk that watches a folder, and beside that a small volume, at `../volume`."""
    with start_desk(tmp_path) as desk, small_volume(tmp_path / "volume", "1m"):
        desk.write("a.txt", "a\n")
        desk.write("d/deep/c.txt", "deep\n", 0o640)
        desk.write("large.txt", "x" * (2 << 20))
        desk.write("../volume/v.txt", "v\n")
        desk.lsfs.up(desk.root, tmp_path / "volume")
        desk.flush()
        yield desk


def test_without_room_a_plan_is_refused(volume: Desk):
    for action in (
        act.Create(path="../volume/n.txt", text="x" * (2 << 20)),
        act.Copy(paths=("large.txt",), to="../volume"),
        act.Move(paths=("large.txt",), to="../volume"),
    ):
        error = refused(volume, RefusedError, action, match="MiB are free there")
        assert "2 MiB are to be written" in error.message
    halves = [act.Create(path=f"../volume/{n}.txt", text="x" * (600 << 10)) for n in range(2)]
    refused(volume, RefusedError, *halves, match="are free there")
    volume.do(halves[0])


def test_a_volume_that_is_read_only_is_said_beforehand(volume: Desk):
    plan = volume.preview(act.Rename(path="../volume/v.txt", name="w.txt"))
    remount(volume.at("../volume"), "ro")
    for action in (
        act.Create(path="../volume/n.txt"),
        act.Copy(paths=("a.txt",), to="../volume"),
        act.Write(path="../volume/v.txt", text="x"),
        act.Rename(path="../volume/v.txt", name="x"),
        act.Move(paths=("../volume/v.txt",), to="."),
        act.Trash(paths=("../volume/v.txt",)),
    ):
        refused(volume, RefusedError, action, match="read only")
    with pytest.raises(LsfsError):
        volume.apply(plan)
    remount(volume.at("../volume"), "rw")
    assert volume.at("../volume/v.txt").read_text() == "v\n"


def test_a_folder_without_permission_is_said_beforehand(furnished: Desk, monkeypatch: pytest.MonkeyPatch):
    # Whoever runs the tests may be root, whom no permission binds.
    locked = furnished.at("d").stat().st_ino
    ask = os.access

    def access(path, mode, **how) -> bool:
        return os.stat(path).st_ino != locked and ask(path, mode, **how)

    monkeypatch.setattr(os, "access", access)
    for action in (
        act.Create(path="d/n.txt"),
        act.Move(paths=("a.txt",), to="d"),
        act.Move(paths=("d/a.txt",), to="."),
        act.Trash(paths=("d/a.txt",)),
        act.Write(path="d/a.txt", text="x"),
    ):
        refused(furnished, RefusedError, action, match="permission denied")
    furnished.do(act.Rename(path="d", name="e"))


# Other volumes


def test_what_goes_to_another_volume_says_that_it_is_copied_and_comes_back(volume: Desk):
    os.setxattr(volume.at("d/deep/c.txt"), "user.note", b"from the sea")
    volume.flush()
    volume.do(act.Tag(paths=("a.txt",), tags=("red",)))
    before = volume.whole()
    lineages = {name: volume.lineage(name) for name in ("a.txt", "d/deep/c.txt")}
    plan = volume.preview(act.Move(paths=("a.txt", "d"), to="../volume"))
    moves = [each for each in plan.effects if each.action == "move"]
    assert [(each.note, each.size > 0) for each in moves] == [("to another volume, so that it is copied", True)] * 2
    volume.apply(plan)
    there = volume.at("../volume/d/deep/c.txt")
    assert there.read_text() == "deep\n"
    assert (there.stat().st_mode & 0o777, os.getxattr(there, "user.note")) == (0o640, b"from the sea")
    assert os.getxattr(volume.at("../volume/a.txt"), "user.xdg.tags") == b"red"
    assert volume.names() == ["large.txt"]
    volume.undo(plan)
    assert volume.whole() == before
    assert {name: volume.lineage(name) for name in lineages} == lineages
    assert [path.name for path in volume.at("../volume").iterdir()] == ["v.txt"]
    same = volume.preview(act.Move(paths=("a.txt",), to="d"))
    assert [each.note for each in same.effects] == [""]
