"""History and trees of the past, as they are asked for at once after something happened."""

from __future__ import annotations

import os
import shutil
import time

from lsfs.core import actions
from lsfs.core.api import ApplyRequest, AtRequest, HistoryRequest, LogRequest, PlanRequest


def names(result) -> list[str]:
    return [os.path.basename(each.path) for each in (result.files if hasattr(result, "files") else result.entries)]


def history(lsfs, path):
    return lsfs.engine.past.history(HistoryRequest(path=str(path), cwd=str(lsfs.root)))


def test_a_new_folder_has_a_history_at_once(lsfs):
    lsfs.up()
    folder = lsfs.root / "new"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    result = history(lsfs, folder)
    assert names(result) == ["a.txt"]
    assert [version.kept for version in result.files[0].versions] == [True]


def test_what_was_made_and_trashed_at_once_was_there_before_the_op(lsfs):
    lsfs.up()
    folder = lsfs.root / "new"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    plan = lsfs.engine.changing.plan(PlanRequest(actions=(actions.Trash(paths=("new",)),), cwd=str(lsfs.root)))
    for _ in lsfs.engine.changing.apply(ApplyRequest(op=plan.op)):
        pass
    then = lsfs.engine.past.at(AtRequest(when=f"before op {plan.op}", path=str(lsfs.root)))
    assert "a.txt" in names(then) and all(each.kept for each in then.entries)


def test_a_folder_may_be_named_by_dots(lsfs):
    (lsfs.root / "d").mkdir()
    (lsfs.root / "a.txt").write_text("a")
    lsfs.up()
    before = [entry.path for entry in lsfs.vault.entries.below(1, b"", gone=True)]
    for dots in (".", "d/..", "./d/../.", "d/../a.txt"):
        assert names(history(lsfs, lsfs.root / dots)) == ["a.txt"]
        path = f"{lsfs.root}/{dots}"
        assert names(lsfs.engine.past.history(HistoryRequest(path=path))) == ["a.txt"], dots
        lsfs.engine.changing.log(LogRequest(path=path))
    assert "a.txt" in names(lsfs.engine.past.at(AtRequest(when="now", path=f"{lsfs.root}/d/..")))
    assert [entry.path for entry in lsfs.vault.entries.below(1, b"", gone=True)] == before


def test_only_what_a_first_scan_found_is_assumed_to_be_unchanged(lsfs):
    old = lsfs.root / "old.txt"
    old.write_text("old")
    os.utime(old, (1_600_000_000, 1_600_000_000))
    lsfs.up()
    time.sleep(2.3)
    for path in (old, lsfs.root / "later.txt"):
        path.write_text("later")
    time.sleep(2.3)
    assert [version.assumed for version in history(lsfs, old).files[0].versions] == [True, False]
    assert [version.assumed for version in history(lsfs, lsfs.root / "later.txt").files[0].versions] == [False]


def test_a_deleted_folder_still_has_a_history(lsfs):
    folder = lsfs.root / "d"
    folder.mkdir()
    for name in ("a.txt", "b.md"):
        (folder / name).write_text(name)
        os.utime(folder / name, (1_600_000_000, 1_600_000_000))
    lsfs.up()
    time.sleep(2.3)
    shutil.rmtree(folder)
    assert names(history(lsfs, folder)) == ["a.txt", "b.md"]
    assert names(history(lsfs, folder / "*.md")) == ["b.md"]
    file = history(lsfs, folder / "a.txt").files[0]
    assert file.state == "gone" and file.versions[-1].gone and file.versions[0].kept
