"""What is mounted where, told without a look at what may hang."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsfs.core.posix import Mount
from lsfs.watch.mounts import OURS, fuse_around, refusal, resolved, with_stored


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The paths that were looked at."""
    found: list[bytes] = []
    readlink = os.readlink

    def noted(path: bytes) -> bytes:
        found.append(path)
        return readlink(path)

    monkeypatch.setattr(os, "readlink", noted)
    return found


def test_a_path_is_resolved_as_the_kernel_does(tmp_path: Path, asked):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to("a/b")
    (tmp_path / "absolute").symlink_to(tmp_path / "link")
    for text in ("link/..", "absolute/x/./y", "a//b/../../link", "missing/c", "../" + tmp_path.name):
        path = os.path.join(os.fsencode(tmp_path), os.fsencode(text))
        assert resolved(path, []) == os.path.realpath(path)
    (tmp_path / "circle").symlink_to("circle")
    assert resolved(os.fsencode(tmp_path / "circle" / "x"), []) == os.fsencode(tmp_path / "circle" / "x")


def test_nothing_is_asked_in_what_a_program_has_mounted(tmp_path: Path, asked):
    point = os.fsencode(tmp_path / "point")
    (tmp_path / "link").symlink_to("point/search/x")
    mounts = [Mount(b"/", "fuse.overlay"), Mount(point, "fuse.sshfs")]
    assert resolved(os.fsencode(tmp_path / "link" / "y"), mounts) == point + b"/search/x/y"
    assert resolved(point + b"/a/../b", mounts) == point + b"/b"
    assert not [path for path in asked if path.startswith(point)]


def test_our_mount_points_count_whether_they_are_mounted_or_not():
    mounts = with_stored([Mount(b"/", "ext4"), Mount(b"/disk", "fuseblk")], [b"/home/me/lsfs"])
    assert fuse_around(b"/home/me/lsfs/at", mounts) == Mount(b"/home/me/lsfs", OURS)
    assert fuse_around(b"/home/me/lsfs-notes", mounts) is None
    assert fuse_around(b"/disk/a", mounts) is None  # a disk, by a program of the system
    assert "lsfs itself" in (refusal(b"/home/me/lsfs/at", mounts) or "")
    assert refusal(b"/home/me", mounts) is None
