"""What was typed, made fit for a request."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from lsfs.core.errors import UsageError
from lsfs.core.failures import plain

_MOST_CHARS = 500
_SURROGATE = re.compile("[\ud800-\udfff]")
"""How Python holds the bytes of an argument that is not UTF-8."""


def text_of(typed: str) -> str:
    """A word that is no path; raises `UsageError` where it is not valid UTF-8."""
    if _SURROGATE.search(typed):
        raise UsageError("the words are not valid UTF-8")
    return typed


def sentence(arguments: Iterable[str]) -> str:
    """The command line for the log, cut where it is long."""
    whole = plain(_SURROGATE.sub("\ufffd", shlex.join(["lsfs", *arguments])))
    return whole if len(whole) <= _MOST_CHARS else f"{whole[: _MOST_CHARS - 1]}…"
