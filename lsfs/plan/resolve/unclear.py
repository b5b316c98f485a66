"""What may be meant is not clear: the refusal, and when a change has to ask which files it is about."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from lsfs.core.errors import RefusedError
from lsfs.core.paths import display
from lsfs.plan.resolve.phrases import Described
from lsfs.plan.resolve.wanted import Target


class Unclear(RefusedError):
    """What is meant is not clear; `nearest` are the files that it may be."""

    def __init__(
        self, message: str, nearest: Iterable[Target] = (), hint: str | None = None, *, phrase: str = ""
    ) -> None:
        super().__init__(message, hint=hint or "name it in full, or describe it more closely")
        self.nearest = tuple(nearest)
        self.phrase = phrase
        """The words of the sentence for which one of `nearest` may stand."""


def require_which(one: Described, phrase: str, *, dated: bool) -> None:
    """Raises Unclear where a change would be to files of which it is not said which.

    `dated`: a time is said besides, or "old" is a part of a name.
    """
    if one.partial:
        raise Unclear(f"“{one.partial}” does not say which", hint="name them, or say how they are told apart")
    if one.order and one.several and one.count is None and not one.many:
        raise Unclear(f"“{phrase}” does not say how many", hint="for example: the two newest invoices")
    if one.aged and one.several and not dated:
        raise Unclear("“old” does not say how old", hint="for example: older than a year")


def require_as_called(phrase: str, folders: Sequence[Target]) -> None:
    """Raises Unclear where "the invoices" may be the folder Invoices, or what lies in it and elsewhere."""
    names = [display(os.path.basename(folder.path)) for folder in folders]
    if not any(name in phrase for name in names):
        hint = f"“the folder {names[0]}” is the folder, “all {phrase}” are files"
        raise Unclear(f"“{phrase}” may be a folder or files", folders, hint, phrase=phrase)
