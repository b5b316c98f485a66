"""Before an op is recorded as done, or as taken back, everything that it changed is synced."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import LsfsError
from lsfs.plan import durable
from tests.plan.conftest import Desk


class Synced:
    """Which inodes were synced before the vault was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alone: set[int] = set()
        self.devices: set[int] = set()
        self.fault: str = ""
        self.at_end: dict[str, set[int]] = {}
        fsync, whole = os.fsync, durable.sync_file_system

        def noted(fd: int) -> None:
            self.alone.add(os.fstat(fd).st_ino)
            fsync(fd)

        def noted_whole(fd: int) -> None:
            self.devices.add(os.fstat(fd).st_dev)
            whole(fd)

        monkeypatch.setattr(os, "fsync", noted)
        monkeypatch.setattr(durable, "sync_file_system", noted_whole)

    def reach(self, name: str) -> None:
        if name == "op.begun":
            self.alone.clear()
            self.devices.clear()
        if name == self.fault:
            self.alone.clear()
            raise OSError(5, "broken")
        if name == "op.before-done":
            self.at_end = {"alone": set(self.alone), "devices": set(self.devices)}


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Synced:
    return Synced(monkeypatch)


@pytest.fixture
def desk(tmp_path, start_desk, synced: Synced) -> Iterator[Desk]:
    with start_desk(tmp_path, synced.reach) as desk:
        desk.write("f.txt", "first\n", 0o600)
        desk.write("d/g.txt", "g\n")
        desk.lsfs.up()
        desk.flush()
        yield desk


def test_a_mode_that_a_restore_gave_back(desk: Desk, synced: Synced):
    desk.at("f.txt").chmod(0o644)
    desk.flush()
    op = desk.do(act.Restore(path="f.txt", to="first"))
    assert {type(step).__name__ for step in desk.steps(op)} == {"SetMeta"}
    assert desk.at("f.txt").stat().st_ino in synced.at_end["alone"]


def test_modes_of_many_files(desk: Desk, synced: Synced):
    for number in range(20):
        desk.write(f"many/{number}.txt", f"{number}\n", 0o600)
    desk.flush()
    mark = desk.do(act.Mkdir(path="a mark"))
    for number in range(20):
        desk.at(f"many/{number}.txt").chmod(0o644)
    desk.flush()
    desk.do(act.Restore(path="many", to=f"before op {mark.op}"))
    assert desk.at("many/7.txt").stat().st_mode & 0o777 == 0o600
    assert desk.root.stat().st_dev in synced.at_end["devices"]


def test_the_trash_and_what_comes_back_from_it(desk: Desk, synced: Synced):
    op = desk.do(act.Trash(paths=("f.txt",)))
    folders = {(desk.trash / part).stat().st_ino for part in ("files", "info")}
    assert folders | {desk.root.stat().st_ino} <= synced.at_end["alone"]
    synced.at_end = {}
    desk.undo(op)
    assert folders | {desk.root.stat().st_ino} <= synced.at_end["alone"]


def test_a_folder_that_was_made(desk: Desk, synced: Synced):
    desk.do(act.Mkdir(path="x/y"))
    assert {desk.at(name).stat().st_ino for name in (".", "x", "x/y")} <= synced.at_end["alone"]


def test_what_a_failed_op_took_back(desk: Desk, synced: Synced):
    synced.fault = "op.before-done"
    with pytest.raises(LsfsError, match="taken back"):
        desk.do(act.Move(paths=("f.txt",), to="d"))
    assert {desk.at(name).stat().st_ino for name in (".", "d")} <= synced.alone
