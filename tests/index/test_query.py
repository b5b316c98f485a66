"""A search line: words, phrases, operators and filters that were written out."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lsfs.core.errors import UsageError
from lsfs.core.selector import Filters
from lsfs.core.spans import to_ns
from lsfs.core.times import zone_of
from lsfs.index.query import parse, parse_size

NOW = to_ns(dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC))
ZONE = "Europe/Berlin"


def read(line):
    return parse(line, now_ns=NOW, zone=ZONE, locale="en_GB.UTF-8")


def local(*parts):
    return to_ns(dt.datetime(*parts, tzinfo=zone_of(ZONE)))


def test_a_line_of_words_is_searched_as_it_stands():
    query = read("the lease for the flat in Lyon")
    assert query.text == query.plain == "the lease for the flat in Lyon"
    assert query.filters.empty and not query.guessed and not query.phrases and not query.excluded


def test_a_phrase_is_required_and_searched():
    query = read('lease "monthly rent" Lyon')
    assert (query.text, query.phrases) == ("lease monthly rent Lyon", ("monthly rent",))


def test_minus_excludes_words_and_phrases_but_not_numbers_or_hyphens():
    query = read('lease -draft -"old flat" well-known -5 - --')
    assert query.excluded == ("draft", "old flat")
    assert query.text == "lease well-known -5 - --"


def test_a_hyphen_in_a_question_excludes_nothing():
    query = read("What is possible in resource -limited settings?")
    assert not query.excluded and "limited" in query.text


def test_or_joins_its_neighbours():
    assert read("lease OR rent flat").any_of == (("lease", "rent"),)
    assert read('a OR "b c" OR d e | f').any_of == (("a", "b c", "d"), ("e", "f"))
    assert read("lease OR rent flat").text == "lease rent flat"


@pytest.mark.parametrize("line", ["OR", "OR lease", "lease OR", "lease or rent", '"a OR b"'])
def test_or_that_joins_nothing_is_no_operator(line):
    assert read(line).any_of == ()


@pytest.mark.parametrize(
    ("line", "filters"),
    [
        ("ext:pdf", Filters(extensions=("pdf",))),
        ("ext:.PDF,docx", Filters(extensions=("docx", "pdf"))),
        ("type:pdf", Filters(extensions=("pdf",))),
        ("in:Downloads", Filters(in_folders=("Downloads",))),
        ('in:"My Papers/"', Filters(in_folders=("My Papers",))),
        ("tag:house tag:paid", Filters(tags=("house", "paid"))),
        ("since:2026-03-01", Filters(since_ns=local(2026, 3, 1))),
        ("after:2026-03-01", Filters(since_ns=local(2026, 3, 2))),
        ("before:2026-03-01", Filters(until_ns=local(2026, 3, 1))),
        ("until:2026-03-01", Filters(until_ns=local(2026, 3, 2))),
        ('on:"1 march 2026"', Filters(since_ns=local(2026, 3, 1), until_ns=local(2026, 3, 2))),
        ("since:2025 until:2025", Filters(since_ns=local(2025, 1, 1), until_ns=local(2026, 1, 1))),
        ("size:>2MB", Filters(min_size=2_000_001)),
        ("size:1k..2k", Filters(min_size=1024, max_size=2048)),
        ("larger:1MB smaller:2MB", Filters(min_size=1_000_001, max_size=1_999_999)),
    ],
)
def test_a_filter_that_is_written_out_is_taken_and_kept(line, filters):
    query = read(f"budget {line} report")
    assert query.filters == filters
    assert query.text == "budget report"
    assert not query.guessed and query.as_words().filters == filters
    assert all(reading.explicit for reading in query.readings) and query.readings


@pytest.mark.parametrize("line", ["since:whenever", "size:big", "type:nonsense", "ext:", "http://example.org", "a:b"])
def test_a_filter_that_makes_no_sense_stays_words(line):
    query = read(line)
    assert query.filters.empty and query.text == line


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        (">2MB", (2_000_001, None)),
        (">=2 MiB", (2_097_152, None)),
        ("<1k", (None, 1023)),
        ("<= 1.5kB", (None, 1500)),
        ("1MB-2MB", (1_000_000, 2_000_000)),
        ("3G", (3 * 1024**3, None)),
    ],
)
def test_sizes(text, bounds):
    assert parse_size(text) == bounds


@pytest.mark.parametrize("text", ["", "big", ">", "2 XB", "5MB-1MB", "-5", "9" * 40])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError):
        parse_size(text)


PIECES = st.sampled_from(
    "pdfs about photos in Downloads last week from March 2024 OR | - -x ext: in: since: size:> since:0000-00-00 than 2 "
    "MB larger tagged ? the folder on:99999-1-1 tag:, in:/ before:@ files modified yesterday 99999999999 ago".split()
) | st.sampled_from(['"', "\0"])


@given(st.one_of(st.text(), st.lists(PIECES | st.text(max_size=6), max_size=9).map(" ".join)))
@example("\ud800 -\ud800 ext:\ud800")
@example("since:9999-12-31 on:0001-01-01 files since 9999-12-31")
def test_no_text_makes_the_parser_fail_or_invents_words(line):
    query = read(line)
    second = query.as_words()
    assert set(query.text.split()) <= set(query.plain.split())
    assert second.text == query.plain and not second.guessed and second.filters == query.explicit
    assert all(len(group) > 1 for group in query.any_of)
