"""Ops of very many files: only with their right number named, in bounded memory, and taken back as one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import RefusedError
from tests.plan.conftest import Desk

MOST_KIB = 1 << 20


def many(desk: Desk, count: int) -> act.Move:
    for number in range(count):
        desk.write(f"from/{number}", f"{number}\n")
    desk.flush()
    return act.Move(paths=tuple(f"from/{number}" for number in range(count)), to="to")


def only_with_the_right_number(desk: Desk, count: int) -> None:
    action = many(desk, count)
    before = desk.names()
    for expect in (None, count - 1, count + 1, 0):
        with pytest.raises(RefusedError, match=f"{count} files"):
            desk.apply(desk.preview(action), confirmed="yes", expect=expect)
        assert desk.names() == before
    op = desk.apply(desk.preview(action), confirmed="yes", expect=count)
    assert len(os.listdir(desk.root / "to")) == count
    # An undo is as large, and needs no number.
    desk.apply(desk.plan_undo(op), confirmed="yes")
    assert desk.names() == before


def test_more_than_a_thousand_files_are_changed_only_with_the_right_number(desk):
    only_with_the_right_number(desk, 1_001)


@pytest.mark.long
def test_ten_thousand_files_are_changed_in_one_op_with_the_right_number(desk):
    only_with_the_right_number(desk, 10_000)


def in_a_process_of_its_own(folder: Path, count: int) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    program = [sys.executable, Path(__file__).with_name("large.py"), folder, str(count)]
    ended = subprocess.run(program, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout.splitlines()[-1])
    assert (said["moved"], said["back"]) == (count, count)
    assert said["steps"] >= count
    assert 0 < said["kib"] < MOST_KIB, f"{said['kib'] >> 10} MiB"


def test_an_op_of_two_thousand_steps_takes_less_than_a_gibibyte(tmp_path):
    in_a_process_of_its_own(tmp_path / "large", 2_000)


@pytest.mark.long
def test_an_op_of_fifty_thousand_steps_takes_less_than_a_gibibyte(tmp_path):
    in_a_process_of_its_own(tmp_path / "large", 50_000)
