"""The list of tools, as strict clients look at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from lsfsd.mcp.server import make_server
from lsfsd.mcp.tools import TOOLS

NAMES = [
    *("find_tools", "describe_tool", "call_tool", "search_files", "read_file", "ask_files"),
    *("list_versions", "plan_files", "apply_plan", "undo", "restore_version"),
]
READING = {"find_tools", "describe_tool", "search_files", "read_file", "ask_files", "list_versions"}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


@pytest.fixture(params=["legacy", "auto"])
def listed(agents, request):
    return agents.over(make_server(None), "anybody", request.param).tools()  # type: ignore[arg-type]


def test_the_tools_are_those_of_the_contract_with_names_that_every_client_takes(listed):
    assert [tool.name for tool in listed] == NAMES
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)?", tool.name) and tool.title for tool in listed)


def test_each_says_in_a_few_words_what_it_does(listed):
    for tool in listed:
        assert 40 < len(tool.description) < 400, tool.name
        for name, schema in tool.input_schema["properties"].items():
            assert schema.get("description"), f"{tool.name}.{name}"


def test_schemas_are_valid_and_free_of_what_clients_reject(listed):
    for tool in listed:
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
            for part in parts(schema):
                assert not {"anyOf", "oneOf", "allOf", "not", "$ref", "$defs"} & part.keys(), tool.name
                assert isinstance(part.get("type", ""), str | dict), tool.name
        assert tool.input_schema["additionalProperties"] is False


def test_annotations_say_what_a_call_may_do(listed):
    hints = {tool.name: tool.annotations for tool in listed}
    assert {name for name, hint in hints.items() if hint.read_only_hint} == READING
    assert {name for name, hint in hints.items() if hint.destructive_hint} == set(NAMES) - READING - {"plan_files"}
    assert {name for name, hint in hints.items() if hint.open_world_hint} == {"call_tool"}
    assert not hints["undo"].idempotent_hint and hints["apply_plan"].idempotent_hint


def test_what_changes_something_needs_more_than_reading():
    assert {spec.name for spec in TOOLS if spec.level == 2} == {"apply_plan", "undo", "restore_version"}
    assert {spec.name for spec in TOOLS if spec.level == 1} == {"plan_files"}
