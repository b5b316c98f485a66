"""What retention decides, and the reasons that it gives: from values alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.store.vault import Span
from lsfs.versions.retention import (
    DAY_NS,
    GRIDS,
    HOUR_NS,
    NEWEST,
    OVER_BUDGET,
    PROTECTED,
    UNDO,
    WEEK_NS,
    Decisions,
    Stored,
    decide,
    why_wanted,
)

NOW = int(dt.datetime(2026, 6, 15, 12, 34, 56, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
MINUTE_NS = HOUR_NS // 60
GOLDEN = Path(__file__).parent / "retention_reasons.txt"
PLENTY = 1 << 60


def history(*ages: int, lineage: int = 1, now: int = NOW) -> list[Span]:
    """Versions of a file that began so long ago, in ns, the newest of which stands."""
    begun = sorted(now - age for age in ages)
    ends = [*begun[1:], None]
    return [
        Span(lineage * 1000 + number, lineage, number, since, until, b"%d-%d" % (lineage, number), 10)
        for number, (since, until) in enumerate(zip(begun, ends, strict=True), 1)
    ]


@st.composite
def histories(draw) -> list[Span]:
    """Files with versions of any age, some of which share contents."""
    found = []
    for lineage in range(1, draw(st.integers(1, 4)) + 1):
        age = st.one_of(
            st.integers(0, DAY_NS * 2), st.integers(0, 400 * DAY_NS), st.integers(0, 10).map(WEEK_NS.__mul__)
        )
        spans = history(*draw(st.lists(age, min_size=1, max_size=8)), lineage=lineage)
        if draw(st.booleans()):  # the file was deleted
            last = spans[-1]
            spans[-1] = Span(*_values(last)[:4], draw(st.integers(last.since_ns, NOW)), last.content, 10)
        found += [
            Span(*_values(span)[:5], draw(st.sampled_from([span.content, b"shared", b"other"])), 10) for span in spans
        ]
    return found


@st.composite
def rooms(draw, spans: list[Span]) -> Stored:
    """What room their contents take."""
    pieces = {
        content: tuple((which, 1 + which * 7 % 50) for which in draw(st.sets(st.integers(1, 12), max_size=4)))
        for content in sorted({span.content for span in spans})
    }
    needed = draw(st.sets(st.integers(1, 15), max_size=5))
    return Stored(pieces, needed, sum(1 + which * 7 % 50 for which in needed))


def _values(span: Span) -> tuple:
    return (span.seq, span.lineage, span.number, span.since_ns, span.until_ns, span.content, span.size)


def stays(decisions: Decisions) -> list[Span]:
    return [each.span for each in decisions.items if each.keep]


def instants(now: int) -> list[int]:
    """Every instant of the grids but those of the last day."""
    return [
        k * grid.every_ns
        for grid in GRIDS
        for k in range((now - grid.within_ns) // grid.every_ns + 1, now // grid.every_ns + 1)
    ]


@st.composite
def moments(draw) -> int:
    """A time, often one of the grids' instants or right beside it."""
    ns = NOW - draw(st.one_of(st.integers(0, 2 * DAY_NS), st.integers(0, 400 * DAY_NS)))
    every = draw(st.sampled_from([1, HOUR_NS, DAY_NS, WEEK_NS]))
    return ns // every * every + draw(st.integers(-1, 1))


@given(st.lists(moments(), min_size=3, max_size=3))
def test_a_version_is_kept_if_it_stood_at_an_instant_of_the_grid_and_not_otherwise(times):
    since, until, now = sorted(times)
    stood = until > now - DAY_NS or any(since <= instant < until for instant in instants(now))
    assert bool(why_wanted(Span(1, 1, 1, since, until, b"c", 10), now)) == stood


@given(histories(), st.data())
def test_what_was_dropped_once_is_not_wanted_later(spans, data):
    later = NOW + data.draw(st.integers(0, 500 * DAY_NS))
    for each in decide(spans, budget=PLENTY, now_ns=NOW).dropped:
        assert not why_wanted(each.span, later)


@given(histories(), st.data())
def test_a_second_look_drops_nothing_more(spans, data):
    stored, budget = data.draw(rooms(spans)), data.draw(st.integers(0, 600))
    undo = data.draw(st.sets(st.sampled_from([span.content for span in spans]), max_size=2))
    first = decide(spans, undo=undo, stored=stored, budget=budget, now_ns=NOW)
    again = decide(stays(first), undo=undo, stored=stored, budget=budget, now_ns=NOW)
    assert again.dropped == [] and (again.bytes, again.protected) == (first.bytes, first.protected)


@given(histories(), st.data())
def test_the_newest_of_every_file_and_what_an_undo_needs_always_stay(spans, data):
    stored = data.draw(rooms(spans))
    undo = data.draw(st.sets(st.sampled_from([span.content for span in spans]), max_size=2))
    later = NOW + data.draw(st.integers(0, 5000 * DAY_NS))
    kept = stays(decide(spans, undo=undo, stored=stored, budget=0, now_ns=later))
    newest = {span.lineage: span for span in spans}  # in order
    assert set(newest.values()) <= set(kept)
    assert {span for span in spans if span.content in undo} <= set(kept)


