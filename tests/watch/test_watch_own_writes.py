"""Own writes are known by what they left, and by nothing else."""

from __future__ import annotations

from lsfs.core.records import Kind, Seen, StatKey
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import ScanBatch

OURS = StatKey(1, 10, 100, 100, 0o100644)
THEIRS = StatKey(1, 10, 100, 101, 0o100644)


def test_our_state_is_ours_as_often_as_it_is_seen():
    own = OwnWrites()
    own.record(1, b"a", OURS)
    assert own.is_own(1, b"a", OURS)
    assert own.is_own(1, b"a", OURS)
    assert not own.is_own(2, b"a", OURS)


def test_another_state_is_theirs_and_ends_the_memory():
    own = OwnWrites()
    own.record(1, b"a", OURS)
    assert not own.is_own(1, b"a", THEIRS)
    assert not own.is_own(1, b"a", OURS)


def test_a_delete_of_ours_is_ours_and_its_return_is_not():
    own = OwnWrites()
    own.record(1, b"a", None)
    assert own.is_own(1, b"a", None)
    assert not own.is_own(1, b"a", OURS)


def test_a_batch_keeps_what_others_did():
    own = OwnWrites()
    own.record(1, b"ours", OURS)
    own.record(1, b"removed", None)
    batch = ScanBatch(
        seen=[Seen(b"ours", Kind.FILE, OURS), Seen(b"theirs", Kind.FILE, OURS)],
        gone=[b"removed", b"lost"],
        index_ignored={b"ours": "hidden", b"theirs": "hidden"},
    )
    left = own.without_own(1, batch)
    assert [item.path for item in left.seen] == [b"theirs"]
    assert left.gone == [b"lost"]
    assert left.index_ignored == {b"theirs": "hidden"}


def test_memory_is_bounded():
    own = OwnWrites(limit=10)
    for number in range(100):
        own.record(1, b"%d" % number, OURS)
    assert not own.is_own(1, b"0", OURS)
    assert own.is_own(1, b"99", OURS)
