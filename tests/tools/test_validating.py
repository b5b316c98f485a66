"""Arguments against schemas, hostile ones among them."""

from __future__ import annotations

import threading
import time

import pytest

from lsfs.core.errors import UsageError
from lsfs.tools.validating import check_arguments, parts_of

PLAIN = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "size": {"type": "integer", "minimum": 1}},
    "required": ["path"],
    "additionalProperties": False,
}


def test_arguments_that_fit_pass_and_others_say_where_they_do_not():
    check_arguments(PLAIN, {"path": "a", "size": 3})
    for arguments, why in [({}, "'path' is a required"), ({"path": 1}, "path: 1 is not"), ({"path": "", "x": 1}, "x")]:
        with pytest.raises(UsageError, match=why):
            check_arguments(PLAIN, arguments)


def test_schemas_that_refer_to_themselves_are_worked_with_as_long_as_they_end():
    tree = {"$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}, "$ref": "#/$defs/node"}
    check_arguments(tree, {"next": {"next": {}}})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "https://example.org/schema.json"},
        {"$ref": "#/nowhere"},
        {"type": 7},
        {"properties": []},
        {
            "$defs": {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(40)} | {"40": {}},
            "$ref": "#/$defs/0",
        },
        {"description": "x" * 600_000},
    ],
)
def test_a_hostile_schema_costs_its_tool_only_and_little_time(schema):
    started = time.monotonic()
    with pytest.raises(UsageError, match="schema"):
        check_arguments(schema, {"a": 1})
    assert time.monotonic() - started < 5


def test_a_pattern_that_would_take_for_ever_is_left_to_the_tool():
    check_arguments({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 40 + "!"})
    with pytest.raises(UsageError, match="does not match"):
        check_arguments({"properties": {"a": {"pattern": "^[a-z]+$"}}}, {"a": "A"})


def test_properties_that_a_slow_pattern_would_have_to_sort_out_are_left_to_the_tool():
    check_arguments({"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}, {"a" * 40 + "!": 1})
    with pytest.raises(UsageError, match="not match any of the regexes"):
        check_arguments({"patternProperties": {"^a+$": {}}, "additionalProperties": False}, {"b": 1})


LONG = {
    "unevaluated": ({"patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False}, {"a" * 40 + "!": 1}),
    "of few repetitions": (
        {"additionalProperties": {"pattern": "a*a*b"}},
        {str(number): "a" * 900 for number in range(500)},
    ),
    "unique": ({"properties": {"a": {"uniqueItems": True}}}, {"a": [{"k": number} for number in range(12_000)]}),
    "unique in an old dialect": (
        {"$schema": "http://json-schema.org/draft-04/schema#", "enum": [{"k": number} for number in range(12_000)]},
        {},
    ),
    "many reasons": ({"anyOf": [{"type": "string"}] * 5_000}, {"a": "x" * 500_000}),
}


@pytest.mark.parametrize("how", LONG)
def test_a_schema_that_takes_long_ends_and_keeps_nobody_waiting_meanwhile(how, monkeypatch):
    monkeypatch.setattr("lsfs.tools.validating._CPU_S", 1)
    monkeypatch.setattr("lsfs.tools.validating._DEADLINE_S", 10)
    raised = []

    def check():
        with pytest.raises(UsageError) as caught:
            check_arguments(*LONG[how])
        raised.append(caught.value.message)

    checking = threading.Thread(target=check, daemon=True)
    started = seen = time.monotonic()
    checking.start()
    longest = 0.0
    while checking.is_alive() and seen < started + 15:
        time.sleep(0.01)
        longest, seen = max(longest, time.monotonic() - seen), time.monotonic()
    assert len(raised) == 1 and "takes too long" in raised[0] and longest < 1


@pytest.mark.parametrize(
    ("schema", "parts"),
    [
        (PLAIN, 11),
        ({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string"}}}, 9),
        ({"properties": {"pattern": {"type": "string"}}}, 4),
        ({"$ref": "#"}, None),
        ({"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}, None),
        ({"items": {"pattern": "a"}}, None),
        ({"enum": list(range(2000))}, None),
    ],
)
def test_only_schemas_of_few_parts_are_looked_at_without_a_process_of_their_own(schema, parts):
    assert parts_of(schema) == parts
