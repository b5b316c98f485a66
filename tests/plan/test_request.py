"""The wire form of requests, the grammar that binds the model to it, and the examples that the model is shown."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lsfs.plan import checks, prompt
from lsfs.plan.request import READING, Action, Find, Rename, Request, Restore, Trash, decode, encode, grammar, verb_of
from lsfs.plan.rules.faults import values

KINDS = get_args(Action)
EXAMPLES = prompt.examples()

# A value is one line without bars: what else is in it keeps its meaning, so equals signs and quotes are among them.
_VALUES = st.text().map(lambda text: " ".join(text.replace("|", " ").split())).filter(bool)


def _actions(kind: type) -> st.SearchStrategy:
    slots = {
        slot.name: st.lists(_VALUES, max_size=3).map(tuple) if slot.default == () else st.just("") | _VALUES
        for slot in msgspec.structs.fields(kind)
    }
    return st.builds(kind, **slots)


REQUESTS = st.lists(st.one_of([_actions(kind) for kind in KINDS]), max_size=4).map(tuple).map(Request)


def _as_regex(text: str, start: str) -> str:
    """The language of a GBNF text whose rules do not recur, as a regular expression."""
    rules = dict(line.split(" ::= ", 1) for line in text.splitlines())

    def of(name: str) -> str:
        parts = re.findall(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[a-z-]+|\{[^}]*\}|[|()*+?]', rules[name])
        return "".join(
            re.escape(part[1:-1].replace("\\n", "\n"))
            if part[0] == '"'
            else f"(?:{of(part)})"
            if part[0].isalpha()
            else part
            for part in parts
        )

    return of(start)


@given(REQUESTS)
def test_a_request_comes_back_from_the_wire_as_it_was(request):
    assert decode(encode(request)) == request


@given(REQUESTS)
def test_the_grammar_lets_every_request_be_written(request):
    assert re.fullmatch(_as_regex(grammar(), "root"), encode(request))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_grammar_has_a_rule_for_each_verb_with_exactly_its_slots(kind):
    verb = verb_of(kind())
    (rule,) = re.findall(rf"(?m)^{verb.replace('_', '-')} ::= (.+)$", grammar())
    assert rule.startswith(f'"{verb}"')
    assert re.findall(r'"\|([a-z]+)="', rule) == [slot.encode_name for slot in msgspec.structs.fields(kind)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "remove|what=a",
        "trash|to=a",
        "trash|what=a|to=b",
        "trash|what=",
        "trash|what=a\n",
        "none\nundo",
        "undo\n" * 4 + "undo",
    ],
)
def test_the_grammar_lets_nothing_else_be_written(text):
    written = re.compile(_as_regex(grammar(), "root"))
    assert written.fullmatch("none")
    assert not written.fullmatch(text)


@given(st.lists(st.text(), min_size=1, max_size=3).map(tuple))
@example(("a.txt\ntrash|what=b.txt",))
@example(("a.txt|in=Downloads",))
@example(("a.txt", "b\r\nundo"))
def test_no_value_can_add_an_action_or_a_slot(what):
    """A value with bars or line ends in it stays one value, or the whole is refused."""
    try:
        found = decode(encode(Request((Find(what=what),))))
    except ValueError:
        return
    assert len(found.actions) == 1
    (action,) = found.actions
    assert isinstance(action, Find) and msgspec.structs.replace(action, what=()) == Find()


@pytest.mark.parametrize(
    "text",
    [
        "destroy|what=a.txt",
        "none\ntrash|what=a.txt",
        "trash|where=a.txt",
        "trash|to=Legal",
        "mkdir|name=A|name=B",
        "move|what=a.txt|in=A|to=B|in=C",
        "trash|what=",
        "trash|what= ",
        "trash|what",
        "trash|",
        "|what=a.txt",
        "trash what=a.txt",
        "I will delete a.txt",
        '{"verb": "trash", "what": ["a.txt"]}',
    ],
)
def test_what_is_no_request_is_refused(text):
    with pytest.raises(ValueError):
        decode(text)


@given(st.text(alphabet=st.sampled_from("trashmove|=\n whatinfolder")) | st.text())
def test_no_text_is_refused_otherwise(text):
    try:
        found = decode(text)
    except ValueError:
        return
    assert decode(encode(found)) == found


@pytest.mark.parametrize("text", ["", " \n", "none", "none\n"])
def test_nothing_that_is_wanted_is_a_request_without_actions(text):
    assert decode(text) == Request()
    assert encode(Request()) == "none"


def test_only_reading_changes_nothing():
    assert not Request().changes
    assert not Request(tuple(kind() for kind in READING)).changes
    for kind in set(KINDS) - set(READING):
        assert Request((Find(), kind())).changes, kind


def test_several_files_are_several_slots():
    assert encode(Request((Trash(what=("a.txt", "b.txt")),))) == "trash|what=a.txt|what=b.txt"


# The examples


@pytest.mark.parametrize(("said", "wire"), EXAMPLES, ids=[said[:50] for said, _ in EXAMPLES])
def test_an_example_is_made_of_words_of_its_sentence(said, wire):
    request = decode(wire)
    # Slots may stand in the order of the sentence; the actions may not.
    assert [sorted(line.split("|")) for line in encode(request).split("\n")] == [
        sorted(line.split("|")) for line in wire.split("\n")
    ]
    pairs = [(action, slot, value) for action in request.actions for slot, value in values(action)]
    assert [value for action, slot, value in pairs if not _is_said(action, slot, value, said)] == []


@pytest.mark.parametrize(("said", "wire"), EXAMPLES, ids=[said[:50] for said, _ in EXAMPLES])
def test_nothing_speaks_against_an_example(said, wire):
    assert checks.faults(said, decode(wire)) == ()


def _is_said(action, slot: str, value: str, said: str) -> bool:
    if isinstance(action, Rename) and slot == "name":
        return all(piece in said for piece in re.split(r"[*#]+", value))
    if isinstance(action, Restore) and slot == "version" and value in ("first", "previous"):
        return True
    return value in said


def test_the_examples_show_every_verb_and_what_is_none():
    shown = {verb_of(action) for _, wire in EXAMPLES for action in decode(wire).actions}
    assert shown == {verb_of(kind()) for kind in KINDS}
    assert sum(wire == "none" for _, wire in EXAMPLES) >= 5


def test_examples_are_told_once_and_are_shuffled():
    said = [sentence for sentence, _ in EXAMPLES]
    assert len(set(said)) == len(said)
    verbs = [wire.partition("|")[0] for _, wire in EXAMPLES]
    assert all(len(set(verbs[at : at + 4])) > 1 for at in range(len(verbs) - 3))


def test_the_prompt_ends_in_the_sentence_and_is_otherwise_the_same():
    one, other = prompt.prompt_for("move  a.txt\nto Legal"), prompt.prompt_for("undo")
    assert one.kept == other.kept == prompt.kept()
    assert [turn.text for turn in one.turns] == ["move a.txt to Legal"]
    assert one.turns[0].role == "user"


def test_of_what_was_confirmed_only_the_most_alike_is_shown_and_nothing_that_is_not():
    confirmed = [("move b.txt to Legal", "move|what=b.txt|to=Legal"), ("undo", "undo"), ("move b.txt away", "none")]
    turns = prompt.prompt_for("move a.txt to Legal", confirmed).turns
    assert [turn.text for turn in turns] == [*confirmed[0], "move a.txt to Legal"]
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert len(prompt.prompt_for("which invoice is the highest", confirmed).turns) == 1
