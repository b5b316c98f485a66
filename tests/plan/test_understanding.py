"""What a sentence is taken for: by the rules, else by the model, and never by a guess.

The model's answers are written down; what is tested is what is made of them.
"""

from __future__ import annotations

import math

import pytest

from lsfs.core.errors import ModelUnavailable, RefusedError, UsageError, WorkerFailed
from lsfs.llm.base import Bounds, Prompt, Written
from lsfs.llm.scripted import ScriptedModel
from lsfs.plan import prompt, rules
from lsfs.plan.request import Find, Move, Request, Trash, decode, grammar
from lsfs.plan.understand import SURE_OF_CHANGE, SURE_OF_READING, NotUnderstood, Understanding

ODD = "a.txt has no business here, over to Legal with it"
"""What no rule reads."""
MOVED = "could a.txt perhaps live with the things in Legal from now on"


class Tree:
    """A folder and a file."""

    def folder(self, words: str) -> bool:
        return words.casefold() in {"legal", "downloads"}

    def file(self, words: str) -> bool:
        return words.casefold() == "a.txt"

    def tag(self, words: str) -> bool:
        return False


class Answer:
    """A model that always writes the same, with a given probability and end."""

    id, context = "fixed", 8192

    def __init__(self, text: str, logprob: float = -0.1, ended: str = "stop") -> None:
        self.written = Written(text, logprob, len(text) // 4 + 1, 0, ended)
        self.asked: list[tuple[Prompt, Bounds]] = []

    def write(self, asked, bounds, on_text=None):
        self.asked.append((asked, bounds))
        return self.written


def never():
    raise AssertionError("the model was asked for")


def no_model():
    raise ModelUnavailable("no model is installed")


def read(sentence, model=never, *, llm=True, on_model=lambda: True, confirmed=tuple):
    """What is understood; `model` is one, or gives one."""
    if model is not never and "everything" not in sentence:
        assert rules.understand(sentence, Tree()) is None, "the rules read it: take another sentence"
    give = model if callable(model) else lambda: model
    return Understanding(give, confirmed).read(sentence, Tree(), llm=llm, on_model=on_model)


def refused(sentence, model=never, **how) -> NotUnderstood:
    with pytest.raises(NotUnderstood) as raised:
        read(sentence, model, **how)
    return raised.value


# Rules first


def test_where_the_rules_are_sure_no_model_is_asked():
    found = read("move a.txt to Legal")
    assert (found.tier, found.logprob) == ("rules", 0)
    assert found.request == Request((Move(what=("a.txt",), to="Legal"),))


def test_the_rules_read_with_the_model_off_too():
    assert read("find pdfs about tax from 2024", llm=False).tier == "rules"


def test_spaces_and_line_ends_do_not_count():
    assert read("  move\n a.txt\tto  Legal ") == read("move a.txt to Legal")


# Without a model


def test_with_the_model_off_it_is_said_so_and_no_model_is_asked():
    error = refused(ODD, llm=False)
    assert "LSFS_LLM=off" in error.message
    assert error.nearest is None and "for example" in error.hint


def test_without_a_model_it_is_said_how_to_get_one():
    error = refused(ODD, no_model)
    assert "no model is installed" in error.message
    assert error.hint == "lsfs models pull fetches one"
    assert isinstance(error.__cause__, ModelUnavailable)


def test_a_model_that_dies_is_said_so_rather_than_taken_for_a_sentence_that_is_not_clear():
    class Dying(Answer):
        def write(self, asked, bounds, on_text=None):
            raise WorkerFailed("the model's worker died")

    with pytest.raises(WorkerFailed):
        read(ODD, Dying(""))


# By the model


def test_what_the_rules_leave_alone_the_model_reads():
    model = ScriptedModel({MOVED: "move|what=a.txt|to=Legal"})
    found = read(MOVED, model)
    assert (found.tier, found.request) == ("llm", Request((Move(what=("a.txt",), to="Legal"),)))
    assert found.logprob < 0


def test_the_model_is_bound_by_the_grammar_and_sees_the_sentence_alone():
    model = Answer("move|what=a.txt|to=Legal")
    read(f"  {MOVED}\n", model)
    ((asked, bounds),) = model.asked
    assert bounds.grammar == grammar() and bounds.max_tokens == prompt.MOST_TOKENS
    assert asked.kept == prompt.kept() and [turn.text for turn in asked.turns] == [MOVED]


def test_a_confirmed_sentence_that_is_alike_is_shown_before_it():
    model = Answer("move|what=a.txt|to=Legal")
    read(MOVED, model, confirmed=lambda: [(MOVED.replace("a.txt", "b.txt"), "move|what=b.txt|to=Legal")])
    ((asked, _),) = model.asked
    assert [turn.text for turn in asked.turns][1:] == ["move|what=b.txt|to=Legal", MOVED]


def test_what_a_model_gets_wrong_and_code_knows_is_mended():
    found = read(f"{MOVED} please", Answer("move|what=“a.txt”|to=Legal folder"))
    assert found.request == decode("move|what=a.txt|to=Legal")


def test_none_is_refused():
    error = refused("sing me a song about tax", Answer("none"))
    assert "not seem to be about files" in error.message and error.nearest is None


@pytest.mark.parametrize(
    "text", ["", "I will move it.", "move|what=a.txt|where=Legal", "eat|what=a.txt", "trash|what="]
)
def test_what_is_no_request_is_refused(text):
    assert refused(ODD, Answer(text)).nearest is None


@pytest.mark.parametrize(
    ("sentence", "wire", "reason"),
    [
        (MOVED, "move|what=b.txt|to=Legal", "“b.txt” is not in the sentence"),
        (
            "a.txt is a file about which i have been thinking",
            "trash|what=a.txt",
            "no word of the sentence asks to throw anything away",
        ),
        (
            "be so kind as to delete for me both of them, a.txt and b.txt, would you",
            "trash|what=a.txt",
            "“b.txt” would be left out",
        ),
    ],
)
def test_what_the_sentence_does_not_say_is_refused_with_the_nearest_reading(sentence, wire, reason):
    error = refused(sentence, Answer(wire))
    assert reason in error.message
    assert error.nearest == decode(wire)


@pytest.mark.parametrize("sentence", ["delete everything", "would you kindly delete everything i have, all of it"])
def test_everything_is_thrown_away_by_no_sentence_whatever_the_model_says(sentence):
    with pytest.raises(RefusedError) as raised:
        read(sentence, Answer("trash|what=everything"))
    assert "everything" in raised.value.message


def test_a_model_that_is_not_sure_changes_nothing():
    wire = "move|what=a.txt|to=Legal"
    assert read(MOVED, Answer(wire, SURE_OF_CHANGE)).tier == "llm"
    error = refused(MOVED, Answer(wire, SURE_OF_CHANGE - 0.01))
    assert error.nearest == decode(wire)


def test_reading_takes_less_sureness_than_changing():
    sentence = "hm tax thing, show that perhaps"
    between = (SURE_OF_CHANGE + SURE_OF_READING) / 2
    assert SURE_OF_READING < between < SURE_OF_CHANGE
    found = read(sentence, Answer("find|what=tax thing", between))
    assert found.request == Request((Find(what=("tax thing",)),)) and found.logprob == between
    assert refused(sentence, Answer("find|what=tax thing", SURE_OF_READING - 0.01)).nearest == found.request


def test_one_changing_action_among_reading_ones_takes_the_sureness_of_changing():
    sentence = "i wonder about a.txt, so look for it and then please do delete it right away for good"
    wire = "find|what=a.txt\ntrash|what=it"
    assert read(sentence, Answer(wire, -0.1)).request.actions[1] == Trash(what=("it",))
    assert refused(sentence, Answer(wire, SURE_OF_CHANGE - 1)).nearest is not None


@pytest.mark.parametrize("ended", ["length", "cancelled"])
def test_an_answer_that_is_cut_off_is_refused_even_where_it_is_a_request(ended):
    assert "not clear" in refused(MOVED, Answer("move|what=a.txt|to=Legal", ended=ended)).message


def test_an_answer_longer_than_any_request_is_cut_off_and_refused():
    endless = "\n".join(["move|what=a.txt|to=Legal"] * prompt.MOST_TOKENS)
    refused(MOVED, ScriptedModel({MOVED: endless}))


def test_a_log_probability_that_is_no_number_is_refused():
    refused(MOVED, Answer("move|what=a.txt|to=Legal", -math.inf))


# Whoever listens


def test_whoever_listens_hears_before_the_model_begins_and_at_each_word():
    heard: list[int] = []
    model = ScriptedModel({MOVED: "move|what=a.txt|to=Legal"})

    def on_model() -> bool:
        heard.append(len(model.asked))
        return True

    read(MOVED, model, on_model=on_model)
    assert heard[0] == 0
    assert len(heard) > model.count("move|what=a.txt|to=Legal")


def test_the_rules_let_nobody_wait():
    heard: list[bool] = []
    read("move a.txt to Legal", on_model=lambda: bool(heard.append(True)))
    assert heard == []


def test_whoever_has_gone_stops_the_model_at_once_and_gets_nothing():
    said = 0

    class Slow(ScriptedModel):
        def write(self, asked, bounds, on_text=None):
            def counted(piece: str) -> bool:
                nonlocal said
                said += 1
                return on_text(piece)

            return super().write(asked, bounds, counted)

    model = Slow({MOVED: "move|what=a.txt|to=Legal"})
    calls = iter([True, True, True])
    refused(MOVED, model, on_model=lambda: next(calls, False))
    assert said == 3  # twice it was to go on, then not


# Sentences that are none


@pytest.mark.parametrize("sentence", ["", "  ", "\n\t"])
def test_nothing_said_is_a_mistake_of_the_caller(sentence):
    with pytest.raises(UsageError):
        read(sentence)


def test_a_sentence_that_is_too_long_is_refused_unread():
    error = refused("find a.txt " + "x" * prompt.MOST_CHARACTERS)
    assert str(prompt.MOST_CHARACTERS) in error.message and "short" in error.hint


def test_the_longest_sentence_is_read():
    sentence = MOVED + " please" * ((prompt.MOST_CHARACTERS - len(MOVED)) // 7)
    assert len(sentence) <= prompt.MOST_CHARACTERS
    assert read(sentence, Answer("move|what=a.txt|to=Legal")).tier == "llm"


@pytest.mark.parametrize("sentence", ["\x00", "a\x1b[31mb", "“", "|", "move|what=a.txt|to=Legal", "\ud83d", "…" * 300])
def test_odd_signs_are_read_as_any_others(sentence):
    error = refused(sentence, Answer("none"))
    assert "not seem to be about files" in error.message
