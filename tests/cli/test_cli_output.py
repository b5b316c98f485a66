"""Output that cannot be written is said in one line; what a name holds is never obeyed by the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lsfs.core.errors import UsageError
from lsfs.core.failures import failure_line

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
