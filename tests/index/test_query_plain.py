"""Filters said in plain words are taken where they can hardly mean anything else, and nowhere else."""

from __future__ import annotations

import datetime as dt

import pytest

from lsfs.core.filetypes import types_for
from lsfs.core.selector import Filters
from lsfs.core.spans import to_ns
from lsfs.core.times import zone_of
from lsfs.index.query import parse

NOW = to_ns(dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC))
ZONE = "Europe/Berlin"


def read(line):
    return parse(line, now_ns=NOW, zone=ZONE)


def local(*parts):
    return to_ns(dt.datetime(*parts, tzinfo=zone_of(ZONE)))


def kinds(word):
    return tuple(sorted(types_for(word)))


LAST_WEEK = {"since_ns": local(2026, 11, 16), "until_ns": local(2026, 11, 23)}
MARCH_2024 = {"since_ns": local(2024, 3, 1), "until_ns": local(2024, 4, 1)}


@pytest.mark.parametrize(
    ("line", "text", "filters"),
    [
        ("pdfs about taxes from March 2024", "taxes", Filters(extensions=("pdf",), **MARCH_2024)),
        ("find all pdfs about taxes", "taxes", Filters(extensions=("pdf",))),
        ("photos in Downloads last week", "", Filters(("Downloads",), kinds("photo"), **LAST_WEEK)),
        ("spreadsheets larger than 2 MB", "", Filters(extensions=kinds("spreadsheet"), min_size=2_000_001)),
        ("videos smaller than 10MB", "", Filters(extensions=kinds("video"), max_size=9_999_999)),
        ("photos of Lyon from 2023", "Lyon", Filters((), kinds("photo"), local(2023, 1, 1), local(2024, 1, 1))),
        ("python files about parsing", "parsing", Filters(extensions=kinds("python"))),
        ("my photos", "", Filters(extensions=kinds("photo"))),
        ("emails since yesterday", "", Filters(extensions=kinds("email"), since_ns=local(2026, 11, 23))),
        ("emails before March 2024", "", Filters(extensions=kinds("email"), until_ns=local(2024, 3, 1))),
        ("files modified yesterday", "", Filters(since_ns=local(2026, 11, 23), until_ns=local(2026, 11, 24))),
        ("lease from last week", "lease", Filters(**LAST_WEEK)),
        ("lease tagged house", "lease", Filters(tags=("house",))),
        ("report in the Invoices folder", "report", Filters(in_folders=("Invoices",))),
        ("budget in ~/papers/2024", "budget", Filters(in_folders=("~/papers/2024",))),
        ("receipts in Downloads", "receipts", Filters(in_folders=("Downloads",))),
    ],
)
def test_a_line_about_files_sets_filters_and_can_take_them_back(line, text, filters):
    query = read(line)
    assert (query.text, query.filters) == (text, filters)
    assert query.guessed and query.as_words().text == line and query.as_words().filters.empty
    assert all(reading.words in line for reading in query.readings)


@pytest.mark.parametrize(
    "line",
    [
        "what is a python list",
        "which pdfs changed last week",
        "photos taken last week?",
        "invoices from March 2024",
        "image recognition in python",
        "python list comprehension",
        "presentation skills",
        "notes on the synthesis of forms",
        "pdf",
        "documents",
        "merge pdf files with ghostscript",
        "the weather in March 2024",
        "history of last year's election",
        "larger than life",
        "data from last experiments",
        "go in the morning",
        "downloads in 2024",
    ],
)
def test_words_that_may_mean_something_else_stay_words(line):
    query = read(line)
    assert query.text == line and query.filters.empty and not query.guessed


def test_quotes_keep_words_from_being_filters():
    query = read('"photos in Downloads" last week')
    assert query.filters.empty and query.phrases == ("photos in Downloads",)


def test_written_filters_and_plain_ones_add_up_and_only_the_plain_ones_are_taken_back():
    query = read("tag:home photos from last week")
    assert query.filters == Filters(tags=("home",), extensions=kinds("photo"), **LAST_WEEK)
    assert query.as_words().filters == Filters(tags=("home",))
