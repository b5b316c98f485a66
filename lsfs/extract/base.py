"""What every extractor offers, the errors it raises, and the limits it keeps."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from lsfs.core.errors import LsfsError
from lsfs.core.records import Anchor, Document

MAX_DOCUMENT_BYTES = 100 * 1024 * 1024
"""A document larger than this is known by its name and metadata only."""
MAX_TEXT_BYTES = 40 * 1024 * 1024
"""So much of the beginning of a text file is read; four bytes a character is the most an encoding here takes."""
MAX_TEXT_CHARS = 10_000_000
"""So much text is kept of one file; the document says ``truncated`` where there was more."""

Tier = Literal["text", "document", "names"]


class Recipe(msgspec.Struct, frozen=True, array_like=True):
    """How a file is to be read.

    ``text``: pure Python, cheap, safe in any process.  ``document``: parsers; only in a sandboxed worker.
    ``names``: nothing is read, the file is found by its name.
    """

    tier: Tier
    extractor_id: str


class Extractor(Protocol):
    """One way of reading one family of formats."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The document in `data`; `name` is the file's name, for its extension only.  Raises `ExtractError`."""
        ...


class ExtractError(LsfsError):
    """The file gives no text, and why: ``reason`` is one of the codes below.

    The same bytes fail in the same way until an extractor changes, so nobody tries again before that.
    """

    code = "extract"

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


Reason = Literal["encrypted", "damaged", "unsupported", "too-large", "empty"]


def make_document(
    text: str,
    *,
    title: str | None = None,
    metadata: dict[str, str] | None = None,
    anchors: tuple[Anchor, ...] = (),
    markup: str = "plain",
    truncated: bool = False,
    limit: int = MAX_TEXT_CHARS,
) -> Document:
    """A document whose text keeps the output limit, with anchors inside the text and a one-line title."""
    if len(text) > limit:
        text, truncated = text[:limit], True
        anchors = tuple(anchor for anchor in anchors if anchor.offset < limit)
    return Document(
        text=text,
        title=clean_line(title, 300) or None if title else None,
        metadata={key: line for key, value in (metadata or {}).items() if (line := clean_line(value, 1000))},
        anchors=anchors,
        markup=markup,
        truncated=truncated,
    )


def clean_line(value: str, limit: int) -> str:
    """`value` as one line without control characters, at most `limit` characters."""
    line = " ".join(value[: 4 * limit].split())
    return "".join(c for c in line if c.isprintable())[:limit].strip() if not line.isprintable() else line[:limit]
