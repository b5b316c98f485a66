"""A change asks which files are meant where a sentence does not say it, and keeps to what it does say."""

from __future__ import annotations

import pytest

from tests.engine.living import home, living, refused, trashed
from tests.engine.said import Home

__all__ = ["home", "living"]


@pytest.mark.parametrize(
    "words",
    [
        *("some invoices", "most of the invoices", "no invoices", "half the invoices", "several invoices"),
        *("old invoices", "the old photos", "the latest invoices", "the newest invoices", "non-pdf files in Downloads"),
        *("the invoices", "photo 7"),
    ],
)
def test_what_is_not_said_is_asked(home: Home, words):
    bare = words.removeprefix("the ").replace("most of the ", "").replace("half the ", "").replace("several ", "")
    bare = bare.replace("some ", "").replace("no ", "")
    refused(home, f"delete {words}", f"trash|what={words}")
    refused(home, f"delete {words}", f"trash|what={bare}")  # what a model may make of it


def test_said_twice_each_is_about_its_own(home: Home):
    refused(
        home, "tag every notes.txt as x and delete notes.txt", "tag|what=every notes.txt|tag=x\ntrash|what=notes.txt"
    )


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (
            "the two newest invoices",
            {"Documents/Invoices/painter invoice.txt", "Documents/Invoices/roofer invoice.txt"},
        ),
        ("the oldest thesis", {"Work/Old/thesis.md"}),
        ("the folder Invoices", {"Documents/Invoices"}),
        ("all files in Work", {"Work/stars.py", "Work/thesis.md"}),
        ("everything in Work", {"Work/stars.py", "Work/thesis.md", "Work/Old"}),
    ],
)
def test_what_is_said_is_kept_to(home: Home, words, meant):
    assert trashed(home, f"delete {words}", f"trash|what={words}") == meant


def test_only_the_invoice_over_a_sum_is_one(home: Home):
    refused(home, "delete the invoice over 1000 euros", "trash|what=the invoice over 1000 euros")


@pytest.mark.parametrize("op", ["²", "99999999999999999999999"])
def test_a_number_of_no_op_takes_nothing_back(home: Home, op):
    refused(home, f"undo op {op}", f"undo|op={op}")


@pytest.mark.parametrize("words", ["² photos", "² invoices"])
def test_a_digit_that_is_no_number_is_a_word(home: Home, words):
    assert home.say(f"delete {words}", f"trash|what={words}").state in ("refused", "nothing")


@pytest.mark.parametrize(
    ("sentence", "wire"),
    [
        ("remove page 3 from the gardener contract", "trash|what=gardener contract"),
        ("remove page 3 from the gardener contract", "trash|what=page 3 from the gardener contract"),
        ("please take the logo out of the gardener contract", "trash|what=gardener contract"),
        ("translate the lease into French", "move|what=lease|to=French"),
        ("could you convert the lease and put it in Work", "move|what=lease|to=Work"),
        ("delete the paid tag", "trash|what=paid tag"),
    ],
)
def test_what_a_model_takes_a_part_or_another_wish_for_is_refused(home: Home, sentence, wire):
    refused(home, sentence, wire)


def test_the_biggest_come_first(home: Home):
    result = home.say("show me the biggest files in Downloads", "find|what=biggest files|in=Downloads")
    assert [hit.path.rpartition("/")[2] for hit in result.hits][:2] == ["film.mp4", "clip.mp4"]
