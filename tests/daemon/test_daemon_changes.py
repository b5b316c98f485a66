"""Commands that change files: nothing without a preview and a word, one document under --json, the right code."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon", "cli")]
RUN_LSFS = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfs_cli.main import main; main()"
MOVE = {"do": "move", "paths": ["a.md"], "to": "old"}
PATIENCE_S = 20.0


@pytest.fixture
def plan_of(private_home: Path) -> Callable[..., str]:
    """Writes a plan's file whose first action trashes the path, and gives the file's path."""

    def write(path: str) -> str:
        file = private_home / "plan.json"
        file.write_text(json.dumps({"actions": [{"do": "trash", "paths": [path]}]}))
        return str(file)

    return write


class Terminal:
    """A run of ``lsfs`` on a terminal of its own."""

    def __init__(self, *arguments: str, **environ: str) -> None:
        self.here, there = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-c", RUN_LSFS, *arguments],
            stdin=there,
            stdout=there,
            stderr=there,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1", **environ},
        )
        os.close(there)
        self.said = ""

    def until(self, text: str) -> None:
        """Returns when it has said `text`; fails the test when it ends without."""
        while text not in self.said:
            assert self._read(), f"never said {text!r}: {self.said}"

    def type(self, text: str) -> None:
        os.write(self.here, text.encode())

    def interrupt(self) -> None:
        """Presses Ctrl-C at a question; again where that came before Python waited for the answer, which forgets it."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(2)
                return

    def ended(self) -> int:
        """The exit code, once it has ended; what it said is all there then."""
        while self._read():
            pass
        return self.child.wait(PATIENCE_S)

    def _read(self) -> bool:
        if not select.select([self.here], [], [], PATIENCE_S)[0]:
            return False
        try:
            piece = os.read(self.here, 65536)
        except OSError:  # EIO: the other end is closed
            return False
        self.said += piece.decode().replace("\r\n", "\n")
        return bool(piece)

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.here)


@pytest.fixture
def terminal(daemon) -> Iterator[Callable[..., Terminal]]:
    """Starts ``lsfs`` on terminals; whatever still runs at the end is ended."""
    made: list[Terminal] = []

    def start(*arguments: str, **environ: str) -> Terminal:
        made.append(Terminal(*arguments, **environ))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_without_a_terminal_the_preview_is_shown_and_nothing_done(daemon, lsfs, plan_of):
    outcome = lsfs("apply", plan_of("a.md"))
    assert outcome.code == 3
    assert outcome.out.splitlines()[0] == "Plan 17 · 1 file"
    assert outcome.err == "lsfs: this needs a confirmation, and nobody can be asked here; --yes confirms it\n"
    assert daemon.client().call("op", {"op": 17})["state"] == "preview"


def test_yes_carries_it_out_and_says_how_to_take_it_back(daemon, lsfs, plan_of):
    outcome = lsfs("apply", plan_of("a.md"), "--yes")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "Done. Take it back with: lsfs undo 17"
    assert daemon.client().call("op", {"op": 17})["summary"] == "confirmed=yes expect=None"


def test_a_dry_run_stops_at_the_preview(daemon, lsfs, plan_of):
    assert lsfs("apply", plan_of("a.md"), "--dry-run", "--yes").code == 0
    assert daemon.client().call("op", {"op": 17})["state"] == "preview"
    assert lsfs("apply", plan_of("nothing"), "--dry-run").code == 1


def test_nothing_to_do_is_exit_code_1_and_says_what_was_left_out(daemon, lsfs, plan_of, private_home):
    outcome = lsfs("apply", plan_of("nothing"), "--yes", cwd=private_home)
    assert (outcome.code, outcome.err) == (1, "nothing to do\n")
    assert "not touched:\n  spared\\x1b[31m  it is as it was\n" in outcome.out
    outcome = lsfs("apply", plan_of("nothing"), "--yes", "--json")
    assert (outcome.code, outcome.document["state"], outcome.document["op"]) == (1, "nothing", None)


