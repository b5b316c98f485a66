"""What every action comes to on a real folder, what it does where its place is taken, and that it is taken back."""

from __future__ import annotations

import io
import os
from typing import NamedTuple

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import ConflictError, NothingFound, RefusedError
from tests.plan.conftest import Desk

JUNE = 1_718_000_000_000_000_000
"""2024-06-10, when the files of the folder were written."""
FURNISHED = {
    "a.txt": "a\n",
    "b.txt": "b\n",
    "no ending": "no line end",
    "d/a.txt": "in d\n",
    "d/deep/c.txt": "deep\n",
    "crlf.txt": "one\r\ntwo\r\n",
    "photo_2019-03-02.jpg": "no text\0",
    "notes.tar.gz": "packed\0",
}


@pytest.fixture
def furnished(room: Desk) -> Desk:
    for name, text in FURNISHED.items():
        room.write(name, text)
    os.symlink("a.txt", room.at("link"))
    os.symlink("d", room.at("to d"))
    os.symlink("nowhere", room.at("dangling"))
    room.at("empty").mkdir()
    for name in room.names():
        os.utime(room.at(name), ns=(JUNE, JUNE), follow_symlinks=False)
    room.flush()
    return room


class Case(NamedTuple):
    sentence: str
    actions: tuple[act.Action, ...]
    changes: dict[str, str | None]
    """What the files say that are different afterwards; None for those that are gone."""


