"""Secrets of calls: told by their names, marks and looks, and hidden wherever they stand."""

from __future__ import annotations

import json

import pytest

from lsfs.core.tools import ToolSource
from lsfs.tools.secrecy import (
    HIDDEN,
    given_to,
    hidden,
    redacted,
    secret_values,
    secrets_of,
    secrets_of_environ,
    without,
)

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


@pytest.mark.parametrize(
    ("arguments", "secret"),
    [
        ({"auth": {}, "options": {"login": {"password": "hunter-22"}}}, "hunter-22"),
        ({"options": [{"db": {"dbPass": "hunter-22"}}]}, "hunter-22"),
        ({"config": {"pwd": "hunter-22"}}, "hunter-22"),
        ({"headers": [{"name": "X-Api-Key", "value": "hunter-22"}]}, "hunter-22"),
        ({"args": ["-H", "Authorization: Bearer hunter-22", "http://x.org"]}, "hunter-22"),
        ({"args": ["-HX-Api-Key: hunter-22"]}, "hunter-22"),
        ({"args": ["-b", "x", "--header", "Cookie: session=hunter-22; theme=dark"]}, "hunter-22"),
        ({"args": ["-u", "me:hunter-22"]}, "hunter-22"),
        ({"args": ["--user=me:hunter-22"]}, "hunter-22"),
        ({"args": ["https://me:hunter-22@example.org/a"]}, "hunter-22"),
        ({"url": "https://example.org/a?x=1&access_token=hunter-22&y=2"}, "hunter-22"),
        ({"env": {"DATABASE_URL": "postgres://app:hunter-22@db/app"}}, "hunter-22"),
        ({"args": ["-d", '{"user": "me", "password": "hunter-22"}']}, "hunter-22"),
        ({"body": '{"deep": [{"api_key": "hunter-\\u0032\\u0032"}], "x": "}"}'}, "hunter-22"),
        ({"args": ["-c", "curl -u me:hunter-22 http://x.org"]}, "hunter-22"),
        ({"args": ["-c", "mysql --password hunter-22 -e 'select 1'"]}, "hunter-22"),
        ({"args": ["-c", "TOKEN=hunter-22 deploy"]}, "hunter-22"),
        ({"args": ["-c", 'curl -d \'{"token": "hunter-22"}\' http://x.org']}, "hunter-22"),
        ({"args": ["login", "--password-stdin"], "stdin": "hunter-22\n"}, "hunter-22"),
    ],
)
def test_secrets_are_told_wherever_they_stand(arguments, secret):
    assert secret not in json.dumps(hidden({}, arguments))
    assert secret in [value.strip() for value in secret_values({}, arguments)]


@pytest.mark.parametrize(
    "arguments",
    [
        {"args": ["-u", "host:/var/log", "a=b", "-H", "Accept: text/html"], "stdin": "words"},
        {"url": "https://example.org:8080/a?page=2#top", "when": "12:30", "who": "me@example.org"},
        {"body": '{"a":  1, "b": "compass: north"}', "note": "bypass=1"},
        {"deep": [[{"x": ["y", 1, None, True]}]], "args": ["-c", "sort -k 2 -u"]},
    ],
)
def test_what_is_no_secret_is_left_as_it_is(arguments):
    assert hidden({}, arguments) == arguments and secret_values({}, arguments) == ()


def test_marks_in_the_schemas_of_inner_fields_count():
    schema = {"properties": {"login": {"properties": {"pin": {"format": "password"}}}}}
    assert hidden(schema, {"login": {"pin": "1234567"}}) == {"login": {"pin": HIDDEN}}


def test_all_that_a_source_is_given_is_told_and_what_in_an_environment_is_secret():
    source = ToolSource(
        name="one",
        kind="mcp",
        where={"env": {"WHO": "some one 1", "N": "1", "HOME": "/home/one"}, "headers": {"A": "b c d e"}},
    )
    assert set(given_to(source)) == {"some one 1", "b c d e"}
    environ = {
        "PWD": "/home/someone",
        "GH_TOKEN": "hunter-22",
        "DATABASE_URL": "postgres://app:hunter-23@db/app",
        "TOKEN_FILE": "/run/token",
        "LANG": "en_US.UTF-8",
        "DB_PASS": "abc",
    }
    assert set(secrets_of_environ(environ)) == {"hunter-22", "hunter-23"}


def test_a_sentence_is_kept_without_what_follows_the_name_of_a_secret():
    assert redacted("fetch it with Authorization: Bearer abc") == f"fetch it with Authorization: {HIDDEN}"


def test_a_text_of_any_size_and_depth_is_looked_through_at_once():
    deep: object = "hunter-22"
    for _ in range(500):
        deep = {"x": deep}
    assert "hunter-22" not in str(hidden({}, {"a": deep}))
    hidden({}, {"a": "-u " * 100_000 + "a=" * 100_000 + "[" * 100_000})
