"""Arguments against schemas, hostile ones among them."""

from __future__ import annotations

import time

import pytest

from lsfs.core.errors import UsageError
from lsfs.tools.validating import check_arguments

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
