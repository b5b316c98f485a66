"""How long work tells what is done, without knowing who looks."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A bar, a line or nothing: ``start``, then ``advance`` any number of times, then ``done``.

    One after the other may be shown by the same value; never two at once.
    The calls come from the thread that does the work.
    """

    def start(self, total: int | None, what: str) -> None:
        """Begins to show `what`, of which `total` units are to be done (None: nobody knows)."""

    def advance(self, n: int) -> None:
        """Counts `n` more units as done; negative where something has to be done again."""

    def done(self) -> None:
        """Ends what `start` began, finished or not; legal without a `start`."""


class NullProgress:
    """Shows nothing."""

    def start(self, total: int | None, what: str) -> None:
        """Shows nothing."""

    def advance(self, n: int) -> None:
        """Shows nothing."""

    def done(self) -> None:
        """Shows nothing."""
