"""What a model wrote is cited where it stands, and doubted where it stands nowhere."""

from __future__ import annotations

import math

import msgspec
import pytest

from lsfs.answer.citing import cite, drops_the_value, naming, sentence_of
from lsfs.answer.judging import Weighed, doubt, foreign, is_settled
from lsfs.answer.kinds import misses
from lsfs.answer.picking import Snippet, stems
from tests.answer.papers import a_document, a_snippet

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


def test_a_day_may_be_named_in_another_language_and_no_other_day():
    train = a_snippet("train.eml", "Le train arrive le samedi 20 février à Nantes.")
    said = [
        sentence_of(f"1: He arrives on {day} 20 February.", train, [train], "when?") for day in ("Saturday", "Friday")
    ]
    assert [sentence.supported for sentence in said] == [True, False]


@pytest.mark.parametrize(
    ("line", "dropped"),
    [
        ("It is a nut allergy.", True),
        ("Oskar cannot eat nuts.", False),
    ],
)
def test_what_stands_after_a_label_is_to_be_in_the_sentence(line, dropped):
    assert drops_the_value(line, a_snippet("party.md", "Nut allergy: Oskar.")) == dropped


def test_the_row_that_leads_from_a_name_to_a_text_is_cited_too():
    table = a_document("members.csv", "name | squad\nRita Moss | juniors\nKai Brandt | veterans")
    rows = [Snippet(table.file, (unit,), 1.0) for unit in table.units]
    rota, other = a_snippet("rota.txt", "Anders trains the juniors."), a_snippet("note.txt", "Rita Moss: juniors, too.")
    assert naming(["Rita", "Moss"], rota, [rota, *rows]).units[-1].text == "Rita Moss | juniors"
    assert naming(["Rita", "Moss"], other, [other, *rows]) is None
    assert naming(["Olga"], rota, [rota, *rows]) is None
    assert naming([], rota, [rota, *rows]) is None


def test_running_text_has_no_label():
    assert not drops_the_value("It is dear.", RENT)


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


def weighed(odds: float, score: float) -> Weighed:
    snippet = msgspec.structs.replace(RENT, score=score)
    return Weighed(snippet, 1 / (1 + math.exp(odds)))


@pytest.mark.parametrize(
    ("looked_at", "following", "settled"),
    [
        ([(1.1, 0.9)], 0.9, True),
        ([(0.9, 0.9)], 0.9, False),
        ([(0.9, 0.9)], 0.7, True),
        ([(0.9, 0.9), (0.1, 0.8)], 0.7, True),
        ([(-0.5, 0.9), (0.1, 0.8)], 0.7, False),
        ([(-0.5, 1.9), (-0.6, 0.8)], 0.7, False),
    ],
)
def test_looking_ends_where_no_other_can_fit_better(looked_at, following, settled):
    assert is_settled([weighed(*one) for one in looked_at], following) == settled
