"""When a mount that does not stand is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from lsfsd.supervisor import STEADY_SECONDS


class Attempts:
    """The attempts at one mount; `pauses` makes the seconds between them."""

    def __init__(self, pauses: Callable[[], Iterator[float]]) -> None:
        self._make = pauses
        self._pauses = pauses()
        self._up_since: float | None = None
        self.due: float | None = None
        """On the monotonic clock; None while nothing is to be tried."""

    def succeeded(self) -> None:
        """It stands."""
        self.due = None
        self._up_since = time.monotonic()

    def failed(self) -> None:
        """It fell or never stood: the next pause is longer, unless it had been steady."""
        now = time.monotonic()
        if self._up_since is not None and now - self._up_since > STEADY_SECONDS:
            self._pauses = self._make()
        self._up_since = None
        self.due = now + next(self._pauses)
