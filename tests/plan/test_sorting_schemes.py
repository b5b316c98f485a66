"""What is said of sorting: keys, patterns and names of folders, and what is found to be alike."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from lsfs.core.spans import Clock, to_ns
from lsfs.plan.resolve.grouping.clusters import clustered
from lsfs.plan.resolve.grouping.labels import No, as_name, label_of
from lsfs.plan.resolve.grouping.scheme import Level, levels_in, levels_of, names_of
from lsfs.plan.resolve.wanted import Target
from lsfs.store.index import FileRow

CLOCK = Clock(to_ns(dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)), dt.UTC, "en_GB.UTF-8")


class Facts:
    """What a test says of every file."""

    def __init__(self, fields: dict[str, str] | None = None, tags: tuple[str, ...] = ()) -> None:
        self._fields = fields or {}
        self._tags = tags

    def fields(self, row):
        return self._fields

    def tags(self, row):
        return self._tags


def target(name: str, day: dt.date = dt.date(2024, 5, 3), size: int = 10) -> Target:
    ns = to_ns(dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC))
    ending = name.rsplit(".", 1)[-1]
    row = FileRow(1, 1, name.encode(), name.lower(), ending, "file", size, ns, None, 1, 1, "done")
    return Target(b"/home/" + name.encode(), row)


def label(by: str, name: str = "a.txt", facts: Facts | None = None, **more) -> str | No | list[str | No]:
    levels = levels_of(by)
    assert levels is not None
    forms = "".join(level.form for level in levels)
    found = [label_of(level, target(name, **more), facts or Facts(), CLOCK, forms) for level in levels]
    return found[0] if len(found) == 1 else found


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("topic", ["topic"]),
        ("what they are about", ["topic"]),
        ("Thema", ["topic"]),
        ("sujets", ["topic"]),
        ("kind of file", ["kind"]),
        ("file type", ["extension"]),
        ("type, then year", ["extension", "%Y"]),
        ("year and then month", ["%Y", "%m"]),
        ("month and year", ["%Y", "%m"]),
        ("month within year", ["%Y", "%m"]),
        ("year, month and day", ["%Y", "%m", "%d"]),
        ("Jahr und Monat", ["%Y", "%m"]),
        ("l'année puis le mois", ["%Y", "%m"]),
        ("the month they were taken", ["%Y-%m"]),
        ("YYYY/MM", ["%Y", "%m"]),
        ("yyyy-mm-dd", ["%Y-%m-%d"]),
        ("2024-03", ["%Y-%m"]),
        ("2024/03", ["%Y", "%m"]),
        ("year-month folders", ["%Y-%m"]),
        ("the first letter of their names", ["letter"]),
        ("artist and album", ["artist", "album"]),
    ],
)
def test_words_say_levels_of_folders(said, keys):
    levels = levels_of(said)
    assert levels is not None and [level.form or level.key for level in levels] == keys


@pytest.mark.parametrize(
    "said", ["client", "year and client", "the month of birth", "Invoices and Letters", "year, year", ""]
)
def test_what_lsfs_does_not_know_says_no_levels(said):
    assert levels_of(said) is None


def test_the_way_of_sorting_is_found_in_the_sentence():
    assert levels_in("sort the photos, one folder for each year please") == (Level("time", "%Y"),)
    assert levels_in("sort the photos") is None


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Invoices, Letters and Photos", ("Invoices", "Letters", "Photos")),
        ("folders called Work & Home", ("Work", "Home")),
        ("a folder for pictures and one for documents", ("Pictures", "Documents")),
        ('"Rent and heating", "Tax 2024"', ("Rent and heating", "Tax 2024")),
        ("a 2023 and a 2024 folder", ("2023", "2024")),
        ("Rechnungen und Briefe", ("Rechnungen", "Briefe")),
        ("Invoices", ()),
        ("Invoices and invoices", ()),
    ],
)
def test_names_of_folders_are_listed(said, names):
    assert names_of(said) == names


def test_a_time_is_that_of_the_name_the_camera_the_mail_and_then_of_the_last_change():
    assert label("month", "trip 2023-08-02.jpg") == "2023-08"
    assert label("month", "IMG_1.jpg", Facts({"taken": "2022:07:01 10:00:00"})) == "2022-07"
    assert label("day", "m.eml", Facts({"from": "Ann", "date": "Tue, 02 Jan 2024 23:30:00 +0000"})) == "2024-01-02"
    assert label("year", "a.mp3", Facts({"year": "1999"})) == "1999"
    assert label("month", "a.mp3", Facts({"year": "1999"})) == "2024-05"
    assert label("quarter") == "2024-Q2" and label("decade") == "2020s" and label("week") == "2024-W18"
    assert label("year then quarter") == ["2024", "Q2"]


def test_a_file_has_what_it_says_of_itself_or_a_reason_why_not():
    assert label("artist", "a.mp3", Facts({"artist": "AC/DC"})) == "AC DC"
    assert label("sender", "a.eml", Facts({"from": "Ann Lee <ann@lee.org>"})) == "Ann Lee"
    assert label("language", "a.py") == "python"
    assert label("tag", facts=Facts(tags=("tax",))) == "tax"
    assert label("tag", facts=Facts(tags=("tax", "home"))) == No("it has several tags: tax, home")
    assert label("album", "a.mp3") == No("it does not say its album")
    assert [label("first letter", name) for name in ("élan.txt", "7up.txt", "_x.txt")] == ["E", "0-9", "#"]
    assert [label("size", size=size) for size in (1, 2_000_000, 200_000_000)] == ["small", "medium", "large"]


def test_no_label_leads_out_of_its_folder():
    assert as_name("../../etc") == "etc" and as_name("a\0/b\n") == "a b" and as_name("..") == ""


def vectors(*groups: tuple[int, int], noise: float) -> np.ndarray:
    """Unit rows around orthogonal centres: (number of the centre, how many)."""
    random = np.random.default_rng(3)
    rows = [np.eye(64)[centre] + noise * random.normal(size=64) for centre, many in groups for _ in range(many)]
    return np.stack([row / np.linalg.norm(row) for row in rows])


def test_what_is_alike_is_grouped_and_what_is_like_nothing_stays_out():
    rows = vectors((0, 5), (1, 4), (2, 3), (3, 1), noise=0.05)
    assert clustered(rows @ rows.T) == [[0, 1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11]]


def test_nothing_is_grouped_where_all_is_alike_or_nothing_is():
    same, unlike = vectors((0, 8), noise=0.001), np.eye(8)
    assert clustered(same @ same.T) == []
    assert clustered(unlike @ unlike.T) == []
    assert clustered(np.eye(2)) == []


def test_groups_are_at_most_a_dozen_and_the_same_each_time():
    rows = vectors(*((centre, 6) for centre in range(10)), noise=0.1)
    groups = clustered(rows @ rows.T)
    assert len(groups) == 10 and groups == clustered(rows @ rows.T)
    many = vectors(*((centre, 3) for centre in range(20)), noise=0.02)
    assert len(clustered(many @ many.T)) <= 12
