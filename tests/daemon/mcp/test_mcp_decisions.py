"""What the server for agents decides without asking anybody: arguments, cursors, permissions, typed plans."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.actions import Action
from lsfs.core.config import Config, with_setting
from lsfs.core.errors import LsfsError, UsageError
from lsfsd.mcp.actions import _ACTIONS, action_of
from lsfsd.mcp.arguments import MOST_BYTES, checked
from lsfsd.mcp.cursors import cursor, opened
from lsfsd.mcp.permissions import Level, client_name, grant, level_of
from lsfsd.mcp.schema import integer, many, record, text, yes_no
from lsfsd.mcp.stdio import request_id

SCHEMA = record(
    ["name"],
    name=text(most=10),
    kind=text(one_of=("a", "b")),
    count=integer(least=1, most=5),
    flag=yes_no(),
    words=many(text(most=3), most=2),
    inner=record(x=integer()),
)


def test_fitting_arguments_come_through_and_null_is_as_if_it_were_not_there():
    given_ = {"name": "x", "kind": "a", "count": 5.0, "flag": True, "words": ["a", "b"], "inner": {"x": 1}}
    assert checked(SCHEMA, given_) == {**given_, "count": 5}
    assert checked(SCHEMA, {"name": "x", "kind": None}) == {"name": "x"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (None, "name is missing"),
        ({"name": "x", "other": 1}, "no argument other"),
        ({"name": 5}, "name is to be a text"),
        ({"name": "x" * 11}, "11 characters"),
        ({"name": "\ud800"}, "Unicode"),
        ({"name": "x", "kind": "c"}, "kind cannot be 'c'"),
        ({"name": "x", "count": 6}, "between 1 and 5"),
        ({"name": "x", "count": True}, "whole number"),
        ({"name": "x", "count": 1.5}, "whole number"),
        ({"name": "x", "count": float("inf")}, "whole number"),
        ({"name": "x", "flag": 1}, "true or false"),
        ({"name": "x", "words": ["a"] * 3}, "words has 3 items"),
        ({"name": "x", "words": "a"}, "a list"),
        ({"name": "x", "words": ["abcd"]}, "words[0] has 4 characters"),
        ({"name": "x", "inner": {"y": 1}}, "inner.y"),
        ({"name": "x", "inner": []}, "an object"),
        ({"name": "x" * MOST_BYTES}, "bytes"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_and_why(arguments, said):
    with pytest.raises(UsageError) as caught:
        checked(SCHEMA, arguments)
    assert said in caught.value.message


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.integers())))
def test_a_cursor_gives_back_what_it_stands_for(fields):
    assert opened("search_files", cursor("search_files", fields)) == fields


@given(st.text() | st.sampled_from([cursor("read_file", {"a": 1}), cursor("search_files", {"a": 1})[:-3] + "AAA"]))
def test_what_is_no_cursor_of_the_tool_is_refused(text):
    with pytest.raises(UsageError):
        opened("search_files", text)


def test_a_client_has_what_the_setting_says_of_it_else_what_it_says_of_all_else_planning():
    assert level_of((), "anybody") is Level.PLAN
    entries = ("Some Agent=apply", "*=read", "other=plan")
    assert [level_of(entries, name) for name in ("some agent", "other", "third")] == [
        Level.APPLY,
        Level.PLAN,
        Level.READ,
    ]


@given(st.text(), st.sampled_from(Level))
def test_the_command_that_grants_is_one_that_does(name, level):
    import shlex

    client = client_name(name)
    *command, value = shlex.split(grant(("*=read", f"{client}=plan", "other=apply"), client, level))
    assert command == ["lsfs", "config", "set", "mcp_permissions"]
    entries = with_setting(Config(), "mcp_permissions", value).mcp_permissions
    if client.casefold() != "other":
        assert level_of(entries, "other") is Level.APPLY
    assert level_of(entries, client) is level
    assert level_of(entries, "third") is Level.READ or client == "third"


@pytest.mark.parametrize("entry", ["agent", "agent=write", "=plan", "a=b=plan"])
def test_the_setting_takes_nothing_else(entry):
    with pytest.raises(UsageError):
        with_setting(Config(), "mcp_permissions", entry)


@pytest.mark.parametrize(
    ("said", "kept"), [("claude-code", "claude-code"), ("a\nb=c,d", "a b c d"), ("", "unnamed"), ("*", "unnamed")]
)
def test_a_client_is_kept_by_one_line_that_the_setting_can_name(said, kept):
    assert client_name(said) == kept


@pytest.mark.parametrize("do", sorted(_ACTIONS))
def test_every_flat_action_is_one_of_the_plan(do):
    values = {"path": "a", "paths": ["a"], "to": "b", "name": "n", "text": "t", "tags": ["x"]}
    values |= {"by": "year", "on_exists": "replace", "query": "q"}
    required, optional = _ACTIONS[do]
    for names in (required, required + optional):
        made = action_of({"do": do} | {name: values[name] for name in names}, lambda path: f"/cwd/{path}")
        action = msgspec.convert(made, Action)
        assert set(msgspec.to_builtins(action)) >= set(names)
        assert made.get("path", "/cwd/a") == "/cwd/a" and made.get("paths", ["/cwd/a"]) == ["/cwd/a"]


@pytest.mark.parametrize(
    "flat", [{"do": "move", "paths": ["a"]}, {"do": "trash", "path": "a", "to": "b"}, {"do": "write", "path": "a"}]
)
def test_an_action_says_which_fields_it_takes(flat):
    with pytest.raises(LsfsError) as caught:
        action_of(flat, str)
    assert caught.value.hint and caught.value.hint.startswith(f"{flat['do']} takes")


def test_one_path_does_where_several_are_taken():
    assert action_of({"do": "trash", "path": "a"}, str) == {"do": "trash", "paths": ["a"]}


def test_the_id_of_a_message_is_found_at_its_ends_or_not_at_all():
    assert request_id(b'{"jsonrpc":"2.0","id":7,"method":"x","params":{', b"") == 7
    assert request_id(b'{"method":"x","params":{"id":5', b'"}},"jsonrpc":"2.0","id":"b"}\n') == "b"
    assert request_id(b'{"method":"x","params":{"id":5', b'"id":5}}}\n') is None
