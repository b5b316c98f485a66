"""`lsfs materialize`: links to what a query finds, in a folder that holds nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsfs.core import api


def hit(path: str, path_b64: str = "") -> api.Hit:
    more = {"path_b64": path_b64} if path_b64 else {}
    return api.Hit(path=path, score=1.0, kind="text", modified="", size=1, snippet="", **more)


@pytest.fixture
def found(door):
    """Says what the next search finds."""

    def say(*hits: api.Hit) -> None:
        door.on("find", api.FindResult(query="lease", hits=hits, elapsed_ms=1.0, complete=True))

    return say


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "made"


def links(folder: Path) -> dict[bytes, bytes]:
    return {entry.name: os.readlink(entry.path) for entry in os.scandir(os.fsencode(folder)) if entry.is_symlink()}


def test_it_makes_links_to_the_hits_with_names_that_do_not_clash(lsfs, door, found, folder):
    found(hit("/docs/lease.md"), hit("/old/lease.md"), hit("/docs/.query"), hit("/docs/caf\ufffd", "L2RvY3MvY2Fm6Q=="))
    done = lsfs("materialize", "lease", "for", "the flat", "-draft", str(folder))
    assert (done.code, done.out) == (0, f"{folder}: 4 links\n"), done.err
    assert links(folder) == {
        b"lease.md": b"/docs/lease.md",
        b"lease (2).md": b"/old/lease.md",
        b".query (2)": b"/docs/.query",
        b"caf\xe9": b"/docs/caf\xe9",
    }
    (asked,) = door.said("find")
    assert (asked["words"], asked["limit"]) == ("lease for the flat -draft", 1000)
    head, words, first, *_ = (folder / ".query").read_bytes().split(b"\n")
    assert head.startswith(b"# Links made by lsfs materialize")
    assert (words, first) == (b"lease for the flat -draft", b'["lease.md", "/docs/lease.md"]')


def test_it_brings_its_own_folder_up_to_date(lsfs, found, folder):
    found(hit("/docs/a"), hit("/docs/b"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    kept = os.lstat(folder / "b").st_ino
    found(hit("/docs/b"), hit("/docs/c"))
    assert lsfs("materialize", "lease", str(folder), "--json").document == {
        "path": str(folder), "query": "lease", "links": 2, "complete": True,
    }  # fmt: skip
    assert links(folder) == {b"b": b"/docs/b", b"c": b"/docs/c"}
    assert os.lstat(folder / "b").st_ino == kept


def test_it_removes_what_it_made_where_nothing_is_found_any_more(lsfs, found, folder):
    found(hit("/docs/caf\ufffd", "L2RvY3MvY2Fm6Q=="), hit("/docs/new\nline"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    (folder / "mine").symlink_to("/etc/hosts")
    found()
    done = lsfs("materialize", "rent", str(folder))
    assert (done.code, done.out) == (1, "") and "nothing found: 2 links removed" in done.err
    assert links(folder) == {b"mine": b"/etc/hosts"}
    assert "rent" in (folder / ".query").read_text() and "lease" not in (folder / ".query").read_text()
    assert lsfs("materialize", "rent", str(folder), "--json").document["links"] == 0
    found(hit("/docs/a"))
    assert lsfs("materialize", "rent", str(folder)).code == 0
    assert links(folder) == {b"mine": b"/etc/hosts", b"a": b"/docs/a"}


def test_links_of_the_users_own_stay_and_keep_their_names(lsfs, found, folder):
    found(hit("/docs/a"), hit("/docs/b"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    (folder / "mine").symlink_to("/etc/hosts")
    (folder / "a").unlink()
    (folder / "a").symlink_to("/elsewhere")  # under a name of ours
    found(hit("/docs/a"), hit("/docs/mine"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    assert links(folder) == {
        b"mine": b"/etc/hosts", b"a": b"/elsewhere", b"a (2)": b"/docs/a", b"mine (2)": b"/docs/mine",
    }  # fmt: skip


def test_without_a_readable_record_every_link_is_taken_for_the_users(lsfs, found, folder):
    found(hit("/docs/a"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    mark = folder / ".query"
    mark.write_text("".join(mark.read_text().splitlines(keepends=True)[:2]) + '["a", 3]\n["a"]\n["a", "/do')
    found(hit("/docs/b"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    assert links(folder) == {b"a": b"/docs/a", b"b": b"/docs/b"}


def test_what_was_left_half_done_is_finished(lsfs, found, folder, monkeypatch):
    found(hit("/docs/a"), hit("/docs/b"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    found(hit("/docs/b"), hit("/docs/c"), hit("/docs/d"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "symlink", full)
        assert lsfs("materialize", "lease", str(folder)).code != 0
    (folder / "c").symlink_to("/docs/c")
    found(hit("/docs/d"))
    assert lsfs("materialize", "lease", str(folder)).code == 0
    assert links(folder) == {b"d": b"/docs/d"}


def test_a_folder_with_anything_else_in_it_is_left_alone(lsfs, door, found, folder, tmp_path):
    found(hit("/docs/a"))
    (folder / "sub").mkdir(parents=True)
    assert lsfs("materialize", "lease", str(folder)).code == 3
    (folder / "sub").rmdir()
    (folder / "mine").symlink_to("/elsewhere")  # links, and no word that they are ours
    assert lsfs("materialize", "lease", str(folder)).code == 3
    (folder / ".query").write_text("somebody's own\n")
    assert lsfs("materialize", "lease", str(folder)).code == 3
    (folder / ".query").unlink()
    (folder / "mine").unlink()
    assert lsfs("materialize", "lease", str(folder)).code == 0  # empty
    (folder / "note.txt").write_text("mine")
    refused = lsfs("materialize", "lease", str(folder))
    assert refused.code == 3 and "note.txt" in refused.err
    assert (folder / "note.txt").read_text() == "mine"
    link = tmp_path / "link"
    link.symlink_to(folder)
    file = tmp_path / "file"
    file.write_text("mine")
    assert [lsfs("materialize", "lease", str(path)).code for path in (link, file)] == [3, 3]
    assert len(door.said("find")) == 1  # nothing is looked for where nothing will be made


def test_nothing_found_makes_no_folder(lsfs, found, folder):
    found()
    done = lsfs("materialize", "lease", str(folder))
    assert (done.code, done.out) == (1, "") and "nothing found" in done.err
    assert not folder.exists()


@pytest.mark.parametrize("arguments", [["lease"], [], [" ", "made"], ["lease", ""]])
def test_a_query_and_a_folder_are_needed(lsfs, arguments):
    assert lsfs("materialize", *arguments).code == 2
