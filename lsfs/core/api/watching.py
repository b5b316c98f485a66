"""Watched folders, how far their indexing is, and how the daemon is."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.api.caller import Caller

RootState = Literal["scanning", "watching", "polling", "offline", "paused"]
FileState = Literal[
    "indexed",  # by words and, where there is an embedder, by vectors
    "words",  # by words; vectors are still to be made
    "waiting",  # known by name; its content has not been read yet
    "name-only",  # by name for good: too large, or of a kind without text
    "failed",  # reading it failed; by name only, the reason says why
    "unstable",  # it kept changing while it was read, and is tried again later
    "ignored",  # a rule leaves it out; the reason names the rule
    "outside",  # below no root
    "missing",  # nothing stands at this path
]
Severity = Literal["ok", "note", "warning", "error"]


class UpRequest(Caller, frozen=True, kw_only=True):
    """Watch and index folders."""

    paths: tuple[str, ...]
    wait: Literal["no", "words", "all"] = "no"
    """How far the caller means to wait (it follows `ProgressEvent`)."""
    settings: RootSettings | None = None
    """None: as they are, or the defaults."""


class RootSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept and searched of a root; what is None stays as it is."""

    versions: Literal["on", "off", "auto"] | None = None
    """auto: on, but on a removable or an encrypted volume."""
    max_file_mb: int | None = None
    """Larger files have no versions."""
    exclude: tuple[str, ...] | None = None
    """Patterns as in ``.gitignore`` of what has no versions."""
    index: Literal["on", "off"] | None = None
    """off: nothing of it is searched."""


class SettingsRequest(Caller, frozen=True, kw_only=True):
    """Change what is kept and searched of a watched folder."""

    path: str
    settings: RootSettings


class RescanRequest(Caller, frozen=True, kw_only=True):
    """Compare the disk with the index again."""

    path: str | None = None
    """A root or what lies below one; None for every root."""


class ProgressRequest(Caller, frozen=True, kw_only=True):
    """Follow the indexing until it is done."""

    until: Literal["words", "all"] = "all"
    """``words``: every file that is due can be found by its words; ``all``: vectors and version rows too."""
    paths: tuple[str, ...] = ()
    """What the caller waits for; the daemon reads one queue, so the events tell of all that it has to do."""


class ProgressEvent(msgspec.Struct, frozen=True, kw_only=True):
    """How far the indexing is.  At least one a second while it is followed, so that a gone listener is noticed."""

    phase: Literal["scan", "words", "vectors", "versions", "done"]
    done: int
    """Files of this phase that are finished."""
    total: int
    """Files known to be due in this phase; grows while a scan runs."""
    rate: float = 0.0
    """Files per second of the last seconds."""
    note: str = ""
    finished: bool = False
    """True in the last event, and only there."""


class RootInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A watched folder."""

    path: str
    state: RootState
    files: int = 0
    added: str = ""
    reason: str = ""
    """Why the state is what it is, where that is not as it should be, and what to do."""
    absorbed: tuple[str, ...] = ()
    """Roots below it that it took over."""
    versions: str = "on"
    """on, or why none are kept."""
    index: str = "on"
    """on, or off."""
    max_file_mb: int = 256
    """Files that are larger have no versions."""
    exclude: tuple[str, ...] = ()
    """What has no versions."""
    path_b64: str | UnsetType = UNSET


class RootList(msgspec.Struct, frozen=True, kw_only=True):
    """The watched folders."""

    roots: tuple[RootInfo, ...]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """How much is known."""

    files: int = 0
    contents: int = 0
    chunks: int = 0
    vectors: int = 0
    failed: int = 0


class Queues(msgspec.Struct, frozen=True, kw_only=True):
    """How much is still to be done, in files."""

    read: int = 0
    words: int = 0
    vectors: int = 0


class DiskUse(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes on disk."""

    text: int = 0
    """Text that was found in the files (not kept as such)."""
    index: int = 0
    vault: int = 0
    versions: int = 0
    """The kept bytes beside the vault."""


class WorkerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One of the daemon's own processes."""

    name: str
    state: str
    pid: int | None = None
    memory: int = 0
    """Resident bytes."""


class StatusResult(msgspec.Struct, frozen=True, kw_only=True):
    """How the daemon is, and how far it got."""

    state: Literal["idle", "working", "paused", "read-only"]
    complete: bool
    """True when nothing is waiting: every file that can be is found by words and vectors."""
    roots: tuple[RootInfo, ...] = ()
    totals: Totals = Totals()
    queues: Queues = Queues()
    disk: DiskUse = DiskUse()
    workers: tuple[WorkerInfo, ...] = ()
    sandbox: tuple[str, ...] = ()
    """What confines the workers: ``landlock``, ``seccomp``, ``rlimits``."""
    protected: float | None = None
    """Share (0 to 1) of the bytes below the roots whose versions are kept; None while none are."""
    embedder: str = ""
    notes: tuple[str, ...] = ()
    """What the user should know: watches that ran out, an index that was made anew …"""
    pid: int = 0
    uptime_s: float = 0.0


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one path."""

    path: str
    state: FileState
    reason: str = ""
    root: str | None = None
    kind: str = ""
    size: int = 0
    modified: str = ""
    content: str = ""
    """blake3 of its bytes, hexadecimal."""
    chunks: int = 0
    vectors: int = 0
    path_b64: str | UnsetType = UNSET


class DoctorFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at, what is wrong with it, and how to mend it."""

    severity: Severity
    what: str
    path: str | UnsetType = UNSET
    hint: str = ""


class FindingList(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that doctor looked at, what is wrong first."""

    findings: tuple[DoctorFinding, ...]