@pytest.mark.parametrize(
    ("arguments", "code", "state"),
    [(("--dry-run",), 0, "preview"), (("--yes",), 0, "applied"), ((), 3, "refused")],
)
def test_json_is_one_document_whatever_becomes_of_the_plan(daemon, lsfs, plan_of, arguments, code, state):
    outcome = lsfs("apply", plan_of("a.md"), *arguments, "--json")
    assert (outcome.code, outcome.document["state"], outcome.document["op"]) == (code, state, 17)
    assert outcome.document["effects"][0]["path"] == "a.md"
    assert (outcome.document["error"] or {"code": ""})["code"] == ("refused" if code else "")


@pytest.mark.parametrize(
    ("path", "code", "state"), [("changed", 4, "refused"), ("breaks", 6, "failed"), ("die", 5, "failed")]
)
def test_an_op_that_ends_in_an_error_is_a_document_a_line_and_a_code(daemon, lsfs, plan_of, path, code, state):
    outcome = lsfs("apply", plan_of(path), "--yes", "--json")
    assert (outcome.code, outcome.document["state"]) == (code, state)
    assert outcome.document["error"]["message"] and outcome.err.count("\n") == 1


def test_a_daemon_that_dies_under_an_op_leaves_the_log_to_tell(daemon, lsfs, plan_of):
    assert lsfs("apply", plan_of("die"), "--yes").err.endswith("lsfs log tells what became of op 17\n")


def test_a_refused_plan_has_no_preview(daemon, lsfs, plan_of):
    outcome = lsfs("apply", plan_of("refused"), "--yes", "--json")
    assert (outcome.code, set(outcome.document)) == (3, {"error"})


def test_the_count_that_is_expected_has_to_be_right(daemon, lsfs, plan_of):
    assert lsfs("apply", plan_of("many"), "--yes", "--expect", "49").code == 3
    assert lsfs("apply", plan_of("many"), "--expect", "50").code == 3  # it does not replace the answer
    assert lsfs("apply", plan_of("many"), "--yes", "--expect", "50").code == 0
    assert daemon.client().call("op", {"op": 19})["summary"] == "confirmed=yes expect=50"


def test_a_long_plan_is_cut_in_the_middle(daemon, lsfs, plan_of):
    lines = lsfs("apply", plan_of("many"), "--dry-run").out.splitlines()
    assert "  … 30 more …" in lines
    assert len(lines) < 30 and "many49" in "".join(lines)


def test_a_plan_may_be_a_bare_list_on_standard_input(daemon, private_home):
    (private_home / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", RUN_LSFS, "apply", "-", "--yes", "--json"],
        input=json.dumps([MOVE]),
        capture_output=True,
        text=True,
        cwd=private_home / "work",
        check=True,
    )
    document = json.loads(done.stdout)
    assert [document["effects"][0][name] for name in ("action", "path", "to")] == ["move", "a.md", "old"]
    assert document["left_out"][0]["path"].startswith(
        f"{private_home}/work/"
    )  # what the daemon takes relative paths to
    assert document["notes"][0].startswith("sentence=lsfs apply - --yes --json ")


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "{", "[]", '{"actions": []}', '"trash"', "[1]", '{"actions": [], "expect": 3}', "[" * 100_000],
)
def test_what_is_no_plan_is_exit_code_2(daemon, lsfs, private_home, text):
    (private_home / "plan.json").write_text(text)
    assert lsfs("apply", str(private_home / "plan.json"), "--yes").code == 2


def test_a_plan_of_unknown_actions_or_of_other_bytes_is_exit_code_2(daemon, lsfs, private_home):
    plan = private_home / "plan.json"
    plan.write_text('[{"do": "explode", "path": "a"}]')
    assert lsfs("apply", str(plan), "--yes").code == 2
    plan.write_bytes(b'[{"do": "trash", "paths": ["caf\xe9"]}]')
    assert lsfs("apply", str(plan), "--yes").code == 2
    assert lsfs("apply", str(private_home / "absent.json"), "--json").document["error"]["code"] == "usage"


