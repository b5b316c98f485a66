"""``lsfs ask``, ``summarize``, ``compare`` and ``diff --summary``: answers with their places."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from lsfs.core import api
from lsfs.core.wirepath import to_lossy
from lsfs_cli.answer_text import render_answer, render_passages
from lsfs_cli.style import Style

LEASE = api.Citation(path="/docs/lease.md", line=12, quote="The notice is\nthree months.\x1b[2J")
DEED = api.Citation(path="/docs/deed.pdf", line=40, anchor="page 3", quote="…")
ANSWER = "Three months before the end [1].\nIn writing [2]."
PLACES = "\n\n  [1] /docs/lease.md:12\n  [2] /docs/deed.pdf:page 3\n"


@pytest.fixture
def answers(done):
    """Makes the stream of an answer that comes in pieces."""

    def make(*pieces: str, **fields):
        fields = {"state": "answered", "answer": "".join(pieces), "citations": (LEASE, DEED), **fields}
        waits = [
            api.SayEvent(phase="looking"),
            api.SayEvent(phase="reading", text="lease\x1b[2J.md"),
            api.SayEvent(phase="reading"),
        ]
        return [*waits, *(api.SayEvent(phase="writing", text=piece) for piece in pieces), done(**fields)]

    return make


def test_an_answer_has_its_places_below_it(door, answers, lsfs):
    door.on("ask", *answers(ANSWER))
    outcome = lsfs("ask", "when", "can", "I", "cancel?")
    assert (outcome.code, outcome.out) == (0, ANSWER + PLACES)
    assert door.said("ask")[0]["question"] == "when can I cancel?"


def test_an_answer_comes_on_a_terminal_as_it_is_written(door, answers, lsfs):
    door.on("ask", *answers("Three months", " before\x1b[2J the end [1].\n", "In writing [2]."))
    outcome = lsfs("ask", "when?", seen=True)
    assert outcome.out == "Three months before\\x1b[2J the end [1].\nIn writing [2].\n" + PLACES.removeprefix("\n")
    assert "reading lease\\x1b[2J.md" in outcome.err and "writing" not in outcome.err


def test_what_was_taken_back_of_an_answer_is_said_again(door, answers, lsfs):
    door.on("ask", *answers("Three months. And more.", answer="Three months [1]."))
    assert lsfs("ask", "when?", seen=True).out == "Three months. And more.\nThree months [1]." + PLACES


def test_what_the_files_do_not_say_of_a_question_is_said(door, answers, lsfs):
    door.on("ask", *answers(ANSWER, unanswered=("who signs?",)))
    assert lsfs("ask", "when, and who signs?").out == f"{ANSWER}\n\nThe files do not say: who signs?{PLACES}"


def test_pieces_are_no_part_of_the_document(door, answers, lsfs):
    door.on("ask", *answers("Three ", "months"))
    document = lsfs("ask", "when?", "--json").document
    assert (document["answer"], document["state"]) == ("Three months", "answered")
    assert document["citations"][1] == {"path": "/docs/deed.pdf", "line": 40, "anchor": "page 3", "quote": "…"}


def test_no_answer_is_exit_code_1_with_the_nearest_passages(door, answers, lsfs):
    door.on("ask", *answers(state="nothing", answer=None, reason="your files do not say", citations=(LEASE,)))
    outcome = lsfs("ask", "when?")
    assert (outcome.code, outcome.err) == (1, "your files do not say\n")
    assert outcome.out == "/docs/lease.md:12\n    The notice is\n    three months.\\x1b[2J\n"
    outcome = lsfs("ask", "when?", "--json")
    assert (outcome.code, outcome.document["state"], outcome.document["answer"]) == (1, "nothing", None)


def test_without_a_model_there_are_passages_and_exit_code_5(door, answers, lsfs):
    refusal = api.ErrorInfo(code="model-unavailable", message="no language model", hint="lsfs models pull")
    door.on("ask", *answers(state="refused", answer=None, refusal=refusal))
    outcome = lsfs("ask", "when?")
    assert (outcome.code, outcome.err) == (5, "lsfs: no language model; lsfs models pull\n")
    assert outcome.out.startswith("/docs/lease.md:12\n    The notice is\n")
    document = lsfs("ask", "when?", "--json").document
    assert (document["state"], document["error"]["code"]) == ("refused", "model-unavailable")
    assert len(document["citations"]) == 2


def test_a_path_is_sent_as_one_and_words_as_words(door, answers, lsfs, private_home, monkeypatch):
    door.on("summarize", *answers("Short."))
    door.on("compare", *answers("Alike."))
    monkeypatch.chdir(private_home)
    odd = to_lossy(b"caf\xe9.md")
    for name in (b"a note.md", b"caf\xe9.md"):
        (private_home / name.decode(errors="surrogateescape")).write_text("x")
    assert lsfs("summarize", "a", "note.md").code == 0
    assert lsfs("summarize", "caf\udce9.md").code == 0
    assert lsfs("summarize", "the", "lease").code == 0
    assert lsfs("compare", "a note.md", "the new lease").code == 0
    assert door.said("summarize")[0]["what"] == f"{private_home}/a note.md"
    assert door.said("summarize")[1]["what"].startswith("base64:") and odd[1]
    assert door.said("summarize")[2]["what"] == "the lease"
    assert (door.said("compare")[0]["one"], door.said("compare")[0]["other"]) == (
        f"{private_home}/a note.md", "the new lease",
    )  # fmt: skip
    assert lsfs("compare", "caf\udce9", "b").code == 2


@pytest.mark.parametrize("arguments", [("ask",), ("ask", " "), ("summarize",), ("compare", "a"), ("compare", *"abc")])
def test_what_asks_nothing_is_exit_code_2(door, lsfs, arguments):
    assert lsfs(*arguments).code == 2
    assert door.asked == []


def difference(kind: str = "text") -> api.DiffResult:
    side = api.DiffSide(label="@1", size=1, content="aa", modified="")
    return api.DiffResult(path="/a", old=side, new=side, kind=kind, unified="--- a\n+++ b\n@@ -1 +1 @@\n-one\n+two\n")


def test_a_difference_is_shown_first_and_then_said(door, answers, lsfs):
    door.on("diff", difference())
    door.on("explain", *answers("One became two.", citations=()))
    outcome = lsfs("diff", "a", "--from", "yesterday", "--summary")
    assert (outcome.code, outcome.out) == (0, "--- a\n+++ b\n@@ -1 +1 @@\n-one\n+two\n\nOne became two.\n")
    assert door.said("explain") == door.said("diff") and door.said("diff")[0]["old"] == "yesterday"
    document = lsfs("diff", "a", "--summary", "--json").document
    assert (document["added"], document["summary"]["answer"]) == (0, "One became two.")


def test_a_difference_is_shown_also_where_it_cannot_be_said(door, answers, lsfs):
    door.on("diff", difference())
    refusal = api.ErrorInfo(code="model-unavailable", message="no language model")
    door.on("explain", *answers(state="refused", answer=None, citations=(), refusal=refusal))
    outcome = lsfs("diff", "a", "--summary")
    assert outcome.code == 5 and "+two" in outcome.out
    document = lsfs("diff", "a", "--summary", "--json").document
    assert (document["unified"][:5], document["error"]["code"]) == ("--- a", "model-unavailable")
    door.on("explain", {"error": {"code": "worker-failed", "message": "it died"}})
    document = lsfs("diff", "a", "--summary", "--json").document
    assert (document["summary"]["state"], document["error"]["code"]) == ("refused", "worker-failed")


def test_no_difference_needs_no_words(door, lsfs):
    door.on("diff", difference("same"))
    assert lsfs("diff", "a", "--summary").code == 0
    assert lsfs("diff", "a", "--summary", "--json").document["summary"] is None
    assert door.said("explain") == []


def test_leaving_early_closes_the_connection(door, lsfs, monkeypatch):
    """As Ctrl-C does: the daemon stops the model when nobody listens any more."""
    from lsfs_cli import saying

    def interrupted(event):
        raise KeyboardInterrupt

    door.on("ask", api.SayEvent(phase="reading"), threading.Event())
    monkeypatch.setattr(saying, "status_text", interrupted)
    outcome = lsfs("ask", "when?")
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")
    assert door.gone.wait(10)


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_nothing_of_an_answer_is_obeyed_by_a_terminal(answer, path, anchor, quote, part):
    citations = [{"path": path, "line": None, "anchor": anchor, "quote": quote}] * 2
    said = render_answer({"answer": answer, "unanswered": [part], "citations": citations}, Style(False), "/h")
    said += render_passages(citations, Style(False), "/h")
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in said.replace("\n", ""))


def test_what_is_found_out_about_doubtful_files_is_one_line_that_stays_while_it_looks(door, done, lsfs):
    lease = api.Judged(path="/docs/lease\x1b[2J.pdf", yes=True, odds=0.93)
    long = api.Judged(path=f"/docs/{'x' * 300}.pdf", yes=False, odds=0.04)
    looks = [api.SayEvent(phase="looking", judged=lease), api.SayEvent(phase="looking")]
    door.on("do", *looks, api.SayEvent(phase="looking", judged=long), done(state="nothing", judged=(lease, long)))
    shown = lsfs("do", "find the lease", seen=True)
    lines = [line.removesuffix("\x1b[K") for line in shown.err.split("\r")]
    assert lines[:2] == ["", "is it one: lease\\x1b[2J.pdf … yes 0.93"]
    assert lines[2].startswith("is it one: xxx") and lines[2].endswith("xxx.pdf … no 0.04") and len(lines[2]) < 80
    assert lines[3] == "\x1b[Knothing found\n" and "lease" not in shown.out
    piped = lsfs("do", "find the lease")
    assert "is it one" not in piped.out + piped.err
    document = lsfs("do", "find the lease", "--json")
    assert "is it one" not in document.err
    assert document.document["judged"] == [to_builtins(lease), to_builtins(long)]
