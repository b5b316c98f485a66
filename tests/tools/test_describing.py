"""A tool as the router reads it."""

from __future__ import annotations

import msgspec
import pytest

from lsfs.core.tools import Tool
from lsfs.tools.describing import card_of, content_hash, texts_of
from lsfs.tools.routing.cards import summary

SCHEMA = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "description": "Which file."},
        "size": {"enum": ["small", "large"]},
        "more": {"type": "array", "items": {"type": "object", "properties": {"deep": {"description": "Within."}}}},
        "odd": True,
    },
}
TOOL = Tool(id="x/shrink", name="shrink", description="Make it smaller.", schema=SCHEMA, source="x", kind="mcp")


def test_names_descriptions_and_choices_of_parameters_are_its_words():
    card = card_of(TOOL)
    assert (card.name, card.description, card.source) == ("shrink", "Make it smaller.", "x")
    assert card.parameters == "path Which file. size small large more deep Within. odd"


def test_of_a_command_its_summary_counts_and_its_options_do_not():
    command = msgspec.structs.replace(
        TOOL, name="git-commit", kind="command", group="git", description="Record changes.\nLong text. " + "x" * 5000
    )
    card = card_of(command)
    assert summary(card.description) == "Record changes." and "Long text." in card.description
    assert len(card.description) < 500 and card.parameters == "" and card.source == "x git"


@pytest.mark.parametrize(
    "change",
    [{"name": "a"}, {"description": "a"}, {"schema": {}}, {"group": "g"}, {"examples": ("a",)}],
)
def test_the_hash_is_another_when_it_says_something_else(change):
    assert content_hash(msgspec.structs.replace(TOOL, **change)) != content_hash(TOOL)


def test_the_hash_stays_when_only_how_it_is_called_changes():
    other = msgspec.structs.replace(TOOL, invocation={"argv": ["a"]}, effect="read")
    assert content_hash(other) == content_hash(TOOL)


def test_its_own_examples_are_embedded_with_its_views():
    tool = msgspec.structs.replace(TOOL, examples=("make this pdf smaller",))
    assert len(texts_of(tool)) == 4 and texts_of(tool)[-1] == "make this pdf smaller"
