"""What a model wrote is cited where it stands, and doubted where it stands nowhere."""

from __future__ import annotations

import pytest

from lsfs.answer.citing import cite, sentence_of
from lsfs.answer.judging import doubt, foreign
from lsfs.answer.kinds import misses
from lsfs.answer.picking import stems
from tests.answer.papers import a_snippet

RENT = a_snippet("rent.txt", "The rent is 2,400 a year.\nPaid on 1 May.")
DEPOSIT = a_snippet("deposit.txt", "A deposit of 905 is held by Mrs Teale.")


def written(line: str, question: str, *others):
    return sentence_of(line, RENT, [RENT, *others], question)


def test_a_sentence_is_what_stands_after_the_number_and_is_borne_out_by_its_text():
    sentence = written("1: The rent is 2400 a year.", "what is paid?")
    assert (sentence.text, sentence.snippet, sentence.supported) == ("The rent is 2400 a year.", RENT, True)


@pytest.mark.parametrize(
    "line", ["1: The rent is 2500 a year.", "1: The rent is 905.", "1: The rent is 2400 and goes to Brown."]
)
def test_a_figure_that_stands_elsewhere_or_a_name_that_stands_nowhere_is_not_supported(line):
    assert not written(line, "what is the rent?", DEPOSIT).supported


def test_a_name_may_stand_in_another_text_that_was_read():
    assert written("1: The rent of 2400 goes to Mrs Teale.", "what is the rent?", DEPOSIT).supported


def test_what_the_question_itself_says_needs_no_source():
    assert written("1: For Anna in 2024 the rent is 2400.", "what does Anna pay in 2024?").supported


def test_none_is_no_sentence():
    assert written("0", "what?") is None
    assert written("", "what?") is None


def test_the_line_that_says_most_of_it_is_cited():
    place = cite("It is paid on 1 May.", RENT)
    assert (place.line, place.quote) == (2, "Paid on 1 May.")


@pytest.mark.parametrize(
    ("kind", "sentence", "missing"),
    [
        ("amount", "It was approved.", True),
        ("amount", "It was thirty pounds.", False),
        ("amount", "They charged 27 July 2023 for it.", True),
        ("amount", "They charged 410 on 27 July 2023.", False),
        ("time", "At the mill.", True),
        ("time", "On Wednesday.", False),
        ("phone", "It is room 12.", True),
        ("phone", "It is 0351 449921.", False),
        ("other", "At the mill.", False),
    ],
)
def test_an_answer_of_another_kind_is_none(kind, sentence, missing):
    assert misses(kind, sentence) is missing


def test_a_text_that_knows_none_of_the_names_is_foreign():
    words = stems(DEPOSIT.text)
    assert foreign(("Coton", "Hill"), words, "Housing/deposit.txt")
    assert not foreign(("Coton", "Hill"), words, "Coton Hill/deposit.txt")
    assert not foreign(("Teale",), words, "deposit.txt")
    assert not foreign((), words, "deposit.txt")


def test_doubt_is_the_share_of_none():
    assert doubt([]) == 1.0
    assert doubt([-0.7, -0.7]) == pytest.approx(0.5)
