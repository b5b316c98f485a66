"""What is kept, and searched, of one watched folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from lsfs.core.errors import StorageError

MIB = 1 << 20


class Policy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Settings of a root; those that are not set are the defaults of this version of lsfs."""

    versions: Literal["on", "off", "auto"] = "auto"
    """auto: on, but on a removable or an encrypted volume where the vault lies elsewhere."""
    max_file_mb: int = 256
    """Larger files have no versions; what lsfs itself overwrites is kept whatever its size."""
    exclude: tuple[str, ...] = ()
    """Patterns as in ``.gitignore`` of what has no versions."""
    index: Literal["on", "off"] = "on"
    """off: nothing of it is searched."""

    @property
    def max_bytes(self) -> int:
        """`max_file_mb` in bytes."""
        return self.max_file_mb * MIB


class InForce(msgspec.Struct, frozen=True):
    """What a policy comes to on the volume that its root is on."""

    unindexed: str = ""
    """Why nothing of it is searched; '' where it is."""
    unversioned: str = ""
    """Why no versions of it are kept; '' where they are."""
    max_bytes: int | None = None
    """Larger files have no versions; None: whatever their size."""
    exclude: tuple[str, ...] = ()
    """Patterns of what has no versions."""


def in_force(policy: Policy, away: str) -> InForce:
    """What applies; `away` says why versions would leave the volume, '' where they would not."""
    unversioned = "versions are off for this folder" if policy.versions == "off" else ""
    if policy.versions == "auto" and away:
        unversioned = away
    return InForce(
        unindexed="" if policy.index == "on" else "searching is off for this folder",
        unversioned=unversioned,
        max_bytes=policy.max_bytes,
        exclude=policy.exclude,
    )


def merged(policy: Policy, changes: Mapping[str, object]) -> Policy:
    """The policy with the changes that are not None."""
    return msgspec.structs.replace(policy, **{name: value for name, value in changes.items() if value is not None})


def read_policy(text: str) -> Policy:
    """The policy that a vault stores; raises StorageError where it is none."""
    try:
        return msgspec.json.decode(text, type=Policy)
    except msgspec.DecodeError as error:
        raise StorageError(f"the settings of a watched folder cannot be read: {error}") from error


def policy_text(policy: Policy) -> str:
    """What `read_policy` reads."""
    return msgspec.json.encode(policy).decode()
