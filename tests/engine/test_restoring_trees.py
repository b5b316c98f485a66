"""Somebody loses half of a tree, and has it back with one restore; and what a restore of a folder leaves alone."""

from __future__ import annotations

import os
import random
import shutil
import struct
import time
from pathlib import Path

import pytest

from lsfs.core import actions
from lsfs.core.api import (
    ApplyRequest,
    LogRequest,
    PlanRequest,
    PlanResult,
    RootSettings,
    SettingsRequest,
    UndoRequest,
    UpRequest,
)
from lsfs.core.errors import LsfsError, NothingFound
from tests.running import Lsfs


def tree_of(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below, with contents, modes and the times of files."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            seen = path.lstat()
            if path.is_symlink():
                thing: tuple[object, ...] = ("link", os.readlink(path))
            elif path.is_dir():
                thing = ("folder", seen.st_mode)
            else:
                thing = ("file", seen.st_mode, seen.st_mtime_ns, path.read_bytes())
            found[str(path.relative_to(root))] = thing
    return found


def planned(lsfs: Lsfs, *wanted: actions.Action) -> PlanResult:
    return lsfs.engine.changing.plan(PlanRequest(actions=wanted, cwd=str(lsfs.root), zone="UTC"))


def applied(lsfs: Lsfs, plan: PlanResult) -> PlanResult:
    assert plan.op is not None, plan
    result = None
    for event in lsfs.engine.changing.apply(ApplyRequest(op=plan.op, confirmed="asked")):
        result = event.result or result
    assert result is not None and result.state == "applied", result
    return result


def now_text() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def furnish(root: Path) -> None:
    chance = random.Random(4)
    for number in range(12):
        folder = root / f"project {number % 4}" / f"part {number}"
        folder.mkdir(parents=True)
        for file in range(6):
            path = folder / f"note {file}.txt"
            path.write_text(f"note {number} {file}\n" * chance.randrange(1, 200))
            path.chmod(chance.choice([0o644, 0o600, 0o755]))
            os.utime(path, ns=(10**18, 10**18 + chance.randrange(10**9)))
        (folder / "link").symlink_to("note 0.txt")
    (root / "big.bin").write_bytes(chance.randbytes(3 << 20))
    (root / "empty").mkdir()


def half_lost(root: Path) -> None:
    """A script goes wrong."""
    paths = sorted(path for path in root.rglob("*") if not path.is_dir())
    for path in paths[::2]:
        path.unlink()
    shutil.rmtree(root / "project 1")
    (root / "empty").rmdir()
    (root / "project 2" / "part 2" / "note 1.txt").write_text("overwritten")


def test_who_loses_half_a_tree_has_it_back_with_one_restore(lsfs):
    furnish(lsfs.root)
    lsfs.up()
    before = tree_of(lsfs.root)
    time.sleep(1.1)  # times are given to the second
    when = now_text()
    time.sleep(1.1)
    half_lost(lsfs.root)
    lost = tree_of(lsfs.root)
    assert len(lost) < 0.6 * len(before)
    # At once: the events of the loss need not have been taken in.
    plan = planned(lsfs, actions.Restore(path=str(lsfs.root), to=when))
    assert tree_of(lsfs.root) == lost, "a preview changed something"
    done = applied(lsfs, plan)
    assert tree_of(lsfs.root) == before
    assert not done.left_out
    # It is an op like every other.
    applied(lsfs, lsfs.engine.changing.undo(UndoRequest(cwd=str(lsfs.root))))
    assert tree_of(lsfs.root) == lost
    assert [op.reverses for op in lsfs.engine.changing.log(LogRequest(path=str(lsfs.root))).ops] == [done.op, None]


def test_it_is_had_back_though_lsfs_did_not_run_meanwhile(lsfs):
    furnish(lsfs.root)
    lsfs.up()
    before = tree_of(lsfs.root)
    time.sleep(1.1)
    when = now_text()
    time.sleep(1.1)
    lsfs.engine.close()
    half_lost(lsfs.root)
    lsfs.restart()
    lsfs.settled()
    applied(lsfs, planned(lsfs, actions.Restore(path=str(lsfs.root), to=when)))
    assert tree_of(lsfs.root) == before


@pytest.fixture
def later(lsfs: Lsfs) -> tuple[Lsfs, str]:
    """A tree, a moment, and then: a file changed, one is new, one was replaced by a folder, one lies unversioned."""
    root = lsfs.root
    (root / "d" / "e").mkdir(parents=True)
    (root / "d" / "kept.txt").write_text("then")
    (root / "d" / "file").write_text("a file then")
    (root / "d" / "e" / "inner.txt").write_text("inner")
    (root / "d" / "big.iso").write_bytes(b"big then")
    root.joinpath(".lsfsignore").write_text("*.log\n")
    lsfs.engine.up(UpRequest(paths=(str(root),), settings=RootSettings(exclude=("*.iso",))))
    lsfs.settled()
    time.sleep(1.1)
    when = now_text()
    time.sleep(1.1)
    (root / "d" / "kept.txt").write_text("now")
    (root / "d" / "new.txt").write_text("new")
    (root / "d" / "file").unlink()
    (root / "d" / "file").mkdir()
    (root / "d" / "file" / "within.txt").write_text("within")
    (root / "d" / "new.log").write_text("ignored")
    (root / "d" / "big.iso").write_bytes(b"big now")
    shutil.rmtree(root / "d" / "e")
    (root / "d" / "e").write_text("a file now")
    return lsfs, when


def test_newer_files_stay_and_what_is_in_the_way_is_said(later):
    lsfs, when = later
    done = applied(lsfs, planned(lsfs, actions.Restore(path="d", to=when)))
    d = lsfs.root / "d"
    assert (d / "kept.txt").read_text() == "then"
    assert (d / "new.txt").read_text() == "new"
    assert (d / "new.log").read_text() == "ignored"
    assert (d / "big.iso").read_bytes() == b"big now"
    assert (d / "file" / "within.txt").read_text() == "within"
    assert (d / "e").read_text() == "a file now"
    said = {Path(each.path).name: each.why for each in done.left_out}
    assert "--exact" in said["file"] and "--exact" in said["e"] and "--exact" in said["inner.txt"]


def test_exactly_as_it_was_puts_what_is_newer_into_the_trash_and_touches_nothing_unversioned(later):
    lsfs, when = later
    before = tree_of(lsfs.root)
    plan = planned(lsfs, actions.Restore(path="d", to=when, exact=True))
    assert {Path(e.path).name for e in plan.effects if e.action == "trash"} == {"new.txt", "file", "e"}
    applied(lsfs, plan)
    d = lsfs.root / "d"
    assert (d / "kept.txt").read_text() == "then"
    assert (d / "file").read_text() == "a file then"
    assert (d / "e" / "inner.txt").read_text() == "inner"
    assert not (d / "new.txt").exists()
    assert (d / "new.log").read_text() == "ignored"
    assert (d / "big.iso").read_bytes() == b"big now"
    applied(lsfs, lsfs.engine.changing.undo(UndoRequest(cwd=str(lsfs.root))))
    assert tree_of(lsfs.root) == before


def test_elsewhere_nothing_of_now_is_touched(later, tmp_path):
    lsfs, when = later
    before = tree_of(lsfs.root)
    output = tmp_path / "elsewhere"
    output.mkdir()
    applied(lsfs, planned(lsfs, actions.Restore(path="d", to=when, output=str(output))))
    assert tree_of(lsfs.root) == before
    assert (output / "d" / "kept.txt").read_text() == "then"
    assert (output / "d" / "e" / "inner.txt").read_text() == "inner"
    assert not (output / "d" / "new.txt").exists()


def test_what_is_no_longer_kept_is_named_and_the_rest_comes_back(lsfs):
    (lsfs.root / "d").mkdir()
    for name in ("a.txt", "b.txt"):
        (lsfs.root / "d" / name).write_text(f"{name} then")
    lsfs.up()
    time.sleep(2.6)
    when = now_text()
    content = lsfs.versions("d/a.txt")[0].content
    shutil.rmtree(lsfs.root / "d")
    lsfs.rescanned()
    with lsfs.vault.write() as tx:
        tx.execute("DELETE FROM pieces WHERE hash = ?", (content,))
    done = applied(lsfs, planned(lsfs, actions.Restore(path="d", to=when)))
    assert [(Path(each.path).name, each.why) for each in done.left_out] == [
        ("a.txt", "its content is not kept any more")
    ]
    assert (lsfs.root / "d" / "b.txt").read_text() == "b.txt then"


@pytest.mark.parametrize("when", ["2001-02-03", "before op 7", "@2", "no time at all"])
def test_a_time_of_which_nothing_is_known_changes_nothing(lsfs, when):
    furnish(lsfs.root)
    for path in lsfs.root.rglob("*.txt"):
        os.utime(path)
    lsfs.up()
    before = tree_of(lsfs.root)
    with pytest.raises(LsfsError) as caught:
        planned(lsfs, actions.Restore(path=str(lsfs.root), to=when))
    assert caught.value.hint
    assert tree_of(lsfs.root) == before


def test_a_time_before_the_first_version_of_a_file_says_so(lsfs):
    path = lsfs.root / "a.txt"
    path.write_text("now")
    lsfs.up()
    with pytest.raises(NothingFound, match="before the first version"):
        planned(lsfs, actions.Restore(path="a.txt", to="2001-02-03"))
    assert path.read_text() == "now"


def test_what_is_not_versioned_any_more_or_is_no_file_is_named(lsfs):
    root = lsfs.root
    (root / "d").mkdir()
    for name in ("big.iso", "same.iso", "thing.iso", "a.txt"):
        (root / "d" / name).write_text("then")
    os.mkfifo(root / "d" / "pipe")
    lsfs.up()
    time.sleep(1.1)
    when = now_text()
    time.sleep(1.1)
    lsfs.engine.change_settings(SettingsRequest(path=str(root), settings=RootSettings(exclude=("*.iso",))))
    lsfs.settled()
    (root / "d" / "big.iso").write_text("now, unversioned")
    (root / "d" / "pipe").unlink()
    (root / "d" / "thing.iso").unlink()
    (root / "d" / "thing.iso").mkdir()
    (root / "d" / "a.txt").write_text("now")
    done = applied(lsfs, planned(lsfs, actions.Restore(path="d", to=when)))
    said = {Path(each.path).name: each.why for each in done.left_out}
    assert said.keys() == {"big.iso", "thing.iso", "pipe"}
    assert "no versions are kept" in said["big.iso"] and "not brought back" in said["pipe"]
    assert (root / "d" / "big.iso").read_text() == "now, unversioned"
    assert (root / "d" / "a.txt").read_text() == "then"


def test_folders_that_are_made_again_have_their_modes_and_times(lsfs, tmp_path):
    root = lsfs.root
    (root / "d" / "e").mkdir(parents=True)
    (root / "d" / "e" / "inner.txt").write_text("inner")
    for path, mode in (("d/e", 0o750), ("d", 0o700)):
        (root / path).chmod(mode)
        os.utime(root / path, ns=(1_600_000_000_123_456_789,) * 2)
    lsfs.up()
    time.sleep(1.1)
    when = now_text()
    time.sleep(1.1)
    shutil.rmtree(root / "d")
    lsfs.rescanned()
    applied(lsfs, planned(lsfs, actions.Restore(path="d", to=when)))
    applied(lsfs, planned(lsfs, actions.Restore(path="d", to=when, output=str(tmp_path / "elsewhere"))))
    for folder in (root, tmp_path / "elsewhere"):
        found = {path: (folder / path).stat() for path in ("d", "d/e")}
        assert {path: seen.st_mode & 0o777 for path, seen in found.items()} == {"d": 0o700, "d/e": 0o750}
        assert {seen.st_mtime_ns for seen in found.values()} == {1_600_000_000_123_456_789}


def test_a_folder_that_is_made_again_has_the_access_list_that_its_folder_gives(lsfs):
    root = lsfs.root
    (root / "d").mkdir()
    (root / "d" / "a.txt").write_text("then")
    lsfs.up()
    time.sleep(1.1)
    when = now_text()
    time.sleep(1.1)
    shutil.rmtree(root / "d")
    # Version 2: owner rwx, user 1000 rwx, group r-x, mask rwx, others none.
    rows = ((1, 7, -1), (2, 7, 1000), (4, 5, -1), (16, 7, -1), (32, 0, -1))
    try:
        packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)
        os.setxattr(root, "system.posix_acl_default", packed)
    except OSError:
        pytest.skip("this file system has no access lists")
    applied(lsfs, planned(lsfs, actions.Restore(path="d", to=when)))
    assert "system.posix_acl_default" in os.listxattr(root / "d")
