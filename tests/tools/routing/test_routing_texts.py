"""What is read of a tool's texts and of a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.tools.routing.cards import Card, fields, rest, spelled, summary, view_texts
from lsfs.tools.routing.clauses import LIMIT, clauses, phrases
from lsfs.tools.routing.values import KINDS, Takers, brought


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("getUserInfo", "get User Info"),
        ("HTTPServer.start_now", "HTTP Server start now"),
        ("pdf-compress", "pdf compress"),
        ("todo", "todo"),
    ],
)
def test_a_name_is_read_word_by_word(name: str, words: str) -> None:
    assert spelled(name) == words


def test_a_summary_ends_where_the_parameters_begin() -> None:
    description = "Adds two arrays. Parameters: - a: the first. Returns: - the sum."
    assert summary(description) == "Adds two arrays."
    assert rest(description).startswith("Parameters: - a")


def test_a_description_of_parameters_alone_is_its_own_summary() -> None:
    assert summary("Parameters: x, y") == "Parameters: x, y"


@given(st.text(), st.text())
def test_every_tool_has_three_views_and_four_fields(name: str, description: str) -> None:
    card = Card(name, description)
    assert len(view_texts(card)) == 3
    assert len(fields(card)) == 4


def test_a_request_of_two_wishes_is_cut_in_two() -> None:
    assert clauses("Book a hotel in Rome and tell me the weather there.") == (
        "Book a hotel in Rome",
        "tell me the weather there.",
    )


@pytest.mark.parametrize("request_", ["shrink this pdf", "bread and butter", "convert 1,000 dollars to euros"])
def test_a_request_of_one_wish_stays_whole(request_: str) -> None:
    assert clauses(request_) == ()


@given(st.text(max_size=2000))
def test_no_request_has_more_parts_than_are_embedded(text: str) -> None:
    assert len(clauses(text)) <= LIMIT
    assert len(phrases(text)) <= 3 * LIMIT
    assert all(part in text for part in clauses(text))


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        ("weather on 2023-04-11", "date"),
        ("wake me at 7:30", "time"),
        ("hotels in Berlin", "place"),
        ("write to ann@example.org", "address"),
        ("open https://example.org", "link"),
        ("shrink report.pdf", "file"),
        ("invest $500", "money"),
        ("factorial of 5", "number"),
    ],
)
def test_the_values_of_a_request_are_told_by_kind(request_: str, kind: str) -> None:
    assert brought(request_)[KINDS.index(kind)]


def test_a_tool_with_a_place_for_the_value_has_the_larger_share() -> None:
    both, city, neither = Takers(["city. date", "city. unit", "title"]).shares("weather in Paris on 2023-04-11")
    assert both > city > neither == 0
