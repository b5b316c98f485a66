"""A count of changes that threads can wait on: what makes progress visible without polling."""

from __future__ import annotations

import threading


class Changes:
    """`happened` is called by whatever changed something; `wait` returns when it was, or in the end."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def happened(self) -> None:
        """Wakes everyone who waits."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def count(self) -> int:
        """How many changes there were; hand it to `wait`."""
        with self._condition:
            return self._count

    def wait(self, since: int, timeout: float) -> None:
        """Returns when there was a change after `since`, or after `timeout` seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != since, timeout)
