"""``lsfs do``: a plan is shown and agreed to, an answer is printed, a refusal says why; one document under --json."""

from __future__ import annotations

import pytest
from msgspec import to_builtins

from lsfs.core import api
from lsfs.core.errors import LsfsError
from lsfs.core.failures import exit_code
from lsfs_cli.doing import NO_RESULT

LEASE = api.EffectInfo(action="move", path="/docs/lease.pdf", to="/docs/Legal/lease.pdf")
RENT = api.EffectInfo(action="move", path="/docs/rent.pdf", to="/docs/Legal/rent.pdf")
MOVE = {"do": "move", "paths": ["/docs/lease.pdf", "/docs/rent.pdf"], "to": "/docs/Legal"}
WAITS = [api.SayEvent(phase=phase) for phase in ("loading", "understanding", "looking")]


@pytest.fixture
def moves(door, preview, done):
    """`do` makes a plan that moves two files; `plan` makes one of the files that are left; `apply` does it."""

    def planned(request):
        effects = [LEASE, RENT]
        paths = [path for action in request["actions"] for path in action["paths"]]
        left = tuple(effect for effect in effects if effect.path in paths)
        return [preview(*left, kind=api.PlanResult, op=18)]

    def applied(request):
        made = preview(LEASE, RENT, kind=api.PlanResult, op=request["op"], state="applied")
        return [api.OpEvent(phase="queued"), api.OpEvent(phase="done", result=made)]

    left_out = (api.LeftOutInfo(path="/docs/leaflet.pdf", why="it is about a garden"),)
    result = preview(LEASE, RENT, tier="llm", reason="", left_out=left_out, elapsed_ms=12.0)
    document = {**to_builtins(done(result)), "result": {**to_builtins(result), "actions": [MOVE]}}
    door.on("do", *WAITS, document)
    door.on("plan", by=planned)
    door.on("apply", by=applied)
    return door


def test_words_are_joined_and_sent_as_they_are(door, done, lsfs):
    door.on("do", done(state="nothing", reason="no such file"))
    lsfs("do", "move  it", "to", "--", "-x")
    lsfs("do")
    assert [request["sentence"] for request in door.said("do")] == ["move  it to -x", ""]
    assert door.said("do")[0]["llm"] is True and door.said("do")[0]["last"] == []


def test_a_plan_is_shown_with_what_was_left_out_and_needs_a_word(moves, lsfs):
    outcome = lsfs("do", "move the lease pdfs to Legal")
    assert outcome.code == 3
    assert outcome.out.splitlines() == [
        "Plan 17 · 2 files",
        "  move  /docs/lease.pdf → /docs/Legal/lease.pdf",
        "  move  /docs/rent.pdf  → /docs/Legal/rent.pdf",
        "not touched:",
        "  /docs/leaflet.pdf  it is about a garden",
    ]
    assert outcome.err == "lsfs: this needs a confirmation, and nobody can be asked here; --yes confirms it\n"
    assert moves.said("apply") == []


def test_yes_carries_it_out(moves, lsfs):
    outcome = lsfs("do", "move", "them", "-y")
    assert (outcome.code, outcome.out.splitlines()[-1]) == (0, "Done. Take it back with: lsfs undo 17")
    assert moves.said("apply")[0]["confirmed"] == "yes"


@pytest.mark.parametrize(
    ("options", "code", "state"), [((), 3, "refused"), (("--dry-run",), 0, "preview"), (("--yes",), 0, "applied")]
)
def test_the_document_keeps_what_the_sentence_gave(moves, lsfs, options, code, state):
    outcome = lsfs("do", "move them", "--json", *options)
    document = outcome.document
    assert (outcome.code, document["state"], document["tier"], document["op"]) == (code, state, "llm", 17)
    assert {"reason", "hits", "answer", "citations", "steps", "effects", "left_out", "elapsed_ms"} <= set(document)
    assert "refusal" not in document


def test_the_count_that_is_expected_has_to_be_right(moves, lsfs):
    assert lsfs("do", "move them", "--yes", "--expect", "3").code == 3
    assert moves.said("apply") == []
    assert lsfs("do", "move them", "--yes", "--expect", "2").code == 0


