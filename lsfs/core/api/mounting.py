"""The folders of lsfs that other programs see: where they are mounted."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.api.caller import Caller


class MountRequest(Caller, frozen=True, kw_only=True):
    """Mount lsfs at a folder, until it is unmounted by a request."""

    path: str
    allow_other: bool = False
    """Whether other users may look into it, too."""


class UmountRequest(Caller, frozen=True, kw_only=True):
    """Take a mount away."""

    path: str | None = None
    """None: all of them."""
    force: bool = False
    """Also where a program uses it: what it has open there fails from then on."""


class MountInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A mount that the user wants."""

    path: str
    mounted: bool
    """Whether it can be looked into now."""
    allow_other: bool = False
    pid: int | None = None
    """Its process."""
    note: str = ""
    """Why it is not mounted, and what to do."""
    path_b64: str | UnsetType = UNSET


class MountList(msgspec.Struct, frozen=True, kw_only=True):
    """The mounts."""

    mounts: tuple[MountInfo, ...]
