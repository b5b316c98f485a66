"""From when a state counts as valid that was elsewhere before, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lsfs.core.records import Kind, Seen, StatKey
from lsfs.ingest.capture import Reading
from lsfs.watch.records import ScanBatch
from tests.versions.told import SECOND, START, Desk, of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def folder(desk: Desk, path: bytes, inside: StatKey, *, ino: int = 50, **batch) -> None:
    """A look finds a folder that was changed just now, with one file in it."""
    key = StatKey(ino, 4096, desk.now, desk.now, 0o40755)
    seen = [Seen(path, Kind.DIR, key), Seen(path + b"/f", Kind.FILE, inside)]
    desk.tell(ScanBatch(seen=seen, **batch))
    desk.capturer.apply([Reading(desk.entry(path + b"/f").id, of(b"A"), inside)])


@pytest.mark.parametrize("deeper", [b"", b"/deep"])
def test_what_a_renamed_folder_holds_was_at_its_old_place_until_then_whatever_its_inode_tells(desk, deeper):
    inside = StatKey(7, 1, desk.now, desk.now, 0o100644)
    folder(desk, b"d" + deeper, inside)
    if deeper:
        desk.tell(ScanBatch(seen=[Seen(b"d", Kind.DIR, StatKey(60, 4096, desk.now, desk.now, 0o40755))]))
    desk.wait(3)
    desk.now += 1000 * SECOND
    # It gets another name, or owner, of which no version tells.
    inside = msgspec.structs.replace(inside, ctime_ns=desk.now)
    folder(desk, b"d" + deeper, inside)
    desk.wait(3)
    desk.now += 1000 * SECOND
    renamed = desk.now
    gone = [b"d", b"d" + deeper, b"d" + deeper + b"/f"]
    desk.left = set(gone)
    if deeper:
        top = Seen(b"e", Kind.DIR, StatKey(60, 4096, renamed, renamed, 0o40755))
        old = StatKey(50, 4096, START, START, 0o40755)
        seen = [top, Seen(b"e/deep", Kind.DIR, old), Seen(b"e/deep/f", Kind.FILE, inside)]
        desk.tell(ScanBatch(seen=seen, gone=gone))
        desk.capturer.apply([Reading(desk.entry(b"e/deep/f").id, of(b"A"), inside)])
    else:
        folder(desk, b"e", inside, gone=gone)
    desk.wait(3)
    assert [(v.path, v.since_ns) for v in desk.versions(b"e" + deeper + b"/f")] == [
        (b"d" + deeper + b"/f", START),
        (b"e" + deeper + b"/f", renamed),
    ]


def test_what_was_written_while_its_folder_was_away_is_back_when_that_is(desk):
    inside = StatKey(7, 1, desk.now, desk.now, 0o100644)
    folder(desk, b"d", inside)
    desk.wait(3)
    desk.tell(ScanBatch(gone=[b"d", b"d/f"]))
    desk.now += 1000 * SECOND
    inside = StatKey(7, 1, desk.now, desk.now, 0o100644)
    desk.now += 1000 * SECOND
    folder(desk, b"d", inside)
    back = desk.now
    desk.wait(3)
    assert [v.since_ns for v in desk.versions(b"d/f") if not v.gone] == [START, back]


def test_a_change_of_its_folders_mode_is_not_when_a_file_came_there(desk):
    def folder_now(mode: int) -> Seen:
        return Seen(b"d", Kind.DIR, StatKey(50, 4096, desk.now, desk.now, mode))

    desk.tell(ScanBatch(seen=[folder_now(0o40755)]))
    desk.save(b"f", b"A", ino=7)
    desk.wait(3)
    desk.now += 1000 * SECOND
    moved = StatKey(7, 1, START, desk.now, 0o100644)
    desk.now += 1000 * SECOND
    closed = folder_now(0o40700)
    desk.now += 1000 * SECOND
    desk.left = {b"f"}
    desk.tell(ScanBatch(seen=[closed, Seen(b"d/f", Kind.FILE, moved)], gone=[b"f"]))
    desk.wait(3)
    desk.capturer.apply([Reading(desk.entry(b"d/f").id, of(b"A"), moved)])
    desk.wait(3)
    assert desk.versions(b"d/f")[-1].since_ns == moved.ctime_ns
