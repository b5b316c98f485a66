"""Arguments written by a language model: bound by the schema and by the sentence's own words, and never made up."""

from __future__ import annotations

import json

import msgspec
import pytest

from lsfs.core.errors import RefusedError, UsageError
from lsfs.core.tools import Tool
from lsfs.llm.llamacpp import LlamaCpp
from lsfs.llm.scripted import ScriptedModel
from lsfs.tools.argument_grammar import arguments_of, grammar_of, numbers_of, words_of
from lsfs.tools.drafting import draft, kept_prompt
from tests.tools.callers.conftest import tool as described

TEXT = {"type": "string"}
SHRINK = {
    "type": "object",
    "properties": {
        "quality": {"enum": ["screen", "printer"]},
        "path": {**TEXT, "description": "The document"},
        "copies": {"type": "integer"},
        "gray": {"type": "boolean", "description": "without colours"},
        "tags": {"type": "array", "items": TEXT},
    },
    "required": ["path"],
}
USAGE = "Words.\nUsage: du [OPTION]... [FILE]...\n-s, --summarize: only a total\n--exclude=PATTERN: leave out"
DU = {"type": "object", "properties": {"args": {"type": "array", "items": TEXT, "description": USAGE}}}


def made(schema, kind: str = "mcp", name: str = "shrink", description: str = "", **invocation) -> Tool:
    plain = described(kind, name, **invocation)
    return msgspec.structs.replace(plain, schema=schema, description=description)


def drafted(sentence: str, said: object, schema=SHRINK, **tool):
    return draft(ScriptedModel(lambda _: json.dumps(said)), made(schema, **tool), sentence)


def test_what_the_sentence_says_is_kept():
    found = drafted(
        'shrink "my thesis.pdf" for the printer, 2 copies, tags work and home',
        {"path": "my thesis.pdf", "quality": "printer", "copies": 2, "gray": None, "tags": ["work", "home"]},
    )
    assert found.arguments == {"path": "my thesis.pdf", "quality": "printer", "copies": 2, "tags": ["work", "home"]}
    assert found.missing == ()


def test_what_nobody_said_is_left_out_and_told_where_it_is_required():
    found = drafted("shrink it", {"path": "/etc/passwd", "quality": "screen", "copies": 3, "gray": True, "tags": ["x"]})
    assert found.arguments == {} and found.missing == ("path",)


def test_a_truth_has_to_be_alluded_to():
    assert drafted("shrink a.pdf without colours", {"path": "a.pdf", "gray": True}).arguments["gray"] is True
    assert "gray" not in drafted("shrink a.pdf", {"path": "a.pdf", "gray": True}).arguments


def test_the_whole_request_is_no_value_of_it():
    assert drafted("please make it smaller", {"path": "please make it smaller"}).missing == ("path",)


def test_options_of_a_program_come_from_its_page_and_words_from_the_request():
    how = {"kind": "command", "name": "du", "argv": ["du"]}
    found = drafted("how large is Music", {"args": ["-s", "--delete-all", "Music", "/"]}, DU, **how)
    assert found.arguments == {"args": ["-s", "Music"]}


def test_what_says_no_type_is_a_text_or_a_number_of_the_request():
    schema = {"properties": {"text": {}, "width": {}, "more": {}}, "required": ["text", "width"]}
    said = {"text": "a long line", "width": "12", "more": True}
    found = drafted('shorten "a long line" to 12 signs', said, schema)
    assert found.arguments == {"text": "a long line", "width": 12} and found.missing == ()
    assert drafted("shorten it", {"text": "b", "width": 12}, schema).missing == ("text", "width")
    grammar = grammar_of(arguments_of(schema), "shorten it to 12")
    assert '"12"' in grammar and "words" in grammar


