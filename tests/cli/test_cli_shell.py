"""``lsfs shell``: sentences and commands, what “it” means, history and Tab, Ctrl-C and Ctrl-D."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import threading

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core import api
from lsfs_cli.main import lsfs as commands
from lsfs_cli.session import Session
from lsfs_cli.shell.lines import command_of
from lsfs_cli.shell.words import completions, word_start
from tests.cli.terminal import SOURCES, Terminal

MOVE = api.EffectInfo(action="move", path="/docs/lease.pdf", to="/docs/Legal/lease.pdf")
HIT = api.Hit(path="/docs/a.md", score=0.5, kind="text", modified="", size=1, snippet="the lease", line=3)


@pytest.fixture
def shell(lsfs, monkeypatch):
    """Runs the shell in this process with these lines on standard input."""

    def runs(*lines: str, options: tuple[str, ...] = ()):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return lsfs(*options, "shell") if "--json" in options else lsfs("shell", *options)

    return runs


@pytest.fixture
def moves(door, preview, done):
    """`do` moves a file, `find` finds another."""
    door.on("do", done(preview(MOVE)))
    door.on("apply", api.OpEvent(phase="done", result=preview(MOVE, kind=api.PlanResult, state="applied")))
    door.on("find", api.FindResult(query="", hits=(HIT,), elapsed_ms=1.0, complete=True))
    return door


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("find pdfs about rent", "find"),
        ("find --type pdf rent", "find"),
        ("undo", "undo"),
        ("undo 12 --yes", "undo"),
        ("log", "log"),
        ("roots list", "roots"),
        ("history --help", "history"),
        ("models list", "models"),
        ("ask when can I cancel the lease?", "ask"),
        ("find 'a phrase'", "find"),
        ("tag a.md -t red", "tag"),
        ("lsfs move it", "move"),  # said to be one, and then it is a wrong one
        ("undo that", None),
        ("undo everything since noon", None),
        ("move it to Legal", None),
        ("find the invoices and move them to Paid", None),
        ("find the invoices, then delete them", None),
        ("the landlord's letter", None),
        ("find the landlord's letter", None),
        ("tag the lease as 2025", None),
        ("restore thesis.tex to yesterday", None),
        ("save this as leases", None),
        ("compare a.md with b.md", None),
        ("history of thesis.tex", None),
        ("doctor letters from May", None),
        ("models of cars", None),
        ("roots of the tree", None),
        ("diff a b c", None),
        ("", None),
        ("-y", None),
    ],
)
def test_a_line_is_a_command_if_it_is_one_in_full(line, command):
    session = Session({}, sys.stdout, sys.stderr)  # type: ignore[arg-type]
    found = command_of(line, commands, session)
    assert (found[0] if found else None) == command
    assert session.json is False


@given(st.text(max_size=60))
def test_any_line_is_a_command_or_a_sentence(line):
    first = line.split()[:1]
    found = command_of(line, commands, Session({}, sys.stdout, sys.stderr))  # type: ignore[arg-type]
    assert found is None or first[0] in commands.list_commands(click.Context(commands)) or found == line.split()[1:]


def test_it_is_what_was_found_last(moves, shell):
    outcome = shell("find lease", "move it to Legal", "tag it")
    assert [request["last"] for request in moves.said("do")] == [["/docs/a.md"], ["/docs/lease.pdf"]]
    assert [request["sentence"] for request in moves.said("do")] == ["move it to Legal", "tag it"]
    assert outcome.out.startswith("/docs/a.md:3\n")


def test_it_is_where_a_file_went_once_it_went(moves, shell):
    assert shell("move the lease to Legal", "tag it", options=("--yes",)).code == 0
    assert moves.said("do")[1]["last"] == ["/docs/Legal/lease.pdf"]
    assert [request["confirmed"] for request in moves.said("apply")] == ["yes", "yes"]


def test_without_a_terminal_there_are_previews_only(moves, shell):
    outcome = shell("move the lease to Legal")
    assert (outcome.code, moves.said("apply")) == (3, [])
    assert "Plan 17" in outcome.out and "--yes confirms it" in outcome.err


def test_a_mistake_ends_a_line_and_not_the_shell(moves, shell, private_home, monkeypatch):
    monkeypatch.chdir("/")
    outcome = shell(
        "lsfs explode", "shell", "cd /absent", f"cd {private_home}", "caf\udce9", "find lease", "quit", "log"
    )
    assert outcome.code == 0 and os.getcwd() == str(private_home)
    assert [name for name, _ in moves.asked] == ["find"]
    assert len([line for line in outcome.err.splitlines() if line.startswith("lsfs: ")]) == 4
    assert "it" in shell("help").out


def test_under_json_each_line_is_a_document(moves, shell):
    outcome = shell("move the lease", "find lease", options=("--json",))
    documents = [json.loads(line) for line in outcome.out.splitlines()]
    assert [document.get("state") for document in documents] == ["refused", None]


def test_what_lsfsd_does_is_a_child_within_the_shell(door, shell, monkeypatch):
    called: list[list[str]] = []
    monkeypatch.setattr("subprocess.call", lambda program: called.append(program) or 7)
    assert shell("models list").code == 7
    assert called[0][-2:] == ["models", "list"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("summ", ["summarize "]),
        ("history Tax", ['history "Tax notes.md" ']),
        ('move "Tax n', ['move "Tax notes.md" ']),
        ("move Tax\\ n", ["move Tax\\ notes.md "]),
        ("move Leg", ["move Legal/"]),
        ("move Legal/", ["move Legal/lease.pdf "]),
        ("tag it tax", ["tag it tax.csv "]),
        ("files tagged ta", ['files tagged "tax 2026" ', "files tagged taxi ", "files tagged tax.csv "]),
        ("find --tag taxi", ["find --tag taxi "]),
        ("the landlord's Leg", ["the landlord's Legal/"]),
        ("nothing/", []),
    ],
)
def test_tab_completes_commands_paths_and_tags(line, found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("Tax notes.md", "tax.csv", ".hidden", "Legal/lease.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    begin = max(line.rfind(" "), line.rfind("\t")) + 1  # where readline thinks that the word begins
    made = completions(line, begin, ["summarize", "find"], lambda: ["tax 2026", "taxi"])
    assert [line[:begin] + one for one in made] == found


@given(st.text(st.sampled_from("ab \"'\\\t")))
def test_the_last_word_of_a_line_begins_after_a_blank(line):
    start = word_start(line)
    assert 0 <= start <= len(line) and (start == 0 or line[start - 1].isspace())


@pytest.fixture
def terminal(moves, private_home):
    """The shell on a terminal."""
    (private_home / "Legal").mkdir()
    program = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfs_cli.main import main; main()"
    environ = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    made = Terminal([sys.executable, "-c", program, "shell"], environ, private_home)
    made.until("lsfs> ")
    yield made
    made.close()


def test_a_sentence_is_asked_about_and_kept_and_the_answer_is_not(terminal, moves, private_home):
    terminal.type("move the lease to Leg\t\n")
    terminal.until("to Legal/")
    terminal.until("Apply? [y/N]: ")
    terminal.type("y\n")
    terminal.until("Done. Take it back with: lsfs undo 17")
    terminal.until("lsfs> ")
    terminal.type(" a secret\n")
    terminal.until("Apply? [y/N]: ")
    terminal.type("n\n")
    terminal.until("lsfs> ")
    terminal.type("\x1b[A")
    terminal.until("move the lease to Legal/")
    terminal.type("\x15\x04")
    terminal.ended()
    history = private_home / ".local/state/lsfs/shell_history"
    assert history.read_text() == "move the lease to Legal/\n"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.parent.stat().st_mode) == 0o700


def test_ctrl_c_stops_the_model_and_comes_back_to_the_prompt(terminal, door):
    door.on("do", api.SayEvent(phase="loading"), threading.Event())
    terminal.type("half a line")
    terminal.until("half a line")
    terminal.interrupt(lambda: "lsfs> " in terminal.said)
    terminal.until("lsfs> ")
    terminal.type("trash it\n")
    terminal.until("loading the model…")
    terminal.interrupt(door.gone.is_set)
    terminal.until("lsfs> ")
    terminal.type("exit\n")
    assert terminal.ended() == 130
