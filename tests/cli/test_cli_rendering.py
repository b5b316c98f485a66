"""What people see: passages with their matches, progress, sizes; and nothing that a terminal would obey."""

from __future__ import annotations

import click
from hypothesis import example, given
from hypothesis import strategies as st

from lsfs_cli.commands.find import find_command
from lsfs_cli.hits import marked, render_hits, spans_of_words
from lsfs_cli.main import lsfs
from lsfs_cli.progress_lines import follow_with_lines
from lsfs_cli.style import Style, plain

PLAIN = Style(False)
COLOUR = Style(True)


def event(phase: str, done: int, *, note: str = "", finished: bool = False) -> dict[str, object]:
    return {"phase": phase, "done": done, "total": 10, "rate": 0.0, "note": note, "finished": finished}


@given(st.text())
def test_nothing_of_a_text_is_obeyed_by_a_terminal(text):
    assert plain(text).isprintable() or not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in plain(text))


@given(st.text(), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
@example("one\r\ntwo\rthree\r", [(0, 4), (2, 9), (5, 9), (15, 15)])
@example("a lone return after a match: \r0", [(0, 30)])
def test_marking_loses_nothing_of_the_passage(text, spans):
    usable = [(start, end) for start, end in spans if start <= end <= len(text)]
    assert marked(text, usable, PLAIN) == marked(text, [], PLAIN)


def test_words_are_marked_whole_and_in_any_case():
    spans = spans_of_words("Lease and release, LEASE.", "the lease")
    assert marked("Lease and release, LEASE.", spans, COLOUR) == (
        "\x1b[1;33mLease\x1b[0m and release, \x1b[1;33mLEASE\x1b[0m."
    )


def test_the_daemons_own_marks_come_first():
    hit = {"path": "/a", "line": None, "snippet": "running", "score": 1.0, "marks": [[0, 3]]}
    assert "\x1b[1;33mrun\x1b[0mning" in render_hits({"query": "runs", "hits": [hit]}, COLOUR)


def test_a_place_is_shown_before_a_line_and_reasons_when_asked_for():
    why = {"parts": {"words": 0.5}, "matched": ["a"]}
    hit = {"path": "/a\n.pdf", "line": 3, "anchor": "page 2", "snippet": "", "score": 0.25, "why": why}
    assert render_hits({"query": "", "hits": [hit]}, PLAIN) == (
        "/a\\x0a.pdf:page 2\n    score 0.250 (words 0.500); matched: a"
    )


def test_progress_is_a_line_where_something_begins_and_now_and_then():
    clock = iter(range(100))
    lines: list[str] = []
    events = [event("words", done) for done in range(8)] + [
        event("vectors", 1, note="slow"),
        event("done", 10, finished=True),
    ]
    follow_with_lines(events, lines.append, lambda: float(next(clock)))
    assert lines[0].endswith("0 of 10 files") and lines[-2:] == [
        "reading for meaning: 1 of 10 files (slow)", "done: 10 of 10 files",
    ]  # fmt: skip
    assert len(lines) < len(events)


def test_every_option_of_find_is_sent_under_the_records_name():
    from lsfs.core.api import FindRequest

    options = {option.name for option in find_command.params if isinstance(option, click.Option)}
    assert {name for name in options if name not in ("null", "json", "quiet")} <= set(FindRequest.__struct_fields__)


def test_every_command_takes_the_shared_options_and_says_what_it_is_for():
    context = click.Context(lsfs)
    for name in lsfs.list_commands(context):
        command = lsfs.get_command(context, name)
        assert command is not None and command.get_short_help_str(), name
        if name not in ("models", "doctor", "vault", "mcp"):  # the program that they are handed over to has them
            assert {"json", "quiet"} <= {parameter.name for parameter in command.params}, name
