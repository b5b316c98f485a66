"""Every boundary that the program names is one at which some suite kills it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.crash.boundaries import CALLS, GC, OBJECTS, OP, RECOVERY, REVERTING
from tests.crash.scenarios import SCENARIOS

LSFS = Path(__file__).parents[2] / "lsfs"
NAMED = re.compile(r"""(?:reach|boundary)\("([^"]+)"\)""")


def test_at_every_boundary_of_the_program_some_suite_kills_it():
    named = {name for path in LSFS.rglob("*.py") for name in NAMED.findall(path.read_text())}
    met = {name for scenario in SCENARIOS for name in (*scenario.meets, *scenario.undo_meets)}
    assert named == OP | REVERTING | RECOVERY | OBJECTS | GC | CALLS | met
