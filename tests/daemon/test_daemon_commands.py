"""The command line's contract: one document under --json, the right exit code, one clear line on stderr."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsfs.core.failures import error_of, exit_code

FIND_KEYS = {"query", "hits", "elapsed_ms", "complete"}
HIT_KEYS = {"path", "score", "kind", "modified", "size", "snippet", "line"}


def test_find_prints_path_line_and_passage(daemon, lsfs):
    found = lsfs("find", "lease")
    assert found.code == 0
    assert found.out == "/docs/lease.md:12\n    The lease for the flat\n    in Lyon \\x1b[31mends\n"
    assert found.err == ""


@pytest.mark.parametrize(
    "arguments", [("--json", "find", "lease"), ("find", "lease", "--json"), ("find", "--json", "x")]
)
def test_json_may_stand_before_or_after_the_command(daemon, lsfs, arguments):
    document = lsfs(*arguments).document
    assert set(document) == FIND_KEYS
    assert set(document["hits"][0]) == HIT_KEYS


def test_nothing_found_is_exit_code_1(daemon, lsfs):
    found = lsfs("find", "nothing")
    assert (found.code, found.out, found.err) == (1, "", "nothing found\n")
    found = lsfs("find", "nothing", "--json")
    assert (found.code, found.document["hits"]) == (1, [])


def test_an_incomplete_index_is_said_beside_the_hits(daemon, lsfs):
    assert "indexing still goes on" in lsfs("find", "partial").err
    assert lsfs("--quiet", "find", "partial").err == ""


def test_a_word_with_a_minus_is_a_word_to_leave_out(daemon, lsfs):
    assert lsfs("find", "lease", "-invoice", "-n", "3", "-naïve", "--json").document["query"] == "lease -invoice -naïve"
    assert lsfs("find", "--json", "--", "-n", "--in").document["query"] == "-n --in"


def test_null_separates_exact_paths(daemon, private_home):
    command = [sys.executable, "-c", _lsfs_program(), "find", "odd", "-0"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout == b"/docs/lease.md\0/docs/caf\xe9\0"


def test_paths_are_relative_to_the_working_directory(daemon, lsfs, private_home):
    folder = private_home / "notes"
    folder.mkdir()
    outcome = lsfs("up", "notes", "--json", cwd=private_home)
    assert [root["path"] for root in outcome.document["roots"]] == [str(folder)]


def test_a_name_that_is_no_utf8_reaches_the_daemon_as_it_is(daemon, lsfs, private_home):
    odd = os.fsencode(private_home) + b"/caf\xe9"
    Path(os.fsdecode(odd)).write_text("x")
    document = lsfs("status", odd, "--json").document
    assert document["state"] == "indexed"
    assert document["path"].endswith("caf\ufffd") and document["path_b64"]


@pytest.mark.parametrize(
    "code",
    ["usage", "refused", "conflict", "unavailable", "model-unavailable", "storage", "disk-full", "vault-damaged"],
)
def test_an_error_of_the_daemon_is_a_document_a_line_and_a_code(daemon, lsfs, code):
    outcome = lsfs("find", f"error:{code}", "--json")
    assert outcome.code == exit_code(error_of(code, ""))
    assert outcome.document == {
        "error": {"code": code, "message": "it went wrong", "path": "/some/path", "hint": "do this"}
    }
    assert outcome.err == "lsfs: /some/path: it went wrong; do this\n"


def test_a_bug_of_the_daemon_is_exit_code_70(daemon, lsfs):
    assert lsfs("find", "bug").code == 70


def test_a_daemon_killed_under_a_search_is_one_line_and_exit_code_5(daemon, lsfs):
    outcome = lsfs("find", "die", "--json")
    assert (outcome.code, outcome.document["error"]["code"]) == (5, "daemon-unavailable")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json",),
        ("--json", "nonsense"),
        ("find", "--json"),
        ("find", "x", "--limit", "many", "--json"),
        ("find", "x", "--sort", "colour", "--json"),
        ("--json", "roots", "remove"),
        ("--json", "config", "get", "nonsense"),
        ("--json", "config", "set", "max_workers", "many"),
        ("--json", "completion", "csh"),
    ],
)
def test_a_wrong_command_line_is_a_document_and_exit_code_2(lsfs, arguments):
    outcome = lsfs(*arguments)
    assert outcome.code == 2
    assert outcome.document["error"]["code"] == "usage"
    assert outcome.err.startswith("lsfs: ") and outcome.err.count("\n") == 1


@pytest.mark.parametrize("name", ["status", "status PATH"])
def test_what_only_looks_starts_no_daemon(lsfs, name):
    outcome = lsfs(*name.split(), "--json")
    assert outcome.code == 5
    assert outcome.document["error"]["hint"] == "start it with: lsfs up"


def test_down_stops_the_daemon_once(daemon, lsfs):
    assert lsfs("down", "--json").document == {"stopped": True}
    outcome = lsfs("down")
    assert (outcome.code, outcome.err) == (1, "the daemon does not run\n")


def test_up_waits_and_says_how_far_it_is(daemon, lsfs, private_home):
    outcome = lsfs("up", str(private_home), "--wait")
    assert outcome.code == 0
    assert outcome.out.startswith(str(private_home))
    assert outcome.err.splitlines()[0] == "reading (search by words): 0 of 3 files, 10 files/s"
    assert outcome.err.splitlines()[-1] == "done: 3 of 3 files"
    assert len(lsfs("up", str(private_home), "--wait-words", "--json").document["roots"]) == 2


def test_up_of_a_missing_folder_says_which(daemon, lsfs, private_home):
    outcome = lsfs("up", str(private_home / "absent"))
    assert (outcome.code, outcome.err) == (2, f"lsfs: {private_home}/absent: there is no such folder\n")


def test_ctrl_c_ends_the_waiting_and_not_the_daemon(daemon, private_home):
    endless = private_home / "endless"
    endless.mkdir()
    command = [sys.executable, "-c", _lsfs_program(), "up", str(endless), "--wait", "--json"]
    waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    waiting.send_signal(signal.SIGINT)
    out, _ = waiting.communicate(timeout=10)
    assert (waiting.returncode, json.loads(out)["error"]["code"]) == (130, "interrupted")
    assert daemon.client().call("hello")


def test_roots_are_added_listed_and_removed(daemon, lsfs, private_home):
    assert lsfs("roots", "list").code == 1
    assert lsfs("roots", "add", str(private_home)).code == 0
    assert lsfs("roots", "list").out == f"{private_home}  watching, 3 files\n"
    assert lsfs("roots", "remove", str(private_home)).code == 0
    assert lsfs("roots", "remove", str(private_home)).code == 2


def test_purge_needs_a_confirmation(daemon, lsfs):
    outcome = lsfs("purge", "/gone", "--json")
    assert (outcome.code, outcome.document["error"]["code"]) == (3, "refused")
    assert lsfs("purge", "/gone", "--yes").code == 0


def test_pausing_shows_in_the_status(daemon, lsfs):
    assert lsfs("pause").code == 0
    assert lsfs("status", "--json").document["state"] == "paused"
    assert lsfs("resume").code == 0
    assert lsfs("status").out.startswith("idle (process ")


def test_a_path_that_is_not_there_is_exit_code_1(daemon, lsfs, private_home):
    outcome = lsfs("status", str(private_home / "absent"))
    assert (outcome.code, outcome.out) == (1, f"{private_home}/absent  missing\n")


def test_rescan_takes_a_folder_or_none(daemon, lsfs):
    assert (lsfs("rescan").code, lsfs("rescan", "/x").code) == (0, 0)


def test_settings_are_kept_and_shown(lsfs, private_home):
    assert lsfs("config", "set", "ignore", "*.bak, old/").code == 0
    assert lsfs("config", "get", "ignore").out == "*.bak, old/\n"
    assert lsfs("config", "get", "ignore", "--json").document == {"name": "ignore", "value": ["*.bak", "old/"]}
    document = lsfs("config", "list", "--json").document
    assert all(setting["meaning"] for setting in document["settings"])
    Path(document["file"]).write_text("max_wokers = 2\n")
    outcome = lsfs("config", "list", "--json")
    assert (outcome.code, outcome.document["error"]["path"]) == (2, document["file"])
    assert "max_wokers" in outcome.err


def test_doctor_asks_the_running_daemon(daemon, lsfs):
    outcome = lsfs("doctor", "--json")
    assert outcome.code == 0
    assert "it is only a fake" in [finding["what"] for finding in outcome.document["findings"]]
    assert lsfs("--json", "doctor").document == outcome.document
    assert "! it is only a fake: nothing to do" in lsfs("doctor").out.splitlines()


def test_doctor_repairs_nothing_beneath_a_running_daemon(daemon, lsfs):
    outcome = lsfs("doctor", "--repair", "--json")
    assert (outcome.code, outcome.document["error"]["code"]) == (4, "conflict")
    assert outcome.err.startswith("lsfs: ")


def test_the_version_is_one_line(lsfs):
    assert lsfs("--version").out.startswith("lsfs ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_that_calls_lsfs(lsfs, shell):
    assert "_LSFS_COMPLETE" in lsfs("completion", shell).out
    done = lsfs(_LSFS_COMPLETE="bash_complete", COMP_WORDS="lsfs fi", COMP_CWORD="1")
    assert done.out == "plain,find\n"


def test_a_reader_that_goes_away_ends_it_as_any_program(daemon):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", _lsfs_program(), "find", "lease"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def test_a_terminal_gets_colours_unless_it_wants_none(daemon):
    assert "\x1b[1;33mlease\x1b[0m" in _on_terminal(["find", "lease"], {})
    assert "\x1b[" not in _on_terminal(["find", "lease"], {"NO_COLOR": "1"}).replace("\\x1b[", "")


def test_a_terminal_gets_a_bar(daemon, private_home):
    assert "3/3" in _on_terminal(["up", str(private_home), "--wait"], {"COLUMNS": "100"})


def _lsfs_program() -> str:
    root = Path(__file__).parents[2]
    sources = [str(root), str(root / "daemon"), str(root / "cli")]
    return f"import sys; sys.path[:0] = {sources!r}; from lsfs_cli.main import main; main()"


def _on_terminal(arguments: list[str], environ: dict[str, str]) -> str:
    """What the command writes to a terminal of its own."""
    here, there = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", _lsfs_program(), *arguments],
        stdin=there,
        stdout=there,
        stderr=there,
        env={**os.environ, "TERM": "xterm", **environ},
    )
    os.close(there)
    said = b""
    while select.select([here], [], [], 20)[0]:
        try:
            piece = os.read(here, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(here)
    assert child.wait(10) == 0
    return said.decode()
