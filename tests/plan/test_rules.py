"""Sentences that the rules understand, and those that they leave to the next tier."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.errors import RefusedError
from lsfs.plan import checks
from lsfs.plan.request import Ask, Find, List, Mkdir, Move, Request, Trash, decode, encode
from lsfs.plan.rules import Known
from lsfs.plan.rules import understand as read
from lsfs.plan.rules.faults import values
from lsfs.plan.rules.lexicon import CUES, STARTERS
from lsfs.plan.rules.typos import without_typo

SENTENCES = [json.loads(line) for line in (Path(__file__).parent / "sentences.jsonl").read_text().splitlines()]


class Tree:
    """What is known of a tree of these files."""

    def __init__(self, files: list[str], tags: tuple[str, ...] = ()) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._tags = tags
        for path in files:
            parts = path.casefold().split("/")
            self._files.update("/".join(parts[at:]) for at in range(len(parts)))
            for end in range(1, len(parts)):
                self._folders.update("/".join(parts[at:end]) for at in range(end))

    def folder(self, words: str) -> bool:
        return words.casefold().strip("/") in self._folders

    def file(self, words: str) -> bool:
        return words.casefold() in self._files

    def tag(self, words: str) -> bool:
        return words.casefold() in self._tags


def understand(sentence: str, known: Known) -> Request | None:
    """What the rules make of it; None also for what they refuse outright."""
    try:
        return read(sentence, known)
    except RefusedError:
        return None


WHOLE = Tree(sorted({path for one in SENTENCES for path in one["known"]}))


@pytest.mark.parametrize("one", SENTENCES, ids=lambda one: one["say"][:60])
def test_a_sentence_is_understood_or_left_alone(one: dict) -> None:
    found = understand(one["say"], Tree(one["known"]))
    assert (None if found is None else encode(found)) == one["request"]


@pytest.mark.parametrize("one", [one for one in SENTENCES if one["request"]], ids=lambda one: one["say"][:60])
def test_what_is_understood_keeps_its_meaning_on_the_wire(one: dict) -> None:
    assert encode(decode(one["request"])) == one["request"]


def test_what_is_understood_has_no_faults() -> None:
    found = [(one["say"], understand(one["say"], WHOLE)) for one in SENTENCES]
    assert [say for say, request in found if request is not None and checks.faults(say, request)] == []


def test_repairing_leaves_what_is_understood_as_it_is() -> None:
    changed = []
    for one in SENTENCES:
        request = understand(one["say"], WHOLE)
        if request is not None and request.changes and checks.repaired(one["say"], request, WHOLE) != request:
            changed.append(one["say"])
    assert changed == []


def test_every_sentence_is_read_within_ten_milliseconds() -> None:
    slow = []
    for one in SENTENCES:
        taken = []
        for _ in range(4):
            start = time.thread_time()
            understand(one["say"], WHOLE)
            taken.append(time.thread_time() - start)
        if min(taken) > 0.010:
            slow.append((one["say"], round(1000 * min(taken), 1)))
    assert slow == []


@pytest.mark.parametrize("end", ["", " to Papers", " and move it to Papers"])
@pytest.mark.parametrize("verb", ["delete", "find", "move", ""])
def test_a_long_list_of_names_is_read_in_half_a_second(verb: str, end: str) -> None:
    say = f"{verb} {', '.join(f'scan{n}.pdf' for n in range(140))}{end}"
    start = time.thread_time()
    understand(say, WHOLE)
    assert time.thread_time() - start < 0.5


_WORDS = sorted(
    {word for words in CUES.values() for word in words.split()[:12]}
    | STARTERS
    | set(
        "the a my all every to in into from as and then , . : ; ? it them there folder file files called named".split()
    )
    | set(
        "invoice photos pdfs Journal Papers Downloads plans.md march.csv new.txt 2024 last week older than 2 MB".split()
    )
    | {"“to do”", "'buy milk'", "Papers/New", "except", "not", "or", "please", "with the text", "saying:", "the tag"}
)


def _is_said(value: str, sentence: str) -> bool:
    plain = value.strip("*").rstrip("#") if "#" in value or "*" in value else value
    return plain in ("previous", "first") or plain.startswith("@") or plain in sentence


@given(st.one_of(st.text(), st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join)))
def test_no_text_breaks_the_rules_and_every_value_is_a_span_of_it(sentence: str) -> None:
    found = understand(sentence, WHOLE)
    if found is None:
        return
    said = [value for action in found.actions for _, value in values(action)]
    assert [value for value in said if not _is_said(value, sentence)] == []
    assert checks.faults(sentence, found) == ()


@given(st.lists(st.sampled_from(_WORDS), max_size=10).map(" ".join))
def test_a_condition_is_never_left_out_of_a_change(words: str) -> None:
    found = understand(f"{words} except plans.md", WHOLE)
    assert found is None or not found.changes or "except" in encode(found)


@pytest.mark.parametrize(
    "words",
    ["delete everything", "delete all my files", "bin all of it", "lösche alles", "get rid of every file i have"],
)
def test_everything_is_thrown_away_by_no_sentence(words: str) -> None:
    found = understand(words, WHOLE)
    assert found is None or not found.changes


@pytest.mark.parametrize(
    "words", ["delete everything", "please delete all of my files", "lösche alles", "trash it all"]
)
def test_a_wish_to_throw_everything_away_is_refused_with_its_reason(words: str) -> None:
    with pytest.raises(RefusedError, match="name a folder"):
        read(words, WHOLE)


@pytest.mark.parametrize("words", ["delete it", "trash that", "delete", "delete them", "delete the files"])
def test_what_points_back_is_not_everything(words: str) -> None:
    read(words, WHOLE)


def test_a_folder_of_the_tree_ends_a_description() -> None:
    say = "delete the speech for the club in Papers"
    assert understand(say, Tree(["Papers/a.txt"])) == Request((Trash(what=("speech for the club",), folder="Papers"),))
    assert understand("find the speech in verse", Tree([])) == Request((Find(what=("speech in verse",)),))


def test_a_name_with_spaces_is_known_from_the_tree() -> None:
    tree = Tree(["Papers/what to do next.odt"])
    assert understand("move what to do next.odt to Papers", tree) == Request(
        (Move(what=("what to do next.odt",), to="Papers"),)
    )


def test_there_is_the_folder_that_was_just_made() -> None:
    found = understand("make a folder Papers/Car and move plans.md there", WHOLE)
    assert found == Request((Mkdir(name="Papers/Car"), Move(what=("plans.md",), to="Papers/Car")))
    assert understand("move plans.md there", WHOLE) is None


def test_questions_are_told_from_lists() -> None:
    assert understand("what's in Journal?", WHOLE) == Request((List(folder="Journal"),))
    assert understand("what is the rent of the boathouse?", WHOLE) == Request((Ask(),))


def test_a_slip_of_the_fingers_is_a_verb_and_another_letter_is_not() -> None:
    assert [without_typo(word) for word in ("mvoe", "delte", "renmae", "coppy", "fnid")] == [
        "move",
        "delete",
        "rename",
        "copy",
        "find",
    ]
    assert [without_typo(word) for word in ("love", "more", "mode", "kind")] == ["love", "more", "mode", "kind"]
