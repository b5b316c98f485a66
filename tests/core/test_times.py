"""WHEN: what people write for a time, and what it means where they are."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.errors import UsageError
from lsfs.core.spans import Clock, Span, match_span, to_ns
from lsfs.core.times import Back, BeforeOp, First, Moment, Numbered, parse_since, parse_until, parse_when, zone_of

BERLIN = "Europe/Berlin"
# A Tuesday, 13:00 in Berlin.
NOW = to_ns(dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC))


def local(*parts: int, zone: str = BERLIN) -> int:
    return to_ns(dt.datetime(*parts, tzinfo=zone_of(zone)))


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("today", (2026, 11, 24), (2026, 11, 24, 13)),
        ("yesterday", (2026, 11, 23), (2026, 11, 24)),
        ("Yesterday 15:00", (2026, 11, 23, 15), (2026, 11, 23, 15)),
        ("yesterday at 3pm", (2026, 11, 23, 15), (2026, 11, 23, 15)),
        ("yesterday noon", (2026, 11, 23, 12), (2026, 11, 23, 12)),
        ("last friday 15:00", (2026, 11, 20, 15), (2026, 11, 20, 15)),
        ("friday", (2026, 11, 20), (2026, 11, 21)),
        ("tuesday", (2026, 11, 17), (2026, 11, 18)),
        ("3 days ago", (2026, 11, 21), (2026, 11, 22)),
        ("a week ago", (2026, 11, 17), (2026, 11, 18)),
        ("two months ago", (2026, 9, 24), (2026, 9, 25)),
        ("a year ago", (2025, 11, 24), (2025, 11, 25)),
        ("2 hours ago", (2026, 11, 24, 11), (2026, 11, 24, 11)),
        ("30 seconds ago", (2026, 11, 24, 12, 59, 30), (2026, 11, 24, 12, 59, 30)),
        ("90s ago", (2026, 11, 24, 12, 58, 30), (2026, 11, 24, 12, 58, 30)),
        ("15 mins ago", (2026, 11, 24, 12, 45), (2026, 11, 24, 12, 45)),
        ("2h ago", (2026, 11, 24, 11), (2026, 11, 24, 11)),
        ("this week", (2026, 11, 23), (2026, 11, 24, 13)),
        ("last week", (2026, 11, 16), (2026, 11, 23)),
        ("last weekend", (2026, 11, 21), (2026, 11, 23)),
        ("last month", (2026, 10, 1), (2026, 11, 1)),
        ("the last 7 days", (2026, 11, 17), (2026, 11, 24, 13)),
        ("last year", (2025, 1, 1), (2026, 1, 1)),
        ("last march", (2026, 3, 1), (2026, 4, 1)),
        ("march", (2026, 3, 1), (2026, 4, 1)),
        ("december", (2025, 12, 1), (2026, 1, 1)),
        ("march 2024", (2024, 3, 1), (2024, 4, 1)),
        ("q3 2025", (2025, 7, 1), (2025, 10, 1)),
        ("2024", (2024, 1, 1), (2025, 1, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2024-02-29", (2024, 2, 29), (2024, 3, 1)),
        ("2024-02-29 08:15", (2024, 2, 29, 8, 15), (2024, 2, 29, 8, 15)),
        ("2024-02-29T08:15:30", (2024, 2, 29, 8, 15, 30), (2024, 2, 29, 8, 15, 30)),
        ("12 march 2024", (2024, 3, 12), (2024, 3, 13)),
        ("12th of March, 2024", (2024, 3, 12), (2024, 3, 13)),
        ("March 12", (2026, 3, 12), (2026, 3, 13)),
        ("december 24", (2025, 12, 24), (2025, 12, 25)),
        ("12.03.2024", (2024, 3, 12), (2024, 3, 13)),
        ("12/03/2024", (2024, 3, 12), (2024, 3, 13)),
        ("2024/03/12", (2024, 3, 12), (2024, 3, 13)),
    ],
)
def test_a_time_begins_and_ends_where_a_person_in_berlin_would_say(text, since, until):
    clock = {"now_ns": NOW, "zone": BERLIN, "locale": "de_DE.UTF-8"}
    assert parse_since(text, **clock) == local(*since)
    assert parse_until(text, **clock) == local(*until)


def test_a_date_of_numbers_follows_the_locale():
    assert parse_since("03/04/2024", now_ns=NOW, zone=BERLIN, locale="en_US.UTF-8") == local(2024, 3, 4)
    assert parse_since("03/04/2024", now_ns=NOW, zone=BERLIN, locale="en_GB.UTF-8") == local(2024, 4, 3)
    assert parse_since("03/25/2024", now_ns=NOW, zone=BERLIN, locale="en_GB.UTF-8") == local(2024, 3, 25)


def test_a_week_begins_on_sunday_where_it_does():
    assert parse_since("this week", now_ns=NOW, zone=BERLIN, locale="en_US.UTF-8") == local(2026, 11, 22)


def test_the_same_word_names_another_day_in_another_zone():
    # 12:00 UTC is 01:00 of the next day on Auckland's clocks.
    assert parse_since("today", now_ns=NOW, zone="Pacific/Auckland") == local(2026, 11, 25, zone="Pacific/Auckland")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day, hours):
    bounds = [parse(day, now_ns=NOW, zone=BERLIN) for parse in (parse_since, parse_until)]
    assert bounds[1] - bounds[0] == hours * 3600 * 10**9


def test_a_skipped_local_time_is_taken_after_the_gap_and_a_repeated_one_the_first_time():
    skipped = parse_since("2026-03-29 02:30", now_ns=NOW, zone=BERLIN)
    assert skipped == to_ns(dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC))
    repeated = parse_since("2026-10-25 02:30", now_ns=NOW, zone=BERLIN)
    assert repeated == to_ns(dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC))


def test_an_iso_time_with_its_own_offset_ignores_the_zone():
    expected = to_ns(dt.datetime(2026, 11, 1, 12, 0, tzinfo=dt.UTC))
    assert parse_until("2026-11-01T12:00Z", now_ns=NOW, zone=BERLIN) == expected
    assert parse_until("2026-11-01T14:00+02:00", now_ns=NOW, zone=BERLIN) == expected


def test_versions_and_ops_are_named():
    named = {
        "first": First(),
        "Previous": Back(1),
        "@3": Numbered(3),
        "@-2": Back(2),
        "before op 17": BeforeOp(17),
        "now": Moment(NOW),
        "yesterday": Moment(local(2026, 11, 24)),
        "today": Moment(NOW),
    }
    assert {text: parse_when(text, now_ns=NOW, zone=BERLIN) for text in named} == named


def test_other_languages_are_understood_where_the_locale_says_so():
    assert parse_since("gestern", now_ns=NOW, zone=BERLIN, locale="de_DE.UTF-8") == local(2026, 11, 23)
    assert parse_since("vor drei Tagen", now_ns=NOW, zone=BERLIN, locale="de_DE.UTF-8") == local(2026, 11, 21)


@pytest.mark.parametrize("text", ["", "blah", "@0", "@-0", "31 february 2024", "2024-13-01", "99999 years ago", "op 3"])
def test_what_is_no_time_is_refused_with_an_example(text):
    with pytest.raises(UsageError) as refusal:
        parse_when(text, now_ns=NOW, zone=BERLIN)
    assert refusal.value.hint


def test_an_unknown_zone_is_utc():
    assert zone_of("Mars/Olympus") is dt.UTC
    assert zone_of("../../etc/passwd") is dt.UTC


def test_a_zone_may_be_an_offset():
    assert zone_of("UTC+02:00") == dt.timezone(dt.timedelta(hours=2))
    assert zone_of("UTC-03:30") == dt.timezone(-dt.timedelta(hours=3, minutes=30))


WORDS = st.sampled_from(
    "last this past 3 99999 0 days day week months ago yesterday at 15:00 25:99 march 12 2024 31 feb q5 the a few of "
    "2024-02-30 1/1/1 99/99/9999 noon friday weekend, couple hours am".split()
)


@given(st.lists(WORDS | st.text(max_size=8), max_size=5), st.integers(0, 4 * 10**18), st.sampled_from(["", BERLIN]))
def test_any_words_give_a_span_in_order_or_none(words, now_ns, zone):
    found = match_span(words, Clock(now_ns, zone_of(zone)))
    if found is not None:
        span, used = found
        assert isinstance(span, Span) and span.start_ns <= span.end_ns and 1 <= used <= len(words)
