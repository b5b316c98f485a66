"""The coalescer: pure, so that every rule about waiting is tested without waiting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lsfs.core import paths
from lsfs.watch.coalesce import Coalescer, Timing
from lsfs.watch.records import Event, What, Work


def event(path, what, t, *, is_dir=False, cookie=0):
    return Event(1, path, what, t, is_dir, cookie)


def push(coalescer, path, what, t, **more):
    coalescer.push(event(path, what, t, **more), t)


def test_nothing_pending_has_no_deadline():
    coalescer = Coalescer()
    assert coalescer.next_deadline() is None
    push(coalescer, b"a", What.CLOSED, 1.0)
    assert coalescer.next_deadline() == 1.3
    assert coalescer.due(1.3) == Work([b"a"], [])
    assert coalescer.next_deadline() is None


def test_a_closed_file_waits_for_a_moment_of_quiet():
    coalescer = Coalescer()
    push(coalescer, b"a", What.CLOSED, 0.0)
    push(coalescer, b"a", What.CLOSED, 0.25)
    assert not coalescer.due(0.5)
    assert coalescer.due(0.55).paths == [b"a"]


def test_a_file_held_open_waits_longer_until_it_is_closed():
    coalescer = Coalescer()
    push(coalescer, b"a", What.MODIFIED, 0.0)
    assert not coalescer.due(1.9)
    push(coalescer, b"a", What.CLOSED, 1.9)
    assert coalescer.due(2.2).paths == [b"a"]
    push(coalescer, b"b", What.MODIFIED, 3.0)
    push(coalescer, b"b", What.ATTRIB, 3.1)
    assert not coalescer.due(5.0)
    assert coalescer.due(5.1).paths == [b"b"]


def test_no_path_waits_longer_than_ten_seconds():
    coalescer = Coalescer()
    for tick in range(120):
        push(coalescer, b"log", What.MODIFIED, tick / 10)
        if coalescer.due(tick / 10):
            assert 9.9 <= tick / 10 <= 10.1
            return
    raise AssertionError("never due")


def test_both_ends_of_a_rename_are_due_together():
    coalescer = Coalescer()
    push(coalescer, b"a", What.MOVED_FROM, 0.0, cookie=7)
    push(coalescer, b"b", What.MOVED_TO, 0.0, cookie=7)
    push(coalescer, b"b", What.MODIFIED, 0.1)
    assert coalescer.due(0.3) == Work([b"a", b"b"], [])


def test_a_chain_of_renames_is_due_together():
    coalescer = Coalescer()
    for cookie, (source, target) in enumerate([(b"a", b"t"), (b"b", b"a"), (b"t", b"b")], 1):
        push(coalescer, source, What.MOVED_FROM, cookie / 100, cookie=cookie)
        push(coalescer, target, What.MOVED_TO, cookie / 100, cookie=cookie)
    push(coalescer, b"b", What.MODIFIED, 0.2)
    assert coalescer.due(0.34).paths == [b"a", b"b", b"t"]


def test_what_happens_to_a_folder_is_a_scan_of_it():
    coalescer = Coalescer()
    push(coalescer, b"new", What.CREATED, 0.0, is_dir=True)
    push(coalescer, b"new/sub", What.CREATED, 0.0, is_dir=True)
    push(coalescer, b"new/file", What.CLOSED, 0.0)
    push(coalescer, b"newer", What.CLOSED, 0.0)
    assert coalescer.due(0.3) == Work([b"newer"], [b"new"])


def test_a_changed_ignore_file_is_a_scan_of_its_folder():
    coalescer = Coalescer()
    push(coalescer, b"src/.gitignore", What.CLOSED, 0.0)
    push(coalescer, b".lsfsignore", What.CLOSED, 1.0)
    assert coalescer.due(0.5) == Work([], [b"src"])
    assert coalescer.due(1.5) == Work([], [b""])


def test_many_paths_of_a_folder_become_a_scan_of_it():
    coalescer = Coalescer(Timing(per_folder=10))
    for number in range(30):
        push(coalescer, b"d/%d" % number, What.CLOSED, 0.0)
    push(coalescer, b"other", What.CLOSED, 0.0)
    work = coalescer.due(5.0)
    assert work.subtrees == [b"d"]
    assert work.paths == [b"other"]


def test_memory_is_bounded_by_a_scan_of_all():
    coalescer = Coalescer(Timing(in_all=50))
    for number in range(200):
        push(coalescer, b"%d/x" % number, What.CLOSED, 0.0)
    assert coalescer.due(5.0) == Work([], [b""])
    assert coalescer.next_deadline() is None


def test_a_rescan_swallows_what_was_pending():
    coalescer = Coalescer()
    push(coalescer, b"a", What.CLOSED, 0.0)
    coalescer.rescan(0.1)
    assert coalescer.due(1.0) == Work([], [b""])


def test_a_busy_file_costs_no_pile_of_timers():
    coalescer = Coalescer()
    for tick in range(5_000):
        push(coalescer, b"log", What.MODIFIED, tick / 1000)
        push(coalescer, b"log", What.CLOSED, tick / 1000)
        coalescer.due(tick / 1000)
    assert len(coalescer._timers) < 100


names = st.sampled_from([b"a", b"b", b"d/a", b"d/b", b"d/e/a", b".gitignore", b"d/.gitignore", b"x/a", b"", b"d"])
events = st.lists(
    st.tuples(st.floats(0, 1.5), names, st.sampled_from(What), st.booleans(), st.integers(0, 3), st.booleans()),
    max_size=60,
)


@given(events, st.integers(1, 5), st.integers(1, 12))
def test_every_event_ends_in_a_look_in_time_and_then_all_is_quiet(storm, per_folder, in_all):
    timing = Timing(per_folder=per_folder, in_all=in_all)
    coalescer = Coalescer(timing)
    now = 0.0
    waiting: dict[bytes, float] = {}

    def settle(until):
        nonlocal now
        while (at := coalescer.next_deadline()) is not None and at <= until:
            now = max(now, at)
            check(coalescer.due(now))
        now = until

    def check(work):
        assert len(set(work.paths)) == len(work.paths)
        for path in list(waiting):
            covered = path in work.paths or any(paths.is_within(path, subtree) for subtree in work.subtrees)
            if covered:
                assert now - waiting.pop(path) <= timing.at_most + 1e-6
        overdue = [path for path, since in waiting.items() if now - since > timing.at_most + 1e-6]
        assert not overdue

    for gap, path, what, is_dir, cookie, _ in storm:
        settle(now + gap)
        coalescer.push(event(path, what, now, is_dir=is_dir, cookie=cookie), now)
        waiting.setdefault(path, now)
    settle(now + 60)
    assert not waiting
    assert coalescer.next_deadline() is None
