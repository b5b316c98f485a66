"""``lsfs tools call``: what only reads runs, anything else is asked about, and ``--yes`` is no answer to that."""

from __future__ import annotations

import pytest

from lsfs.core import api
from lsfs.core.tools import CallOutcome
from lsfs_cli.style import Style
from lsfs_cli.tools_text import render_found, render_tool, render_tools

CALL = api.EffectInfo(action="call", path="", note='own/shrink {"args": ["a.pdf"]}')
WROTE = api.EffectInfo(action="write", path="/docs/a.pdf")


@pytest.fixture
def calls(door, preview):
    """A tool that is called; what its plan is, and what comes of it, is given."""

    def scripted(*effects, ok=True, text="shrunk", state="applied", failure="", **fields):
        result = preview(CALL, kind=api.PlanResult, files=0, **{"effect_class": "external", **fields})
        outcome = CallOutcome(ok=ok, text=text, exit_code=0 if ok else 3, failure=failure)
        made = preview(CALL, *effects, kind=api.PlanResult, state=state, results=(outcome,), **fields)
        door.on("plan", result)
        door.on("apply", api.OpEvent(phase="done", result=made))
        return door

    return scripted


def test_what_only_reads_is_called_at_once_and_only_its_text_shown(calls, lsfs):
    door = calls(text="words\n", effect_class="read", unasked=True)
    outcome = lsfs("tools", "call", "own/cat", "--args", '{"args": ["a.txt"]}')
    assert (outcome.code, outcome.out) == (0, "words\n")
    assert door.said("plan")[0]["actions"] == [
        {"do": "call_tool", "tool": "own/cat", "arguments": {"args": ["a.txt"]}},
    ]
    assert door.said("apply")[0]["confirmed"] == "yes" and door.said("apply")[0]["environ"]["PATH"]


@pytest.mark.parametrize("options", [(), ("--yes",)])
def test_anything_else_is_shown_and_refused_where_nobody_can_be_asked(calls, lsfs, options):
    door = calls(WROTE)
    outcome = lsfs("tools", "call", *options, "own/shrink")
    assert outcome.code == 3 and "own/shrink" in outcome.out
    assert "--allow all" in outcome.err and "--yes confirms" not in outcome.err
    assert not door.said("apply")


def test_somebody_who_is_asked_can_agree_and_is_told_how_to_take_it_back(calls, lsfs):
    door = calls(WROTE)
    outcome = lsfs("tools", "call", "own/shrink", typed="y\n")
    assert outcome.code == 0 and "Call it?" in outcome.err
    assert outcome.out.endswith("shrunk\nDone. Take it back with: lsfs undo 17\n")
    assert door.said("apply")[0]["confirmed"] == "asked"


def test_a_source_that_may_do_all_is_not_asked_about(calls, lsfs):
    door = calls(unasked=True)
    outcome = lsfs("tools", "call", "own/shrink")
    assert outcome.code == 0 and outcome.out.endswith("shrunk\n")  # and nothing to take back
    assert door.said("apply")[0]["confirmed"] == "yes"


@pytest.mark.parametrize(
    ("failure", "state", "code", "named"),
    [
        ("failed", "failed", 6, "call-failed"),
        ("failed", "applied", 6, "call-failed"),
        ("unavailable", "failed", 5, "unavailable"),
        ("cancelled", "applied", 130, "interrupted"),
        ("", "failed", 6, "call-failed"),
    ],
)
def test_a_call_that_went_wrong_ends_with_its_code_and_says_how(calls, lsfs, failure, state, code, named):
    text = "shrink ended with exit code 3\nno such file"
    calls(ok=False, failure=failure, text=text, state=state, unasked=True)
    outcome = lsfs("tools", "call", "own/shrink")
    assert outcome.code == code
    assert outcome.out.endswith("no such file\n") and "Done." not in outcome.out and "ended with" not in outcome.out
    assert ("lsfs undo 17" in outcome.err) == (state == "applied")
    assert ("own/shrink: shrink ended with exit code 3" in outcome.err) == (failure != "cancelled")
    document = lsfs("--json", "tools", "call", "own/shrink").document
    assert document["error"].keys() == {"code", "message", "path", "hint"} and document["error"]["code"] == named
    assert document["state"] == state and document["results"][0]["text"] == text and document["op"] == 17


def test_a_call_that_a_sentence_comes_to_runs_with_yes_where_its_source_is_allowed(calls, door, done, preview, lsfs):
    calls()
    how = {"effect_class": "external", "files": 0, "tier": "llm"}
    door.on("do", done(preview(CALL, allowed=True, **how)))
    outcome = lsfs("do", "make it smaller")
    assert outcome.code == 3 and "--yes calls it" in outcome.err and not door.said("apply")
    assert lsfs("do", "make it smaller", "--yes").out.endswith("shrunk\n")
    assert door.said("apply")[0]["confirmed"] == "yes"
    door.on("do", done(preview(CALL, **how)))
    outcome = lsfs("do", "make it smaller", "--yes")
    assert outcome.code == 3 and "--allow all" in outcome.err


def test_a_tool_that_is_only_described_is_marked_as_that():
    tool = {"id": "own/shrink", "kind": "function", "effect": "change", "description": "Shrink.", "enabled": True}
    found = {"score": 0.9, "matched": "", "schema": {}, "examples": []}
    for callable in (True, False):
        shown = tool | found | {"callable": callable}
        texts = (
            render_found({"tools": [shown]}, Style(False)),
            render_tools([shown], Style(False)),
            render_tool(shown, Style(False)),
        )
        assert all(("only described" in text) != callable for text in texts)
