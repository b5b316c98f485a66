"""Whatever a tool does to a folder, an undo of its call gives it back: names, bytes, modes, where links point.

Hard links are left out: where a tool moves one of their names over another file, the undo may be refused.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsfs.core import actions as act
from lsfs.core.api import ApplyRequest, PlanRequest
from tests.plan.calls import Tools
from tests.plan.conftest import Desk

ACTS = """
import os, pathlib, shutil

def do(acts):
    for what, one, other in acts:
        one, other = pathlib.Path(one), pathlib.Path(other)
        try:
            if what == "write":
                one.parent.mkdir(parents=True, exist_ok=True)
                one.write_text(f"{what} {other}")
            elif what == "save":
                new = one.with_name("saved")
                new.write_text("saved anew")
                new.replace(one)
            elif what == "remove":
                shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
            elif what == "move":
                other.parent.mkdir(parents=True, exist_ok=True)
                os.rename(one, other)
            elif what == "mkdir":
                one.mkdir(parents=True)
            elif what == "link":
                one.symlink_to(other)
            elif what == "mode":
                one.chmod(0o640 if one.is_file() else 0o750)
        except OSError:
            pass
"""
PATHS = ("h.txt", "a.txt", "b.txt", "d", "d/a.txt", "d/e", "d/e/b.txt", "f", "f/a.txt", "g")
WHAT = ("write", "write", "save", "remove", "move", "move", "mkdir", "link", "mode")


@pytest.fixture(scope="module")
def tools(office, tmp_path_factory) -> Tools:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "acts_of_calls.py").write_text(ACTS)
    tools = Tools(office.lsfs.engine, folder)
    tools.add("do", "function", module="acts_of_calls", function="do", path=str(folder))
    return tools


def furnish(folder: Path) -> None:
    for name, text in {"a.txt": "one\n", "b.txt": "two\n", "d/a.txt": "in d\n", "d/e/b.txt": "deep\n"}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "g").symlink_to("a.txt")
    (folder / "h.txt").write_text("another\n")


def seen(folder: Path) -> dict[str, tuple]:
    """What stands in a folder, times of folders apart."""
    found: dict[str, tuple] = {}
    for path in folder.rglob("*"):
        status = os.lstat(path)
        if path.is_symlink():
            found[str(path.relative_to(folder))] = ("link", os.readlink(path))
        elif path.is_dir():
            found[str(path.relative_to(folder))] = ("folder", oct(status.st_mode))
        else:
            found[str(path.relative_to(folder))] = ("file", oct(status.st_mode), path.read_text(), status.st_mtime_ns)
    return found


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.tuples(st.sampled_from(WHAT), st.sampled_from(PATHS), st.sampled_from(PATHS)), max_size=8))
def test_an_undo_gives_back_what_any_tool_changed(office, tools, acts):
    name = f"room {secrets.token_hex(4)}"
    folder = office.root / name
    folder.mkdir()
    furnish(folder)
    room = Desk(office.lsfs, name)
    before = seen(folder)
    action = act.CallTool(tool="own/do", arguments={"acts": [list(one) for one in acts]})
    plan = room.changing.plan(PlanRequest(actions=(action,), cwd=str(folder), door="cli"))
    *_, last = room.changing.apply(ApplyRequest(op=plan.op, confirmed="asked", door="cli"))
    assert last.result.results[0].ok, last.result.results
    after = seen(folder)
    if last.result.state == "applied":
        undo = room.plan_undo(plan.op)
        assert not undo.conflicts, (undo.conflicts, last.result.effects)
        room.apply(undo)
    assert seen(folder) == before, (acts, last.result.effects)
    if after != before:
        redo = room.plan_redo(plan.op)
        assert not redo.conflicts, redo.conflicts
        room.apply(redo)
        assert {path: thing[:3] for path, thing in seen(folder).items()} == {p: t[:3] for p, t in after.items()}
