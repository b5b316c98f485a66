"""What goes in and out of every door: the requests and results of the engine, which are also the ``--json`` shapes.

One method of `lsfs.engine.Engine` per route; all may be called from any thread, and all raise `lsfs.core.errors`::

    up(UpRequest) -> list[RootInfo]             purge(path: bytes) -> None
    progress(ProgressRequest) -> Iterator[ProgressEvent]
    roots() -> list[RootInfo]                   rescan(path: bytes | None) -> None
    remove_root(path: bytes) -> RootInfo        pause() -> None
    find(FindRequest) -> FindResult             resume() -> None
    status() -> StatusResult                    doctor() -> list[DoctorFinding]
    file_status(path: bytes) -> FileStatus      close() -> None

Paths in requests are absolute texts made by `lsfs.core.wirepath.to_wire` (read them with `absolute_from_wire`); a
method that takes one path gets its bytes.  Paths in results are absolute, readable and perhaps lossy; ``path_b64`` is
there, with the exact bytes, only when the text is not exact.  Times in results are ISO 8601 with an offset, sizes are
bytes.
Fields of type ``… | UnsetType`` are left out of the JSON when they are not set; all others are always there.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

FindMode = Literal["hybrid", "keyword", "semantic"]
FindSort = Literal["relevance", "date", "name", "size"]
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


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and from where: what a request may depend on besides itself, since the daemon's environment may not."""

    cwd: str = "/"
    """The caller's working directory (wire text)."""
    zone: str = "UTC"
    """IANA name (``Europe/Paris``) or, where the caller knows none, an offset (``UTC+02:00``)."""
    locale: str = "C"
    """``LC_ALL``, ``LC_TIME`` or ``LANG``, as in the caller's environment."""
    llm: bool = True
    """False under ``LSFS_LLM=off``: the rules alone."""
    learn: bool = True
    """False under ``LSFS_LEARN=off``: nothing is added to what is learnt from use."""
    door: Literal["cli", "mount", "mcp", "http"] = "http"


class PathRequest(Caller, frozen=True, kw_only=True):
    """A request about one path."""

    path: str


class UpRequest(Caller, frozen=True, kw_only=True):
    """Watch and index folders."""

    paths: tuple[str, ...]
    wait: Literal["no", "words", "all"] = "no"
    """How far the caller means to wait (it follows `ProgressEvent`)."""


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


class FindRequest(Caller, frozen=True, kw_only=True):
    """Look for files."""

    words: str = ""
    """What the user typed, quotes, ``OR`` and ``-word`` included; may be empty with `like` or any filter."""
    limit: int = 10
    in_folder: str | None = None
    types: tuple[str, ...] = ()
    """Kinds (``pdf``, ``image``, ``code`` …) or suffixes (``.py``); any of them."""
    since: str | None = None
    """WHEN, resolved by the daemon with the caller's zone and locale; likewise `until`."""
    until: str | None = None
    tags: tuple[str, ...] = ()
    """All of them."""
    size: str | None = None
    """``>1MB``, ``<20k``, ``1MB..5MB``."""
    sort: FindSort = "relevance"
    like: str | None = None
    """Path of a file whose content the hits should resemble."""
    mode: FindMode = "hybrid"
    explain: bool = False


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """What made a hit a hit (``--explain``)."""

    parts: dict[str, float]
    """Score of each part: ``words``, ``name``, ``vector`` …"""
    matched: tuple[str, ...] = ()
    """The query's words that were found in it, or in its name."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was found, with its best passage."""

    path: str
    score: float
    """0 to 1, comparable between queries."""
    kind: str
    """What ``--type`` takes: ``pdf``, ``text``, ``code`` …"""
    modified: str
    size: int
    snippet: str
    """The best passage, cut to a few lines; empty for a file found by its name."""
    line: int | None = None
    """1-based line of the snippet in the file, or in its text where the file is not one."""
    path_b64: str | UnsetType = UNSET
    anchor: str | UnsetType = UNSET
    """``page 3``, ``sheet Budget`` …, where the file has such places."""
    marks: tuple[tuple[int, int], ...] | UnsetType = UNSET
    """Spans (start, end) of `snippet` that match the query's words."""
    why: Why | UnsetType = UNSET


class FindResult(msgspec.Struct, frozen=True, kw_only=True):
    """The hits, best first, or in the order asked for."""

    query: str
    hits: tuple[Hit, ...]
    elapsed_ms: float
    complete: bool
    """False while words or vectors of some file are still to be made."""
    note: str | UnsetType = UNSET
    """What the user should know: how words were read as filters, that nothing matched well …"""


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


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
    """Who the daemon is."""

    protocol: int
    build: str
    version: str
    pid: int
    vault: str
    """Folder of the vault it serves (wire text)."""


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A failure as ``--json`` and HTTP show it."""

    code: str
    message: str
    path: str | None = None
    hint: str | None = None


class ErrorResult(msgspec.Struct, frozen=True, kw_only=True):
    """The document of a request or command that failed."""

    error: ErrorInfo


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that gives nothing back."""

    ok: bool = True
