"""The values that watching and scanning hand on."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import msgspec

from lsfs.core.ignore import Verdict
from lsfs.core.records import Seen


class What(StrEnum):
    """What an event says happened to a path."""

    MODIFIED = "modified"
    """Bytes were written; the file is still held open."""
    CLOSED = "closed"
    """A file that was open for writing was closed."""
    CREATED = "created"
    ATTRIB = "attrib"
    """Mode, owner, times, link count or extended attributes."""
    DELETED = "deleted"
    MOVED_FROM = "moved-from"
    MOVED_TO = "moved-to"


class Event(msgspec.Struct, frozen=True, array_like=True):
    """A hint that a path may have changed."""

    root: int
    path: bytes
    what: What
    t: float
    """When, on the watcher's clock (seconds)."""
    is_dir: bool = False
    cookie: int = 0
    """The same for the two ends of a move; 0 for everything else."""


class Overflow(msgspec.Struct, frozen=True, array_like=True):
    """Events of a root were lost: all of it has to be scanned."""

    root: int
    t: float


class Unwatched(msgspec.Struct, frozen=True, array_like=True):
    """Folders of a root that no watch could be had for; a schedule has to rescan them."""

    folders: list[bytes] = []
    reason: str = ""
    """What ran out and what to do about it, for a person; "" while nothing is unwatched."""


class Work(msgspec.Struct, frozen=True, array_like=True):
    """What settled: look at `paths` one by one, scan each of `subtrees` with all that lies beneath it."""

    paths: list[bytes] = []
    subtrees: list[bytes] = []
    """``b""`` is the whole root."""

    def __bool__(self) -> bool:
        return bool(self.paths or self.subtrees)


class ScanBatch(msgspec.Struct):
    """A part of what a scan or a look found; the order within a scan is that of the walk."""

    seen: list[Seen] = []
    """New or changed."""
    gone: list[bytes] = []
    """Known and no longer there, each path by itself, what lies in a folder before the folder."""
    left_out: list[tuple[bytes, str]] = []
    """Known, still there, but no longer looked at, with the reason: both ignore lists name them now, or something is
    mounted over them.  Not a deletion."""
    errors: list[tuple[bytes, str]] = []
    """What could not be listed or looked at; nothing beneath is counted as gone."""
    index_ignored: dict[bytes, str] = {}
    """Of `seen`: those that are not searched, with the reason."""
    version_ignored: dict[bytes, str] = {}
    """Of `seen`: those of which no versions are kept, with the reason."""
    unchanged: int = 0

    def add_seen(self, seen: Seen, verdict: Verdict) -> None:
        """Adds what was found at a path, with what the ignore lists say of it."""
        self.seen.append(seen)
        if verdict.index is not None:
            self.index_ignored[seen.path] = verdict.index
        if verdict.version is not None:
            self.version_ignored[seen.path] = verdict.version

    def extend(self, other: ScanBatch) -> None:
        """Adds all of another batch."""
        self.seen += other.seen
        self.gone += other.gone
        self.left_out += other.left_out
        self.errors += other.errors
        self.index_ignored |= other.index_ignored
        self.version_ignored |= other.version_ignored
        self.unchanged += other.unchanged

    def without(self, paths: Collection[bytes]) -> ScanBatch:
        """All but what was seen, or not seen, at these paths."""
        left = set(paths)
        return ScanBatch(
            seen=[item for item in self.seen if item.path not in left],
            gone=[path for path in self.gone if path not in left],
            left_out=self.left_out,
            errors=self.errors,
            index_ignored={path: why for path, why in self.index_ignored.items() if path not in left},
            version_ignored={path: why for path, why in self.version_ignored.items() if path not in left},
            unchanged=self.unchanged,
        )

    def __len__(self) -> int:
        """How many paths the batch names."""
        return len(self.seen) + len(self.gone) + len(self.left_out) + len(self.errors)
