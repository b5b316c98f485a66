"""What is wanted of files, and what was chosen: values only."""

from __future__ import annotations

from typing import Protocol

import msgspec

from lsfs.plan.resolve.spans import Range
from lsfs.store.index import FileRow


class Target(msgspec.Struct, frozen=True):
    """A file or folder that is meant."""

    path: bytes
    """Absolute."""
    row: FileRow | None = None
    """None for a folder, and for what the index does not hold."""


class LeftOut(msgspec.Struct, frozen=True):
    """What fits in part and is not taken."""

    path: bytes
    why: str


class Conditions(msgspec.Struct, frozen=True):
    """What is said of files besides their description."""

    folders: tuple[bytes, ...] = ()
    """Absolute; any of them."""
    time: Range | None = None
    sizes: tuple[int | None, int | None] = (None, None)
    tagged: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is said."""
        return self == Conditions()


class Chosen(msgspec.Struct, frozen=True):
    """What is meant, and what nearly was."""

    targets: tuple[Target, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    doubt: str = ""
    """Why nothing is chosen though something was found; '' where nothing was found, or the choice is clear."""
    nearest: tuple[Target, ...] = ()
    """What it may have been."""


class Adviser(Protocol):
    """Knows more of words than search does, and takes seconds for it."""

    def reworded(self, description: str) -> str:
        """The description in other words, or in English; '' for none."""

    def odds(self, description: str, path: bytes, text: str) -> float | None:
        """The probability that the file at a path, which begins so, is what is described; None where it failed."""
