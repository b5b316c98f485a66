"""Processes that are killed on purpose, and stages for them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.scenarios import SCENARIOS
from tests.crash.stage import Doer, Stage

SHM = Path("/dev/shm")
"""A tmpfs on every Linux: a volume that can be had without mounting one."""


@pytest.fixture(scope="session")
def doer() -> Iterator[Doer]:
    """The program that does things in processes of their own."""
    made = Doer()
    yield made
    made.close()


@pytest.fixture
def other_volume() -> Iterator[Path]:
    """An empty folder on another volume than the temporary folder; taken away after the test."""
    if not SHM.is_dir():
        pytest.skip("there is no /dev/shm here")
    folder = Path(tempfile.mkdtemp(prefix="lsfs-", dir=SHM))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def stage(short_tmp: Path, other_volume: Path, doer: Doer) -> Callable[[str], Stage]:
    """Makes the stage of a scenario, by its name."""
    scenarios = {scenario.name: scenario for scenario in SCENARIOS}
    return lambda name: Stage(short_tmp, other_volume, doer, scenarios[name])