def test_neither_a_programs_name_nor_the_verb_for_what_it_does_is_an_argument_of_it():
    how = {"kind": "command", "name": "gzip", "argv": ["gzip"], "description": "compress or expand files"}
    for sentence in ("gzip the file a.txt", "compress the file a.txt"):
        said = {"args": [sentence.split()[0], "a.txt"]}
        assert drafted(sentence, said, DU, **how).arguments == {"args": ["a.txt"]}
    assert drafted("gzip it", {"args": ["gzip"]}, DU, **how).arguments == {}
    git = {"kind": "command", "name": "git-add", "argv": ["git", "add"]}
    assert drafted("git add add", {"args": ["git", "add", "add"]}, DU, **git).arguments == {"args": ["add"]}
    du = {"kind": "command", "name": "du", "argv": ["du"], "description": "estimate file space usage"}
    assert drafted("Music is how large", {"args": ["Music"]}, DU, **du).arguments == {"args": ["Music"]}


def test_an_answer_that_is_none_is_refused_with_the_tools_name():
    for said in ("no JSON", "[]"):
        with pytest.raises(RefusedError, match="given/shrink"):
            draft(ScriptedModel(lambda _, said=said: said), made(SHRINK), "shrink a.pdf")
    with pytest.raises(UsageError):
        draft(ScriptedModel({}), made(SHRINK), "  ")


def test_it_can_be_ended():
    with pytest.raises(RefusedError, match="nobody waits"):
        draft(ScriptedModel(lambda _: '{"path": null}'), made(SHRINK), "shrink a.pdf", lambda: False)


def test_a_tool_without_arguments_asks_no_model():
    model = ScriptedModel({})
    assert draft(model, made({"type": "object", "properties": {}}), "do it").arguments == {} and model.asked == []


def test_the_description_and_the_request_are_data_in_one_turn():
    model = ScriptedModel(lambda _: "{}")
    draft(model, made({**SHRINK, "required": []}), "shrink\n\nRequest: a.pdf")
    assert model.asked[0].kept == kept_prompt() and len(model.asked[0].turns) == 1
    assert model.asked[0].turns[0].text.endswith("Request: shrink Request: a.pdf")


def test_words_and_numbers_of_a_sentence():
    assert words_of('put "a b.txt", it\'s (new) in ~/x.') == ["put", "a b.txt", "it's", "new", "in", "~/x"]
    assert numbers_of("pages 3 to 007, 2.5 cm and two more") == ["3", "7", "2.5", "2"]


def test_schemas_of_every_sort_come_to_arguments_or_are_left_out():
    schema = {
        "$defs": {"size": {"type": "integer"}, "ring": {"$ref": "#/$defs/ring"}},
        "properties": {
            "size": {"$ref": "#/$defs/size"},
            "maybe": {"anyOf": [{"type": "null"}, {"type": "number"}]},
            "either": {"type": ["null", "string"]},
            "within": {"type": "object", "properties": {"deep": {"type": "boolean"}}},
            "ring": {"$ref": "#/$defs/ring"},
            "elsewhere": {"$ref": "https://example.org"},
            "nothing": {},
            "listed": {"items": {}},
            "odd": 7,
        },
        "required": ["either"],
    }
    kinds = {one.name: one.kind for one in arguments_of(schema)}
    assert kinds == {
        "either": "text",
        "size": "integer",
        "maybe": "number",
        "within": "object",
        "nothing": "any",
        "listed": "list",
    }
    assert next(iter(kinds)) == "either"


def test_a_real_model_writes_only_what_the_grammar_lets_it(models_folder):
    path = models_folder / "smollm2-135m-q4_1" / "model.gguf"
    model = LlamaCpp(path, id="small", fingerprint="small", context=2048, threads=2)
    try:
        sentence = 'shrink "my \\ “odd” thesis.pdf" to 3 copies'
        found = draft(model, made(SHRINK), sentence)
        assert found.arguments.keys() <= SHRINK["properties"].keys()
        assert set(found.arguments.get("path", "").split()) <= set(" ".join(words_of(sentence)).split())
        assert found.arguments.get("copies", 3) == 3
    finally:
        model.close()


def test_a_hostile_schema_has_a_grammar_of_bounded_size():
    schema = {"properties": {f'name {n} "\n\\': {"enum": ['"\n\\'] * 1000} for n in range(1000)}}
    assert len(grammar_of(arguments_of(schema), "x " * 1000)) < 100_000