REPLACE, FAIL = "replace", "fail"
CASES = [
    Case("create", (act.Create(path="new.txt", text="new\n"),), {"new.txt": "new\n"}),
    Case("create in folders that are yet to be made", (act.Create(path="x/y/n.txt", text="n"),), {"x/y/n.txt": "n"}),
    Case("create, numbered", (act.Create(path="a.txt", text="new"),), {"a (2).txt": "new"}),
    Case(
        "create twice, numbered on",
        (act.Create(path="a.txt", text="2"), act.Create(path="a.txt", text="3")),
        {"a (2).txt": "2", "a (3).txt": "3"},
    ),
    Case("create, replacing", (act.Create(path="a.txt", text="new", on_exists=REPLACE),), {"a.txt": "new"}),
    Case("create in the place of a link", (act.Create(path="link", text="n", on_exists=REPLACE),), {"link": "n"}),
    Case("write", (act.Write(path="a.txt", text="new"),), {"a.txt": "new"}),
    Case("write what is not there", (act.Write(path="new.txt", text="new"),), {"new.txt": "new"}),
    Case("write through a link", (act.Write(path="link", text="new"),), {"a.txt": "new"}),
    Case("write nothing", (act.Write(path="a.txt", text=""),), {"a.txt": ""}),
    Case("append", (act.Append(path="a.txt", text="more"),), {"a.txt": "a\nmore\n"}),
    Case("append begins a line", (act.Append(path="no ending", text="more"),), {"no ending": "no line end\nmore\n"}),
    Case("append as the lines there end", (act.Append(path="crlf.txt", text="3"),), {
        "crlf.txt": "one\r\ntwo\r\n3\r\n",
    }),
    Case("append to what is not there", (act.Append(path="new.txt", text="n"),), {"new.txt": "n\n"}),
    Case(
        "append twice",
        (act.Append(path="a.txt", text="1"), act.Append(path="a.txt", text="2")),
        {"a.txt": "a\n1\n2\n"},
    ),
    Case("move", (act.Move(paths=("a.txt", "b.txt"), to="new"),), {
        "a.txt": None, "b.txt": None, "new/a.txt": "a\n", "new/b.txt": "b\n",
    }),
    Case("move under another name", (act.Move(paths=("a.txt",), to="d", name="n"),), {"a.txt": None, "d/n": "a\n"}),
    Case("move, numbered", (act.Move(paths=("a.txt",), to="d"),), {"a.txt": None, "d/a (2).txt": "a\n"}),
    Case(
        "move, replacing",
        (act.Move(paths=("a.txt",), to="d", on_exists=REPLACE),),
        {"a.txt": None, "d/a.txt": "a\n"},
    ),
    Case("move into what a link points to", (act.Move(paths=("b.txt",), to="to d"),), {
        "b.txt": None, "d/b.txt": "b\n",
    }),
    Case("move a folder", (act.Move(paths=("d",), to="new"),), {
        "d/a.txt": None, "d/deep/c.txt": None, "new/d/a.txt": "in d\n", "new/d/deep/c.txt": "deep\n",
    }),
    Case("copy", (act.Copy(paths=("a.txt",), to="new"),), {"new/a.txt": "a\n"}),
    Case("copy beside itself", (act.Copy(paths=("a.txt",), to="."),), {"a (2).txt": "a\n"}),
    Case("copy, replacing", (act.Copy(paths=("a.txt",), to="d", on_exists=REPLACE),), {"d/a.txt": "a\n"}),
    Case("copy a folder", (act.Copy(paths=("d",), to="new"),), {
        "new/d/a.txt": "in d\n", "new/d/deep/c.txt": "deep\n",
    }),
    Case("copy what an action before has made", (
        act.Create(path="n.txt", text="n"), act.Copy(paths=("n.txt",), to="d"),
    ), {"n.txt": "n", "d/n.txt": "n"}),
    Case("rename", (act.Rename(path="a.txt", name="z.txt"),), {"a.txt": None, "z.txt": "a\n"}),
    Case("rename, case only", (act.Rename(path="a.txt", name="A.TXT"),), {"a.txt": None, "A.TXT": "a\n"}),
    Case(
        "rename, numbered",
        (act.Rename(path="a.txt", name="b.txt", on_exists="number"),),
        {"a.txt": None, "b (2).txt": "a\n"},
    ),
    Case(
        "rename, replacing",
        (act.Rename(path="a.txt", name="b.txt", on_exists=REPLACE),),
        {"a.txt": None, "b.txt": "a\n"},
    ),
    Case("numbers stand before a double ending", (
        act.Rename(path="b.txt", name="notes.tar.gz", on_exists="number"),
    ), {"b.txt": None, "notes (2).tar.gz": "b\n"}),
    Case("trash", (act.Trash(paths=("a.txt", "d")),), {"a.txt": None, "d/a.txt": None, "d/deep/c.txt": None}),
    Case("trash what goes with its folder anyway", (act.Trash(paths=("d", "d/a.txt")),), {
        "d/a.txt": None, "d/deep/c.txt": None,
    }),
    Case("merge", (act.Merge(paths=("a.txt", "no ending", "b.txt"), to="m.txt"),), {
        "m.txt": "a\nno line end\nb\n",
    }),
    Case("merge, numbered", (act.Merge(paths=("a.txt", "b.txt"), to="d/a.txt"),), {"d/a (2).txt": "a\nb\n"}),
    Case("merge into one of them", (act.Merge(paths=("a.txt", "b.txt"), to="a.txt", on_exists=REPLACE),), {
        "a.txt": "a\nb\n",
    }),
    Case("group by ending", (act.Group(paths=("a.txt", "no ending", "notes.tar.gz"), by="extension"),), {
        "a.txt": None, "txt/a.txt": "a\n", "no ending": None, "no extension/no ending": "no line end",
        "notes.tar.gz": None, "tar.gz/notes.tar.gz": "packed\0",
    }),
    Case("group by kind", (act.Group(paths=("photo_2019-03-02.jpg", "no ending"), by="kind", to="sorted"),), {
        "photo_2019-03-02.jpg": None, "sorted/image/photo_2019-03-02.jpg": "no text\0",
        "no ending": None, "sorted/other/no ending": "no line end",
    }),
    Case("group by year, of the name before that of the time", (
        act.Group(paths=("photo_2019-03-02.jpg", "a.txt"), by="year"),
    ), {
        "photo_2019-03-02.jpg": None, "2019/photo_2019-03-02.jpg": "no text\0", "a.txt": None, "2024/a.txt": "a\n",
    }),
    Case("group by month", (act.Group(paths=("photo_2019-03-02.jpg", "d/a.txt"), by="month", to="."),), {
        "photo_2019-03-02.jpg": None, "2019-03/photo_2019-03-02.jpg": "no text\0",
        "d/a.txt": None, "2024-06/a.txt": "in d\n",
    }),
    Case("one action goes on with what the one before has made", (
        act.Move(paths=("d",), to="new"),
        act.Write(path="new/d/a.txt", text="written"),
        act.Rename(path="new/d/deep", name="deeper"),
        act.Trash(paths=("new/d/deeper/c.txt",)),
    ), {"d/a.txt": None, "d/deep/c.txt": None, "new/d/a.txt": "written"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.sentence for case in CASES])
def test_every_action(furnished: Desk, case: Case):
    before, texts = furnished.whole(), texts_of(furnished)
    plan = furnished.preview(*case.actions)
    assert furnished.whole() == before, "a preview changed something"
    furnished.apply(plan)
    wanted = {name: text for name, text in (texts | case.changes).items() if text is not None}
    assert texts_of(furnished) == wanted
    assert furnished.agrees() == []
    furnished.undo(plan)
    assert furnished.whole() == before


def test_a_link_goes_to_the_trash_and_what_it_points_to_stays(furnished: Desk):
    before, texts = furnished.whole(), texts_of(furnished)
    op = furnished.do(act.Trash(paths=("link", "to d", "dangling")))
    assert texts_of(furnished) == texts
    assert {"link", "to d", "dangling"}.isdisjoint(furnished.names())
    furnished.undo(op)
    assert furnished.whole() == before


def texts_of(desk: Desk) -> dict[str, str]:
    files = [name for name in desk.names() if desk.at(name).is_file() and not desk.at(name).is_symlink()]
    return {name: desk.at(name).read_bytes().decode() for name in files}


# Where the place is taken, and nothing may be done


@pytest.mark.parametrize("action", [
    act.Create(path="a.txt", on_exists=FAIL),
    act.Move(paths=("a.txt",), to="d", on_exists=FAIL),
    act.Copy(paths=("a.txt",), to="d", on_exists=FAIL),
    act.Rename(path="a.txt", name="b.txt"),
    act.Merge(paths=("a.txt", "b.txt"), to="b.txt", on_exists=FAIL),
    act.Move(paths=("a.txt",), to=".", name="d", on_exists=REPLACE),
    act.Copy(paths=("a.txt",), to=".", name="d", on_exists=REPLACE),
    act.Create(path="d", on_exists=REPLACE),
    act.Move(paths=("d",), to=".", name="empty", on_exists=REPLACE),
    act.Copy(paths=("d",), to=".", name="a.txt", on_exists=REPLACE),
], ids=repr)  # fmt: skip
def test_what_is_in_the_way_is_a_conflict(furnished: Desk, action: act.Action):
    refused(furnished, ConflictError, action)


# What cannot be


@pytest.mark.parametrize(("kind", "action"), [
    (NothingFound, act.Move(paths=("gone.txt",), to="d")),
    (NothingFound, act.Copy(paths=("gone.txt",), to="d")),
    (NothingFound, act.Rename(path="gone.txt", name="x")),
    (NothingFound, act.Trash(paths=("gone.txt",))),
    (NothingFound, act.Tag(paths=("gone.txt",), tags=("red",))),
    (NothingFound, act.Merge(paths=("a.txt", "gone.txt"), to="m.txt")),
    (RefusedError, act.Merge(paths=("a.txt", "d"), to="m.txt")),
    (NothingFound, act.SaveQuery(name="gone")),
    (NothingFound, act.Restore(path="gone.txt", to="first")),
    (RefusedError, act.Merge(paths=("a.txt",), to="m.txt")),
    (RefusedError, act.Merge(paths=("a.txt", "photo_2019-03-02.jpg"), to="m.txt")),
    (RefusedError, act.Write(path="d", text="x")),
    (RefusedError, act.Write(path="photo_2019-03-02.jpg", text="x")),
    (RefusedError, act.Append(path="photo_2019-03-02.jpg", text="x")),
    (RefusedError, act.Create(path="thesis.docx", text="x")),
    (RefusedError, act.Create(path="sheet.xlsx", text="x")),
    (RefusedError, act.Mkdir(path="a.txt")),
    (RefusedError, act.Mkdir(path="a.txt/below")),
    (RefusedError, act.Create(path="a.txt/below.txt")),
    (RefusedError, act.Move(paths=("d",), to="d/deep")),
    (RefusedError, act.Copy(paths=("d",), to="d/deep")),
    (RefusedError, act.Move(paths=("a.txt", "b.txt"), to="d", name="one")),
    (RefusedError, act.Move(paths=(), to="d")),
    (RefusedError, act.Rename(path="a.txt", name="d/a")),
    (RefusedError, act.Rename(path="a.txt", name="..")),
    (RefusedError, act.Rename(path="a.txt", name="")),
    (RefusedError, act.Rename(path="a.txt", name="a\0b")),
    (RefusedError, act.Tag(paths=("a.txt",), tags=())),
    (RefusedError, act.Tag(paths=("a.txt",), tags=("a,b",))),
    (RefusedError, act.SaveQuery(name="a/b", query="x")),
    (RefusedError, act.Write(path="", text="x")),
], ids=lambda value: repr(value) if not isinstance(value, type) else "")  # fmt: skip
def test_what_cannot_be_is_refused_with_nothing_changed(furnished: Desk, kind: type[Exception], action: act.Action):
    refused(furnished, kind, action)


def refused(desk: Desk, kind: type[Exception], *actions: act.Action) -> None:
    before, ops = desk.whole(), desk.vault.ops.newest(1, ("preview",))
    with pytest.raises(kind):
        desk.preview(act.Create(path="not made.txt"), *actions)
    assert desk.whole() == before
    assert desk.vault.ops.newest(1, ("preview",)) == ops, "a plan was stored that cannot be carried out"


def test_nothing_to_do_is_no_op(furnished: Desk):
    for action in (
        act.Mkdir(path="d"),
        act.Move(paths=("d/a.txt",), to="d"),
        act.Untag(paths=("a.txt",)),
        act.Group(paths=("d",), by="kind"),
        act.Copy(paths=("a.txt",), to=".", on_exists=REPLACE),
        act.Restore(path="a.txt", to="first"),
    ):
        plan = furnished.preview(action)
        assert (plan.op, plan.state) == (None, "nothing"), action


# Modes, times, attributes, tags


def test_what_is_written_keeps_its_mode_attributes_and_tags(furnished: Desk):
    furnished.at("a.txt").chmod(0o640)
    os.setxattr(furnished.at("a.txt"), "user.note", b"from the sea")
    furnished.do(act.Tag(paths=("a.txt",), tags=("red",)))
    for action in (
        act.Write(path="a.txt", text="1"),
        act.Append(path="a.txt", text="2"),
        act.Create(path="a.txt", text="3", on_exists=REPLACE),
    ):
        furnished.do(action)
        assert furnished.at("a.txt").stat().st_mode & 0o777 == 0o640
        assert os.getxattr(furnished.at("a.txt"), "user.note") == b"from the sea"
        assert os.getxattr(furnished.at("a.txt"), "user.xdg.tags") == b"red"
        assert furnished.tags() == {b"a.txt": ("red",)}


def test_a_copy_is_like_what_it_is_a_copy_of(furnished: Desk):
    furnished.at("a.txt").chmod(0o640)
    os.setxattr(furnished.at("a.txt"), "user.note", b"from the sea")
    os.utime(furnished.at("a.txt"), ns=(JUNE, JUNE))
    furnished.do(act.Copy(paths=("a.txt", "link", "d"), to="new"))
    tree = furnished.tree()
    for name in ("a.txt", "link", "d", "d/deep", "d/deep/c.txt"):
        assert tree[b"new/" + name.encode()] == tree[name.encode()], name


def test_a_copy_over_a_tagged_file_leaves_its_tags_and_takes_the_bytes(furnished: Desk):
    furnished.do(act.Tag(paths=("d/a.txt",), tags=("red",)), act.Tag(paths=("a.txt",), tags=("blue",)))
    plan = furnished.preview(act.Copy(paths=("a.txt",), to="d", on_exists=REPLACE))
    assert "is replaced" in plan.effects[0].note
    furnished.apply(plan)
    furnished.flush()
    assert furnished.tags() == {b"a.txt": ("blue",), b"d/a.txt": ("red",)}
    assert furnished.at("d/a.txt").read_text() == "a\n"


def test_what_is_made_goes_by_the_callers_umask(room: Desk):
    room.do(act.Create(path="new/f.txt", text="x"), umask=0o077)
    assert room.at("new").stat().st_mode & 0o777 == 0o700
    assert room.at("new/f.txt").stat().st_mode & 0o777 == 0o600


def test_tags_are_on_every_name_of_a_file_and_in_its_attribute(furnished: Desk):
    os.link(furnished.at("a.txt"), furnished.at("d/linked.txt"))
    furnished.flush()
    before = furnished.whole()
    op = furnished.do(act.Tag(paths=("a.txt", "d"), tags=("red", " two  words ")))
    assert furnished.tags() == dict.fromkeys((b"a.txt", b"d", b"d/linked.txt"), ("red", "two words"))
    assert os.getxattr(furnished.at("d/linked.txt"), "user.xdg.tags") == b"red,two words"
    assert op.effect_class == "silent"
    some = furnished.do(act.Untag(paths=("d/linked.txt",), tags=("red",)))
    assert furnished.tags()[b"a.txt"] == ("two words",)
    every = furnished.do(act.Untag(paths=("a.txt",)))
    assert b"a.txt" not in furnished.tags()
    for each in (every, some, op):
        furnished.undo(each)
    assert furnished.whole() == before


# Restore, save_query, PDF documents


def test_restore_of_a_file_a_deleted_one_and_a_folder(furnished: Desk):
    furnished.write("a.txt", "second\n")
    furnished.at("b.txt").unlink()
    furnished.write("d/new.txt", "new\n")
    furnished.write("d/deep/c.txt", "second\n")
    furnished.flush()
    before = furnished.whole()
    ops = [
        furnished.do(act.Restore(path="a.txt", to="first")),
        furnished.do(act.Restore(path="b.txt", to="@1")),
        furnished.do(act.Restore(path="d/deep/c.txt", to="previous")),
    ]
    assert texts_of(furnished) == FURNISHED | {"d/new.txt": "new\n"}
    assert furnished.at("b.txt").stat().st_mtime_ns == JUNE
    put = furnished.do(act.Restore(path="d/deep/c.txt", to="@2", output="out"))
    assert furnished.at("out/c.txt").read_text() == "second\n"
    for op in (put, *reversed(ops)):
        furnished.undo(op)
    assert furnished.whole() == before


def test_a_restored_file_has_the_tags_that_it_had_when_it_went(furnished: Desk):
    furnished.do(act.Tag(paths=("a.txt",), tags=("red",)))
    furnished.at("a.txt").unlink()
    furnished.flush()
    furnished.do(act.Restore(path="a.txt", to="first"))
    assert furnished.tags() == {b"a.txt": ("red",)}
    assert os.getxattr(furnished.at("a.txt"), "user.xdg.tags") == b"red"


def test_save_query_changes_and_forgets(room: Desk):
    op = room.do(act.SaveQuery(name="flat", query="lease"))
    assert (room.vault.saved.get("flat"), op.effect_class) == ("lease", "silent")
    assert room.preview(act.SaveQuery(name="flat", query="lease")).op is None
    forgotten = room.do(act.SaveQuery(name="flat"))
    assert room.vault.saved.get("flat") is None
    room.undo(forgotten)
    assert room.vault.saved.get("flat") == "lease"
    room.undo(op)


def test_pdf_documents_merge_into_one_of_all_their_pages(room: Desk):
    from pypdf import PdfReader, PdfWriter

    for name, pages in (("one.pdf", 1), ("two.pdf", 2)):
        writer = PdfWriter()
        for _ in range(pages):
            writer.add_blank_page(100, 100)
        writer.write(made := io.BytesIO())
        room.write(name, made.getvalue())
    room.write("a.txt", "a\n")
    room.flush()
    before = room.whole()
    op = room.do(act.Merge(paths=("one.pdf", "two.pdf"), to="all.pdf"))
    assert len(PdfReader(room.at("all.pdf")).pages) == 3
    room.undo(op)
    assert room.whole() == before
    for paths, to in ((("one.pdf", "two.pdf"), "all.txt"), (("one.pdf", "a.txt"), "all.pdf")):
        with pytest.raises(RefusedError, match="PDF"):
            room.preview(act.Merge(paths=paths, to=to))


def test_what_takes_up_a_tagged_history_shows_its_tags_at_once(furnished: Desk):
    furnished.do(act.Tag(paths=("a.txt",), tags=("red",)))
    furnished.do(act.Trash(paths=("a.txt",)))
    furnished.do(act.Create(path="a.txt", text="again\n"))
    assert os.getxattr(furnished.at("a.txt"), "user.xdg.tags") == b"red"
    assert furnished.tags() == {b"a.txt": ("red",)}
