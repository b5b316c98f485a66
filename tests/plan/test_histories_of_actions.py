"""Whose history a file goes on with after every kind of action, and after that is taken back.

A case is what is done in a folder with `f` (two versions), `g` and `d/inside`, and whose history each path then has:
`"f"` the one that began at `f`, `("new of", "f")` one that names it as its parent, `NEW` one without a parent, `GONE`
for what is not there.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from lsfs.core import actions as act
from lsfs.plan.disk import Disk
from lsfs.plan.steps import Exchange, Where, encode
from lsfs.store.vault import Bound, OpRow, Touch
from lsfs.versions.history import History
from tests.plan.conftest import Desk, Thing

NEW = "new"
GONE = "gone"


def new_of(name: str) -> tuple[str, str]:
    return ("new of", name)


class Case(NamedTuple):
    sentence: str
    ops: tuple[tuple[act.Action, ...], ...]
    """Each is one op, of several actions."""
    expected: dict[str, str | tuple[str, str]]


CASES = [
    Case("a move keeps the history", ((act.Move(paths=("f",), to="new"),),), {"new/f": "f", "f": GONE}),
    Case("a rename keeps it", ((act.Rename(path="f", name="h"),),), {"h": "f", "f": GONE}),
    Case(
        "a folder takes the histories of what is in it along",
        ((act.Move(paths=("d",), to="new"),),),
        {"new/d": "d", "new/d/inside": "d/inside", "d": GONE, "d/inside": GONE},
    ),
    Case(
        "a copy is new, with the copied one as its parent",
        ((act.Copy(paths=("f",), to="new"),),),
        {"new/f": new_of("f")},
    ),
    Case(
        "so is each file of a copied folder",
        ((act.Copy(paths=("d",), to="new"),),),
        {"d/inside": "d/inside", "new/d/inside": new_of("d/inside")},
    ),
    Case("a write keeps it", ((act.Write(path="f", text="written"),),), {"f": "f"}),
    Case("an append keeps it", ((act.Append(path="f", text="more"),),), {"f": "f"}),
    Case("what is created is new", ((act.Create(path="h", text="h"),),), {"h": NEW, "f": "f"}),
    Case(
        "what several are merged into is new", ((act.Merge(paths=("f", "g"), to="h"),),), {"h": NEW, "f": "f", "g": "g"}
    ),
    Case(
        "a replacing create keeps the history of the path", ((act.Create(path="f", on_exists="replace"),),), {"f": "f"}
    ),
    Case(
        "what replaces another file brings its own history, and the other's ends",
        ((act.Move(paths=("g",), to=".", name="f", on_exists="replace"),),),
        {"f": "g", "g": GONE},
    ),
    Case(
        "a copy over another file keeps the history of the path",
        ((act.Copy(paths=("g",), to=".", name="f", on_exists="replace"),),),
        {"f": "f", "g": "g"},
    ),
    Case(
        "what is put onto a path where a history ended takes it up",
        ((act.Trash(paths=("f",)),), (act.Create(path="f", text="again"),)),
        {"f": "f"},
    ),
    Case(
        "so it does within one op",
        ((act.Trash(paths=("f",)), act.Create(path="f", text="again")),),
        {"f": "f"},
    ),
    Case(
        "but not while the file lives elsewhere",
        ((act.Move(paths=("f",), to="new"), act.Create(path="f", text="again")),),
        {"new/f": "f", "f": NEW},
    ),
    Case(
        "a copy onto a path where a history ended takes that up",
        ((act.Trash(paths=("f",)),), (act.Copy(paths=("g",), to=".", name="f"),)),
        {"f": "f", "g": "g"},
    ),
    Case("a restored file keeps its history", ((act.Restore(path="f", to="first"),),), {"f": "f"}),
    Case(
        "restored onto its free path it resumes it",
        ((act.Trash(paths=("f",)),), (act.Restore(path="f", to="@1"),)),
        {"f": "f"},
    ),
    Case(
        "restored while it lives elsewhere it forks",
        ((act.Move(paths=("f",), to="new"),), (act.Restore(path="f", to="before op {1}", by="path"),)),
        {"new/f": "f", "f": new_of("f")},
    ),
    Case(
        "restored into another folder it forks",
        ((act.Restore(path="f", to="first", output="out"),),),
        {"f": "f", "out/f": new_of("f")},
    ),
    Case("grouping moves", ((act.Group(paths=("f", "g"), by="kind"),),), {"other/f": "f", "other/g": "g"}),
    Case(
        "what is moved out of a folder that moves goes its own way",
        ((act.Move(paths=("d",), to="new"), act.Move(paths=("new/d/inside",), to=".", name="out")),),
        {"out": "d/inside", "new/d": "d", "new/d/inside": GONE, "d/inside": GONE},
    ),
    Case(
        "a folder that is moved out of one that moves takes its own along",
        (
            (act.Mkdir(path="d/sub"), act.Create(path="d/sub/deep", text="deep")),
            (act.Move(paths=("d",), to="new"), act.Move(paths=("new/d/sub",), to=".", name="away")),
        ),
        {"away/deep": NEW, "new/d/inside": "d/inside", "new/d/sub": GONE, "new/d/sub/deep": GONE},
    ),
    Case(
        "what is written in a folder that moves keeps its history",
        ((act.Move(paths=("d",), to="new"), act.Write(path="new/d/inside", text="written")),),
        {"new/d/inside": "d/inside"},
    ),
    Case(
        "a folder that moves and goes to the Trash takes every history to its end",
        ((act.Move(paths=("d",), to="new"), act.Trash(paths=("new/d",))),),
        {"d": GONE, "d/inside": GONE, "new/d": GONE, "new/d/inside": GONE},
    ),
    Case(
        "what had another name in a folder before that went to the Trash comes back with its own history",
        ((act.Rename(path="d/inside", name="other"),), (act.Trash(paths=("d",)),)),
        {"d": GONE, "d/inside": GONE, "d/other": GONE},
    ),
    Case(
        "two that swap their places by way of a third keep theirs",
        (
            (
                act.Rename(path="f", name="t"),
                act.Rename(path="g", name="f"),
                act.Rename(path="t", name="g"),
            ),
        ),
        {"f": "g", "g": "f"},
    ),
]


@pytest.fixture
def furnished(room: Desk) -> Desk:
    room.write("f", "first\n")
    room.write("g", "g\n")
    room.write("d/inside", "inside\n")
    room.flush()
    room.write("f", "second\n")
    room.flush()
    return room


@pytest.mark.parametrize("case", CASES, ids=[case.sentence for case in CASES])
def test_every_action(furnished: Desk, case: Case):
    began = {name: furnished.lineage(name) for name in ("f", "g", "d", "d/inside")}
    before = furnished.whole()
    done: list[int] = []
    for actions in case.ops:
        done.append(furnished.do(*(numbered(action, done) for action in actions)).op)
    check(furnished, case, began)
    assert furnished.agrees() == []
    check(furnished, case, began)
    for op in reversed(done):
        furnished.undo(op)
    assert furnished.whole() == before
    assert {name: furnished.lineage(name) for name in began} == began
    for op in done:
        furnished.redo(op)
    check(furnished, case, began)


def numbered(action: act.Action, done: list[int]) -> act.Action:
    if isinstance(action, act.Restore) and "{1}" in action.to:
        return act.Restore(path=action.path, to=action.to.replace("{1}", str(done[0])), by=action.by)
    return action


def check(desk: Desk, case: Case, began: dict[str, int]) -> None:
    for path, wanted in case.expected.items():
        entry = desk.entry(path)
        if wanted == GONE:
            assert entry is None or entry.gone, path
            continue
        assert entry is not None and not entry.gone, path
        if isinstance(wanted, str) and wanted != NEW:
            assert entry.lineage == began[wanted], path
        else:
            assert entry.lineage not in began.values(), path
            parent = desk.parent_of(entry.lineage)
            assert parent == (None if wanted == NEW else began[wanted[1]]), path


@pytest.mark.parametrize(("one", "other"), [("f", "g"), ("d", "f"), ("d", "other d")])
def test_an_exchange_swaps_histories_and_what_is_below(furnished: Desk, one: str, other: str):
    furnished.write("other d/second", "second\n")
    furnished.flush()
    began = {name: furnished.lineage(name) for name in furnished.names()}
    before = furnished.whole()
    op = stored_exchange(furnished, one, other)
    furnished.apply(op)
    assert furnished.tree(one) == before_at(before[0], other)
    assert furnished.tree(other) == before_at(before[0], one)
    assert {swapped(name, one, other): furnished.lineage(swapped(name, one, other)) for name in began} == {
        swapped(name, one, other): lineage for name, lineage in began.items()
    }
    assert furnished.agrees() == []
    furnished.undo(op)
    assert furnished.whole() == before
    assert {name: furnished.lineage(name) for name in began} == began


def stored_exchange(desk: Desk, one: str, other: str) -> int:
    """A plan of that one step, which no action makes by itself."""
    root = desk.vault.roots.all()[0]
    places = [Where(root.id, desk.place(name)) for name in (one, other)]
    with contextlib.closing(Disk({root.id: root.path})) as disk:
        guards = [disk.guard(place, disk.look(place)) for place in places]
    step = Exchange(*places, *guards, tree=True)
    now = time.time_ns()
    row = OpRow(0, "preview", "reversible", "cli", "", "swap", b"{}", 2, 0, now, now + 10**12)
    touches = [Touch(root.id, desk.place(name), desk.lineage(name), True) for name in (one, other)]
    with desk.vault.write() as tx:
        return desk.vault.ops.add(tx, row, [encode(step)], touches)


def before_at(tree: dict[bytes, Thing], name: str) -> dict[bytes, Thing]:
    """The part of a tree that stands at a name."""
    top = os.fsencode(name)
    return {
        path[len(top) :].lstrip(b"/"): thing for path, thing in tree.items() if (path + b"/").startswith(top + b"/")
    }


def swapped(name: str, one: str, other: str) -> str:
    for src, dst in ((one, other), (other, one)):
        if f"{name}/".startswith(f"{src}/"):
            return dst + name[len(src) :]
    return name


def test_what_the_first_scan_found_was_in_its_folder_until_another_program_renamed_that(start_desk, tmp_path: Path):
    with start_desk(tmp_path) as desk:
        desk.write("d/f", "words\n")
        os.utime(desk.at("d/f"), ns=(1_700_000_000_000_000_000,) * 2)
        desk.lsfs.up()
        desk.flush()
        time.sleep(0.02)
        before = time.time_ns()
        time.sleep(0.02)  # the kernel's clock for files is coarse
        desk.at("d").rename(desk.at("e"))
        desk.flush()
        root, history = desk.vault.roots.all()[0], History(desk.vault)
        assert set(history.tree(root.id, b"", Bound(ns=before))) == {b"d", b"d/f"}
        assert set(history.tree(root.id, b"", Bound(ns=time.time_ns()))) == {b"e", b"e/f"}
