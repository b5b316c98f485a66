"""The past: versions, differences, trees as they were, and what is kept of them."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.api.caller import Caller


class HistoryRequest(Caller, frozen=True, kw_only=True):
    """The versions of files."""

    path: str
    """A file, a folder (every file below it), or a pattern with ``*``, ``?`` or ``[…]`` in it; deleted files too."""
    limit: int = 1000
    """Files at most."""


class VersionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a file."""

    number: int | None
    """Counts contents from 1; None where only name, mode, time or kind changed, and where it ended."""
    since: str
    """From when it counts as valid."""
    seen: str
    """When it was recorded."""
    path: str
    kind: str
    size: int
    mode: str
    """As ``ls`` shows permissions, octal."""
    modified: str
    content: str = ""
    """blake3 of its bytes, hexadecimal."""
    target: str = ""
    """Where a link points."""
    current: bool = False
    """It is what stands there now."""
    gone: bool = False
    """The file ended here."""
    kept: bool = True
    """Its content can be had."""
    assumed: bool = False
    """Found by a first scan: taken as unchanged since its modification time."""
    op: int | None = None
    """The op of lsfs that made it."""
    reason: str = ""
    """Why its content is not kept."""
    path_b64: str | UnsetType = UNSET


class FileHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of one file, oldest first."""

    path: str
    state: Literal["there", "gone"]
    versions: tuple[VersionInfo, ...]
    notes: tuple[str, ...] = ()
    """What the reader should know: another file stood here before, no versions are kept …"""
    path_b64: str | UnsetType = UNSET


class HistoryResult(msgspec.Struct, frozen=True, kw_only=True):
    """Files with their versions, by path."""

    files: tuple[FileHistory, ...]
    notes: tuple[str, ...] = ()


class DiffRequest(Caller, frozen=True, kw_only=True):
    """What differs between two states of a file."""

    path: str
    old: str | None = None
    """WHEN or a version; None: the one before `new`."""
    new: str | None = None
    """WHEN or a version; None: the file as it is now."""
    by: Literal["", "file", "path"] = ""


class DiffSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison."""

    label: str
    size: int
    content: str
    modified: str


class DiffResult(msgspec.Struct, frozen=True, kw_only=True):
    """What differs."""

    path: str
    old: DiffSide
    new: DiffSide
    kind: Literal["same", "text", "extracted", "binary"]
    """text: the files' own text; extracted: the text in documents; binary: sizes and hashes only."""
    unified: str = ""
    """A unified diff."""
    added: int = 0
    removed: int = 0
    note: str = ""
    path_b64: str | UnsetType = UNSET


class AtRequest(Caller, frozen=True, kw_only=True):
    """A folder as it was."""

    when: str
    path: str


class AtEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What stood at a path then."""

    path: str
    kind: str
    size: int
    modified: str
    number: int | None
    kept: bool
    assumed: bool = False
    path_b64: str | UnsetType = UNSET


class AtResult(msgspec.Struct, frozen=True, kw_only=True):
    """A tree as it was, by path."""

    when: str
    """The moment, or the op before which."""
    path: str
    entries: tuple[AtEntry, ...]
    path_b64: str | UnsetType = UNSET


class RetentionRequest(Caller, frozen=True, kw_only=True):
    """What is kept, what is to go, and why."""

    path: str | None = None
    explain: bool = False
    """Name every version, not only those that go."""


class RetentionItem(msgspec.Struct, frozen=True, kw_only=True):
    """One version, and what becomes of it."""

    path: str
    number: int
    since: str
    size: int
    keep: bool
    reason: str
    path_b64: str | UnsetType = UNSET


class RetentionResult(msgspec.Struct, frozen=True, kw_only=True):
    """What tidying would do now."""

    budget: int
    """Bytes that kept contents may take."""
    used: int
    """Bytes that they take."""
    freed: int
    """Bytes that go, about."""
    kept: int
    """Versions that stay."""
    dropped: int
    items: tuple[RetentionItem, ...]
    note: str = ""


class TagsRequest(Caller, frozen=True, kw_only=True):
    """The tags of files; without paths of every file that has some."""

    paths: tuple[str, ...] = ()


class TaggedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file and its tags."""

    path: str
    tags: tuple[str, ...]
    path_b64: str | UnsetType = UNSET


class TagsResult(msgspec.Struct, frozen=True, kw_only=True):
    """Files with their tags, by path."""

    files: tuple[TaggedFile, ...]


class SavedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query with a name."""

    name: str
    query: str


class SavedList(msgspec.Struct, frozen=True, kw_only=True):
    """The saved queries, by name."""

    queries: tuple[SavedQuery, ...]


class VerifyEvent(msgspec.Struct, frozen=True, kw_only=True):
    """How far a look at every kept byte is; the last event says what was found."""

    done: int
    """Bytes looked at."""
    total: int
    damaged: tuple[str, ...] = ()
    """In the last event: what is damaged or gone, and which versions need it."""
    mended: int = 0
    """Contents and pieces that are sound again, or will be kept again from files that still hold them."""
    finished: bool = False
