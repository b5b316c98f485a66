"""What descriptions, times, sizes, versions, names and orders say, without any file."""

from __future__ import annotations

import datetime as dt

import pytest

from lsfs.core.spans import Clock, to_ns
from lsfs.plan.resolve import renaming, sorting, texts, versions
from lsfs.plan.resolve.phrases import described, head_noun, is_folder_word
from lsfs.plan.resolve.spans import dates_in, range_of, sizes_of
from lsfs.plan.resolve.wanted import Target
from lsfs.store.index import FileRow

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
CLOCK = Clock(to_ns(NOW), dt.UTC, "en_GB.UTF-8")


def ns(*date: int) -> int:
    return to_ns(dt.datetime(*date, tzinfo=dt.UTC))


def target(path: str, day: dt.date = dt.date(2024, 1, 1), size: int = 10) -> Target:
    raw = path.encode()
    row = FileRow(
        1, 1, raw, path.rsplit("/", 1)[-1], "", "file", size, ns(day.year, day.month, day.day), None, 1, 1, "done"
    )
    return Target(b"/home/" + raw, row)


@pytest.mark.parametrize(
    ("phrase", "words", "many", "count"),
    [
        ("the lease", "lease", False, None),
        ("all invoices", "invoices", True, None),
        ("both of the pdf invoices", "invoices", True, 2),
        ("the three IMG files", "IMG", True, 3),
        ("every lease", "lease", True, None),
        ("the newest photo", "", False, None),
        ("last 3 invoices", "invoices", True, 3),
        ("club invoices", "club invoices", True, None),
        ("committee minutes", "committee minutes", False, None),
        ("csv of my card payments", "my card payments", False, None),
        ("everything", "", True, None),
    ],
)
def test_a_description_says_how_many_and_what_to_search_for(phrase, words, many, count):
    said = described(phrase)
    assert (said.words, said.many, said.count) == (words, many, count)


def test_a_kind_of_file_is_taken_from_the_words_only_where_it_names_a_kind():
    assert described("xlsx files").types == {"xlsx"}
    assert "jpg" in described("photos of the dog").types
    assert not described("moles worksheet").types
    assert not described("my shopping list").types
    assert described("the IMG files").words == "IMG"


@pytest.mark.parametrize("phrase", ["it", "them", "that file", "all of them", "these"])
def test_words_that_point_back_are_references(phrase):
    assert described(phrase).reference


def test_a_folder_is_known_by_its_word_even_misspelt():
    assert described("the whole Titration App folder").folder
    assert is_folder_word("foldr") and not is_folder_word("older")


def test_the_head_of_a_description_stands_before_its_first_link():
    assert head_noun("letter from the queen".split()) == "letter"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("older than a year", None, ns(2025, 11, 28)),
        ("more than 6 months old", None, ns(2026, 5, 28)),
        ("in the last 3 days", ns(2026, 11, 25), None),
        ("i change in the last 3 days", ns(2026, 11, 25), None),
        ("March 2024", ns(2024, 3, 1), ns(2024, 4, 1)),
        ("from 2023", ns(2023, 1, 1), ns(2024, 1, 1)),
        ("before 2020", None, ns(2020, 1, 1)),
        ("since 2015", ns(2015, 1, 1), None),
        ("between 2021 and 2023", ns(2021, 1, 1), ns(2024, 1, 1)),
        ("summer 2023", ns(2023, 6, 1), ns(2023, 9, 1)),
        ("letzte Woche", ns(2026, 11, 16), ns(2026, 11, 23)),
    ],
)
def test_a_time_is_a_range(text, low, high):
    span = range_of(text, CLOCK)
    assert span is not None
    assert (span.low, span.high) == (low, high)


def test_what_is_no_time_is_none():
    assert range_of("the blue one", CLOCK) is None


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("bigger than 4 MB", (4_000_001, None)),
        ("smaller than 2 kB", (None, 1_999)),
        ("größer als 500 MB", (500_000_001, None)),
    ],
)
def test_a_size_is_a_range(text, sizes):
    assert sizes_of(text) == sizes


def test_a_date_in_a_name_says_more_than_the_last_change():
    march = range_of("march 2024", CLOCK)
    assert march.holds(ns(2026, 1, 1), "minutes 2024-03-20.md", CLOCK)
    assert not march.holds(ns(2024, 3, 5), "minutes 2023-01-20.md", CLOCK)
    # A name that says the year alone leaves the month to the file's own time.
    assert march.holds(ns(2024, 3, 5), "INV-2024-003.pdf", CLOCK)
    assert not march.holds(ns(2024, 7, 5), "INV-2024-003.pdf", CLOCK)
    assert dates_in("IMG_2019.jpg", CLOCK) is None  # cameras count
    assert dates_in("plan 2041.txt", CLOCK) is None
    assert dates_in("notes.txt", CLOCK) is None


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("the version before my last change", "previous"),
        ("erste", "first"),
        ("version 3", "@3"),
        ("two versions ago", "@-2"),
        ("how it was yesterday", "yesterday"),
        ("before op 12", "before op 12"),
        ("", ""),
    ],
)
def test_which_version_is_meant(text, when):
    assert versions.normalised(text) == when


def test_a_new_name_keeps_the_ending_of_the_old_one():
    assert renaming.with_ending("dental estimate", b"/x/scan.pdf") == "dental estimate.pdf"
    assert renaming.with_ending("a.txt", b"/x/scan.pdf") == "a.txt"


def test_patterns_name_many():
    files = [target("p/b.jpg", dt.date(2024, 2, 1)), target("p/a.jpg", dt.date(2024, 3, 1))]
    assert renaming.renamed("diary-*", files, "") == {b"/home/p/a.jpg": "diary-a.jpg", b"/home/p/b.jpg": "diary-b.jpg"}
    assert renaming.renamed("*_old", files, "")[b"/home/p/a.jpg"] == "a_old.jpg"
    assert renaming.renamed("rome-###", files, "in order of date") == {
        b"/home/p/b.jpg": "rome-001.jpg",
        b"/home/p/a.jpg": "rome-002.jpg",
    }


def test_files_are_joined_in_the_order_that_is_said():
    march, september = target("m/committee 2024-03-20.md"), target("m/committee 2024-09-18.md")
    both = [september, march]
    assert sorting.in_order(both, "march first and then september", False, CLOCK) == [march, september]
    assert sorting.in_order(both, "september before march", False, CLOCK) == [september, march]
    assert sorting.in_order(both, "in that order", True, CLOCK) == [september, march]
    assert sorting.in_order(both, "", False, CLOCK) == [march, september]


def test_a_line_joins_the_list_that_the_text_ends_in():
    assert texts.as_line("milk", "- eggs\n- flour\n") == "- milk\n"
    assert texts.as_line("milk", "# Shopping\n\neggs\n") == "milk\n"
    assert texts.as_line("- milk", "- eggs\n- flour\n") == "- milk\n"


def test_only_a_name_can_become_a_folder():
    assert texts.may_be_a_name("Archive", "move it to Archive")
    assert not texts.may_be_a_name("exams folder", "move it to the exams folder")
    assert texts.may_be_a_name("trips", "move it to the new folder the trips")
