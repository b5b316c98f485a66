"""Mounts that are refused, moved, killed or unmounted by somebody else, over a real engine."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.errors import ConflictError, NothingFound, UsageError
from lsfs.core.posix import mountinfo
from lsfsd.mounts import requirements, service
from lsfsd.mounts.process import claim_in, is_mounted
from tests.daemon.mounted import Mounted, kill_helpers, needs_fuse

pytestmark = [pytest.mark.fuse, needs_fuse]


@contextlib.contextmanager
def somebody_in(folder: Path) -> Iterator[int]:
    with subprocess.Popen(["sleep", "60"], cwd=folder) as sleeper:
        try:
            yield sleeper.pid
        finally:
            sleeper.kill()


def is_answering(folder: Path) -> bool:
    try:
        os.stat(folder)
    except OSError as error:
        assert error.errno in (errno.ENOTCONN, errno.ECONNABORTED)
        return False
    return True


def unmount_by_hand(folder: Path) -> None:
    subprocess.run([requirements.fusermount(), "-u", str(folder)], check=True)


# Refused


def test_a_refused_change_of_a_mount_in_use_leaves_it_as_it_is(mounted):
    mounted.start()
    pid = mounted.mount().pid
    with somebody_in(mounted.point):
        with pytest.raises(ConflictError):
            mounted.mount(allow_other=True)
        assert (mounted.point / "hello.txt").read_text() == "shown by the stand-in\n"
        info = mounted.info()
        assert (info.pid, info.mounted, info.allow_other) == (pid, True, False)
    changed = mounted.mount(allow_other=True)
    assert changed.mounted and changed.allow_other and changed.pid != pid


def test_what_cannot_be_changed_is_not_taken_down_for_it(mounted, monkeypatch):
    mounted.start()
    pid = mounted.mount().pid

    def refuse(*_: object, **__: object) -> None:
        raise UsageError("not for others")

    monkeypatch.setattr(mounted.lsfs.engine.mounting, "check", refuse)
    with pytest.raises(UsageError):
        mounted.mount(allow_other=True)
    assert mounted.stands() and mounted.info().pid == pid


def test_a_fault_of_ours_leaves_nothing_wanted(mounted, monkeypatch):
    def fail(_: object) -> None:
        raise ValueError("a fault")

    mounted.start()
    with monkeypatch.context() as broken:
        broken.setattr(service.Place, "bring_up", fail)
        with pytest.raises(ValueError, match="a fault"):
            mounted.mount()
    assert mounted.service.list().mounts == ()
    assert mounted.mount().mounted


def test_of_several_mounts_those_in_use_stay_and_it_is_said_which(mounted):
    mounted.start()
    first, busy, last = (mounted.lsfs.home / name for name in ("a", "b", "c"))
    for folder in (first, busy, last):
        mounted.mount(folder)
    with somebody_in(busy) as pid:
        with pytest.raises(ConflictError) as raised:
            mounted.umount_all()
        said = raised.value.message
        assert f"{first} is unmounted" in said and f"{last} is unmounted" in said
        assert f"{busy} stays: the mount is in use: sleep (process {pid})" in said
        assert raised.value.hint == "lsfs umount --force"
        assert mounted.info().path == str(busy)
    mounted.umount_all()
    assert mounted.service.list().mounts == ()


def test_one_that_is_for_this_user_only_is_not_taken_for_one_for_others(mounted, wait_until):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    mounted.want(allow_other=True)
    mounted.start()
    wait_until(mounted.stands)
    assert mounted.info().pid != pid
    assert claim_in(mounted.locks()[0]).allow_other


# Moved with the folder that it lies in


@pytest.fixture
def moved(mounted: Mounted) -> Path:
    """Where the mount is now."""
    (mounted.lsfs.root / "sub").mkdir()
    mounted.point = mounted.lsfs.root / "sub" / "shown"
    mounted.start()
    mounted.mount()
    (mounted.lsfs.root / "sub").rename(mounted.lsfs.root / "sub2")
    return mounted.lsfs.root / "sub2" / "shown"


def test_a_mount_that_was_moved_is_listed_with_its_place(mounted, moved):
    info = mounted.info()
    assert not info.mounted and f"it was moved to {moved}" in info.note
    moved.parent.rename(mounted.point.parent)
    assert mounted.stands()


@pytest.mark.parametrize("at", ["wanted", "moved"])
def test_a_mount_that_was_moved_is_unmounted_at_either_place(mounted, moved, at):
    pid = mounted.info().pid
    mounted.umount(moved if at == "moved" else mounted.point)
    assert not is_mounted(os.fsencode(moved)) and is_answering(moved)
    assert not os.path.exists(f"/proc/{pid}")
    assert mounted.service.list().mounts == ()


def test_a_mount_that_was_moved_and_is_in_use_stays(mounted, moved):
    with somebody_in(moved):
        with pytest.raises(ConflictError) as raised:
            mounted.umount()
        assert raised.value.path == str(moved)
        assert (moved / "hello.txt").exists() and "it was moved" in mounted.info().note
        mounted.umount(force=True)
    assert not is_mounted(os.fsencode(moved))


def test_the_next_daemon_finds_a_mount_that_was_moved(mounted, moved, wait_until):
    pid = mounted.info().pid
    mounted.stop()
    mounted.start()
    wait_until(lambda: "it was moved" in mounted.info().note)
    assert mounted.info().pid == pid and (moved / "hello.txt").exists()


def test_a_mount_that_was_moved_can_be_had_where_it_was_wanted(mounted, moved):
    mounted.point.parent.mkdir()
    assert mounted.mount().mounted
    assert (mounted.point / "hello.txt").exists() and not is_mounted(os.fsencode(moved))


def test_a_mount_that_was_moved_and_killed_leaves_nothing_there(mounted, moved, wait_until):
    mounted.point.parent.mkdir()
    os.kill(mounted.info().pid, signal.SIGKILL)  # fusermount3 looks at the old place only
    wait_until(mounted.stands)
    assert not is_mounted(os.fsencode(moved)) and is_answering(moved)


# Ended


def test_a_stale_mount_that_nobody_wants_is_cleaned_away(mounted, wait_until):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    kill_helpers(mounted.point)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_answering(mounted.point))
    assert is_mounted(os.fsencode(mounted.point)) and not is_answering(mounted.point)
    mounted.lsfs.engine.mounting.forget(os.fsencode(mounted.point))
    mounted.start()
    wait_until(lambda: not is_mounted(os.fsencode(mounted.point)))
    assert is_answering(mounted.point)
    wait_until(lambda: mounted.locks() == [])


def test_the_record_of_what_another_has_mounted_since_takes_nothing_away(mounted, wait_until):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    (lock,) = mounted.locks()
    other = lock.with_name("0123456789abcdef.lock")
    other.write_text(json.dumps(json.loads(lock.read_text()) | {"device": "0:0"}))
    mounted.start()
    wait_until(lambda: mounted.locks() == [lock] and mounted.stands())
    assert mounted.info().pid == pid


def test_who_unmounts_what_an_earlier_daemon_started_gets_his_way(mounted, wait_until):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    mounted.start()
    wait_until(mounted.stands)
    unmount_by_hand(mounted.point)
    wait_until(lambda: "another program" in mounted.info().note)
    time.sleep(0.5)  # no attempt follows
    assert not is_mounted(os.fsencode(mounted.point)) and mounted.info().pid in (None, pid)


@pytest.mark.parametrize("adopted", [False, True])
def test_a_process_that_a_signal_ends_is_started_again(mounted, wait_until, adopted):
    mounted.start()
    pid = mounted.mount().pid
    if adopted:
        mounted.stop()
        mounted.start()
        wait_until(mounted.stands)
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: mounted.stands() and mounted.info().pid != pid)


def test_the_signal_is_named(mounted, wait_until, monkeypatch):
    notes: list[str] = []
    monkeypatch.setattr(mounted.lsfs.engine.mounting, "report", lambda troubles: notes.extend(troubles.values()))
    mounted.start()
    os.kill(mounted.mount().pid, signal.SIGKILL)
    wait_until(lambda: any("(signal 9)" in note for note in notes))


def test_a_process_says_which_device_it_has_mounted(mounted):
    mounted.start()
    mounted.mount()
    (mount,) = (one for one in mountinfo() if one.mount_point == os.fsencode(mounted.point))
    assert claim_in(mounted.locks()[0]).device == mount.device != ""
    with pytest.raises(NothingFound):
        mounted.umount(mounted.lsfs.home / "elsewhere")
