"""When what was seen and read becomes a version: a vault on disk, looks at files made by hand, a clock in our hands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.records import Kind, Seen, StatKey
from lsfs.ingest.capture import Reading
from lsfs.ingest.settle import NO_ROOM
from lsfs.store.vault import Version
from lsfs.versions.notes import all_notes
from lsfs.watch.records import ScanBatch
from tests.versions.told import CODEC, SECOND, START, Desk, of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_a_content_that_stands_for_two_seconds_is_a_version(desk):
    desk.save(b"f", b"A")
    desk.wait(1.9)
    assert desk.history(b"f") == []
    desk.wait(0.2)
    assert desk.history(b"f") == [(1, of(b"A"))]
    assert desk.entry(b"f").pending is None


def test_two_saves_within_the_settle_time_are_one_version_with_the_last_content(desk):
    desk.save(b"f", b"A")
    desk.wait(1)
    desk.save(b"f", b"B")
    desk.wait(30)
    assert desk.history(b"f") == [(1, of(b"B"))]


def test_a_content_that_comes_back_is_a_version_of_its_own(desk):
    for text in (b"A", b"B", b"A"):
        desk.save(b"f", text)
        desk.wait(3)
    assert desk.history(b"f") == [(1, of(b"A")), (2, of(b"B")), (3, of(b"A"))]


def test_a_file_that_never_stands_still_has_a_version_every_ten_seconds(desk):
    for number in range(25):
        desk.save(b"log", b"line\n" * number)
        desk.wait(1)
    desk.wait(5)
    numbers = [number for number, _ in desk.history(b"log")]
    assert numbers == [1, 2, 3]
    assert desk.history(b"log")[-1] == (3, of(b"line\n" * 24))


def test_a_content_that_stood_is_kept_though_the_next_save_comes_before_it_was_written_down(desk):
    desk.save(b"f", b"A")
    desk.now += 5 * SECOND  # nothing ran meanwhile
    desk.save(b"f", b"B")
    desk.wait(3)
    assert desk.history(b"f") == [(1, of(b"A")), (2, of(b"B"))]


def test_a_touch_and_a_chmod_are_rows_without_a_number(desk):
    desk.save(b"f", b"A")
    desk.wait(3)
    desk.save(b"f", b"A")
    desk.wait(3)
    desk.save(b"f", b"A", mode=0o100755, mtime=desk.entry(b"f").mtime_ns)
    desk.wait(3)
    assert [number for number, _ in desk.history(b"f")] == [1, None, None]
    assert [version.mode for version in desk.versions(b"f")] == [0o100644, 0o100644, 0o100755]
    desk.save(b"f", b"B")
    desk.wait(3)
    assert desk.history(b"f")[-1] == (2, of(b"B"))


def test_reading_a_file_again_without_a_change_adds_nothing(desk):
    desk.save(b"f", b"A")
    desk.wait(3)
    before = desk.versions(b"f")
    entry = desk.entry(b"f")
    desk.capturer.apply([Reading(entry.id, of(b"A"), entry.key)])
    desk.wait(3)
    assert desk.versions(b"f") == before


def test_a_rename_is_a_row_without_a_number(desk):
    desk.save(b"a", b"A", ino=7)
    desk.wait(3)
    lineage = desk.entry(b"a").lineage
    desk.save(b"b", b"A", ino=7, mtime=desk.entry(b"a").mtime_ns, gone=[b"a"])
    desk.wait(3)
    assert desk.entry(b"b").lineage == lineage
    assert [(version.path, version.number, version.gone) for version in desk.versions(b"b")] == [
        (b"a", 1, 0),
        (b"b", None, 0),
    ]


def given_up(desk) -> list[bool]:
    reasons = desk.vault.versions.dropped(desk.entry(b"b").lineage)
    return [version.seq in reasons for version in desk.versions(b"b")]


def test_every_state_of_a_content_that_could_not_be_kept_is_given_up_until_it_is_kept_after_all(desk):
    key = desk.see(b"a", b"A", ino=7)
    desk.capturer.apply([Reading(desk.entry(b"a").id, of(b"A"), key)])  # it was kept when that was asked for
    desk.wait(3)
    key = desk.see(b"b", b"A", ino=7, gone=[b"a"])
    desk.capturer.apply([Reading(desk.entry(b"b").id, of(b"A"), key)])
    desk.wait(3)
    desk.delete(b"b")
    assert [(version.number, version.gone) for version in desk.versions(b"b")] == [(1, 0), (None, 0), (None, 1)]
    assert given_up(desk) == [True, True, True]
    desk.save(b"c", b"A")
    with desk.vault.write() as tx:
        desk.vault.versions.regain(tx, [NO_ROOM])
    assert given_up(desk) == [False, False, False]


def test_a_file_born_and_gone_within_the_settle_time_leaves_no_version(desk):
    desk.save(b"f", b"A")
    desk.wait(1)
    desk.delete(b"f")
    desk.wait(30)
    assert desk.vault.versions.count() == 0
    assert desk.entry(b"f").gone


def test_a_delete_of_a_file_with_versions_is_recorded_after_what_was_pending(desk):
    desk.save(b"f", b"A")
    desk.wait(3)
    desk.save(b"f", b"B")
    desk.wait(1)
    desk.delete(b"f")
    assert [(v.number, v.content, v.gone) for v in desk.versions(b"f")] == [
        (1, of(b"A"), 0),
        (2, of(b"B"), 0),
        (None, of(b"B"), 1),
    ]


def test_a_file_that_is_made_again_goes_on_counting(desk):
    desk.save(b"f", b"A", ino=7)
    desk.wait(3)
    desk.delete(b"f")
    desk.save(b"f", b"B", ino=8)
    desk.wait(3)
    assert [(v.number, v.gone) for v in desk.versions(b"f")] == [(1, 0), (None, 1), (2, 0)]


def test_a_change_of_type_and_of_a_links_target_are_rows(desk):
    for target in (b"one", b"two"):
        key = StatKey(7, 3, desk.now, desk.now, 0o120777)
        desk.tell(ScanBatch(seen=[Seen(b"l", Kind.SYMLINK, key, target=target)]))
        desk.wait(3)
    desk.save(b"l", b"A", ino=8)
    desk.wait(3)
    assert [(v.kind, v.target, v.number) for v in desk.versions(b"l")] == [
        ("symlink", b"one", None),
        ("symlink", b"two", None),
        ("file", None, 1),
    ]


def test_what_a_first_scan_finds_counts_as_valid_since_its_mtime_and_what_appears_later_since_it_was_seen(desk):
    long_ago = START - 1000 * SECOND
    key = StatKey(7, 1, long_ago, long_ago, 0o100644)
    desk.tell(ScanBatch(seen=[Seen(b"old", Kind.FILE, key)]), first=True)
    desk.capturer.apply([Reading(desk.entry(b"old").id, of(b"A"), key)])
    desk.baseline_done()
    desk.wait(3)
    desk.save(b"new", b"B", mtime=long_ago)
    saved = desk.now
    desk.wait(3)
    (old,), (new,) = desk.versions(b"old"), desk.versions(b"new")
    assert old.since_ns == long_ago and old.seen_ns >= START
    assert new.since_ns == saved
    desk.save(b"old", b"C", mtime=long_ago)
    desk.wait(3)
    assert desk.versions(b"old")[1].since_ns > START


def test_a_version_row_is_never_written_again(desk):
    written: dict[int, Version] = {}
    for text in (b"A", b"B", b"B", b"A"):
        desk.save(b"f", text)
        desk.wait(3)
        rows = {version.seq: version for version in desk.versions(b"f")}
        assert written.items() <= rows.items()
        written = rows
    desk.delete(b"f")
    assert written.items() <= {version.seq: version for version in desk.versions(b"f")}.items()


def test_what_was_pending_when_the_process_was_killed_becomes_a_version_at_the_next_start(desk):
    desk.save(b"f", b"A")
    desk.vault.close()  # pending stands in the database alone
    desk.open()
    assert [entry.path for entry in desk.vault.entries.pending()] == [b"f"]
    desk.capturer.settle(desk.vault.entries.pending())
    assert desk.history(b"f") == [(1, of(b"A"))]
    assert desk.vault.entries.pending() == []


def test_a_kill_between_the_looks_at_a_moved_files_new_and_old_name_gives_no_number_twice(desk):
    desk.save(b"a", b"A", ino=7)
    desk.left.add(b"a")
    desk.save(b"b", b"B", ino=7)
    assert desk.entry(b"a").lineage == desk.entry(b"b").lineage
    desk.vault.close()
    desk.open()
    desk.capturer.settle(desk.vault.entries.pending())
    assert [(v.path, v.number, v.content) for v in desk.versions(b"b")] == [(b"a", 1, of(b"A")), (b"b", 2, of(b"B"))]
    desk.delete(b"a")
    assert [v.gone for v in desk.versions(b"b")] == [0, 0]


@pytest.mark.parametrize("gone", [[b"a", b"b"], [b"b", b"a"]])
def test_a_file_that_is_gone_from_both_names_of_an_unfinished_move_went_from_the_new_one(desk, gone):
    desk.save(b"a", b"A", ino=7)
    desk.left.add(b"a")
    desk.save(b"b", b"B", ino=7)
    desk.wait(3)
    desk.tell(ScanBatch(gone=gone))
    assert [(v.path, v.content, v.gone) for v in desk.versions(b"b")][1:] == [(b"b", of(b"B"), 0), (b"b", of(b"B"), 1)]


def test_versions_are_ordered_by_seq_when_the_clock_is_set_back_an_hour(desk):
    desk.save(b"f", b"A")
    desk.wait(3)
    desk.now -= 3600 * SECOND
    desk.save(b"f", b"B")
    desk.wait(3)
    desk.save(b"f", b"C")
    desk.wait(3)
    assert desk.history(b"f") == [(1, of(b"A")), (2, of(b"B")), (3, of(b"C"))]
    seqs = [version.seq for version in desk.versions(b"f")]
    assert seqs == sorted(seqs) and desk.versions(b"f")[1].seen_ns < desk.versions(b"f")[0].seen_ns


def test_a_content_captured_before_the_clock_was_set_back_is_not_kept_waiting_for_an_hour(desk):
    desk.save(b"f", b"A")
    desk.now -= 3600 * SECOND
    desk.wait(11)
    assert desk.history(b"f") == [(1, of(b"A"))]


def test_a_file_of_which_no_versions_are_kept_has_none(desk):
    desk.save(b"cache.tmp", b"A", version_ignored={b"cache.tmp": "a cache"})
    desk.wait(3)
    assert desk.vault.versions.count() == 0
    assert desk.vault.entries.pending() == []


def test_every_name_of_a_hard_linked_file_has_its_version_of_a_change(desk):
    for name in (b"a", b"b"):
        desk.save(name, b"A", ino=7)
    desk.wait(3)
    key = StatKey(7, 1, desk.now, desk.now, 0o100644)
    desk.tell(ScanBatch(seen=[Seen(name, Kind.FILE, key, nlink=2) for name in (b"a", b"b")]))
    desk.capturer.apply([Reading(desk.entry(name).id, of(b"B"), key) for name in (b"a", b"b")])
    desk.wait(3)
    for name in (b"a", b"b"):
        assert desk.history(name) == [(1, of(b"A")), (2, of(b"B"))]
    assert desk.entry(b"a").lineage != desk.entry(b"b").lineage


def test_a_result_that_comes_after_its_root_was_removed_is_left_out(desk):
    key = desk.see(b"f", b"A")
    with desk.vault.write() as tx:
        desk.vault.roots.remove(tx, desk.root.id, desk.now)
    assert desk.capturer.apply([Reading(desk.entry(b"f").id, of(b"A"), key)]).entries == []


def test_a_result_that_comes_after_the_file_was_replaced_is_left_out(desk):
    key = desk.see(b"f", b"A", ino=7)
    entry = desk.entry(b"f")
    desk.see(b"f", b"B", ino=8)
    assert desk.capturer.apply([Reading(entry.id, of(b"A"), key)]).entries == []
    desk.wait(3)
    assert desk.history(b"f") == []


@pytest.mark.parametrize("ino", [7, 8], ids=["rewritten", "replaced"])
def test_nothing_is_noted_of_a_result_that_comes_after_the_file_changed(desk, ino):
    key = desk.see(b"f", b"A", ino=7)
    entry = desk.entry(b"f").id
    desk.now += SECOND
    newer = desk.see(b"f", b"B", ino=ino)
    for text, seen in ((b"B", newer), (b"A", key)):
        piece = CODEC.piece(text)
        desk.capturer.apply([Reading(entry, piece.hash, seen, piece=piece)])
    assert [found.content for note in all_notes(desk.packs) for found in note] == [of(b"B")]