def test_tags_are_given_without_asking(door, preview, done, lsfs):
    tag = api.EffectInfo(action="tag", path="/docs/lease.pdf", note="2025")
    result = preview(tag, effect_class="silent", tier="rules")
    door.on("do", done(result))
    door.on("apply", api.OpEvent(phase="done", result=preview(tag, kind=api.PlanResult, state="applied")))
    assert lsfs("do", "tag lease.pdf 2025").code == 0
    assert door.said("apply")[0]["expect"] == 1


def test_nothing_is_exit_code_1_with_the_reason_beside(door, done, lsfs):
    door.on("do", done(state="nothing", reason="no invoice is in Downloads\x1b", tier="rules"))
    outcome = lsfs("do", "move the invoices")
    assert (outcome.code, outcome.out, outcome.err) == (1, "", "no invoice is in Downloads\\x1b\n")
    outcome = lsfs("do", "move the invoices", "--json")
    assert (outcome.code, outcome.document["state"], outcome.err) == (1, "nothing", "")


@pytest.mark.parametrize(
    ("code", "number"), [("usage", 2), ("refused", 3), ("conflict", 4), ("model-unavailable", 5), ("nothing-found", 1)]
)
def test_a_refusal_ends_the_command_as_its_error_would(door, done, lsfs, code, number):
    refusal = api.ErrorInfo(code=code, message="it is too much", path="/docs", hint="name a folder")
    door.on("do", done(state="refused", reason="it is too much", refusal=refusal, readings=("trash a", "trash b")))
    outcome = lsfs("do", "delete everything")
    assert outcome.code == number
    assert outcome.err.splitlines() == [
        "did you mean one of these:", "  trash a", "  trash b", "lsfs: /docs: it is too much; name a folder",
    ]  # fmt: skip
    outcome = lsfs("do", "delete everything", "--json")
    assert (outcome.code, outcome.document["state"]) == (number, "refused")
    assert outcome.document["error"] == to_builtins(refusal)
    assert outcome.document["readings"] == ["trash a", "trash b"]


def test_a_failure_before_there_is_a_result_is_a_whole_document_too(door, lsfs):
    door.on("do", *WAITS, {"error": {"code": "worker-failed", "message": "the model died", "path": None, "hint": None}})
    outcome = lsfs("do", "move it", "--json")
    assert (outcome.code, outcome.document["state"]) == (5, "refused")
    assert outcome.document.keys() == NO_RESULT.keys()
    assert outcome.err == "lsfs: the model died\n"


def test_the_document_of_no_result_has_the_fields_of_one():
    given = to_builtins(api.SayResult(op=None, state="refused"))
    assert {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()} == NO_RESULT


def test_an_undo_over_newer_changes_is_shown_with_the_choices(door, done, lsfs):
    conflict = api.ConflictInfo(path="/docs/a.md", why="it changed since", forcible=True)
    door.on("do", done(state="refused", conflicts=(conflict,), effect_class="reversible"))
    outcome = lsfs("do", "undo that")
    assert (outcome.code, outcome.out) == (4, "in the way:\n  /docs/a.md  it changed since\n")
    assert "lsfs undo --keep" in outcome.err


def test_hits_are_shown_as_find_shows_them(door, done, lsfs):
    hit = api.Hit(path="/docs/a.md", score=0.5, kind="text", modified="", size=1, snippet="the lease", line=3)
    door.on("do", done(state="answered", hits=(hit,), tier="rules"))
    outcome = lsfs("do", "find the lease")
    assert (outcome.code, outcome.out) == (0, "/docs/a.md:3\n    the lease\n")


def test_lines_are_numbered_where_somebody_is_asked_and_a_word_leaves_some_out(moves, lsfs):
    outcome = lsfs("do", "move them", typed="-1\ny\n")
    assert outcome.code == 0
    assert "  1  move  /docs/lease.pdf → " in outcome.out and "  2  move  /docs/rent.pdf" in outcome.out
    assert "Plan 18 · 1 file\n  1  move  /docs/rent.pdf → /docs/Legal/rent.pdf\n" in outcome.out
    assert moves.said("plan")[0]["actions"] == [{**MOVE, "paths": ["/docs/rent.pdf"]}]
    assert moves.said("plan")[0]["sentence"] == "move them"
    assert moves.said("apply")[0] | {"op": 18, "confirmed": "asked"} == moves.said("apply")[0]


