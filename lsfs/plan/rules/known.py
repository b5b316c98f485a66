"""What the rules may ask about the user's tree."""

from __future__ import annotations

from typing import Protocol


class Known(Protocol):
    """Names that stand in the tree; letter case does not count."""

    def folder(self, words: str) -> bool:
        """Whether a folder has this name, or its path ends so (``Downloads``, ``Notes/journal``)."""
        ...

    def file(self, words: str) -> bool:
        """Whether a file has exactly this name, or its path ends so (``run1.csv``, ``Document (3).docx``)."""
        ...

    def tag(self, words: str) -> bool:
        """Whether a file has this tag."""
        ...


class Remembered:
    """The same answers, each asked for once: a sentence asks about the same words many times."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._folders: dict[str, bool] = {}
        self._files: dict[str, bool] = {}

    def folder(self, words: str) -> bool:
        """As `Known.folder`."""
        if words not in self._folders:
            self._folders[words] = bool(words.strip()) and self._known.folder(words)
        return self._folders[words]

    def file(self, words: str) -> bool:
        """As `Known.file`."""
        if words not in self._files:
            self._files[words] = bool(words.strip()) and self._known.file(words)
        return self._files[words]

    def tag(self, words: str) -> bool:
        """As `Known.tag`."""
        return self._known.tag(words)
