"""A look that was taken before lsfs changed something is known by the state it shows, and by nothing else."""

from __future__ import annotations

from lsfs.core.records import Kind, Seen, StatKey
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import ScanBatch

OURS = StatKey(1, 10, 100, 100, 0o100644)
OTHER = StatKey(1, 10, 100, 99, 0o100644)


def seen(**keys: StatKey) -> ScanBatch:
    return ScanBatch(seen=[Seen(name.encode(), Kind.FILE, key) for name, key in keys.items()])


def test_a_look_that_shows_what_lsfs_left_is_not_doubted_however_often_it_comes():
    own = OwnWrites()
    own.record(1, b"a", OURS)
    assert own.doubtful(1, seen(a=OURS)) == [] and own.doubtful(1, seen(a=OURS)) == []


def test_another_state_is_doubted_until_a_new_look_shows_it():
    own = OwnWrites()
    own.record(1, b"a", OURS)
    assert own.doubtful(1, seen(a=OTHER)) == [b"a"]
    assert own.doubtful(1, seen(a=OTHER)) == [b"a"]
    own.note(1, seen(a=OTHER, b=OTHER))
    assert own.doubtful(1, seen(a=OTHER, b=OURS)) == []
    assert own.doubtful(1, seen(a=OURS)) == [b"a"]
    own.note(1, ScanBatch(gone=[b"a"]))
    assert own.doubtful(1, ScanBatch(gone=[b"a"])) == []


def test_what_lsfs_took_away_is_doubted_where_it_is_seen_and_what_it_made_where_it_is_not():
    own = OwnWrites()
    own.record(1, b"gone", None)
    own.record(1, b"made", OURS)
    assert own.doubtful(1, ScanBatch(gone=[b"gone"])) == []
    assert own.doubtful(1, seen(gone=OTHER)) == [b"gone"]
    assert own.doubtful(1, ScanBatch(gone=[b"made"])) == [b"made"]


def test_paths_of_another_root_and_paths_that_lsfs_did_not_touch_are_not_doubted():
    own = OwnWrites()
    own.record(1, b"a", OURS)
    assert own.doubtful(2, seen(a=OTHER)) == [] and own.doubtful(1, seen(b=OTHER)) == []


def test_memory_is_bounded():
    own = OwnWrites(limit=10)
    for number in range(100):
        own.record(1, b"%d" % number, OURS)
    batch = ScanBatch(gone=[b"0", b"99"])
    assert own.doubtful(1, batch) == [b"99"]
