"""Whether keeping copies of a folder's files would carry them off a volume that its owner may take away or lock."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lsfs.core.paths import is_within
from lsfs.core.posix import Mount, is_encrypted

SYS = Path("/sys")
_ENCRYPTING = frozenset(("ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs"))


class Volume(msgspec.Struct, frozen=True):
    """Where a folder lies, as far as it matters here."""

    device: int
    fs_type: str = ""
    encrypted: bool = False
    """Whether the folder itself is encrypted by its file system."""


def away(root: bytes, vault: bytes, mounts: Sequence[Mount]) -> str:
    """Why versions of `root` would lie where it does not: '' unless its volume is removable or encrypted.

    `vault` is the folder that copies would lie in; raises OSError where one of the two cannot be looked at.
    """
    ours, theirs = (volume_of(path, mounts) for path in (root, vault))
    where = left_volume(ours, theirs)
    kept = vault.decode("utf-8", "replace")
    return f"it lies on {where}, and copies would lie in {kept}: no versions unless you ask for them" if where else ""


def left_volume(root: Volume, vault: Volume, sys: Path = SYS) -> str:
    """What copies of a root's files would leave: '' where that is no matter."""
    if root.encrypted and not vault.encrypted:
        return "an encrypted folder"
    if root.device == vault.device or root.fs_type == "tmpfs":
        return ""
    if (root.fs_type in _ENCRYPTING and vault.fs_type not in _ENCRYPTING) or (
        _is_crypt(root.device, sys) and not _is_crypt(vault.device, sys)
    ):
        return "an encrypted volume"
    return "a removable volume" if _is_removable(root.device, sys) else ""


def volume_of(path: bytes, mounts: Sequence[Mount]) -> Volume:
    """The volume that a path lies on; raises OSError where it cannot be looked at."""
    mount, device = _mount(path, mounts), os.stat(path).st_dev
    if mount is not None and os.major(device) == 0:
        # btrfs and others number their volumes themselves; what they lie on is what is mounted.
        with contextlib.suppress(OSError):
            device = os.stat(mount.source).st_rdev or device
    return Volume(device, mount.fs_type if mount is not None else "", is_encrypted(path))


def _mount(path: bytes, mounts: Sequence[Mount]) -> Mount | None:
    covering = [mount for mount in mounts if is_within(path, mount.mount_point.rstrip(b"/"))]
    # Of mounts on the same point, the last one covers the others.
    longest = max((len(mount.mount_point) for mount in covering), default=0)
    return next((mount for mount in reversed(covering) if len(mount.mount_point) == longest), None)


def _block(device: int, sys: Path) -> Path:
    return Path(os.path.realpath(sys / "dev/block" / f"{os.major(device)}:{os.minor(device)}"))


def _is_crypt(device: int, sys: Path) -> bool:
    return any(_text(block / "dm/uuid").startswith("CRYPT-") for block in _stack(_block(device, sys)))


def _is_removable(device: int, sys: Path) -> bool:
    for block in _stack(_block(device, sys)):
        # A partition's disk is the folder above it.
        if any(_text(place / "removable").strip() == "1" for place in (block, block.parent)) or "/usb" in str(block):
            return True
    return False


def _stack(block: Path) -> Iterator[Path]:
    """A block device, and what it is made of: a volume of LVM on a disk unlocked by LUKS …"""
    waiting = [block]
    while waiting:
        yield (one := waiting.pop())
        try:
            waiting += [Path(os.path.realpath(slave)) for slave in (one / "slaves").iterdir()]
        except OSError:
            continue


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
