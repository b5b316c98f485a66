"""Programs as tools: run without a shell, within bounds, and gone afterwards."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lsfs.core.errors import NothingFound, RefusedError
from lsfs.tools.callers.command import CommandCaller
from tests.tools.callers.conftest import tool

call = CommandCaller().call


def shell(script: str) -> tuple:
    return tool("command", "sh", argv=["sh"]), {"args": ["-c", script]}


def test_a_program_gives_its_output_and_works_in_the_callers_folder(around, tmp_path):
    said = call(tool("command", "pwd", argv=["pwd"]), {}, around())
    assert said.ok and said.exit_code == 0
    assert Path(said.text).samefile(tmp_path)


def test_arguments_are_no_shell(around):
    said = call(tool("command", "echo", argv=["echo"]), {"args": ["$(id)", ";", "*"]}, around())
    assert said.text == "$(id) ; *"


def test_it_reads_what_it_is_given(around):
    assert call(tool("command", "cat", argv=["cat"]), {"stdin": "words\n" * 50_000}, around()).text.count("words") > 9
    assert call(tool("command", "cat", argv=["cat"]), {}, around()).text == ""


def test_a_failure_says_the_exit_code_and_what_was_said(around):
    said = call(*shell("echo some; echo trouble >&2; exit 3"), around())
    assert not said.ok and said.exit_code == 3
    assert said.text.splitlines() == ["sh ended with exit code 3", "some", "trouble"]


def test_one_that_does_not_end_is_ended_with_its_children(around, tmp_path):
    started = time.monotonic()
    said = call(*shell("sleep 60 & echo $! > child; sleep 60"), around(deadline_s=0.5))
    assert not said.ok and "longer than 0.5 s" in said.text
    assert time.monotonic() - started < 5
    assert gone(int((tmp_path / "child").read_text()))


def test_what_a_program_leaves_in_its_group_ends_with_it(around, tmp_path):
    said = call(*shell("sleep 60 & echo $! > child"), around())
    assert said.ok
    assert gone(int((tmp_path / "child").read_text()))


def test_it_can_be_cancelled(around):
    started = time.monotonic()
    said = call(*shell("sleep 60"), around(cancelled=lambda: time.monotonic() - started > 0.3))
    assert not said.ok and "cancelled" in said.text
    assert time.monotonic() - started < 5


def test_one_that_says_without_end_is_ended(around):
    said = call(tool("command", "yes", argv=["yes"]), {}, around())
    assert not said.ok and "MiB" in said.text and said.cut and len(said.text) < 300_000


def test_another_program_than_the_tools_is_refused(around):
    forged = tool("command", "convert", argv=["rm", "-rf"])
    forged = type(forged)(**{n: getattr(forged, n) for n in forged.__struct_fields__} | {"group": "convert"})
    with pytest.raises(RefusedError, match="not the program"):
        call(forged, {"args": ["x"]}, around())
    with pytest.raises(RefusedError):
        call(tool("command", "echo", argv=["echo"]), {"args": "words"}, around())
    with pytest.raises(RefusedError):
        call(tool("command", "echo", argv=["echo"]), {"args": ["a\0b"]}, around())


def test_one_that_is_not_installed_is_not_found(around):
    with pytest.raises(NothingFound, match="not installed"):
        call(tool("command", "nosuchprogram-of-lsfs"), {}, around())


def test_it_has_the_callers_environment_and_no_other(around, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_DAEMON", "1")
    said = call(tool("command", "env", argv=["env"]), {}, around())
    assert "HOME=/nowhere" in said.text and "SECRET_OF_THE_DAEMON" not in said.text


def gone(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"):
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.1)
    return False
