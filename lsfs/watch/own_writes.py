"""Telling looks that were taken before lsfs itself changed something: by path and resulting state, never by time.

What lsfs does is recorded by whoever does it.  A look that shows what it left is no news; one that shows something else
was taken earlier, or another program has been there since, and only a new look tells which.  What that shows is what a
further look has to show: several may have been taken earlier.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from lsfs.core.records import StatKey
from lsfs.watch.records import ScanBatch


class OwnWrites:
    """The states that lsfs left behind, per path; safe to use from any thread."""

    def __init__(self, limit: int = 100_000) -> None:
        """`limit`: paths remembered; looks at more are taken as they are."""
        self._limit = limit
        self._lock = threading.Lock()
        self._left: OrderedDict[tuple[int, bytes], StatKey | None] = OrderedDict()

    def record(self, root: int, path: bytes, key: StatKey | None) -> None:
        """Notes what lsfs leaves at `path`; None: nothing stands there any more.

        To be called while no look is recorded (`Vault.turn`), before the next one is.
        """
        with self._lock:
            self._left[root, path] = key
            self._left.move_to_end((root, path))
            while len(self._left) > self._limit:
                self._left.popitem(last=False)

    def doubtful(self, root: int, batch: ScanBatch) -> list[bytes]:
        """The paths of a batch where lsfs has left another state than the one seen; `note` a new look at them."""
        if not self._left:
            return []
        found = [item.path for item in batch.seen if self._differs(root, item.path, item.key)]
        return found + [path for path in batch.gone if self._differs(root, path, None)]

    def note(self, root: int, batch: ScanBatch) -> None:
        """Has what a new look shows be the state that was left, at paths where one was."""
        found = {item.path: item.key for item in batch.seen} | dict.fromkeys(batch.gone)
        with self._lock:
            self._left.update({(root, path): key for path, key in found.items() if (root, path) in self._left})

    def clear(self) -> None:
        """Forgets everything; for when no earlier look can be under way."""
        with self._lock:
            self._left.clear()

    def _differs(self, root: int, path: bytes, key: StatKey | None) -> bool:
        with self._lock:
            return (root, path) in self._left and self._left[root, path] != key
