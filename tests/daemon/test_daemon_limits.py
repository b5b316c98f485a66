"""How many files the daemon may have open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lsfs

SOURCES = [str(Path(lsfs.__file__).parents[1]), str(Path(lsfs.__file__).parents[1] / "daemon")]
PROGRAM = f"""
import resource, sys
sys.path[:0] = {SOURCES!r}
from lsfsd.limits import allow_descriptors
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(allow_descriptors(wanted), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def allowed(soft: int, hard: int, wanted: int) -> list[int]:
    arguments = [sys.executable, "-c", PROGRAM, *map(str, (soft, hard, wanted))]
    return [int(word) for word in subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()]


def test_the_limit_goes_up_as_far_as_is_wanted_and_allowed_and_never_down():
    assert allowed(100, 300, 200) == [200, 200, 300]
    assert allowed(100, 150, 200) == [150, 150, 150]
    assert allowed(250, 300, 200) == [250, 250, 300]
