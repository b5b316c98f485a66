"""More results than one listing takes, and a watched folder that has the mount in it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.wirepath import to_wire
from tests.views.abuse import age, links, ran, within, write
from tests.views.conftest import NO_FUSE
from tests.views.surfaces import Home, home_at, is_mounted, mount_of, mounted

pytestmark = [
    pytest.mark.fuse,
    pytest.mark.skipif(NO_FUSE is not None, reason=str(NO_FUSE)),
    pytest.mark.usefixtures("nothing_stuck"),
]

MANY = 10_000
OF_A_NAME = 20
"""Files that have the same name."""


@pytest.fixture(scope="module")
def many(process_folder: Path) -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="n", dir=process_folder))
    with home_at(folder, "off") as made:
        for number in range(MANY):
            below = made.root / f"part{number % OF_A_NAME}"
            below.mkdir(exist_ok=True)
            (below / f"entry{number // OF_A_NAME}.log").write_text(f"{number}\n")
        made.up(until="words")
        yield made
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def point(many: Home) -> Iterator[Path]:
    with mounted(many) as at:
        yield at


def test_10000_results_are_each_listed_once_and_lead_to_their_files(many, point):
    with within(10):
        names = links(point / "by-type" / "log")
    assert len(names) == len(set(names)) == MANY
    with within(20):
        targets = {os.readlink(point / "by-type" / "log" / name) for name in names}
    assert targets == {str(path) for path in many.root.rglob("*.log")}
    for name in names[:: MANY // 100]:
        file = point / "by-type" / "log" / name
        assert file.read_bytes() == Path(os.readlink(file)).read_bytes()
    assert sum(name.startswith(("entry7.log", "entry7 (")) for name in names) == OF_A_NAME


def test_find_and_ls_over_10000_results_end_in_good_time(point):
    for command in (("find", ".", "-type", "l"), ("ls", "-lU", ".")):
        with within(10):
            done = ran("sh", "-c", 'cd "$1" && shift && "$@"', "sh", point / "by-type" / "log", *command)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(b".log\n") >= MANY


def test_a_reader_that_has_begun_on_10000_results_reads_the_rest_as_it_was(many, point, wait_until):
    folder = point / "by-type" / "log"
    before = set(links(folder))
    with os.scandir(folder) as reading:
        first = [next(reading).name for _ in range(10)]
        gone = [path for path in (many.root / "part3").iterdir() if path.name < "entry3"]
        for path in gone:
            path.unlink()
        wait_until(lambda: len(links(folder)) == MANY - len(gone), 20)
        rest = [entry.name for entry in reading]
    names = [name for name in (*first, *rest) if not name.startswith(".")]
    assert len(names) == MANY and set(names) == before
    for path in gone:
        path.write_text("back\n")
    wait_until(lambda: len(links(folder)) == MANY, 20)


# A root that has the mount in it.


def test_a_mount_below_a_watched_folder_is_not_looked_into(process_folder, wait_until):
    folder = Path(tempfile.mkdtemp(prefix="r", dir=process_folder))
    with home_at(folder, "off") as home:
        write(home.root / "lease.md", "# Lease\n\nA flat in Lyon.\n")
        age(home.root)
        home.up(until="words")
        point = home.root / "view"
        home.client.call("mount", {"path": str(point)})
        try:
            assert "README.txt" in os.listdir(point)
            _look_everywhere(point)
            write(home.root / "later.md", "A flat that was seen while all was mounted.\n")
            home.client.call("rescan", {})
            home.settled("words")
            _assert_not_looked_into(home, point, {"lease.md", "later.md"})
            with within(10):
                found = ran("find", home.root, "-name", "lease.md")
            assert found.returncode == 0 and f"{home.root}/lease.md".encode() in found.stdout.splitlines()
            with within(10):
                assert ran("grep", "-rl", "Lyon", home.root).returncode == 0
        finally:
            home.client.call("umount", {"path": None, "force": True})
        assert not is_mounted(point)
    shutil.rmtree(folder)


def test_a_folder_that_has_a_mount_in_it_is_watched_without_it(process_folder):
    folder = Path(tempfile.mkdtemp(prefix="r", dir=process_folder))
    with home_at(folder, "off") as home:
        write(home.root / "lease.md", "# Lease\n\nA flat in Lyon.\n")
        home.up(until="words")
        other = home.folder / "Other"
        write(other / "deep" / "notes.md", "A flat in Arles.\n")
        (other / "deep" / "view").mkdir()
        with mount_of(home, other / "deep" / "view") as mount:
            home.up(other, until="words")
            _look_everywhere(mount.point)
            home.client.call("rescan", {})
            home.settled("words")
            _assert_not_looked_into(home, mount.point, {"lease.md", "notes.md"})
            with within(10):
                assert ran("find", other).returncode == 0
    shutil.rmtree(folder)


def _look_everywhere(point: Path) -> None:
    """As a user does: what is cached is there for a watcher to see."""
    for folder in ("search/flat", "by-type/md", "at/now", "history"):
        os.listdir(point / folder)
    time.sleep(0.2)


def _assert_not_looked_into(home: Home, point: Path, names: set[str]) -> None:
    hits = [Path(hit["path"]) for words in ("readme", "mount", "flat") for hit in _find(home, words)]
    assert {path.name for path in hits} == names
    assert not any(path.is_relative_to(point) for path in hits)
    assert set(links(point / "by-type" / "md")) == names
    assert "text" not in os.listdir(point / "by-type")  # every README.txt of the mount would be one
    status = home.client.call("file_status", {"path": to_wire(os.fsencode(point))})
    assert status["state"] == "ignored"
    for watched in (point / "history").iterdir():
        for above, folders, files in os.walk(watched):
            assert point.name not in Path(above).relative_to(watched).parts or not folders + files, (above, files)


def _find(home: Home, words: str) -> list[dict]:
    return home.client.call("find", {"words": words})["hits"]