@given(histories(), st.data())
def test_over_budget_those_superseded_longest_ago_go_until_the_rest_fits(spans, data):
    stored, budget = data.draw(rooms(spans)), data.draw(st.integers(0, 600))
    thinned = decide(spans, stored=stored, budget=PLENTY, now_ns=NOW)
    fitted = decide(spans, stored=stored, budget=budget, now_ns=NOW)
    sizes = {which: count for found in stored.pieces.values() for which, count in found}

    def room(contents: set[bytes]) -> set[int]:
        return {which for content in contents for which, _ in stored.pieces[content]} - set(stored.needed)

    taken = stored.needed_bytes + sum(sizes[which] for which in room({span.content for span in stays(fitted)}))
    assert fitted.bytes == taken
    fixed = room({each.span.content for each in fitted.items if each.reason in PROTECTED})
    went = [each.span for each in fitted.dropped if each.reason == OVER_BUDGET]
    left = [each.span for each in fitted.items if each.keep and each.reason not in PROTECTED]
    costly = [span for span in left if room({span.content}) - fixed]
    assert taken <= budget or not costly
    assert all((one.until_ns, one.seq) < (other.until_ns, other.seq) for one in went for other in costly)
    assert {span.seq for span in went} | {span.seq for span in stays(fitted)} == {span.seq for span in stays(thinned)}
    if thinned.bytes <= budget:
        assert went == []
    elif went:
        assert all(room({span.content}) - fixed for span in went), "one went that cost nothing"
        latest = max(went, key=lambda span: (span.until_ns, span.seq))
        spared = room({span.content for span in [*stays(fitted), latest]})
        assert stored.needed_bytes + sum(sizes[which] for which in spared) > budget, "one went too many"


def test_a_version_that_costs_nothing_stays_when_the_budget_is_full():
    old, new = history(3 * HOUR_NS, HOUR_NS)
    same = Span(*_values(old)[:5], new.content, 10)
    other = history(2 * HOUR_NS, HOUR_NS, lineage=2)
    room = Stored({new.content: ((1, 100),), other[0].content: ((2, 50),), other[1].content: ((3, 50),)})
    found = decide([same, new, *other], stored=room, budget=160, now_ns=NOW)
    assert [each.span.seq for each in found.dropped] == [other[0].seq]
    assert (found.bytes, found.protected) == (150, 150)


def test_what_is_protected_alone_may_be_over_budget():
    (only,) = history(HOUR_NS)
    found = decide([only], stored=Stored({only.content: ((1, 70),)}, {2}, 50), budget=100, now_ns=NOW)
    assert found.dropped == [] and found.protected == found.bytes == 120


def test_age_counts_from_when_a_version_was_superseded():
    """Written years ago, it was what the file held until an hour ago."""
    old, _ = history(4000 * DAY_NS, HOUR_NS)
    assert why_wanted(old, NOW) and why_wanted(old, NOW + 300 * DAY_NS)
    assert not why_wanted(old, NOW + 366 * DAY_NS)


def test_the_last_version_of_a_deleted_file_is_its_newest():
    first, last = history(900 * DAY_NS, 800 * DAY_NS)
    ended = Span(*_values(last)[:4], NOW - 700 * DAY_NS, last.content, 10)
    kept, reason = [(each.keep, each.reason) for each in decide([first, ended], budget=PLENTY, now_ns=NOW).items][1]
    assert kept and reason == NEWEST


def test_an_undo_comes_first():
    first, second, third = history(900 * DAY_NS, 800 * DAY_NS, DAY_NS)
    found = decide([first, second, third], undo={second.content, third.content}, budget=PLENTY, now_ns=NOW)
    assert [each.reason for each in found.items][1:] == [UNDO, UNDO]
    assert [each.span for each in found.dropped] == [first]


def test_each_version_is_given_its_reason():
    """A file that was saved twice within minutes, ever more often until now, and one that was deleted."""
    ages, age = [], 3 * HOUR_NS
    while age < 500 * DAY_NS:
        ages += [age, age - 13 * MINUTE_NS]
        age += max(3 * HOUR_NS, age // 4)
    spans = history(*ages)
    deleted = history(800 * DAY_NS, 10 * DAY_NS, lineage=2)
    deleted[-1] = Span(*_values(deleted[-1])[:4], NOW - 9 * DAY_NS, b"last", 10)
    found = decide([*spans, *deleted], undo={b"1-7"}, budget=PLENTY, now_ns=NOW)
    lines = [
        f"{each.span.lineage} @{each.span.number:<3} until {_shown(each.span.until_ns)}  "
        f"{'kept' if each.keep else 'goes'}  {each.reason}"
        for each in found.items
    ]
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()


def _shown(ns: int | None) -> str:
    return "-" * 16 if ns is None else f"{dt.datetime.fromtimestamp(ns // 1_000_000_000, dt.UTC):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("grid", GRIDS)
def test_an_instant_counts_for_as_long_as_its_grid_goes_back_and_not_longer(grid):
    instant = NOW // WEEK_NS * WEEK_NS + (grid.every_ns if grid.every_ns < WEEK_NS else 0)
    span = Span(1, 1, 1, instant, instant + 1, b"c", 10)
    assert why_wanted(span, instant + grid.within_ns - 1)
    assert not why_wanted(span, instant + grid.within_ns)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_grids_nest(grid):
    assert all(grid.every_ns % finer.every_ns == 0 for finer in GRIDS if finer.every_ns <= grid.every_ns)
    assert all(grid.within_ns >= finer.within_ns for finer in GRIDS if finer.every_ns <= grid.every_ns)
