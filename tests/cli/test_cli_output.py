"""Output that cannot be written is said in one line; what a name holds is never obeyed by the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from lsfs.core import api
from lsfs.core.errors import UsageError
from lsfs.core.failures import failure_line, plain
from lsfsd.commands import print_result
from lsfsd.main import shown_failure

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [["--help"], ["config", "list"], ["--json", "config", "list"]])
def test_a_full_disk_under_the_output_is_one_line_and_exit_7(arguments, private_home):
    program = f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'cli')]!r}; from lsfs_cli.main import main; main()"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 7, done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("lsfs: the output cannot be written")


def test_escapes_and_marks_of_direction_are_shown_in_errors():
    line = failure_line(UsageError("there is no such folder", path="/tmp/a\x1b[31mb\u202etxt"))
    assert "\x1b" not in line and "\u202e" not in line
    assert r"\x1b[31m" in line and r"\u202e" in line


OBEYED = "".join(
    map(chr, (0x1B, 0x7F, 0x80, 0x85, 0x9B, 0x9F, 0x61C, 0x200E, *range(0x2028, 0x202F), *range(0x2066, 0x206A)))
)


def test_a_document_is_safe_to_print_and_says_the_name_as_it_is(door, lsfs, preview, done):
    name = f"/docs/é{OBEYED} 茶.txt"
    door.on("do", done(preview(api.EffectInfo(action="trash", path=name))))
    shown = lsfs("--json", "do", "trash", "it", "--dry-run")
    assert shown.document["effects"][0]["path"] == name
    assert not [letter for letter in shown.out.rstrip("\n") if plain(letter) != letter]
    assert "é" in shown.out and "茶" in shown.out


def test_what_the_daemons_own_commands_print_is_safe_too_and_the_same_when_parsed(capsys):
    class Named(msgspec.Struct):
        name: str

    print_result(Named(OBEYED), True, [])
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"name": OBEYED}
    assert plain(printed.rstrip("\n")) == printed.rstrip("\n")


def test_a_failure_as_a_document_is_safe_too(capsys):
    shown_failure(UsageError("there is none", path=OBEYED), "lsfsd", as_json=True)
    printed = capsys.readouterr().out
    assert json.loads(printed)["error"]["path"] == OBEYED
    assert plain(printed.rstrip("\n")) == printed.rstrip("\n")
