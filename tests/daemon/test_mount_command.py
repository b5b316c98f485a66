"""`lsfs mount` and `lsfs umount` with the real daemon and the real process that mounts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.config import Config, save_config
from lsfs.core.locations import Paths
from lsfs.core.posix import mountinfo
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import is_locked, launch_daemon
from lsfsd.mounts.process import UNMOUNTED, claim_in
from lsfsd.mounts.requirements import fusermount, missing

pytestmark = [
    pytest.mark.fuse,
    pytest.mark.skipif(missing() is not None, reason=f"no FUSE here: {missing()}"),
]
SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon", "cli")]
RUN_LSFSD = f"import sys; sys.path[:0] = {SOURCES!r}; from lsfsd.main import main; main()"


class Daemon:
    """The daemon of a home that is watched as a whole."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.paths = Paths.from_env(os.environ)
        command = [sys.executable, "-c", RUN_LSFSD, "run"]
        caller = caller_fields(os.environ, b"/", "cli")
        self.client = Client(
            self.paths, caller, launch=lambda: launch_daemon(self.paths, os.environ, command), build="0"
        )

    def kill(self) -> None:
        """As a crash does, or the kernel where memory is short."""
        os.kill(self.client.call("hello")["pid"], signal.SIGKILL)

    def is_gone(self) -> bool:
        return not is_locked(self.paths.lock)

    def mounts(self) -> list[dict]:
        return self.client.call("mounts")["mounts"]

    def pid(self) -> int | None:
        """The process of the one mount once it stands, none before."""
        (mount,) = self.mounts()
        return mount["pid"] if mount["mounted"] else None


@pytest.fixture
def daemon(private_home: Path) -> Iterator[Daemon]:
    made = Daemon(private_home)
    save_config(made.paths.config_file, Config(embedder="off"))
    documents = private_home / "documents"
    documents.mkdir()
    (documents / "lease.md").write_text("# Lease\n\nThe flat in Lyon is let until March.\n")
    made.client.call("up", {"paths": [str(private_home)]})
    yield made
    if made.mounts():
        made.client.call("umount", {"path": None, "force": True})
    made.client.stop_daemon()


def points(home: Path) -> list[bytes]:
    return [mount.mount_point for mount in mountinfo() if mount.mount_point.startswith(os.fsencode(home) + b"/")]


def test_it_is_mounted_listed_and_unmounted_from_the_command_line(daemon, lsfs):
    point = daemon.home / "lsfs"
    assert (lsfs("mount", "--list").code, lsfs("umount").code) == (1, 1)
    done = lsfs("mount")
    assert done.code == 0, done.err
    assert done.out.startswith(f"{point} is mounted. Try: ls {point}/search/")
    assert "history/" in done.err
    assert point.stat().st_mode & 0o777 and (point / "README.txt").read_text()
    listed = lsfs("mount", "--list", "--json").document["mounts"]
    assert [(one["path"], one["mounted"]) for one in listed] == [(str(point), True)]
    assert list(daemon.client.stream("progress", {"until": "words"}))[-1]["finished"]
    assert [path.readlink().name for path in (point / "search" / "lyon").iterdir() if path.is_symlink()] == ["lease.md"]
    status = lsfs("status", str(point), "--json").document
    assert (status["state"], status["reason"]) == ("ignored", "another file system is mounted there")
    busy = subprocess.Popen(["sleep", "60"], cwd=point)
    try:
        refused = lsfs("umount")
        assert refused.code == 4 and f"in use: sleep (process {busy.pid})" in refused.err and "--force" in refused.err
    finally:
        busy.kill()
        busy.wait()
    done = lsfs("umount")
    assert (done.code, done.out) == (0, f"{point} is unmounted\n")
    assert points(daemon.home) == []
    assert list(point.iterdir()) == []


def test_the_mount_outlives_the_daemon_which_finds_it_again(daemon, wait_until):
    daemon.client.call("mount", {"path": str(daemon.home / "shown")})
    pid = daemon.pid()
    daemon.client.stop_daemon()
    assert (daemon.home / "shown" / "README.txt").exists()
    wait_until(lambda: daemon.pid() == pid)
    daemon.kill()
    wait_until(daemon.is_gone)
    assert (daemon.home / "shown" / "README.txt").exists()
    wait_until(lambda: daemon.pid() == pid)


def test_it_is_mounted_again_after_both_were_killed(daemon, wait_until):
    daemon.client.call("mount", {"path": str(daemon.home / "shown")})
    pid = daemon.pid()
    daemon.kill()
    os.kill(pid, signal.SIGKILL)
    wait_until(daemon.is_gone)
    wait_until(lambda: daemon.pid() not in (pid, None))
    assert (daemon.home / "shown" / "README.txt").exists()


def test_a_process_that_is_ended_comes_back_and_one_that_is_unmounted_stays_away(daemon, wait_until):
    point = daemon.home / "shown"
    daemon.client.call("mount", {"path": str(point)})
    (lock,) = Path(daemon.paths.state_dir, "mounts").glob("*.lock")
    pid = daemon.pid()
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: daemon.pid() not in (pid, None))
    daemon.client.stop_daemon()
    wait_until(lambda: daemon.pid() is not None)  # adopted by the next
    subprocess.run([fusermount(), "-u", str(point)], check=True)
    wait_until(lambda: "another program" in daemon.mounts()[0]["note"])
    assert claim_in(lock).ended == UNMOUNTED and points(daemon.home) == []


def test_a_mount_that_was_moved_with_its_folder_is_found(daemon):
    (daemon.home / "sub").mkdir()
    daemon.client.call("mount", {"path": str(daemon.home / "sub" / "shown")})
    (daemon.home / "sub").rename(daemon.home / "sub2")
    moved = daemon.home / "sub2" / "shown"
    (listed,) = daemon.mounts()
    assert not listed["mounted"] and f"it was moved to {moved}" in listed["note"]
    daemon.client.call("umount", {"path": str(daemon.home / "sub" / "shown")})
    assert points(daemon.home) == [] and list(moved.iterdir()) == []


def test_doctor_says_whether_anything_can_be_mounted(daemon, lsfs):
    assert "✓ lsfs can be mounted" in lsfs("doctor").out
