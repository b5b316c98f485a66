"""A root that is added above a watched one takes over what was done there: it is found, and can be taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.api import LogRequest
from lsfs.core.errors import ConflictError
from lsfs.core.records import Kind
from lsfs.plan.steps import Exchange, Guard, MakeDir, Meta, Move, Put, Row, State, Trash, Where, decode, encode, rebased
from tests.plan.conftest import Desk


@pytest.fixture
def child(tmp_path: Path, start_desk) -> Iterator[Desk]:
    """A watched folder below one that is not."""
    with start_desk(tmp_path) as desk:
        desk.write("child/a.txt", "a\n")
        desk.write("child/b.txt", "b\n")
        desk.write("child/d/c.txt", "c\n")
        desk.write("beside.txt", "beside\n")
        desk.lsfs.up(desk.root / "child")
        desk.lsfs.rescanned()
        inner = Desk(desk.lsfs)
        inner.root = desk.root / "child"
        inner.flush()
        yield inner


def under_the_parent(child: Desk) -> Desk:
    child.lsfs.up(child.lsfs.root)
    return Desk(child.lsfs, "child")


def test_an_op_is_taken_back_and_done_again_by_the_root_above(child: Desk):
    before = child.whole()
    ops = [
        child.do(act.Move(paths=("a.txt",), to="new")),
        child.do(act.Write(path="b.txt", text="written\n"), act.Create(path="new/made.txt", text="made\n")),
        child.do(act.Copy(paths=("d",), to="copies"), act.Tag(paths=("b.txt",), tags=("red",))),
        child.do(act.Trash(paths=("d",))),
    ]
    after = child.whole()
    desk = under_the_parent(child)
    assert desk.whole()[0] == after[0]
    assert [op.op for op in log_of(desk, "b.txt")] == [ops[2].op, ops[1].op]
    assert {op.op for op in log_of(desk, ".")} >= {op.op for op in ops}
    for op in reversed(ops):
        desk.undo(op)
    assert desk.whole() == before
    for op in ops:
        desk.redo(op)
    assert desk.whole() == after
    assert desk.lsfs.disagreement() == []


def test_a_preview_from_before_is_carried_out_after(child: Desk):
    plan = child.preview(act.Move(paths=("a.txt",), to="new"), act.Write(path="b.txt", text="written\n"))
    desk = under_the_parent(child)
    desk.apply(plan)
    assert desk.names() == ["b.txt", "d", "d/c.txt", "new", "new/a.txt"]
    assert desk.at("b.txt").read_text() == "written\n"
    desk.undo(plan.op)
    assert desk.at("b.txt").read_text() == "b\n"


@pytest.mark.parametrize("state", ["queued", "running"])
def test_while_an_op_is_not_over_no_root_is_added_above(child: Desk, state: str):
    op = child.do(act.Write(path="b.txt", text="written\n"))
    with child.vault.write() as tx:
        tx.execute("UPDATE ops SET state = ? WHERE id = ?", (state, op.op))
    with pytest.raises(ConflictError, match=f"op {op.op} is not over"):
        child.lsfs.up(child.lsfs.root)
    assert [root.path for root in child.vault.roots.all()] == [os.fsencode(child.root)]
    with child.vault.write() as tx:
        tx.execute("UPDATE ops SET state = 'applied' WHERE id = ?", (op.op,))
    under_the_parent(child).undo(op)
    assert child.at("b.txt").read_text() == "b\n"


GUARD = Guard(ino=1, btime_ns=2)
STEPS = [
    (MakeDir(Where(3, b"x"), Meta(0o755)), MakeDir(Where(7, b"in/x"), Meta(0o755))),
    (Move(Where(3, b"x"), Where(5, b"y"), GUARD), Move(Where(7, b"in/x"), Where(5, b"y"), GUARD)),
    (Exchange(Where(5, b"x"), Where(3, b"y"), None, None), Exchange(Where(5, b"x"), Where(7, b"in/y"), None, None)),
    (
        Put(Where(3, b"x"), None, State(source=Where(3, b"s")), None, b".lsfs-1.tmp"),
        Put(Where(7, b"in/x"), None, State(source=Where(7, b"in/s")), None, b"in/.lsfs-1.tmp"),
    ),
    (
        Put(Where(5, b"x"), State(source=Where(3, b"s")), None, None, b".lsfs-1.tmp"),
        Put(Where(5, b"x"), State(source=Where(7, b"in/s")), None, None, b".lsfs-1.tmp"),
    ),
    (
        Put(Where(5, b"x"), None, State(Kind.SYMLINK, target=b"[3,"), None, b".lsfs-1.tmp"),
        Put(Where(5, b"x"), None, State(Kind.SYMLINK, target=b"[3,"), None, b".lsfs-1.tmp"),
    ),
    (
        Trash(Where(3, b"x"), GUARD, b"/t", b"x", "note"),
        Trash(Where(7, b"in/x"), GUARD, b"/t", b"x", "note"),
    ),
    (Row("tags", "red", None, "1", Where(3, b"x"), 4), Row("tags", "red", None, "1", Where(7, b"in/x"), 4)),
    (Row("saved", "leases", None, "lease"), Row("saved", "leases", None, "lease")),
]


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_a_step_names_what_it_changes_by_the_root_above(old, new):
    assert decode(rebased(encode(old), 3, 7, b"in/")) == new


def log_of(desk: Desk, path: str):
    return desk.changing.log(LogRequest(path=str(desk.at(path)))).ops
