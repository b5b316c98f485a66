"""Daemons and mounts that are killed or stopped under their users."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lsfs.rpc.launch import is_locked
from lsfsd.mounts.process import unmount
from tests.views.abuse import THEN, age, hung, links, ran, within, write
from tests.views.conftest import NO_FUSE
from tests.views.surfaces import Home, Mount, home_at, is_mounted, mount_of, mounted

pytestmark = [
    pytest.mark.fuse,
    pytest.mark.skipif(NO_FUSE is not None, reason=str(NO_FUSE)),
    pytest.mark.usefixtures("nothing_stuck"),
]

LEASE = b"# Lease\n\nA flat in Lyon.\n"
MANY = 1100
SHOWN = 1000
"""Hits of one search."""
DEAD = (errno.ENOTCONN, errno.ECONNABORTED)
"""What the kernel says of a mount whose process is gone, and of what was being asked when it went."""
AT_ONCE_S = 0.5
"""What counts as at once beside other tests on two cores."""


@pytest.fixture
def mount(process_folder: Path) -> Iterator[Mount]:
    """A mount of a home of its own, to be killed."""
    folder = Path(tempfile.mkdtemp(prefix="k", dir=process_folder))
    with home_at(folder, "off") as home:
        for number in range(10):
            write(home.root / "notes" / f"lease{number}.md", LEASE)
        age(home.root)
        home.up()
        with mount_of(home) as made:
            (made.point / "by-tag" / "lyon").mkdir()
            (made.point / "by-tag" / "lyon" / "lease3.md").symlink_to(home.root / "notes" / "lease3.md")
            yield made
    shutil.rmtree(folder)


def kill_daemon(home: Home) -> None:
    os.kill(home.pid(), signal.SIGKILL)
    until = time.monotonic() + 10
    while is_locked(home.paths.lock):
        assert time.monotonic() < until
        time.sleep(0.01)


def kill_mount(mount: Mount) -> None:
    mount.process.kill()
    mount.process.wait(10)


def clear(mount: Mount) -> None:
    """Has nothing mounted where a mount was killed.

    It is unmounted by itself, unless somebody was in it at that moment: then all there says ENOTCONN, at once, and the
    daemon takes it away as is done here.
    """
    until = time.monotonic() + 1
    while is_mounted(mount.point) and mount.process.poll() is not None:
        if time.monotonic() > until:
            with within(AT_ONCE_S):
                assert errno_of_listing(mount.point) == errno.ENOTCONN
            assert unmount(os.fsencode(mount.point), lazy=True) == ""
        time.sleep(0.02)


def assert_readable_without_daemon(point: Path) -> None:
    """The past, and what is known of the files."""
    then = point / "at" / THEN / "Documents/notes"
    assert {name: (then / name).read_bytes() for name in os.listdir(then)} == {f"lease{n}.md": LEASE for n in range(10)}
    (version,) = (point / "history/Documents/notes/lease1.md").iterdir()
    assert version.read_bytes() == LEASE
    for folder in ("by-type/md", "by-date/2023/11"):
        assert set(links(point / folder)) == {f"lease{n}.md" for n in range(10)}
    assert links(point / "by-tag/lyon") == ["lease3.md"]
    assert (point / "by-tag/lyon/lease3.md").read_bytes() == LEASE


def assert_mounted_again(mount: Mount) -> None:
    """All of it works at the same place."""
    clear(mount)
    mount.end()
    mount.up()
    assert len(links(mount.point / "search" / "lease")) == 10
    assert_readable_without_daemon(mount.point)


def errno_of_listing(folder: Path) -> int:
    """0 where it can be listed."""
    try:
        os.listdir(folder)
    except OSError as error:
        return error.errno or -1
    return 0


def test_a_killed_daemon_leaves_the_past_readable_and_its_searches_fail_at_once_until_there_is_another(
    mount, wait_until
):
    point = mount.point
    assert len(links(point / "search" / "lease")) == 10
    kill_daemon(mount.home)
    with within(AT_ONCE_S):
        assert_readable_without_daemon(point)
    with within(AT_ONCE_S):
        assert errno_of_listing(point / "search" / "flat lyon") == errno.ECONNREFUSED
        assert len(links(point / "search" / "lease")) == 10  # found before, and nothing has changed
    with within(AT_ONCE_S), pytest.raises(OSError):
        (point / "by-tag" / "lyon" / "lease3.md").unlink()
    assert links(point / "by-tag/lyon") == ["lease3.md"]
    mount.home.pid()  # starts another
    wait_until(lambda: errno_of_listing(point / "search" / "flat lyon") == 0, 5)
    assert len(links(point / "search" / "flat lyon")) == 10


def test_a_killed_mount_leaves_nothing_that_hangs_and_can_be_mounted_again(mount):
    kill_mount(mount)
    with within(1):
        done = ran("ls", "-lR", mount.point)
    assert done.returncode == 0 or any(os.strerror(code).encode() in done.stderr for code in DEAD), done
    assert_mounted_again(mount)


def test_what_is_open_in_a_killed_mount_fails_at_once(mount):
    file = os.open(mount.point / "at" / THEN / "Documents/notes/lease0.md", os.O_RDONLY)
    folder = os.open(mount.point / "by-type", os.O_RDONLY | os.O_DIRECTORY)
    kill_mount(mount)
    disconnected = {"check": lambda error: error.errno == errno.ENOTCONN}
    with within(AT_ONCE_S), pytest.raises(OSError, **disconnected):
        os.read(file, 1)
    with within(AT_ONCE_S), pytest.raises(OSError, **disconnected):
        os.listdir(folder)
    for descriptor in (file, folder):
        with contextlib.suppress(OSError):  # to close a file asks the mount as well
            os.close(descriptor)
    assert_mounted_again(mount)


def test_a_killed_mount_that_nobody_is_in_is_unmounted_by_itself(mount, wait_until):
    kill_mount(mount)
    wait_until(lambda: not is_mounted(mount.point), 5)
    assert os.listdir(mount.point) == []


def test_a_killed_mount_that_somebody_is_in_is_mounted_again_by_the_daemon(mount, wait_until):
    home, point = mount.home, mount.home.folder / "lsfs"
    home.client.call("mount", {"path": str(point)})
    try:
        with subprocess.Popen(["sleep", "60"], cwd=point / "by-type") as sleeper:
            try:
                (before,) = home.client.call("mounts")["mounts"]
                os.kill(before["pid"], signal.SIGKILL)
                with within(1):
                    assert errno_of_listing(point) in (0, *DEAD)
                wait_until(lambda: _pid(home) and errno_of_listing(point / "search" / "lease") == 0, 20)
                assert _pid(home) != before["pid"]
                assert len(links(point / "search" / "lease")) == 10
                assert_readable_without_daemon(point)
            finally:
                sleeper.kill()
    finally:
        home.client.call("umount", {"path": None, "force": True})
    assert not is_mounted(point)


def _pid(home: Home) -> int | None:
    (one,) = home.client.call("mounts")["mounts"]
    return one["pid"] if one["mounted"] else None


def test_daemon_and_mount_killed_at_once_come_back(mount, wait_until):
    point = mount.point
    os.kill(mount.home.pid(), signal.SIGKILL)
    kill_mount(mount)
    with within(1):
        ran("ls", "-lR", point)
    wait_until(lambda: not is_locked(mount.home.paths.lock))
    mount.home.pid()
    assert_mounted_again(mount)


# A daemon that does not move.


@pytest.fixture(scope="module")
def many(process_folder: Path) -> Iterator[Home]:
    """A home with more files than a search shows."""
    folder = Path(tempfile.mkdtemp(prefix="h", dir=process_folder))
    with home_at(folder, "off") as home:
        for number in range(MANY):
            write(home.root / f"part{number % 10}" / f"lease{number}.md", f"A flat in Lyon, {number}.\n")
        age(home.root)
        home.up()
        yield home
    shutil.rmtree(folder)


@pytest.fixture
def point(many: Home) -> Iterator[Path]:
    """A mount that has not missed anything yet."""
    with mounted(many) as at:
        yield at


def test_a_hung_daemon_holds_up_searches_once_and_the_past_never(many, point, wait_until):
    then = point / "at" / THEN / "Documents/part3"
    with hung(many):
        with within(6), ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ran, "ls", "-l", point / "search" / f"lyon {number}") for number in range(8)]
            looks = 0
            while not all(one.done() for one in asked):
                with within(AT_ONCE_S):
                    assert (then / "lease3.md").read_bytes() == b"A flat in Lyon, 3.\n"
                    assert len(os.listdir(then)) == MANY // 10
                    assert (point / "by-type/md/lease3.md").is_symlink()
                    assert (point / "README.txt").read_text()
                looks += 1
                time.sleep(0.1)
        assert looks > 10
        assert all(one.result().returncode != 0 for one in asked)
        with within(1):
            for number in range(20):
                assert errno_of_listing(point / "search" / f"flat {number}") == errno.ETIMEDOUT
    wait_until(lambda: errno_of_listing(point / "search" / "flat 1") == 0, 5)
    assert len(links(point / "search" / "flat")) == SHOWN


def test_the_kept_results_of_a_search_are_listed_whole_while_the_daemon_hangs(many, point, wait_until):
    folder = point / "search" / "lyon"
    before = set(links(folder))
    assert len(before) == SHOWN
    write(many.root / "another.txt", "Nothing that would be found.\n")
    wait_until(lambda: "another.txt" in links(point / "by-type/txt"))  # so the search has to be run again
    with hung(many):
        with within(6):
            done = ran("ls", "-l", folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(b" -> ") == SHOWN
        assert b"older result" in (folder / ".why.txt").read_bytes()
        with within(1):
            assert ran("ls", "-l", folder).stdout == done.stdout
            assert set(links(folder)) == before
            assert (folder / "lease7.md").read_bytes() == b"A flat in Lyon, 7.\n"
    (many.root / "another.txt").unlink()
