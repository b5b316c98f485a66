"""A machine that makes random plans on a real folder, and sees whether each does what it foretold and is recorded."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from lsfs.core import actions as act
from lsfs.core.errors import ConflictError, NothingFound, RefusedError
from lsfs.core.wirepath import to_wire
from lsfs.plan.steps import Trash
from lsfs.store.vault import Bound
from lsfs.versions.history import History
from tests.plan.conftest import Thing
from tests.plan.foretold import foretold

NAMES = ("a.txt", "b.md", "c.txt", "ü 日本.txt", "note", "x.csv")
NUMBER = st.integers(0, 10_000)
ON_EXISTS = st.sampled_from(("number", "replace", "fail"))
REFUSALS = (ConflictError, NothingFound, RefusedError)


class Plans(RuleBasedStateMachine):
    """Random plans, undos and redos; `desk_at` is set by the test."""

    desk_at = None

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lsfs-plans"))
        self.context = type(self).desk_at(self.folder)
        self.desk = self.context.__enter__()
        self.seed = 0
        fill(self.desk)
        self.desk.lsfs.up()
        self.desk.flush()
        self.first = self.desk.whole()
        self.moments: list[tuple[int, dict[bytes, Thing]]] = []
        self.remember()

    # What is there

    def paths(self, *kinds: str) -> list[bytes]:
        tree = self.desk.tree()
        return sorted(path for path, thing in tree.items() if path and (not kinds or thing.kind in kinds))

    def some(self, number: int, *kinds: str) -> str | None:
        found = self.paths(*kinds)
        return to_wire(os.path.join(os.fsencode(self.desk.root), found[number % len(found)])) if found else None

    def folder_at(self, number: int) -> str:
        """A folder that is there, the root itself, or one that is yet to be made."""
        folders = [b"", *self.paths("dir"), b"made", b"made/deep", b"one/made"]
        return to_wire(os.path.join(os.fsencode(self.desk.root), folders[number % len(folders)]))

    def text(self) -> str:
        self.seed += 1
        return f"text number {self.seed}\n"

    # What is done

    def carry_out(self, *actions: act.Action) -> None:
        before = self.desk.whole()
        try:
            plan = self.desk.preview(*actions)
        except REFUSALS:
            assert self.desk.whole() == before, "a refused plan changed something"
            return
        if plan.op is None:
            assert plan.state == "nothing"
            return
        expected = foretold(self.desk, plan.op)
        self.desk.apply(plan)
        self.check(plan.op, expected)

    def check(self, op: int, expected) -> None:
        expected.compare(self.desk.tree())
        assert [name for name in self.desk.names() if ".lsfs-" in name] == []
        row = self.desk.vault.ops.get(op)
        assert self.desk.lsfs.disagreement() == []
        self.desk.flush()
        strangers = [each for each in self.desk.rows_after(row.seq, but=op) if not self.desk.came_back_unread(each, op)]
        assert strangers == [], f"a version that the op made does not say so:\n{self.desk.newest_rows()}"
        self.remember()

    def remember(self) -> None:
        time.sleep(0.012)  # the kernel's clock for files is this coarse
        self.moments.append((time.time_ns(), self.desk.tree()))
        time.sleep(0.012)

    @rule(folder=NUMBER, name=st.sampled_from(NAMES), on_exists=ON_EXISTS)
    def create(self, folder: int, name: str, on_exists: str) -> None:
        self.carry_out(act.Create(path=self.inside(folder, name), text=self.text(), on_exists=on_exists))

    def inside(self, folder: int, name: str) -> str:
        return f"{self.folder_at(folder)}/{name}" if not self.folder_at(folder).startswith("base64:") else name

    @rule(number=NUMBER)
    def write(self, number: int) -> None:
        self.carry_out(act.Write(path=self.some(number, "file", "symlink") or "a.txt", text=self.text()))

    @rule(number=NUMBER)
    def append(self, number: int) -> None:
        self.carry_out(act.Append(path=self.some(number, "file", "symlink") or "a.txt", text=self.text()))

    @rule(folder=NUMBER)
    def mkdir(self, folder: int) -> None:
        self.carry_out(act.Mkdir(path=self.folder_at(folder)))

    @rule(numbers=st.lists(NUMBER, min_size=1, max_size=3), folder=NUMBER, on_exists=ON_EXISTS)
    def move(self, numbers: list[int], folder: int, on_exists: str) -> None:
        if sources := self.several(numbers):
            self.carry_out(act.Move(paths=sources, to=self.folder_at(folder), on_exists=on_exists))

    @rule(numbers=st.lists(NUMBER, min_size=1, max_size=3), folder=NUMBER, on_exists=ON_EXISTS)
    def copy(self, numbers: list[int], folder: int, on_exists: str) -> None:
        if sources := self.several(numbers):
            self.carry_out(act.Copy(paths=sources, to=self.folder_at(folder), on_exists=on_exists))

    def several(self, numbers: list[int], *kinds: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for number in numbers if (path := self.some(number, *kinds)) is not None))

    @rule(number=NUMBER, name=st.sampled_from(NAMES), on_exists=ON_EXISTS)
    def rename(self, number: int, name: str, on_exists: str) -> None:
        if (path := self.some(number)) is not None:
            self.carry_out(act.Rename(path=path, name=name, on_exists=on_exists))

    @rule(numbers=st.lists(NUMBER, min_size=1, max_size=3))
    def trash(self, numbers: list[int]) -> None:
        if sources := self.several(numbers):
            self.carry_out(act.Trash(paths=sources))

    @rule(numbers=st.lists(NUMBER, min_size=1, max_size=2), tag=st.sampled_from(("red", "tax 2024")))
    def tag(self, numbers: list[int], tag: str) -> None:
        if sources := self.several(numbers):
            self.carry_out(act.Tag(paths=sources, tags=(tag,)))

    @rule(number=NUMBER)
    def untag(self, number: int) -> None:
        if sources := self.several([number]):
            self.carry_out(act.Untag(paths=sources))

    @rule(numbers=st.lists(NUMBER, min_size=2, max_size=3), folder=NUMBER, on_exists=ON_EXISTS)
    def merge(self, numbers: list[int], folder: int, on_exists: str) -> None:
        sources = self.several(numbers, "file", "symlink")
        if len(sources) > 1:
            to = self.inside(folder, "merged.txt")
            self.carry_out(act.Merge(paths=sources, to=to, on_exists=on_exists))

    @rule(numbers=st.lists(NUMBER, min_size=1, max_size=3), by=st.sampled_from(("extension", "kind", "year", "month")))
    def group(self, numbers: list[int], by: str) -> None:
        if sources := self.several(numbers):
            self.carry_out(act.Group(paths=sources, by=by))

    @rule(number=NUMBER, back=NUMBER, exact=st.booleans())
    def restore(self, number: int, back: int, exact: bool) -> None:
        ops = [op.id for op in self.desk.vault.ops.newest(100, ("applied", "undone"))]
        known = sorted({path for _, tree in self.moments for path in tree})
        path = to_wire(os.path.join(os.fsencode(self.desk.root), known[number % len(known)]))
        if ops:
            to = f"before op {ops[back % len(ops)]}"
            self.carry_out(act.Restore(path=path, to=to, exact=exact, by="path"))

    @rule(choice=NUMBER)
    def two_things_at_once(self, choice: int) -> None:
        """Later actions meet what earlier ones have made of the tree."""
        pick = random.Random(choice)
        folder, other = self.folder_at(pick.randrange(99)), self.folder_at(pick.randrange(99))
        source = self.some(pick.randrange(99))
        if source is None or folder.startswith("base64:") or other.startswith("base64:"):
            return
        moved = f"{folder}/moved"
        self.carry_out(
            act.Move(paths=(source,), to=folder, name="moved"),
            pick.choice(
                (
                    act.Write(path=moved, text=self.text()),
                    act.Append(path=moved, text=self.text()),
                    act.Copy(paths=(moved,), to=other),
                    act.Move(paths=(moved,), to=other, name="again"),
                    act.Rename(path=moved, name="again"),
                    act.Trash(paths=(moved,)),
                    act.Create(path=f"{moved}/inside.txt", text=self.text()),
                    act.Create(path=source, text=self.text()),
                )
            ),
            pick.choice(
                (
                    act.Mkdir(path=f"{other}/more"),
                    act.Append(path=f"{folder}/a.txt", text=self.text()),
                    act.Trash(paths=(folder,)),
                    act.Rename(path=folder, name="renamed"),
                    act.Rename(path=f"{folder}/a.txt", name="z.txt"),
                    act.Move(paths=(f"{moved}/a.txt",), to=other),
                )
            ),
        )

    @rule(number=NUMBER)
    def undo_one(self, number: int) -> None:
        ops = [op.id for op in self.desk.vault.ops.newest(100, ("applied",))]
        if ops:
            self.reverse(self.desk.plan_undo, ops[number % len(ops)])

    @rule()
    def undo(self) -> None:
        self.reverse(self.desk.plan_undo, None)

    @rule()
    def redo(self) -> None:
        self.reverse(self.desk.plan_redo, None)

    def reverse(self, plan, number: int | None) -> None:
        before = self.desk.whole()
        try:
            planned = plan(number)
        except REFUSALS:
            return
        if planned.op is None:
            assert planned.conflicts, planned
            assert self.desk.whole() == before
            self.refused(plan, number)
            return
        expected = foretold(self.desk, planned.op)
        self.desk.apply(planned)
        self.check(planned.op, expected)

    def refused(self, plan, number: int | None) -> None:
        """What is done where something is in the way of an undo: nothing."""

    # What has to hold at the end

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            self.check_the_past()
            self.end()
        finally:
            self.context.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def end(self) -> None:
        """Everything that was done is taken back, and nothing is left of it."""
        self.take_all_back()
        now, first = self.desk.whole(), self.first
        left = {path: (now[0].get(path), first[0].get(path)) for path in now[0].keys() | first[0].keys()}
        assert now[:2] == first[:2], (
            {path: both for path, both in left.items() if both[0] != both[1]},
            now[1],
            first[1],
        )
        ops = self.desk.vault.ops.newest(1000, ("applied", "undone"))
        trashed = {step.at.path for op in ops for step in self.desk.steps(op.id) if isinstance(step, Trash)}
        # While one name of a file is in the Trash, what is put back under another becomes a file of its own.
        assert {names for names in now[2] ^ first[2] if not names & trashed} == set()

    def check_the_past(self) -> None:
        root = self.desk.vault.roots.all()[0]
        history = History(self.desk.vault)
        for moment, tree in self.moments:
            then = history.tree(root.id, b"", Bound(ns=moment))
            differ = then.keys() ^ {path for path in tree if path}
            assert differ == set(), f"at {moment}:\n{self.rows_at(differ)}"
            for path, version in then.items():
                assert told(version, self.desk) == (tree[path].kind, tree[path].mode, tree[path].body), path

    def rows_at(self, paths: set[bytes]) -> str:
        """Everything that is known of some paths, for a message."""
        rows = self.desk.vault.versions._db.rows(
            "SELECT path, lineage, number, seen_ns, since_ns, gone, op FROM versions"
        )
        moments = [moment for moment, _ in self.moments]
        return "\n".join([str(moments), *(str(row) for row in rows if row[0] in paths)])

    def take_all_back(self) -> None:
        """In any order in which it may be taken back."""
        order = random.Random(self.seed)
        while ops := [op.id for op in self.desk.vault.ops.newest(1000, ("applied",)) if op.turn % 2 == 0]:
            order.shuffle(ops)
            for op in ops:
                planned = self.desk.plan_undo(op)
                if planned.op is not None:
                    expected = foretold(self.desk, planned.op)
                    self.desk.apply(planned)
                    self.check(planned.op, expected)
                    break
            else:
                pytest.fail(f"none of {ops} can be taken back: {self.desk.plan_undo(max(ops)).conflicts}")


def told(version, desk) -> tuple[str, int, bytes]:
    body = version.target or b""
    if version.content is not None:
        body = b"".join(desk.lsfs.engine._parts.contents.read(version.content))
    return version.kind, version.mode & 0o7777, body


def fill(desk) -> None:
    """Files of every kind that a home folder holds, with times of long ago."""
    desk.write("a.txt", "first words\n", 0o640)
    desk.write("one/b.md", "# Heading\n", 0o600)
    desk.write("one/deep/c.txt", b"", 0o444)
    desk.write(b"one/d\xff.txt", "bytes\n")
    desk.write("two/picture.png", b"\x89PNG\0\0", 0o755)
    desk.write("two/ü 日本.txt", "umlaut\n" * 3)
    os.link(desk.at("a.txt"), desk.at("two/linked.txt"))
    os.symlink("../a.txt", desk.at("one/link"))
    os.symlink("nowhere", desk.at("dangling"))
    os.symlink("one", desk.at("to a folder"))
    os.setxattr(desk.at("two/picture.png"), "user.note", b"from the sea")
    os.setxattr(desk.at("one/b.md"), "user.xdg.tags", b"blue")
    desk.at("one/deep").chmod(0o750)
    (desk.root / "empty").mkdir()
    for number, path in enumerate(sorted(desk.names(), reverse=True)):
        at = 1_700_000_000_123_456_789 + number * 86_400_000_000_000
        os.utime(desk.at(path), ns=(at, at), follow_symlinks=False)
    os.utime(desk.root, ns=(1_600_000_000_987_654_321,) * 2)


def run_machine(machine: type[Plans], desk_at, examples: int, steps: int) -> None:
    """Lets a machine run over desks of its own; the test fails when anything does not hold."""
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"desk_at": staticmethod(desk_at)}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # A failure takes seconds to see, so shrinking it would take hours.
            phases=(Phase.explicit, Phase.generate),
        ),
    )