def test_a_plan_is_edited_before_it_is_shown(daemon, lsfs, plan_of, private_home):
    editor = private_home / "an editor"
    editor.write_text('#!/bin/sh\nsed s/a.md/edited.md/ "$1" > "$1.new" && mv "$1.new" "$1" && echo noise\n')
    editor.chmod(0o755)
    outcome = lsfs("apply", plan_of("a.md"), "--edit", "--dry-run", "--json", VISUAL=f"'{editor}'")
    assert outcome.document["effects"][0]["path"] == "edited.md"
    assert "a.md" in Path(plan_of("a.md")).read_text()


@pytest.mark.parametrize(
    ("editor", "code"),
    [("true", 0), ("false", 3), ("truncate -s 0", 2), ("sed -i s/actions/acts/", 2), ("/absent/editor", 2), ("'", 2)],
)
def test_an_edit_that_leaves_no_plan_does_nothing(daemon, lsfs, plan_of, editor, code):
    outcome = lsfs("apply", plan_of("a.md"), "--edit", "--yes", VISUAL="", EDITOR=editor)
    assert outcome.code == code
    assert ("Done." in outcome.out) is (code == 0)


def test_a_broken_plan_can_be_mended_in_the_editor(daemon, lsfs, private_home):
    plan = private_home / "plan.json"
    plan.write_text('[{"do": "trash", "paths": ["a.md"]')
    assert lsfs("apply", str(plan), "--edit", "--dry-run", VISUAL="true").code == 2
    assert lsfs("apply", str(plan), "--edit", "--dry-run", VISUAL="sed -i s/$/]/").code == 2  # still not whole
    assert lsfs("apply", str(plan), "--edit", "--dry-run", VISUAL="sed -i s/$/}]/").code == 0


def test_undo_takes_the_newest_op_or_the_one_that_is_named(daemon, lsfs):
    assert "undo of op None" in lsfs("undo", "--yes").out
    outcome = lsfs("undo", "12", "--force", "--yes")
    assert outcome.out.splitlines()[0] == "Plan 18 · 1 file · undo of op 12: move a.md"
    assert "(op=12 how=force, 2.0 kB)" in outcome.out
    assert "how=keep" in lsfs("redo", "--keep", "--dry-run").out


@pytest.mark.parametrize("arguments", [("undo", "x"), ("undo", "0"), ("cancel",), ("cancel", "-3"), ("undo", "1", "2")])
def test_what_is_no_number_of_an_op_is_exit_code_2(lsfs, arguments):
    assert lsfs(*arguments).code == 2


def test_what_is_in_the_way_of_an_undo_is_shown_with_the_choices(daemon, lsfs, private_home):
    outcome = lsfs("undo", "9", "--yes", cwd=private_home)
    assert outcome.code == 4
    assert outcome.out == "in the way:\n  a.md             it changed since\n  /elsewhere/b.md  it is gone\n"
    assert "--force" in outcome.err and "--keep" in outcome.err
    outcome = lsfs("undo", "9", "--json")
    assert (outcome.code, outcome.document["state"], len(outcome.document["conflicts"])) == (4, "refused", 2)


def test_restore_says_what_was_typed(daemon, lsfs, private_home):
    arguments = ["docs", "--to", "last friday", "--exact", "--output", "back", "--by", "path", "--dry-run", "--json"]
    document = lsfs("restore", *arguments, cwd=private_home).document
    assert json.loads(document["effects"][0]["note"]) == {
        "do": "restore",
        "path": f"{private_home}/docs",
        "to": "last friday",
        "exact": True,
        "output": f"{private_home}/back",
        "by": "path",
    }
    assert lsfs("rollback", "docs", "--to", "@2", "--dry-run", "--json").document["state"] == "preview"
    assert lsfs("restore", "docs").code == 2


