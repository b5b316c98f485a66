"""Reading what files say, piece by piece."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.api.caller import Caller


class ReadPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a text, in three measures that agree."""

    byte: Annotated[int, msgspec.Meta(ge=0)]
    """Bytes of UTF-8 before it."""
    character: int
    """Characters before it."""
    line: int
    """1-based number of the line that it is in."""


class ReadRequest(Caller, frozen=True, kw_only=True):
    """A piece of what a file says.  It begins at `place`, else at `character`, else at `line`."""

    path: str
    line: int = 1
    character: int | None = None
    place: ReadPlace | None = None
    """Where an earlier piece ended, which is found at once however long the text is."""
    until_line: int | None = None
    """The line before which it ends."""
    most: int = 20_000
    """Characters at most."""
    state: str = ""
    """`ReadResult.state` of an earlier piece: another one is refused, since the places are none of it."""


class ReadResult(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of what a file says."""

    path: str
    text: str
    start: ReadPlace
    end: ReadPlace
    complete: bool
    """There is no more, or nothing more of what was asked for."""
    size: int
    """Bytes of the whole text."""
    extracted: bool
    """It is what was read out of a document, not the file's own bytes."""
    state: str
    """Which content it is of: another text where the file has changed."""
    title: str = ""
    anchor: str = ""
    """``page 3``, ``sheet Budget`` …: where it begins, in a document that has such places."""
    path_b64: str | UnsetType = UNSET
