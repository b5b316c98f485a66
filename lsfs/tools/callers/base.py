"""The interface of everything that calls a tool."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lsfs.core.tools import CallOutcome, Tool, ToolSource

MOST_TEXT = 256 << 10
"""Characters of a result that are handed on; what is longer is cut."""
MOST_BYTES = 8 << 20
"""Bytes that a call may say before it is ended: nobody reads as much."""


@dataclasses.dataclass(frozen=True)
class Around:
    """What a call is made with, besides its arguments."""

    source: ToolSource
    cwd: str
    """Absolute path of the folder that it works in."""
    environ: Mapping[str, str]
    """The caller's environment; never kept."""
    deadline_s: float
    """How long it may take, in seconds."""
    cancelled: Callable[[], bool]
    """Asked now and then; True ends the call."""

    @property
    def own(self) -> dict[str, str]:
        """The environment that the user has given the source."""
        return {str(name): str(value) for name, value in dict(self.source.where.get("env") or {}).items()}


class ToolCaller(Protocol):
    """Calls the tools of one kind."""

    def works_in(self, source: ToolSource, cwd: str) -> str | None:
        """The folder that a tool of `source` takes relative paths from, for a caller in `cwd`; None: that is not known,
        or it lies on another machine."""

    def call(self, tool: Tool, arguments: Mapping[str, Any], around: Around) -> CallOutcome:
        """What a call gave, at most about `MOST_TEXT` characters of it.

        A call that fails is an outcome that is not ``ok`` and says why; raises `LsfsError` where none could be made.
        """


def failed(why: str, *, text: str = "", exit_code: int | None = None, cut: bool = False) -> CallOutcome:
    """The outcome of a call that went wrong, with what it said until then."""
    whole = f"{why}\n{text}".rstrip() if text else why
    return CallOutcome(ok=False, text=whole, exit_code=exit_code, cut=cut, failure="failed")


def unreached(why: str) -> CallOutcome:
    """The outcome of a call of what could not be reached or run."""
    return CallOutcome(ok=False, text=why, failure="unavailable")


def shortened(text: str) -> tuple[str, bool]:
    """A text as far as it is handed on, and whether there was more."""
    return (text, False) if len(text) <= MOST_TEXT else (text[:MOST_TEXT], True)
