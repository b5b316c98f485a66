"""What is kept of a watched folder, and what is searched, by its settings."""

from __future__ import annotations

import os
import time

import pytest

from lsfs.core import actions
from lsfs.core.api import (
    ApplyRequest,
    FindRequest,
    HistoryRequest,
    PlanRequest,
    PlanResult,
    RootSettings,
    SettingsRequest,
    UndoRequest,
    UpRequest,
)
from lsfs.core.errors import NothingFound
from tests.running import Lsfs

LARGE = b"0123456789abcde\n" * ((1 << 16) + 1)
LONG_AGO = (1_600_000_000, 1_600_000_000)


def written(lsfs: Lsfs, name: str, data: bytes) -> None:
    """A file whose first version needs no settling."""
    path = lsfs.root / name
    path.write_bytes(data)
    os.utime(path, LONG_AGO)


def up(lsfs: Lsfs, **settings) -> None:
    lsfs.engine.up(UpRequest(paths=(str(lsfs.root),), settings=RootSettings(**settings)))
    lsfs.settled()
    time.sleep(2.2)  # what was written just now settles
    lsfs.rescanned()


def change(lsfs: Lsfs, **settings) -> None:
    lsfs.engine.change_settings(SettingsRequest(path=str(lsfs.root), settings=RootSettings(**settings)))
    lsfs.settled()


def carried_out(lsfs: Lsfs, plan: PlanResult) -> None:
    assert plan.op is not None
    for _ in lsfs.engine.changing.apply(ApplyRequest(op=plan.op)):
        pass


def numbers(lsfs: Lsfs, name: str) -> list[int]:
    return [version.number for version in lsfs.versions(name) if version.number is not None]


def found(lsfs: Lsfs, words: str) -> list[str]:
    result = lsfs.engine.find(FindRequest(words=words, cwd=str(lsfs.root)))
    return [os.path.basename(hit.path) for hit in result.hits]


def why(lsfs: Lsfs, name: str) -> str:
    entry = lsfs.entry(name)
    assert entry is not None
    return entry.unversioned


def test_larger_files_have_no_versions_and_the_rest_has(lsfs):
    written(lsfs, "small.txt", b"small")
    written(lsfs, "large.txt", LARGE)
    up(lsfs, max_file_mb=1)
    assert numbers(lsfs, "small.txt") == [1]
    assert numbers(lsfs, "large.txt") == []
    with pytest.raises(NothingFound) as caught:
        lsfs.engine.past.history(HistoryRequest(path=str(lsfs.root / "large.txt")))
    assert "1 MiB" in caught.value.hint
    # What lsfs itself overwrites is kept whatever its size.
    over = actions.Write(path="large.txt", text="short")
    carried_out(lsfs, lsfs.engine.changing.plan(PlanRequest(actions=(over,), cwd=str(lsfs.root))))
    assert (lsfs.root / "large.txt").read_text() == "short"
    carried_out(lsfs, lsfs.engine.changing.undo(UndoRequest(cwd=str(lsfs.root))))
    assert (lsfs.root / "large.txt").read_bytes() == LARGE


def test_patterns_name_what_has_no_versions(lsfs):
    written(lsfs, "a.txt", b"words in it")
    written(lsfs, "a.iso", b"words in it too")
    up(lsfs, exclude=("*.iso",))
    assert numbers(lsfs, "a.txt") == [1] and numbers(lsfs, "a.iso") == []
    assert "excluded" in why(lsfs, "a.iso")
    assert sorted(found(lsfs, "words")) == ["a.iso", "a.txt"]


def test_without_versions_all_is_still_searched(lsfs):
    written(lsfs, "a.txt", b"words in it")
    up(lsfs, versions="off")
    assert numbers(lsfs, "a.txt") == [] and why(lsfs, "a.txt")
    assert found(lsfs, "words") == ["a.txt"]
    assert lsfs.vault.pieces.known([lsfs.entry("a.txt").content]) == set()


def test_without_searching_all_still_has_versions(lsfs):
    written(lsfs, "a.txt", b"words in it")
    up(lsfs, index="off")
    assert numbers(lsfs, "a.txt") == [1]
    assert found(lsfs, "words") == []
    assert lsfs.engine.status().protected == 1.0


def test_settings_that_change_later_hold_for_what_is_there(lsfs):
    written(lsfs, "a.txt", b"words in it")
    up(lsfs, versions="off")
    assert numbers(lsfs, "a.txt") == []
    change(lsfs, versions="on")
    assert numbers(lsfs, "a.txt") == [1]
    assert not lsfs.unkept(b"a.txt", lsfs.entry("a.txt").content)
    change(lsfs, index="off")
    assert found(lsfs, "words") == []
    change(lsfs, index="on")
    assert found(lsfs, "words") == ["a.txt"]
    change(lsfs, versions="off")
    # What was kept is still to be had, and says why nothing is added.
    file = lsfs.engine.past.history(HistoryRequest(path=str(lsfs.root / "a.txt"))).files[0]
    assert [version.kept for version in file.versions if version.number] == [True]
    assert any("no versions are kept of it any more" in note for note in file.notes)


def test_what_is_ignored_is_neither_searched_nor_kept(lsfs):
    (lsfs.root / ".lsfsignore").write_text("*.log\n")
    written(lsfs, "a.log", b"words in it")
    up(lsfs)
    assert found(lsfs, "words") == []
    with pytest.raises(NothingFound) as caught:
        lsfs.engine.past.history(HistoryRequest(path=str(lsfs.root / "a.log")))
    assert "ignored" in caught.value.hint


def test_a_file_that_grew_too_large_for_versions_and_is_deleted_has_its_end_in_its_history(lsfs):
    written(lsfs, "a.txt", b"small\n")
    up(lsfs, max_file_mb=1)
    (lsfs.root / "a.txt").write_bytes(LARGE)
    lsfs.rescanned()
    assert lsfs.entry("a.txt").unversioned and numbers(lsfs, "a.txt") == [1]
    (lsfs.root / "a.txt").unlink()
    lsfs.rescanned()
    assert [version.gone for version in lsfs.versions("a.txt")] == [0, 1]
