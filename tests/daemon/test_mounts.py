"""The service that keeps lsfs mounted, with a stand-in for what is shown and a real engine beside it."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lsfs.core import actions
from lsfs.core.api import PlanRequest
from lsfs.core.errors import ConflictError, NothingFound, RefusedError, StorageError, UnavailableError, UsageError
from lsfs.core.paths import is_within
from lsfs.engine import mounting
from lsfsd.mounts import process, requirements, service
from lsfsd.mounts.process import holder, is_mounted, unmount
from tests.daemon.mounted import kill_helpers, needs_fuse

pytestmark = [pytest.mark.fuse, needs_fuse]


def entries(lsfs) -> list[bytes]:
    root = lsfs.vault.roots.all()[0]
    return [entry.path for entry in lsfs.vault.entries.below(root.id, b"")]


def test_it_is_mounted_and_unmounted(mounted):
    mounted.start()
    info = mounted.mount()
    assert (info.path, info.mounted, info.note) == (str(mounted.point), True, "")
    assert (mounted.point / "hello.txt").read_text() == "shown by the stand-in\n"
    assert mounted.mount() == info  # once more changes nothing
    assert os.getsid(info.pid) == info.pid and os.readlink(f"/proc/{info.pid}/cwd") == "/"
    mounted.umount()
    assert list(mounted.point.iterdir()) == []
    assert mounted.service.list().mounts == ()
    assert not os.path.exists(f"/proc/{info.pid}")
    with pytest.raises(NothingFound):
        mounted.umount()


def test_a_mount_point_in_a_watched_folder_is_left_out_before_anything_is_mounted(mounted, monkeypatch):
    looked: list[bytes] = []
    monkeypatch.setattr(service.Place, "bring_up", lambda place: looked.extend(entries(mounted.lsfs)))
    mounted.point.mkdir()
    mounted.lsfs.rescanned()
    assert b"shown" in entries(mounted.lsfs)
    mounted.start()
    mounted.mount()
    mounted.lsfs.settled()
    assert b"shown" not in entries(mounted.lsfs)
    assert mounted.lsfs.engine.file_status(os.fsencode(mounted.point)).state == "ignored"
    mounted.umount()
    mounted.lsfs.settled()
    assert b"shown" in entries(mounted.lsfs)


def test_a_mount_that_hangs_holds_up_no_scan(mounted):
    (mounted.lsfs.root / "a.txt").write_text("one")
    mounted.start("hung")
    mounted.mount()
    (mounted.lsfs.root / "b.txt").write_text("two")
    began = time.monotonic()
    mounted.lsfs.rescanned()
    assert time.monotonic() - began < 5
    assert {b"a.txt", b"b.txt"} <= set(entries(mounted.lsfs))
    assert not [path for path in entries(mounted.lsfs) if is_within(path, b"shown")]
    with pytest.raises(RefusedError):
        mounted.lsfs.engine._parts.book.check(os.fsencode(mounted.point / "inside"))
    (mounted.lsfs.home / "link").symlink_to(mounted.point / "inside")
    with pytest.raises(RefusedError):
        mounted.lsfs.engine._parts.book.check(os.fsencode(mounted.lsfs.home / "link"))
    mounted.umount(force=True)


def test_a_folder_in_a_mount_point_is_no_root_even_when_it_is_not_mounted(mounted):
    mounted.start("fails")
    mounted.want()
    (mounted.point / "folder").mkdir(parents=True)
    for path in (mounted.point, mounted.point / "folder"):
        with pytest.raises(RefusedError, match="lsfs itself"):
            mounted.lsfs.engine._parts.book.check(os.fsencode(path))


def test_folders_that_are_not_fit_are_refused_and_not_wanted(mounted):
    mounted.start()
    full = mounted.lsfs.home / "full"
    full.mkdir()
    (full / "a.txt").write_text("mine")
    link = mounted.lsfs.home / "link"
    link.symlink_to(mounted.lsfs.root)
    vault = Path(mounted.lsfs.paths.vault_dir)
    file = mounted.lsfs.home / "file"
    file.write_text("mine")
    for path, error in (
        (full, RefusedError),
        (link, UsageError),
        (file, UsageError),
        (mounted.lsfs.root, RefusedError),
        (vault / "shown", RefusedError),
        (vault.parent, RefusedError),
        (mounted.lsfs.home / "missing" / "shown", UsageError),
    ):
        with pytest.raises(error):
            mounted.mount(path)
    assert mounted.service.list().mounts == ()
    mounted.mount()
    for path in (mounted.point / "below", mounted.point / "other"):
        with pytest.raises(RefusedError):
            mounted.mount(path)


@pytest.mark.parametrize(("behaviour", "error"), [("fails", StorageError), ("dies", UnavailableError)])
def test_what_cannot_be_mounted_is_said_and_not_wanted(mounted, behaviour, error):
    mounted.start(behaviour)
    with pytest.raises(error):
        mounted.mount()
    assert mounted.service.list().mounts == ()


def test_what_does_not_get_ready_is_ended(mounted, monkeypatch):
    monkeypatch.setattr(process, "READY_SECONDS", 1.0)
    mounted.start("never-ready")
    with pytest.raises(UnavailableError, match="not ready"):
        mounted.mount()


def test_the_service_ends_while_something_does_not_get_ready(mounted):
    mounted.want()
    mounted.start("never-ready")
    time.sleep(1)
    began = time.monotonic()
    mounted.stop()
    assert time.monotonic() - began < 3


def test_without_fuse_it_is_said_what_to_do(mounted, monkeypatch):
    monkeypatch.setattr(requirements, "DEVICE", "/dev/absent")
    mounted.start()
    with pytest.raises(UnavailableError) as raised:
        mounted.mount()
    assert "/dev/absent" in raised.value.message and "lsfs materialize" in raised.value.hint


def test_a_process_that_is_killed_is_started_again(mounted, wait_until):
    mounted.start()
    first = mounted.mount().pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: mounted.info().pid not in (first, None))
    wait_until(mounted.stands)
    assert (mounted.point / "hello.txt").exists()


def test_who_unmounts_it_otherwise_gets_his_way(mounted, wait_until):
    mounted.start()
    mounted.mount()
    subprocess.run([requirements.fusermount(), "-u", str(mounted.point)], check=True)
    wait_until(lambda: "another program" in mounted.info().note)
    assert any("another program" in note for note in mounted.lsfs.engine.status().notes)
    assert mounted.mount().mounted
    assert mounted.info().note == ""


def test_the_next_daemon_takes_over_what_runs(mounted, wait_until):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    assert (mounted.point / "hello.txt").exists()
    mounted.start()
    wait_until(mounted.stands)
    assert mounted.info().pid == pid
    os.kill(pid, signal.SIGKILL)  # it is looked after, too
    wait_until(lambda: mounted.stands() and mounted.info().pid != pid)


def test_what_an_older_build_runs_is_started_anew(mounted, wait_until):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    mounted.start(build="9/2/b")
    wait_until(mounted.stands)
    assert mounted.info().pid != pid
    assert _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return "Z (zombie)" in Path(f"/proc/{pid}/status").read_text()
    return True


def test_a_stale_mount_is_cleaned_away(mounted, wait_until):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    kill_helpers(mounted.point)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: _is_zombie(pid))
    with pytest.raises(OSError) as raised:
        os.stat(mounted.point)
    assert raised.value.errno in (errno.ENOTCONN, errno.ECONNABORTED)
    wait_until(lambda: process.stale(mounted.locks()[0].parent) == [os.fsencode(mounted.point)])
    mounted.start()
    wait_until(mounted.stands)
    assert (mounted.point / "hello.txt").exists()


def test_a_mount_in_use_is_unmounted_by_force_only(mounted, wait_until):
    mounted.start()
    mounted.mount()
    with open(mounted.point / "hello.txt"):
        with pytest.raises(ConflictError) as raised:
            mounted.umount()
        assert raised.value.hint == "lsfs umount --force"
        wait_until(mounted.stands)  # it goes on
        mounted.umount(force=True)
    assert mounted.service.list().mounts == ()


def test_what_nobody_wants_any_more_is_ended(mounted, wait_until: Callable[..., None]):
    mounted.start()
    pid = mounted.mount().pid
    mounted.stop()
    mounted.lsfs.engine.mounting.forget(os.fsencode(mounted.point))  # as where an older vault was put back
    mounted.start()
    wait_until(lambda: _is_zombie(pid) and not is_mounted(os.fsencode(mounted.point)))


def test_a_folder_that_went_is_made_again_and_one_that_was_filled_is_not_hidden(mounted, wait_until):
    mounted.want()
    mounted.start()
    wait_until(mounted.stands)
    mounted.stop()
    os.kill(int(next(iter(holder_pids(mounted)))), signal.SIGTERM)
    wait_until(lambda: not is_mounted(os.fsencode(mounted.point)))
    (mounted.point / "mine.txt").write_text("kept")
    mounted.start()
    wait_until(lambda: "not empty" in mounted.info().note)
    assert (mounted.point / "mine.txt").read_text() == "kept"
    (mounted.point / "mine.txt").unlink()
    mounted.point.rmdir()
    wait_until(mounted.stands)  # tried again by itself


def holder_pids(mounted) -> list[int]:
    return [found[0].pid for lock in mounted.locks() if (found := holder(lock))]


def test_nothing_watches_a_mount_point(mounted):
    mounted.start()
    mounted.mount()
    mounted.lsfs.rescanned()
    root = mounted.lsfs.vault.roots.all()[0]
    folders = mounted.lsfs.engine._parts.watcher._source._folders
    assert folders._find(root.id, b"") is not None
    assert folders._find(root.id, b"shown") is None


def test_a_mount_for_others_needs_the_consent_of_the_system(mounted, monkeypatch, tmp_path):
    conf = tmp_path / "fuse.conf"
    conf.write_text("#user_allow_other\n")
    monkeypatch.setattr(mounting, "FUSE_CONF", conf)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError) as raised:
        mounted.want(allow_other=True)
    assert "user_allow_other" in raised.value.hint
    conf.write_text("mount_max = 9\nuser_allow_other\n")
    mounted.want(allow_other=True)
    assert mounted.lsfs.engine.mounting.wanted()[0].allow_other


def test_unmounting_by_hand_needs_no_look_at_what_is_mounted(mounted):
    mounted.start("hung")
    mounted.mount()
    assert unmount(os.fsencode(mounted.point), lazy=True) == ""


def test_no_plan_touches_what_is_mounted_nor_a_folder_that_holds_it(mounted):
    (mounted.lsfs.root / "sub").mkdir()
    mounted.point = mounted.lsfs.root / "sub" / "shown"
    (mounted.lsfs.root / "link").symlink_to("sub/shown")
    (mounted.lsfs.root / "a.txt").write_text("mine")
    mounted.start()
    mounted.mount()
    mounted.lsfs.rescanned()
    root = mounted.lsfs.root
    for action in (
        actions.Trash(paths=(str(mounted.point / "hello.txt"),)),
        actions.Trash(paths=(str(root / "link" / "hello.txt"),)),
        actions.Move(paths=(str(root / "a.txt"),), to=str(mounted.point)),
        actions.Move(paths=(str(root / "sub"),), to=str(root / "elsewhere")),
        actions.Trash(paths=(str(mounted.point),)),
    ):
        with pytest.raises(RefusedError, match="lsfs itself"):
            mounted.lsfs.engine.changing.plan(PlanRequest(actions=(action,)))
    assert mounted.lsfs.engine.changing.plan(PlanRequest(actions=(actions.Trash(paths=(str(root / "a.txt"),)),))).op
