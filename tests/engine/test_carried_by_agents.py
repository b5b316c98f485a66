"""What an agent does not get to read it does not bring to where it could, by no plan."""

from __future__ import annotations

import pytest

from lsfs.core import actions as act
from lsfs.core.api import PlanRequest
from lsfs.core.errors import RefusedError
from lsfs.core.wirepath import to_wire

AGENT = {"door": "mcp", "client": "agent"}


@pytest.fixture
def filled(lsfs):
    (lsfs.root / ".lsfsignore").write_text("private/\n/d/notes/\n*.log\n")
    for name in ("private/plan.txt", "d/notes/a.txt", "d/b.txt", "p/.env", "p/x.log", "p/out/a.txt", "open.txt"):
        path = lsfs.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("words\n")
    (lsfs.root / "p/.gitignore").write_text("out/\n*.tmp\n")
    (lsfs.root / "p/s").mkdir()
    (lsfs.root / "p/s/x.tmp").write_text("words\n")
    (lsfs.root / "way").symlink_to("private")
    (lsfs.root / "link.txt").symlink_to("private/plan.txt")
    lsfs.up()
    return lsfs


def planned(lsfs, *actions: act.Action, **caller: str) -> int | None:
    return lsfs.engine.changing.plan(
        PlanRequest(actions=actions, cwd=to_wire(bytes(lsfs.root)), **{**AGENT, **caller})
    ).op


@pytest.mark.parametrize(
    "actions",
    [
        (act.Copy(paths=("private/plan.txt",), to="sub"),),
        (act.Copy(paths=("way/plan.txt",), to="sub"),),
        (act.Copy(paths=("open.txt", "private"), to="sub"),),
        (act.Move(paths=("private/plan.txt",), to="sub"),),
        (act.Rename(path="private", name="public"),),
        (act.Merge(paths=("private/plan.txt", "open.txt"), to="all.txt"),),
        (act.Merge(paths=("link.txt", "open.txt"), to="all.txt"),),
        (act.Group(paths=("private/plan.txt",), by="extension", to="sub"),),
        (act.Restore(path="private/plan.txt", to="@1", output="sub"),),
        (act.Restore(path="p/x.log", to="@1", output="sub"),),
    ],
)
def test_an_agent_brings_nothing_elsewhere_that_is_not_searched(filled, actions):
    with pytest.raises(RefusedError, match="left to the user"):
        planned(filled, *actions)


@pytest.mark.parametrize(
    "actions",
    [
        (act.Rename(path="d", name="e"),),
        (act.Copy(paths=("d",), to="sub"),),
        (act.Move(paths=("p/s",), to="sub"),),
        (act.Rename(path="p", name="q"), act.Move(paths=("q/s",), to="sub")),
        (act.Rename(path="p", name="q"), act.Move(paths=("d/b.txt",), to="p"), act.Move(paths=("q/s",), to="p")),
    ],
)
def test_an_agent_brings_no_folder_to_where_more_of_it_is_searched(filled, actions):
    with pytest.raises(RefusedError, match="left to the user"):
        planned(filled, *actions)
    assert planned(filled, *actions, door="cli") is not None


def test_a_folder_goes_with_what_stays_unsearched_in_it(filled):
    for action in (act.Rename(path="p", name="q"), act.Copy(paths=("p",), to="sub"), act.Move(paths=("p",), to="d")):
        assert planned(filled, action) is not None


def test_an_agent_brings_elsewhere_what_it_reads(filled):
    for action in (
        act.Copy(paths=("open.txt", "link.txt"), to="sub"),
        act.Merge(paths=("open.txt", "d/b.txt"), to="all.txt"),
        act.Group(paths=("open.txt",), by="extension"),
    ):
        assert planned(filled, action) is not None
