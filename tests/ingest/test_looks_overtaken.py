"""A look at the disk may be recorded long after it was taken: what has gone meanwhile stays gone, folder and all."""

from __future__ import annotations

import msgspec
import pytest

from lsfs.core import actions as act
from lsfs.core.api import ApplyRequest, PlanRequest
from lsfs.watch.records import ScanBatch


@pytest.fixture
def watched(lsfs):
    """A folder with a file in it, and nobody who looks at it unasked."""
    (lsfs.root / "docs/inner").mkdir(parents=True)
    (lsfs.root / "docs/inner/deep.txt").write_text("far down\n")
    lsfs.up()
    lsfs.engine._parts.watcher.remove(lsfs.vault.roots.all()[0].id)
    return lsfs


def look(lsfs, *paths: bytes) -> ScanBatch:
    parts = lsfs.engine._parts
    root = lsfs.vault.roots.all()[0]
    return parts.keeper._scanner(root).look(paths)


def tell(lsfs, batch: ScanBatch) -> None:
    """Has a look recorded as that of an event is."""
    ingest = lsfs.engine._parts.ingest
    ingest.observe(lsfs.vault.roots.all()[0], batch, urgent=True)
    ingest.run(lambda: None)


def carry_out(lsfs, *actions: act.Action) -> None:
    changing = lsfs.engine.changing
    plan = changing.plan(PlanRequest(actions=actions, cwd=str(lsfs.root)))
    *_, last = changing.apply(ApplyRequest(op=plan.op, cwd=str(lsfs.root), confirmed="asked"))
    assert last.result.state == "applied"
    lsfs.settled()


def move_away(lsfs) -> None:
    """Another program moves the folder away, and that is recorded."""
    (lsfs.root / "docs/inner").rename(lsfs.root / "inner")
    lsfs.rescanned()


def test_looks_from_before_an_op_do_not_bring_back_what_it_moved_however_many_come(watched):
    looks = [look(watched, b"docs/inner/deep.txt") for _ in range(3)]
    carry_out(watched, act.Move(paths=("docs/inner/deep.txt",), to="."))
    for each in looks:
        tell(watched, each)
        assert watched.differences() == []


def test_looks_from_before_an_op_do_not_bring_back_what_lay_in_a_folder_that_it_moved(watched):
    looks = [look(watched, b"docs/inner/deep.txt") for _ in range(3)]
    carry_out(watched, act.Move(paths=("docs/inner",), to="."))
    for each in looks:
        tell(watched, each)
        assert watched.differences() == []


def test_a_late_look_does_not_bring_back_a_file_whose_folder_was_moved_away_since(watched):
    late = look(watched, b"docs/inner/deep.txt")
    move_away(watched)
    tell(watched, late)
    assert watched.differences() == []


@pytest.mark.parametrize("then", ["gone", "a file", "a link to another folder"])
def test_a_look_that_saw_a_file_and_then_its_folder_gone_has_seen_neither(then, watched):
    batch = look(watched, b"docs/inner/deep.txt")
    (watched.root / "docs/inner").rename(watched.root / "inner")
    if then == "a file":
        (watched.root / "docs/inner").write_text("no folder")
    elif then != "gone":
        (watched.root / "docs/inner").symlink_to("../inner")
    batch.extend(look(watched, b"docs/inner"))
    tell(watched, batch)
    watched.rescanned()
    assert watched.differences() == []


def test_a_file_in_a_folder_that_nobody_has_seen_yet_is_known_at_once(watched):
    (watched.root / "new").mkdir()
    (watched.root / "new/a.txt").write_text("words")
    tell(watched, look(watched, b"new/a.txt"))
    assert not watched.entry("new/a.txt").gone


def test_a_scan_finds_what_is_known_in_a_folder_that_is_not(watched):
    entries = watched.vault.entries
    deep = watched.entry("docs/inner/deep.txt")
    move_away(watched)
    with watched.vault.write() as tx:
        for number, path in enumerate((b"docs/inner/deep.txt", b"never/there/a.txt"), entries.next_id(tx)):
            seq = watched.vault.next_seq(tx, 1)
            entries.put(tx, [msgspec.structs.replace(deep, id=number, path=path, seq=seq)])
    root = watched.vault.roots.all()[0]
    assert list(entries.orphans(root.id)) == [b"docs/inner/deep.txt", b"never/there/a.txt"]
    watched.rescanned()
    assert list(entries.orphans(root.id)) == [] and watched.differences() == []
