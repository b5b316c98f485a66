"""Secrets of calls: told by their names, marks and looks, and hidden wherever they stand."""

from __future__ import annotations

import pytest

from lsfs.core.tools import ToolSource
from lsfs.tools.secrecy import HIDDEN, hidden, secret_values, secrets_of, without

SCHEMA = {"properties": {"pin": {"format": "password"}, "code": {"writeOnly": True}, "path": {"type": "string"}}}


def test_credentials_of_a_source_are_told_from_its_other_settings():
    where = {
        "env": {"GITHUB_TOKEN": "ghp-word", "LANG": "en_US.UTF-8", "HOME_OF": "/home/someone", "ODD": "a1" * 12},
        "headers": {"Authorization": "Bearer abcdefgh", "Accept": "application/json"},
    }
    found = secrets_of(ToolSource(name="one", kind="mcp", where=where))
    assert set(found) == {"ghp-word", "a1" * 12, "Bearer abcdefgh", "abcdefgh"}


@pytest.mark.parametrize(
    ("arguments", "kept", "values"),
    [
        ({"path": "a.txt", "n": 3}, {"path": "a.txt", "n": 3}, ()),
        ({"password": "abc", "path": "x"}, {"password": HIDDEN, "path": "x"}, ()),
        ({"pin": "123456", "code": 7}, {"pin": HIDDEN, "code": HIDDEN}, ("123456",)),
        ({"apiKey": {"a": ["secret-a"]}}, {"apiKey": HIDDEN}, ("secret-a",)),
        (
            {"args": ["-u", "me", "--password", "pass word"]},
            {"args": ["-u", "me", "--password", HIDDEN]},
            ("pass word",),
        ),
        ({"args": ["--token=abcdef", "-v"]}, {"args": [f"--token={HIDDEN}", "-v"]}, ("abcdef",)),
        ({"args": ["--token", "--verbose"]}, {"args": ["--token", "--verbose"]}, ()),
    ],
)
def test_secret_arguments_are_hidden(arguments, kept, values):
    assert hidden(SCHEMA, arguments) == kept
    assert secret_values(SCHEMA, arguments) == values


def test_a_secret_is_hidden_wherever_it_stands():
    said = {"a abcdef": ["abcdef", {"b": "x abcdef y"}], "n": 1}
    assert without(said, ("abcdef", "abcdefgh")) == {f"a {HIDDEN}": [HIDDEN, {"b": f"x {HIDDEN} y"}], "n": 1}
    assert hidden({}, {"path": "/x/abcdef"}, ("abcdef",)) == {"path": f"/x/{HIDDEN}"}