def test_a_wrong_number_is_said_and_asked_again(moves, lsfs):
    outcome = lsfs("do", "move them", typed="-7\nperhaps\n-x\n-1,2\n")
    assert outcome.code == 3
    assert "there is no line 7" in outcome.err and "y does it" in outcome.err and "the numbers of" in outcome.err
    assert outcome.err.endswith("lsfs: nothing was done: nothing is left of the plan\n")
    assert moves.said("plan") == moves.said("apply") == []


@pytest.mark.parametrize("typed", ["\n", "n\n", "no\n"])
def test_no_means_no(moves, lsfs, typed):
    outcome = lsfs("do", "move them", typed=typed)
    assert (outcome.code, moves.said("apply")) == (3, [])


def test_an_edit_makes_the_plan_again(moves, lsfs, private_home, monkeypatch):
    editor = private_home / "editor"
    editor.write_text('#!/bin/sh\nsed -i /lease.pdf/d "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    outcome = lsfs("do", "move them", "--edit", "--dry-run", "--json")
    assert [effect["path"] for effect in outcome.document["effects"]] == ["/docs/rent.pdf"]
    assert (outcome.document["op"], outcome.document["tier"]) == (18, "llm")
    assert [left["path"] for left in outcome.document["left_out"]] == ["/docs/leaflet.pdf"]
    assert lsfs("do", "move them", typed="e\ny\n").code == 0
    assert moves.said("plan")[-1]["actions"] == [{**MOVE, "paths": ["/docs/rent.pdf"]}]


def test_many_files_are_minded(door, preview, done, lsfs):
    door.on("do", done(preview(LEASE, files=21)))
    assert lsfs("do", "move them", "--dry-run").out.endswith("mind: it touches 21 files\n")
    door.on("do", done(preview(LEASE, files=20)))
    assert "mind" not in lsfs("do", "move them", "--dry-run").out


def test_a_wait_is_one_line_that_is_erased(moves, lsfs):
    said = lsfs("do", "move them", "--dry-run", seen=True).err
    assert "\rreading the sentence…\x1b[K" in said and said.endswith("\r\x1b[K")
    assert lsfs("--quiet", "do", "move them", "--dry-run", seen=True).err == ""


def test_words_that_are_not_utf8_are_exit_code_2(door, lsfs):
    assert lsfs("do", "caf\udce9").code == 2
    assert door.asked == []


def test_every_error_of_the_table_ends_do_with_its_own_code(door, done, lsfs):
    def below(kind):
        return [kind, *(one for sub in kind.__subclasses__() for one in below(sub))]

    for kind in below(LsfsError):
        if kind.__module__.startswith("lsfs.core") and kind is not LsfsError:
            door.on("do", done(state="refused", refusal=api.ErrorInfo(code=kind.code, message="why")))
            assert lsfs("do", "it").code == exit_code(kind("why")), kind


def test_of_readings_one_can_be_picked(door, preview, done, lsfs):
    refusal = api.ErrorInfo(code="refused", message="it could mean two things")
    unclear = done(state="refused", refusal=refusal, readings=("trash a.md", "trash b.md"))
    door.on("do", by=lambda request: [unclear if request["sentence"] == "trash it" else done(preview(LEASE))])
    outcome = lsfs("do", "trash it", "--dry-run", typed="2\n")
    assert (outcome.code, door.said("do")[1]["sentence"]) == (0, "trash b.md")
    assert "it could mean two things\n  1  trash a.md\n  2  trash b.md\n" in outcome.err
    for typed in ("\n", "n\n", "3\n", "0\n"):
        outcome = lsfs("do", "trash it", typed=typed)
        assert (outcome.code, outcome.err.count("trash a.md")) == (3, 1)
    assert lsfs("do", "trash it", "--yes", typed="1\n").code == 3


def test_a_plan_that_has_no_actions_cannot_be_edited(door, preview, done, lsfs):
    door.on("do", done(preview(LEASE)))
    outcome = lsfs("do", "undo that", "--edit", "--yes", "--json")
    assert (outcome.code, outcome.document["state"], door.said("apply")) == (3, "refused", [])
