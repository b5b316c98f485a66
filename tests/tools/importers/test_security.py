"""Credentials of an API: put where the security scheme of that name has them, and only for operations that use it."""

from __future__ import annotations

import json

import pytest

from lsfs.core.errors import RefusedError
from lsfs.core.tools import ToolSource
from lsfs.tools.callers.openapi import request_of
from lsfs.tools.importers.openapi import OpenApi

SERVER = "https://api.example"
SCHEMES = {
    "inQuery": {"type": "apiKey", "in": "query", "name": "appid"},
    "inHeader": {"$ref": "#/components/headers/inHeader"},
    "inCookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "token": {"type": "http", "scheme": "bearer"},
    "account": {"type": "http", "scheme": "basic"},
    "login": {"type": "oauth2", "flows": {}},
    "broken": {"type": "apiKey", "in": "body"},
    "nothing": 5,
}
DOCUMENT = {
    "openapi": "3.1.0",
    "servers": [{"url": SERVER}],
    "security": [{name: []} for name in SCHEMES],
    "paths": {
        "/usual": {"get": {"operationId": "usual"}},
        "/open": {"get": {"operationId": "open", "security": []}},
        "/own": {"get": {"operationId": "own", "security": [{"token": []}, 7]}},
    },
    "components": {
        "securitySchemes": SCHEMES,
        "headers": {"inHeader": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}


@pytest.fixture
def asked(tmp_path):
    """The fields of the request that an operation comes to, with a few credentials."""

    def make(name: str, document=DOCUMENT, **env: str):
        (tmp_path / "api.json").write_text(json.dumps(document))
        where = {"path": str(tmp_path / "api.json"), "env": env, "origin": SERVER}
        source = ToolSource(name="api", kind="openapi", where=where)
        tools = {tool.name: tool for tool in OpenApi().take(source).tools}
        return request_of(tools[name], {}, source)[2]

    return make


@pytest.mark.parametrize(
    ("scheme", "value", "headers", "query"),
    [
        ("inQuery", "k1", {}, [("appid", "k1")]),
        ("inHeader", "k1", {"X-Key": "k1"}, []),
        ("inCookie", "k1", {"Cookie": "session=k1"}, []),
        ("token", "k1", {"Authorization": "Bearer k1"}, []),
        ("token", "Bearer k1", {"Authorization": "Bearer k1"}, []),
        ("account", "Aladdin:open sesame", {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, []),
        ("login", "k1", {"Authorization": "Bearer k1"}, []),
        ("X-Other", "k1", {"X-Other": "k1"}, []),
    ],
)
def test_a_value_goes_to_the_place_of_its_scheme_or_to_the_header_of_its_name(asked, scheme, value, headers, query):
    fields = asked("usual", **{scheme: value})
    assert (fields["headers"], fields["params"]) == (headers, query)


def test_an_operation_gets_only_what_it_has_a_use_for(asked):
    env = {"inQuery": "k1", "token": "k2"}
    assert asked("open", **env)["headers"] == {} and asked("open", **env)["params"] == []
    assert asked("own", **env)["headers"] == {"Authorization": "Bearer k2"} and asked("own", **env)["params"] == []


def test_where_a_document_does_not_say_what_is_used_everything_is(asked):
    silent = {name: value for name, value in DOCUMENT.items() if name != "security"}
    assert asked("usual", silent, inQuery="k1")["params"] == [("appid", "k1")]


def test_what_is_put_into_a_query_goes_to_no_other_server(asked):
    elsewhere = DOCUMENT | {"servers": [{"url": "https://other.example"}]}
    with pytest.raises(RefusedError, match="not sent there"):
        asked("usual", elsewhere, inQuery="k1")
