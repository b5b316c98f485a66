"""A Request as a sentence: what the rules read of it is the same Request, and no form of ours is in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.plan.phrasing import sentence_of
from lsfs.plan.prompt import examples
from lsfs.plan.request import Ask, decode, encode
from tests.plan.test_rules import SENTENCES, WHOLE, Tree, understand

READ = [one for one in SENTENCES if one["request"]]
FORMS = re.compile(r"\||\b(?:what|in|to|name|text|about|from|by|time|size|tags?|tagged|version|op)=")


def same(wire: str, known: Tree) -> bool | None:
    """Whether the rules read the sentence of a request as that request; None where they do not read it."""
    found = understand(sentence_of(decode(wire)), known)
    return None if found is None else encode(found) == wire


def test_what_rules_have_read_they_read_again_from_its_sentence():
    said = [one for one in READ if sentence_of(decode(one["request"]))]
    results = [same(one["request"], Tree(one["known"])) for one in said]
    wrong = [one["request"] for one, result in zip(said, results, strict=True) if result is False]
    assert wrong == []
    assert results.count(True) >= 0.98 * len(results), [
        one["request"] for one, result in zip(said, results, strict=True) if result is None
    ]


def test_what_a_model_is_shown_has_sentences_that_mean_the_same():
    """Words that the rules put otherwise (``all``, an article) are the only differences."""
    verbs = []
    for _, wire in examples():
        found = understand(sentence_of(decode(wire)), WHOLE)
        if found is not None:
            verbs.append([type(one) for one in found.actions] == [type(one) for one in decode(wire).actions])
    assert all(verbs) and len(verbs) > 60


@pytest.mark.parametrize("wire", [one["request"] for one in READ] + [wire for _, wire in examples()])
def test_no_sentence_has_a_wire_form_in_it(wire):
    said = sentence_of(decode(wire))
    assert not FORMS.search(said) and "\n" not in said
    if not said:
        assert any(isinstance(one, Ask) for one in decode(wire).actions) or not decode(wire).actions


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (
            "move|what=invoices|time=2024|in=Downloads|to=Documents/Invoices",
            "move invoices from 2024 in Downloads to Documents/Invoices",
        ),
        ("trash|what=harp deed|in=Desktop", "delete the harp deed in Desktop"),
        ("trash|in=Downloads|time=older than a year", "delete all older than a year in Downloads"),
        (
            "mkdir|name=2025\ntag|what=lease.pdf|what=will.pdf|tag=law",
            "make a folder called 2025 and then tag lease.pdf and will.pdf as law",
        ),
        ("append|to=notes.txt|text=buy “milk”", 'add the line "buy “milk”" to notes.txt'),
        (
            "append|to=notes.txt|about=short paragraph|about=about paint",
            "add a short paragraph to the end of notes.txt about paint",
        ),
        ("write|to=intro.md|about=polite letter", "rewrite intro.md as a polite letter"),
        ("write|to=a.txt|from=b.txt", "replace the text of a.txt with the contents of b.txt"),
        ("restore|what=thesis|version=two versions", "take the thesis back two versions"),
        ("rename|what=photos|name=p-##|by=oldest first", "rename photos to p-01, p-02 and so on, oldest first"),
        ("copy|what=Document (3).docx|to=Shared", "copy “Document (3).docx” to the folder Shared"),
        ("none", ""),
        ("ask", ""),
    ],
)
def test_a_request_is_said_as_somebody_would_say_it(wire, said):
    assert sentence_of(decode(wire)) == said


_VALUES = st.text(st.sampled_from("ab .,;:'\"“”*#/()-1Zé"), min_size=1, max_size=12).filter(str.strip)


@given(st.sampled_from(READ), _VALUES)
def test_any_values_give_a_sentence(one, value):
    """A model's request may hold anything; whatever is read of its sentence, it changes what the request does.

    What only reads may be read otherwise: ``history`` of a time that is none is a question.
    """
    wire = re.sub(r"(?<==)[^|\n]+", lambda _: value.strip().replace("|", " "), one["request"], count=1)
    try:
        request = decode(wire)
    except ValueError:
        return
    said = sentence_of(request)
    found = understand(said, WHOLE) if said else None
    if found is not None and (found.changes or request.changes):
        assert [type(each) for each in found.actions] == [type(each) for each in request.actions]
