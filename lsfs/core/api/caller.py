"""Who asks, and what every request and failure has."""

from __future__ import annotations

from typing import Literal

import msgspec


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
    client: str = ""
    """Which agent asks, at the door ``mcp``: what it called itself."""
    umask: int = 0o022
    """What new files and folders may not have of their permissions (umask(2))."""


class PathRequest(Caller, frozen=True, kw_only=True):
    """A request about one path."""

    path: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that gives nothing back."""

    ok: bool = True


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
