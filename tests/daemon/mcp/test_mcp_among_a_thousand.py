"""An agent that is told nothing but the server finds and calls the right one of a thousand tools."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

NOTES = Path(__file__).parents[2] / "tools/servers/notes.py"
VERBS = "resize rotate encrypt translate weigh paint ship rent book water bake iron".split()
THINGS = "image photo parcel car flight hotel plant loaf shirt fence boat invoice lamp clock tyre river".split()
WAYS = ["at once", "every week", "for a friend", "in bulk", "under water", "without a trace"]


@pytest.fixture(scope="module")
def catalogue(daemon, home):
    """A thousand functions that cannot be called, and a server that keeps notes."""
    functions = [
        {
            "name": f"{verb}_{thing}_{at}",
            "description": f"{verb.title()} the {thing} {way}.",
            "parameters": {"type": "object"},
        }
        for verb in VERBS
        for thing in THINGS
        for at, way in enumerate(WAYS)
    ][:1_000]
    (home / "functions.json").write_text(json.dumps(functions))
    assert daemon.call("tools_add", {"source": str(home / "functions.json"), "name": "many"})["tools"] == 1_000
    notes = {"source": sys.executable, "name": "notes", "kind": "mcp", "args": [str(NOTES)]}
    assert daemon.call("tools_add", notes)["state"] == "ready"


@pytest.fixture(scope="module")
def doer(agents, catalogue):
    return agents.connect()


def test_the_right_tool_is_found_described_and_called(doer):
    found = doer.data("find_tools", query="find the notes that have the words rent and lease")
    best = found["tools"][0]
    assert (best["id"], best["effect"]) == ("notes/find_note", "read")
    described = doer.data("describe_tool", tool=best["id"])
    assert described["input_schema"]["required"] == ["words"]
    assert doer.data("call_tool", tool=best["id"], arguments={"words": "zebra"})["text"] == "none"


def test_what_changes_something_is_called_once_the_user_has_allowed_its_source(doer, command):
    assert command("tools", "enable", "notes", "--allow", "ask").code == 0
    refused = doer.failure("call_tool", tool="notes/add_note", arguments={"text": "the rent is due"})
    assert refused["code"] == "refused"
    applied = command(*shlex.split(refused["hint"].split("; ")[0].rpartition("with: lsfs ")[2]), "--yes")
    assert applied.code == 3  # the user's own yes beforehand is none either, for what is always asked
    allowed = command(*shlex.split(refused["hint"].rpartition("with: lsfs ")[2]))
    assert allowed.code == 0, allowed.err
    called = doer.data("call_tool", tool="notes/add_note", arguments={"text": "the rent is due"})
    assert called["ok"] and called["text"].endswith(" notes")
    assert doer.data("call_tool", tool="notes/find_note", arguments={"words": "rent"})["text"] == "the rent is due"


def test_arguments_that_do_not_fit_the_tool_are_refused_by_its_schema(doer):
    failure = doer.failure("call_tool", tool="notes/find_note", arguments={"wrong": 1})
    assert failure["code"] in ("usage", "refused")
    assert doer.failure("call_tool", tool="many/resize_image_0")["code"]
    assert doer.failure("describe_tool", tool="notes/nothing")["code"] == "nothing-found"


def test_a_tool_that_fails_says_so(doer, command):
    command("tools", "enable", "notes", "--allow", "all")
    failed = doer.call("call_tool", tool="notes/die")
    assert failed.is_error or not failed.structured_content["ok"]
    assert doer.data("call_tool", tool="notes/find_note", arguments={"words": "x"})["text"] == "none"
