"""Looking for files."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.api.caller import Caller

FindMode = Literal["hybrid", "keyword", "semantic"]
FindSort = Literal["relevance", "date", "name", "size"]


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
    snippets: int | None = None
    """How many hits get a passage, which takes reading their files; None: all."""


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
