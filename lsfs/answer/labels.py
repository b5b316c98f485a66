"""What a file is called where a model, or a person who waits, reads of it.  Pure."""

from __future__ import annotations

import os

from lsfs.store.index import FileRow

_LONGEST = 120


def label(file: FileRow) -> str:
    """The name of a file on one line: a name with line ends could look like the text of another document."""
    return one_line(os.path.basename(file.path).decode("utf-8", "replace"))


def one_line(name: str) -> str:
    """A name without what parts lines, cut where it is long."""
    whole = " ".join(name.split())
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}…"
