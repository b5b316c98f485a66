"""The past as copiers, archivers, searchers and players read it: whole trees, at a time that is fixed."""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.abuse import LONG_AGO, THEN, ran, tree, within, write
from tests.views.conftest import NO_FUSE
from tests.views.surfaces import Home, home_at, mounted

pytestmark = [
    pytest.mark.fuse,
    pytest.mark.skipif(NO_FUSE is not None, reason=str(NO_FUSE)),
    pytest.mark.usefixtures("nothing_stuck"),
]

FILM_BYTES = 6_000_000
FOLDERS, FILES = 8, 25


class Original:
    """The folder that was recorded: it is no longer what stands in the watched one."""

    def __init__(self, kept: Path, then: Path) -> None:
        self.kept = kept
        """A copy, outside of what is watched."""
        self.then = then
        """It as it was, in the mount."""


@pytest.fixture(scope="module")
def home(process_folder: Path) -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="p", dir=process_folder))
    with home_at(folder, "off") as made:
        _fill(made.root / "work")
        ran("cp", "-a", made.root / "work", made.folder / "kept")
        os.utime(made.root, (LONG_AGO, LONG_AGO))
        made.up()
        # Since then all of it has changed.
        write(made.root / "work" / "folder0" / "file0.txt", "another text\n")
        shutil.rmtree(made.root / "work" / "folder1")
        (made.root / "work" / "script.sh").chmod(0o600)
        (made.root / "work" / "film.bin").unlink()
        made.client.call("rescan", {})
        yield made
    shutil.rmtree(folder)


def _fill(work: Path) -> None:
    for number in range(FOLDERS * FILES):
        write(work / f"folder{number % FOLDERS}" / f"file{number}.txt", f"needle {number}\n" * (number % 40))
    write(work / "empty.txt", "")
    write(work / "script.sh", "#!/bin/sh\necho needle\n").chmod(0o755)
    write(work / "private" / "letter.txt", "for nobody\n").chmod(0o600)
    write(work / "film.bin", random.Random(5).randbytes(FILM_BYTES))
    os.symlink("folder2/file2.txt", work / "link")
    os.symlink("nowhere", work / "dangling")
    for number, path in enumerate(sorted(work.rglob("*"))):
        moment = (LONG_AGO + number) * 10**9 + 123_456_789
        os.utime(path, ns=(moment, moment), follow_symlinks=False)
    (work / "private").chmod(0o700)
    os.utime(work, ns=(LONG_AGO * 10**9 + 5, LONG_AGO * 10**9 + 5))


@pytest.fixture(scope="module")
def original(home: Home) -> Iterator[Original]:
    with mounted(home) as point:
        yield Original(home.folder / "kept", point / "at" / THEN / "Documents" / "work")


@pytest.fixture
def copy(short_tmp: Path) -> Path:
    return short_tmp / "copy"


def test_a_tree_of_the_past_has_every_byte_mode_and_time(original):
    assert tree(original.then) == tree(original.kept)


def test_cp_brings_back_the_tree_as_it_was(original, copy):
    with within(20):
        done = ran("cp", "-a", original.then, copy)
    assert (done.returncode, done.stderr) == (0, b"")
    assert tree(copy) == tree(original.kept)


def test_tar_packs_the_tree_as_it_was(original, copy):
    copy.mkdir()
    with within(20):
        done = ran("sh", "-c", 'tar --format=posix -cf - -C "$1" . | tar -xpf - -C "$2"', "sh", original.then, copy)
    assert (done.returncode, done.stderr) == (0, b"")
    assert tree(copy) == tree(original.kept)


def test_tar_packs_what_it_is_given_through_links_of_the_mount(original, copy):
    copy.mkdir()
    with within(20):
        done = ran("sh", "-c", 'cd "$1" && tar -cf - work | tar -xpf - -C "$2"', "sh", original.then.parent, copy)
    assert (done.returncode, done.stderr) == (0, b"")
    assert {name: seen.content for name, seen in tree(copy / "work").items()} == {
        name: seen.content for name, seen in tree(original.kept).items()
    }


def test_diff_finds_no_difference_to_what_was_and_each_one_to_what_is(original, home):
    with within(20):
        same = ran("diff", "-r", "--no-dereference", original.then, original.kept)
    assert (same.returncode, same.stdout, same.stderr) == (0, b"", b"")
    with within(20):
        other = ran("diff", "-rq", "--no-dereference", original.then, home.root / "work")
    assert other.returncode == 1
    lines = other.stdout.decode().splitlines()
    assert len(lines) == 3
    assert sum("file0.txt differ" in line for line in lines) == 1
    assert {line.rpartition(": ")[2] for line in lines if line.startswith("Only in")} == {"folder1", "film.bin"}


@pytest.mark.parametrize("options", ["-rn", "-rc", "-rl", "-rLn"])
def test_grep_finds_the_same_lines_as_in_what_was(original, options):
    with within(20):
        found = [_grepped(options, top) for top in (original.then, original.kept)]
    assert found[0] == found[1]
    assert len(found[0]) > 90


def _grepped(options: str, top: Path) -> list[bytes]:
    done = ran("sh", "-c", f'cd "$1" && grep {options} "needle 1" .', "sh", top)
    return sorted(done.stdout.splitlines())


def test_a_player_that_seeks_gets_the_bytes_of_each_place(original):
    film = (original.kept / "film.bin").read_bytes()
    places = random.Random(7)
    with within(20), open(original.then / "film.bin", "rb") as playing:
        assert playing.seek(0, os.SEEK_END) == FILM_BYTES
        for _ in range(200):
            place, size = places.randrange(FILM_BYTES), places.choice((1, 188, 4096, 65_536, 300_000))
            playing.seek(place)
            assert playing.read(size) == film[place : place + size]
        playing.seek(FILM_BYTES + 10)
        assert playing.read(10) == b""


def test_a_file_of_the_past_can_be_mapped_into_memory(original):
    film = (original.kept / "film.bin").read_bytes()
    with (
        open(original.then / "film.bin", "rb") as file,
        mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped,
    ):
        for place in (0, 4_000_000, 100, FILM_BYTES - 7):
            assert mapped[place : place + 7] == film[place : place + 7]
        assert hashlib.sha256(mapped).digest() == hashlib.sha256(film).digest()


def test_the_versions_of_what_changed_are_in_its_history(original, home):
    top = original.then.parents[3]
    versions = sorted((top / "history/Documents/work/film.bin").iterdir())
    assert versions[0].read_bytes() == (original.kept / "film.bin").read_bytes()
    gone = top / "history/Documents/work/folder1"
    assert {folder.name for folder in gone.iterdir()} == {path.name for path in (original.kept / "folder1").iterdir()}
