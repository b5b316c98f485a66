"""A mount under hard use where nothing is killed: odd names, long queries, walks, `rm -rf`, unmounting."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.abuse import THEN, age, hung, links, ran, tree, within, write
from tests.views.conftest import NO_FUSE
from tests.views.surfaces import Home, home_at, is_mounted, mount_of, mounted

pytestmark = [
    pytest.mark.fuse,
    pytest.mark.skipif(NO_FUSE is not None, reason=str(NO_FUSE)),
    pytest.mark.usefixtures("nothing_stuck"),
]

LONG_ASCII = b"a" * 251 + b".txt"
LONG_TEXT = "é".encode() * 125 + b"x.txt"
ODD = {
    LONG_ASCII,
    LONG_TEXT,
    b"line\nbreak.txt",
    b"\n.txt",
    b"latin-\xe9.txt",
    b"\xff\xfe.txt",
    b" (2).txt",
    b"-rf.txt",
}
COPIES = 3
DEEPEST = 20
"""Slashes in the path of a folder that a walk may come to."""


def says(code: int) -> pytest.RaisesExc[OSError]:
    return pytest.raises(OSError, check=lambda error: error.errno == code)


@pytest.fixture(scope="module")
def home(process_folder: Path) -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="a", dir=process_folder))
    with home_at(folder, "off") as made:
        for number in range(20):
            write(made.root / "notes" / f"lease{number}.md", f"# Lease {number}\n\nA flat in Lyon.\n")
        for name in ODD:
            write(made.root / "odd" / os.fsdecode(name), b"oddity " + name)
        for copy in range(COPIES):
            write(made.root / f"copy{copy}" / os.fsdecode(LONG_TEXT), f"duplicity {copy}\n")
        age(made.root)
        made.up()
        yield made
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def point(home: Home) -> Iterator[Path]:
    with mounted(home) as at:
        yield at


# Names.


@pytest.mark.parametrize("folder", ["search/oddity", "by-type/txt", "search/oddity/by-type/txt"])
def test_files_with_odd_names_are_listed_among_results_and_lead_to_their_bytes(home, point, folder):
    at = os.fsencode(point / folder)
    listed = set(os.listdir(at))
    assert listed >= ODD
    for name in ODD:
        path = os.path.join(at, name)
        target = os.readlink(path)
        if folder.startswith("search") or name != LONG_TEXT:
            assert target == os.path.join(os.fsencode(home.root), b"odd", name)
        assert Path(os.fsdecode(path)).read_bytes() == Path(os.fsdecode(target)).read_bytes()


def test_files_with_odd_names_are_in_the_past_with_their_bytes(point):
    then = os.fsencode(point / "at" / THEN / "Documents" / "odd")
    history = os.fsencode(point / "history/Documents/odd")
    assert set(os.listdir(then)) == ODD
    assert set(os.listdir(history)) == ODD
    for name in ODD:
        assert Path(os.fsdecode(os.path.join(then, name))).read_bytes() == b"oddity " + name
        (version,) = os.listdir(os.path.join(history, name))
        assert Path(os.fsdecode(os.path.join(history, name, version))).read_bytes() == b"oddity " + name


@pytest.mark.parametrize("name", sorted(ODD))
def test_a_file_with_an_odd_name_is_tagged_by_a_link_and_untagged_by_its_removal(home, point, name):
    file = home.root / "odd" / os.fsdecode(name)
    tag = point / "by-tag" / "strange"
    tag.mkdir(exist_ok=True)
    link = tag / os.fsdecode(name)
    link.symlink_to(file)
    assert home.tags(file) == ["strange"]
    assert os.fsencode(link.name) in os.listdir(os.fsencode(tag))
    assert link.read_bytes() == b"oddity " + name
    link.unlink()
    assert home.tags(file) == []
    assert file.read_bytes() == b"oddity " + name


def test_files_of_the_same_255_bytes_are_numbered_within_255_bytes(home, point):
    found = links(point / "search" / "duplicity")
    assert len(found) == COPIES == len({os.readlink(point / "search" / "duplicity" / name) for name in found})
    sizes = {len(os.fsencode(name)) for name in found}
    assert max(sizes) == 255 and min(sizes) > 250
    ends = {name[-9:] for name in found if name != os.fsdecode(LONG_TEXT)}
    assert ends == {" (2).txt".rjust(9, "é"), " (3).txt".rjust(9, "é")}
    contents = {(point / "search" / "duplicity" / name).read_text() for name in found}
    assert contents == {f"duplicity {copy}\n" for copy in range(COPIES)}


def test_files_of_the_same_255_bytes_can_have_one_tag(home, point):
    tag = point / "by-tag" / "triple"
    tag.mkdir()
    for name in sorted(links(point / "search" / "duplicity"), key=len):
        (tag / name).symlink_to(point / "search" / "duplicity" / name)
    tagged = [home.root / f"copy{copy}" / os.fsdecode(LONG_TEXT) for copy in range(COPIES)]
    assert [home.tags(file) for file in tagged] == [["triple"]] * COPIES
    assert len(links(tag)) == COPIES
    while left := links(tag):
        (tag / left[-1]).unlink()
    assert [home.tags(file) for file in tagged] == [[]] * COPIES


# Long queries.


def test_a_query_of_4000_characters_is_too_long_for_one_name(point):
    with within(1), says(errno.ENAMETOOLONG):
        os.listdir(point / "search" / ("lease " * 667)[:4000])


def test_a_query_of_4000_characters_in_nested_folders_finds_what_all_of_it_finds(point):
    part = ("lease lyon flat " * 13)[:200].strip()
    path = point / "search" / "/search/".join(f"{part} {number}"[:200] for number in range(18))
    assert 3500 < len(str(path)) < 4096
    with within(30):
        found = links(path)
    assert set(found) <= set(links(point / "search" / "lease lyon flat"))


def test_a_path_of_more_than_4096_bytes_is_too_long_whichever_way_it_is_reached(point):
    at = os.open(point / "search", os.O_PATH)
    try:
        with within(5), says(errno.ENAMETOOLONG):
            for _ in range(25):
                below = os.open("lease " * 33 + "/search", os.O_PATH, dir_fd=at)
                os.close(at)
                at = below
    finally:
        os.close(at)


# Snapshots.


def test_a_reader_that_sleeps_over_an_open_folder_finds_in_it_what_was_there(home, point, wait_until):
    folder = point / "by-type" / "log"
    first = {f"entry{number}.log" for number in range(5)}
    for name in first:
        write(home.root / name, "before\n")
    wait_until(lambda: set(links(folder)) == first)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        (home.root / "entry0.log").unlink()
        write(home.root / "entry9.log", "after\n")
        wait_until(lambda: set(links(folder)) == first - {"entry0.log"} | {"entry9.log"})
        for _ in range(2):
            assert set(links(held)) == first
    finally:
        os.close(held)


# Walks.


def test_a_walk_over_the_mount_of_ends_and_runs_no_search(home, point):
    assert links(point / "saved") == []
    seen = 0
    with hung(home), within(5):  # whatever asks the daemon waits for it, and fails
        for above, _, files in os.walk(point, onerror=_fail):
            assert above.count("/") < DEEPEST, above
            seen += len(files)
    assert seen > len(ODD)


WALKS = ["find .", "find -L .", "find . -type l -readable", "du -s", "du -sL", "ls -lR", "ls -lRL"]


@pytest.mark.parametrize("command", WALKS)
def test_find_du_and_ls_over_the_mount_of_end_and_run_no_search(home, point, command):
    with hung(home), within(10):
        done = subprocess.run(command.split(), cwd=point, capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") > 50 or command.startswith("du")


def _fail(error: OSError) -> None:
    raise error


# Removing everything.

PYTHON_REMOVES = "import shutil, sys; [shutil.rmtree(one, onerror=lambda *a: print(a[2][1])) for one in sys.argv[1:]]"
REMOVALS = {
    "rm": 'rm -rf "$1"/* "$1"/search/lease',
    "find": 'find "$1" -mindepth 1 -delete',
    "python": f'"{sys.executable}" -ISc "{PYTHON_REMOVES}" "$1"/*/; exit 1',
}


@pytest.mark.parametrize("remover", REMOVALS)
def test_removing_everything_in_a_mount_fails_and_takes_no_file_no_query_and_no_tag(home, point, remover):
    kept = _tagged(home, point, "paris", 0)
    (point / "saved" / "lyon flat").mkdir()
    newest = _newest(home)
    try:
        before = tree(home.root)
        with within(20):
            done = ran("sh", "-c", REMOVALS[remover], "sh", point)
        assert done.returncode != 0 and b"Read-only file system" in done.stderr + done.stdout
        assert tree(home.root) == before
        assert (point / "README.txt").read_text() and {"search", "at", "history", "by-tag"} <= set(os.listdir(point))
        assert (point / "at" / THEN / "Documents/notes/lease0.md").read_bytes() == kept[0].read_bytes()
        assert links(point / "saved") == ["lyon flat"]
        assert [home.tags(file) for file in kept] == [["paris"]] * 3
        assert _newest(home) == newest
    finally:
        (point / "saved" / "lyon flat").rmdir()
        for name in links(point / "by-tag" / "paris"):
            (point / "by-tag" / "paris" / name).unlink()


def test_what_is_untagged_by_removing_every_link_of_a_tag_is_brought_back_by_undo(home, point):
    kept = _tagged(home, point, "rome", 3)
    newest = _newest(home)
    assert ran("sh", "-c", 'rm "$1"/*', "sh", point / "by-tag" / "rome").returncode == 0
    assert [home.tags(file) for file in kept] == [[]] * 3
    for op in range(newest + 1, _newest(home) + 1):
        plan = home.client.call("undo", {"op": op})
        *_, last = home.client.stream("apply", {"op": plan["op"], "confirmed": "yes"})
        assert last["result"]["state"] == "applied"
    assert [home.tags(file) for file in kept] == [["rome"]] * 3
    assert sorted(links(point / "by-tag" / "rome")) == [file.name for file in kept]


def _tagged(home: Home, point: Path, tag: str, first: int) -> list[Path]:
    files = [home.root / "notes" / f"lease{number}.md" for number in range(first, first + 3)]
    (point / "by-tag" / tag).mkdir(exist_ok=True)
    for file in files:
        (point / "by-tag" / tag / file.name).symlink_to(file)
    return files


def _newest(home: Home) -> int:
    return home.client.call("log", {"limit": 1})["ops"][0]["op"]


# Unmounting.


def test_a_mount_in_use_is_not_unmounted_and_works_on_until_it_is_taken_away_lazily(home):
    with mount_of(home) as mount:
        point = mount.point
        file = point / "at" / THEN / "Documents/notes/lease0.md"
        expected = (home.root / "notes/lease0.md").read_bytes()
        with subprocess.Popen(["sleep", "60"], cwd=point / "search") as sleeper, open(file, "rb") as reading:
            try:
                with within(5):
                    done = ran("fusermount3", "-u", point)
                assert done.returncode != 0 and b"busy" in done.stderr, done
                assert file.read_bytes() == expected
                assert len(links(point / "search" / "lease")) == 20
                with within(5):
                    assert ran("fusermount3", "-uz", point).returncode == 0
                assert os.listdir(point) == []
                assert reading.read() == expected  # what is open stays open
            finally:
                sleeper.kill()
        assert mount.process.wait(10) == 0
        assert not is_mounted(point)