def test_tags_and_saved_queries_are_done_without_asking(daemon, lsfs, private_home):
    outcome = lsfs("tag", "a.md", "b.md", "-t", "red", "--tag", "tax 2026", "--json", cwd=private_home)
    assert (outcome.code, outcome.document["state"]) == (0, "applied")
    action = json.loads(outcome.document["effects"][0]["note"])
    assert action["paths"] == [f"{private_home}/a.md", f"{private_home}/b.md"]
    assert action["tags"] == ["red", "tax 2026"]
    assert "untag" in lsfs("untag", "a.md").out
    outcome = lsfs("save", "leases", "lease", "OR", "rent", "-draft")
    assert outcome.code == 0 and '"query":"lease OR rent -draft"' in outcome.out
    assert lsfs("save", "leases", "--forget").code == 0


def test_any_number_of_files_is_tagged_without_asking(daemon, lsfs):
    assert lsfs("tag", "many", "-t", "red").code == 0
    assert daemon.client().call("op", {"op": 17})["summary"] == "confirmed=yes expect=50"


@pytest.mark.parametrize("arguments", [("tag", "a.md"), ("save", "leases"), ("save", "leases", "rent", "--forget")])
def test_a_tag_or_a_query_that_is_missing_is_exit_code_2(lsfs, arguments):
    assert lsfs(*arguments).code == 2


def test_words_that_are_not_utf8_are_refused_and_paths_are_not(daemon, lsfs):
    assert lsfs("tag", "a.md", "-t", b"caf\xe9").code == 2
    assert lsfs("tag", b"caf\xe9", "-t", "red").code == 0


def test_a_terminal_is_asked_and_no_means_no(terminal, plan_of):
    run = terminal("apply", plan_of("a.md"))
    run.until("Apply? [y/N]")
    assert "Plan 17" in run.said  # the preview comes before the question
    run.type("\n")
    assert run.ended() == 3
    assert "lsfs: nothing was done" in run.said and "Done." not in run.said


def test_an_answer_on_a_terminal_counts_as_asked(terminal, daemon, plan_of):
    run = terminal("undo", "3")
    run.until("Apply? [y/N]")
    run.type("y\n")
    assert run.ended() == 0
    assert daemon.client().call("op", {"op": 17})["summary"] == "confirmed=asked expect=None"


def test_ctrl_c_at_the_question_leaves_all_as_it_is(terminal, daemon, plan_of):
    run = terminal("apply", plan_of("a.md"))
    run.until("Apply? [y/N]")
    run.interrupt()
    assert run.ended() == 130
    assert daemon.client().call("op", {"op": 17})["state"] == "preview"


def test_a_long_op_shows_a_bar_on_a_terminal(terminal, plan_of):
    run = terminal("apply", plan_of("slow"), "--yes", COLUMNS="100")
    assert run.ended() == 0
    assert "changing" in run.said and "/100" in run.said


def test_ctrl_c_has_the_op_taken_back(daemon, plan_of):
    command = [sys.executable, "-c", RUN_LSFS, "apply", plan_of("endless"), "--yes"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    first = running.stderr.readline()  # it is under way
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE_S)
    assert first.startswith("changing: ")
    assert (running.returncode, "Done." in out) == (130, False)
    assert err.splitlines()[-1] == "lsfs: op 17 was cancelled; nothing is changed"


def test_an_op_that_is_done_before_it_could_be_cancelled_is_done(daemon, plan_of):
    command = [sys.executable, "-c", RUN_LSFS, "apply", plan_of("stubborn endless"), "--yes"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    running.stderr.readline()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, out.splitlines()[-1]) == (0, "Done. Take it back with: lsfs undo 17")
    assert "it was done before it could be cancelled" in err
