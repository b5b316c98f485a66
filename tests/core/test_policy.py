"""What is kept and searched of a root: settings, what they come to, and what the ignore rules make of that."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from lsfs.core.errors import StorageError
from lsfs.core.ignore import IgnoreRules, Verdict
from lsfs.core.policy import MIB, InForce, Policy, in_force, merged, policy_text, read_policy
from lsfs.core.posix import Mount, mountinfo
from lsfs.core.volumes import Volume, away, left_volume, volume_of


def rules(**policy) -> IgnoreRules:
    return IgnoreRules(policy=InForce(**policy)).enter(b"", (), lambda _: b"")


def test_a_policy_is_stored_without_its_defaults_and_read_back():
    policy = Policy(versions="on", exclude=("*.iso",))
    assert read_policy(policy_text(policy)) == policy and read_policy("{}") == Policy()
    assert policy_text(Policy()) == "{}"
    with pytest.raises(StorageError):
        read_policy('{"versions": "sometimes"}')


def test_changes_that_are_not_said_leave_the_rest():
    assert merged(Policy(index="off"), {"versions": "off", "index": None}) == Policy(versions="off", index="off")


@pytest.mark.parametrize(
    ("versions", "away", "kept"),
    [("auto", "", True), ("auto", "elsewhere", False), ("on", "elsewhere", True), ("off", "", False)],
)
def test_versions_follow_the_setting_and_the_volume(versions, away, kept):
    assert (in_force(Policy(versions=versions), away).unversioned == "") is kept


def test_what_is_too_large_or_excluded_is_searched_and_has_no_versions():
    limited = rules(max_bytes=MIB, exclude=("*.iso", "raw/"))
    assert limited.verdict(b"a.txt", False, MIB) == Verdict()
    assert limited.verdict(b"a.txt", False, MIB + 1) == Verdict(None, "larger than 1 MiB")
    assert limited.verdict(b"disk.iso", False, 1).version and limited.verdict(b"disk.iso", False, 1).index is None
    inside = limited.enter(b"raw", (), lambda _: b"")
    assert inside.verdict(b"raw/photo.txt", False, 1).version
    assert limited.verdict(b"folder", True, MIB + 1) == Verdict()


def test_a_root_that_is_not_searched_keeps_its_versions_and_the_other_way_round():
    assert rules(unindexed="off here").verdict(b"a.txt", False) == Verdict("off here", None)
    assert rules(unversioned="off here").verdict(b"a.txt", False) == Verdict(None, "off here")


def test_no_ignore_file_takes_back_what_the_user_has_set():
    taken_back = IgnoreRules(policy=InForce(unversioned="off here")).enter(
        b"", (b".lsfsignore",), lambda _: b"!a.txt\n"
    )
    assert taken_back.verdict(b"a.txt", False) == Verdict(None, "off here")


def device(sys: Path, number: int, **files: str) -> None:
    """A block device of a made-up /sys."""
    block = sys / "devices" / str(number)
    (block / "dm").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (block / name.replace("_", "/")).write_text(text)
    link = sys / "dev/block" / f"{os.major(number)}:{os.minor(number)}"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(block)


def test_versions_stay_on_for_a_second_disk(tmp_path):
    device(tmp_path, 1, removable="0\n")
    assert left_volume(Volume(1, "ext4"), Volume(2, "ext4"), tmp_path) == ""


def test_versions_would_leave_a_removable_or_an_encrypted_volume(tmp_path):
    device(tmp_path, 1, removable="1\n")
    assert "removable" in left_volume(Volume(1, "ext4"), Volume(2, "ext4"), tmp_path)
    (tmp_path / "devices/1/removable").write_text("0\n")
    (tmp_path / "devices/1/dm/uuid").write_text("CRYPT-LUKS2-x")
    assert "encrypted" in left_volume(Volume(1, "ext4"), Volume(2, "ext4"), tmp_path)
    assert "encrypted" in left_volume(Volume(3, encrypted=True), Volume(3), tmp_path)


def test_a_volume_of_lvm_on_an_unlocked_disk_is_encrypted_too(tmp_path):
    device(tmp_path, 1)
    device(tmp_path, 9, dm_uuid="CRYPT-LUKS2-x")
    (tmp_path / "devices/1/slaves").mkdir()
    (tmp_path / "devices/1/slaves/dm-9").symlink_to(tmp_path / "devices/9")
    assert "encrypted" in left_volume(Volume(1, "ext4"), Volume(2, "ext4"), tmp_path)


def test_a_vault_on_the_same_volume_or_one_as_well_encrypted_is_no_leak(tmp_path):
    device(tmp_path, 1, dm_uuid="CRYPT-LUKS2-x")
    device(tmp_path, 2, dm_uuid="CRYPT-LUKS2-y")
    assert left_volume(Volume(1, "ext4"), Volume(2, "ext4"), tmp_path) == ""
    assert left_volume(Volume(1, "ext4"), Volume(1, "ext4"), tmp_path) == ""
    assert left_volume(Volume(1, encrypted=True), Volume(1, encrypted=True), tmp_path) == ""


@pytest.mark.parametrize("fs_type", ["ecryptfs", "fuse.gocryptfs", "fuse.encfs"])
def test_a_file_system_that_encrypts_is_an_encrypted_volume(tmp_path, fs_type):
    assert "encrypted" in left_volume(Volume(5, fs_type), Volume(2, "ext4"), tmp_path)
    assert left_volume(Volume(5, fs_type), Volume(6, fs_type), tmp_path) == ""


def test_a_volume_with_a_number_of_its_own_is_known_by_the_device_that_is_mounted(tmp_path, monkeypatch):
    table = [Mount(b"/", "ext4", b"/dev/sda1"), Mount(b"/usb", "btrfs", b"/dev/sdb1")]
    numbers = {
        b"/usb/docs": (os.makedev(0, 44), 0),
        b"/vault": (os.makedev(8, 1), 0),
        b"/dev/sdb1": (5, os.makedev(8, 17)),
    }
    monkeypatch.setattr(
        os, "stat", lambda path: SimpleNamespace(**dict(zip(("st_dev", "st_rdev"), numbers[path], strict=True)))
    )
    assert volume_of(b"/usb/docs", table) == Volume(os.makedev(8, 17), "btrfs")
    assert volume_of(b"/vault", table) == Volume(os.makedev(8, 1), "ext4")


def test_memory_is_no_volume_to_leave(tmp_path):
    device(tmp_path, 1, removable="1\n")
    assert left_volume(Volume(1, "tmpfs"), Volume(2, "ext4"), tmp_path) == ""


def test_a_folder_of_this_machine_is_looked_at_without_a_failure(tmp_path):
    assert away(os.fsencode(tmp_path), os.fsencode(tmp_path), mountinfo()) == ""
