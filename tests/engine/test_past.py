"""History and trees of the past, as they are asked for at once after something happened."""

from __future__ import annotations

import base64
import os
import shutil
import time
from pathlib import Path

import pytest
from msgspec import UNSET

from lsfs.core import actions
from lsfs.core.api import (
    ApplyRequest,
    AtRequest,
    HistoryRequest,
    LogRequest,
    OpRequest,
    PlanRequest,
    TagsRequest,
    UndoRequest,
)
from lsfs.core.errors import NothingFound
from lsfs.core.wirepath import to_wire


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


def test_a_pattern_may_be_anywhere_in_a_path(lsfs):
    for name in ("x/one/n.txt", "x/two/n.txt", "x/two/m.txt", "y/one/n.txt", "x[1]/n.txt", "x1/n.txt", "x[1]/[a].txt"):
        (lsfs.root / name).parent.mkdir(parents=True, exist_ok=True)
        (lsfs.root / name).write_text(name)
    Path(os.fsdecode(os.fsencode(lsfs.root) + b"/x/b\xff.txt")).write_text("bytes")
    lsfs.up()

    def found(pattern: str) -> list[str]:
        files = history(lsfs, lsfs.root / pattern).files
        return [each.path.removeprefix(f"{lsfs.root}/") for each in files]

    assert found("x/*/n.txt") == ["x/one/n.txt", "x/two/n.txt"]
    assert found("?/one/*.txt") == ["x/one/n.txt", "y/one/n.txt"]
    assert found("x/t[vw]o/[^n].txt") == ["x/two/m.txt"]
    assert found("x/b?.txt") == ["x/b\N{REPLACEMENT CHARACTER}.txt"]
    # What stands there as it is written is meant so.
    assert found("x[1]/n.txt") == ["x[1]/n.txt"]
    assert found("x[1]/*.txt") == ["x[1]/[a].txt", "x[1]/n.txt"]
    assert found("x[1]/[a].txt") == ["x[1]/[a].txt"]
    assert found("x[12]/*.txt") == ["x1/n.txt"]
    path = to_wire(os.fsencode(lsfs.root) + b"/x/*\xff.txt")
    assert len(lsfs.engine.past.history(HistoryRequest(path=path)).files) == 1
    with pytest.raises(NothingFound):
        found("z/*/n.txt")


def test_a_new_file_has_its_tags_at_once(lsfs):
    lsfs.up()
    (lsfs.root / "new.txt").write_text("new")
    os.setxattr(lsfs.root / "new.txt", "user.xdg.tags", b"red")
    found = lsfs.engine.past.tags(TagsRequest(paths=(str(lsfs.root / "new.txt"),)))
    assert [each.path for each in found.files] == [str(lsfs.root / "new.txt")]
    with pytest.raises(NothingFound):
        lsfs.engine.past.tags(TagsRequest(paths=(str(lsfs.root / "nothing.txt"),)))


def test_where_a_file_is_now_is_told_in_full(lsfs):
    (lsfs.root / "old.txt").write_text("old")
    lsfs.up()
    do(lsfs, actions.Move(paths=("old.txt",), to="d"))
    assert history(lsfs, lsfs.root / "old.txt").files[0].notes == (f"it is {lsfs.root}/d/old.txt now",)
    (lsfs.root / "old.txt").write_text("another")
    history(lsfs, lsfs.root / "old.txt")
    notes = history(lsfs, lsfs.root / "old.txt").files[0].notes
    assert f"another file stood here once, which is {lsfs.root}/d/old.txt now" in notes


def do(lsfs, action) -> int:
    plan = lsfs.engine.changing.plan(PlanRequest(actions=(action,), cwd=str(lsfs.root)))
    for _ in lsfs.engine.changing.apply(ApplyRequest(op=plan.op)):
        pass
    return plan.op


def test_what_is_not_utf_8_is_told_exactly_everywhere(lsfs):
    odd = os.fsencode(lsfs.root) + b"/\xff.txt"
    for path in (odd, os.fsencode(lsfs.root / "a.txt")):
        Path(os.fsdecode(path)).write_text("text")
    lsfs.up()
    exact = base64.b64encode(odd).decode()
    op = do(lsfs, actions.Move(paths=(to_wire(odd),), to="d"))
    moved = lsfs.engine.changing.op(OpRequest(op=op))
    assert [(step.path_b64, step.to_b64) for step in moved.steps if step.do == "move"] == [
        (exact, base64.b64encode(odd.replace(b"/\xff", b"/d/\xff")).decode())
    ]
    assert [step.path_b64 for step in moved.steps if step.do == "mkdir"] == [UNSET]
    Path(os.fsdecode(odd)).write_text("in its place")
    refused = lsfs.engine.changing.undo(UndoRequest(op=op))
    assert refused.conflicts[0].path_b64 == exact
    copied = lsfs.engine.changing.plan(
        PlanRequest(actions=(actions.Copy(paths=(to_wire(odd),), to=".", on_exists="replace"),), cwd=str(lsfs.root))
    )
    assert [left.path_b64 for left in copied.left_out] == [exact]


def test_what_was_moved_away_is_told_in_full_when_an_op_is_to_be_taken_back(lsfs):
    (lsfs.root / "a.txt").write_text("a")
    lsfs.up()
    op = do(lsfs, actions.Move(paths=("a.txt",), to="d"))
    os.rename(lsfs.root / "d/a.txt", lsfs.root / "elsewhere.txt")
    history(lsfs, lsfs.root)
    refused = lsfs.engine.changing.undo(UndoRequest(op=op))
    assert [conflict.why for conflict in refused.conflicts] == [f"it is {lsfs.root}/elsewhere.txt now"]


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
