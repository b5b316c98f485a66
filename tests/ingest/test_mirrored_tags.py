"""Tags in the vault and on the files: who follows whom, on values and on a real folder."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lsfs.core import actions, xattrs
from lsfs.core.api import ApplyRequest, HistoryRequest, PlanRequest
from lsfs.core.xattrs import TAGS
from lsfs.ingest import feeder
from lsfs.ingest.mirror import Change, compare, value_of


@pytest.mark.parametrize(
    ("before", "now", "own", "change"),
    [
        (None, "", (), Change()),
        (None, "a", (), Change(tags=("a",))),  # it came with tags
        ("a", "a", ("a",), Change()),
        ("a", "a,b", ("a",), Change(tags=("a", "b"))),  # a program added one
        ("a", "", ("a",), Change(tags=())),  # a program took it away
        (None, "", ("a",), Change(write="a")),  # lost when a program wrote the file anew
        (None, "b", ("a",), Change(tags=("b",))),
        ("", "", ("a",), Change()),  # it could not be written: the vault alone has it
        (None, None, ("a",), Change()),  # the file system keeps none
        ("b,a", "a,b", ("a", "b"), Change()),
    ],
)
def test_what_a_look_at_the_attribute_means(before, now, own, change):
    assert compare(before, now, own) == change


def test_a_comma_cannot_be_said_in_the_attribute():
    assert value_of(("a,b", "c")) == "a b,c"


def tag(lsfs, name: str, *tags: str) -> None:
    carried_out(lsfs, actions.Tag(paths=(name,), tags=tags))


def carried_out(lsfs, action: actions.Action) -> None:
    plan = lsfs.engine.changing.plan(PlanRequest(actions=(action,), cwd=str(lsfs.root)))
    for _ in lsfs.engine.changing.apply(ApplyRequest(op=plan.op)):
        pass


def on_disk(path: Path) -> bytes:
    try:
        return os.getxattr(path, TAGS)
    except OSError:
        return b""


def tags(lsfs, name: str) -> list[str]:
    return lsfs.vault.tags.of(lsfs.lineage(name))


def test_a_tag_of_ours_is_on_the_file_and_the_file_is_not_read_again_for_it(lsfs):
    path = lsfs.root / "a.txt"
    path.write_text("text")
    lsfs.up()
    before = path.stat()
    tag(lsfs, "a.txt", "home", "todo")
    assert on_disk(path) == b"home,todo" and path.stat().st_mtime_ns == before.st_mtime_ns
    lsfs.rescanned()
    assert tags(lsfs, "a.txt") == ["home", "todo"] and len(lsfs.versions("a.txt")) == 1


def test_what_another_program_changes_in_it_is_taken_in(lsfs, wait_until):
    path = lsfs.root / "a.txt"
    path.write_text("text")
    lsfs.up()
    tag(lsfs, "a.txt", "home")
    os.setxattr(path, TAGS, b"home,work")
    wait_until(lambda: tags(lsfs, "a.txt") == ["home", "work"], 20)
    os.removexattr(path, TAGS)
    wait_until(lambda: tags(lsfs, "a.txt") == [], 20)


def test_tags_that_a_program_lost_by_replacing_the_file_are_written_again(lsfs, wait_until):
    path = lsfs.root / "a.txt"
    path.write_text("text")
    lsfs.up()
    tag(lsfs, "a.txt", "home")
    (lsfs.root / "new").write_text("another text")
    os.replace(lsfs.root / "new", path)
    wait_until(lambda: on_disk(path) == b"home", 20)
    lsfs.settled()
    assert tags(lsfs, "a.txt") == ["home"]


def test_another_file_that_takes_up_a_history_does_not_get_its_tags(lsfs):
    path = lsfs.root / "a.txt"
    path.write_text("text")
    lsfs.up()
    tag(lsfs, "a.txt", "home")
    lineage = lsfs.lineage("a.txt")
    path.unlink()
    lsfs.rescanned()
    path.write_text("somebody else's")
    lsfs.rescanned()
    assert lsfs.lineage("a.txt") == lineage and tags(lsfs, "a.txt") == [] and on_disk(path) == b""


def test_tags_follow_a_moved_file(lsfs):
    (lsfs.root / "a.txt").write_text("text")
    lsfs.up()
    tag(lsfs, "a.txt", "home")
    os.rename(lsfs.root / "a.txt", lsfs.root / "b.txt")
    lsfs.rescanned()
    assert tags(lsfs, "b.txt") == ["home"]


def test_a_tag_that_comes_while_the_file_is_being_read_stays(lsfs, monkeypatch, wait_until):
    lsfs.up()
    opened, tagged = threading.Event(), threading.Event()

    class Slow:
        """Reads the attributes of the files that are opened for reading, and has them wait then."""

        Attributes = xattrs.Attributes

        @staticmethod
        def read(file: int) -> xattrs.Attributes:
            found = xattrs.read(file)
            opened.set()
            tagged.wait(10)
            return found

    monkeypatch.setattr(feeder, "xattrs", Slow)
    path = lsfs.root / "a.txt"
    path.write_text("text")
    assert opened.wait(10)
    tag(lsfs, "a.txt", "red")
    assert on_disk(path) == b"red"
    tagged.set()
    lsfs.settled()
    wait_until(lambda: lsfs.entry("a.txt").content is not None)
    assert lsfs.disagreement() == []
    assert (tags(lsfs, "a.txt"), on_disk(path), lsfs.entry("a.txt").mirror) == (["red"], b"red", "red")


def tagged_and_replaced(lsfs) -> Path:
    """A tagged file that a program has replaced just now, without its tags."""
    path = lsfs.root / "a.txt"
    path.write_text("text")
    lsfs.up()
    tag(lsfs, "a.txt", "home")
    fresh = lsfs.root / "fresh"
    fresh.write_text("saved anew")
    fresh.replace(path)
    return path


def test_a_look_at_the_history_right_after_a_program_replaced_a_file_writes_its_tags_again(lsfs):
    path = tagged_and_replaced(lsfs)
    lsfs.engine.past.history(HistoryRequest(path=str(path)))
    assert on_disk(path) == b"home" and tags(lsfs, "a.txt") == ["home"]


def test_a_plan_made_right_after_a_program_replaced_a_tagged_file_is_carried_out(lsfs):
    tagged_and_replaced(lsfs)
    carried_out(lsfs, actions.Move(paths=("a.txt",), to="new"))
    assert on_disk(lsfs.root / "new/a.txt") == b"home" and tags(lsfs, "new/a.txt") == ["home"]
