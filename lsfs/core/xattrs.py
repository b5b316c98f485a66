"""Extended attributes of a file as one value: what a version keeps of them, and the tags that desktops keep there."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

import msgspec

TAGS = "user.xdg.tags"
"""Where desktop programs keep tags (freedesktop.org, Common Extended Attributes): UTF-8, separated by commas."""

_LEFT_OUT = ("security.", "trusted.", "system.")
"""The system's own: labels and capabilities that it gives by its rules."""
_KEPT_OF_SYSTEM = ("system.posix_acl_access", "system.posix_acl_default")
_NONE = (errno.ENOTSUP, errno.ENOSYS, errno.EPERM, errno.EACCES)


class Attributes(msgspec.Struct, frozen=True, array_like=True):
    """The extended attributes of a file."""

    packed: bytes | None = None
    """All but tags, as `pack` encodes them; None where there is none."""
    tags: str | None = None
    """The value of `TAGS`, '' where it has none; None where the file system keeps no attributes."""


def pack(values: Mapping[str, bytes]) -> bytes | None:
    """Attributes as JSON ``{name: base64}``, names in order; None of none."""
    return msgspec.json.encode(dict(sorted(values.items()))) if values else None


def unpack(packed: bytes | None) -> dict[str, bytes]:
    """The attributes that `pack` encoded."""
    return msgspec.json.decode(packed, type=dict[str, bytes]) if packed else {}


def read(file: int | bytes, *, follow: bool = False) -> Attributes:
    """The attributes of an open file, or of what stands at a path; raises OSError of the disk."""
    if not hasattr(os, "listxattr"):
        return Attributes()
    follow = follow or isinstance(file, int)
    try:
        names = os.listxattr(file, follow_symlinks=follow)
    except OSError as error:
        if error.errno in _NONE:
            return Attributes()
        raise
    values = {}
    tags = ""
    for name in names:
        if name == TAGS:
            tags = _get(file, name, follow).decode("utf-8", "replace")
        elif name in _KEPT_OF_SYSTEM or not name.startswith(_LEFT_OUT):
            values[name] = _get(file, name, follow)
    return Attributes(pack(values), tags)


def _get(file: int | bytes, name: str, follow: bool) -> bytes:
    try:
        return os.getxattr(file, name, follow_symlinks=follow)
    except OSError as error:
        if error.errno == errno.ENODATA:  # taken away since it was listed
            return b""
        raise


def write(file: int | bytes, packed: bytes | None, *, follow: bool = False) -> bool:
    """Makes the attributes (tags apart) those of `packed`; whether all of them could be set."""
    if not hasattr(os, "setxattr"):
        return not packed
    follow = follow or isinstance(file, int)
    wanted = unpack(packed)
    try:
        present = unpack(read(file, follow=follow).packed)
    except OSError:
        present = {}
    whole = True
    for name in present.keys() | wanted.keys():
        value = wanted.get(name)
        if value == present.get(name):
            continue
        try:
            if value is None:
                os.removexattr(file, name, follow_symlinks=follow)
            else:
                os.setxattr(file, name, value, follow_symlinks=follow)
        except OSError:
            whole = False
    return whole


def write_tags(file: int | bytes, value: str, *, follow: bool = False) -> bool:
    """Makes `value` what desktops see as the file's tags, '' for none; whether that could be done."""
    if not hasattr(os, "setxattr"):
        return False
    follow = follow or isinstance(file, int)
    try:
        if value:
            os.setxattr(file, TAGS, value.encode(), follow_symlinks=follow)
        else:
            os.removexattr(file, TAGS, follow_symlinks=follow)
    except OSError as error:
        return error.errno == errno.ENODATA
    return True


def split_tags(value: str) -> tuple[str, ...]:
    """The tags in a value of `TAGS`, each once, in order."""
    return tuple(dict.fromkeys(tag for part in value.split(",") if (tag := part.strip())))
