"""A question is taken apart into what is searched, whom it names and what kind of thing it asks for."""

from __future__ import annotations

import pytest

from lsfs.answer.figures import figures, has_figure, proper_names, said_figures
from lsfs.answer.questions import attribute, key_words, kind_of, language, names, read


def test_a_question_of_two_parts_is_searched_part_by_part_and_keeps_its_subject():
    assert read("Since when has Ingrid been a member, and how much does she owe?").parts == (
        "Since when has Ingrid been a member",
        "how much does she owe? (Ingrid)",
    )


def test_two_things_after_one_preposition_are_two_parts():
    assert read("what do I pay for the boat and for the mooring?").parts == (
        "what do I pay for the boat",
        "what do I pay for the mooring",
    )


def test_what_is_asked_of_each_of_two_names_is_two_parts():
    assert read("how many days have Ruth and Omar each got to pay?").parts == (
        "how many days have Ruth got to pay?",
        "how many days have Omar got to pay?",
    )


@pytest.mark.parametrize(
    "question",
    [
        "who wrote the tale of salt and pepper?",
        "what did Ruth and Omar agree on",
        "Wer hat das Brot und die Butter bezahlt?",
    ],
)
def test_an_and_within_a_part_does_not_split_it(question):
    assert len(read(question).parts) == 1


def test_names_are_words_with_capitals_or_digits_but_no_german_nouns():
    assert names("when did Ruth's Fiat 500e pass, and I paid") == ("Ruth", "Fiat", "500e")
    assert names("Wie hoch ist die Miete für das Haus B12?") == ("B12",)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("how much did the plumber charge", "amount"),
        ("how much flour is in the recipe", "count"),
        ("how many chairs have we got", "count"),
        ("when does the ticket expire", "time"),
        ("Wann endet der Vertrag?", "time"),
        ("who keeps the keys", "person"),
        ("what's the phone number of the hotel", "phone"),
        ("which colour is the door", "other"),
    ],
)
def test_the_kind_of_what_is_asked(question, kind):
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("how much is the rent", "English"),
        ("Wie hoch ist die Miete für das Haus?", "German"),
        ("Combien coûte la location du garage ?", "French"),
        ("¿Cuánto cuesta el alquiler de la casa?", "Spanish"),
        ("Quanto costa la camera per una notte?", "Italian"),
        ("xyzzy", "English"),
    ],
)
def test_the_language_of_a_question(text, name):
    assert language(text) == name


def test_key_words_leave_out_grammar():
    assert key_words("what does it cost me if I don't come to the dentist's") == ["cost", "come", "dentist"]


def test_figures_are_compared_without_their_spelling():
    assert figures("£1,284.00 on 30 June") == {"1284", "30"}
    assert figures("1.234,50 EUR") == {"1234"}
    assert figures("0.10 mL, 11:15, 2021-07-30") == {"0.1", "11", "15", "2021", "7", "30"}
    assert said_figures("fifteen members until July") >= {"15", "7"}
    assert "45" in said_figures("within forty-five days")
    assert has_figure("within forty-five days")
    assert not has_figure("within days")
    assert proper_names("Then Ruth met Omar in May") == {"ruth", "omar"}


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("how much deposit did I pay?", "deposit"),
        ("when is Ada Lovelace's birthday?", "birthday"),
        ("what's the members\u2019 fee", None),
        ("when is the party at Ada's", None),
    ],
)
def test_the_word_for_what_is_asked(question, word):
    assert attribute(question) == word
