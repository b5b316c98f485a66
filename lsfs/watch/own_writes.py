"""Recognising what lsfs itself did: by path and resulting state, never by a span of time.

What another program does to the same path a moment later shows another state, and is taken as its doing.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from lsfs.core.records import StatKey
from lsfs.watch.records import ScanBatch


class OwnWrites:
    """The states that lsfs left behind, per path; safe to use from any thread."""

    def __init__(self, limit: int = 100_000) -> None:
        """`limit`: paths remembered; of more, the oldest are looked at like anybody's changes."""
        self._limit = limit
        self._lock = threading.Lock()
        self._left: OrderedDict[tuple[int, bytes], StatKey | None] = OrderedDict()

    def record(self, root: int, path: bytes, key: StatKey | None) -> None:
        """Notes what lsfs left at `path`; None: nothing stands there any more.  To be called after recording it."""
        with self._lock:
            self._left[root, path] = key
            self._left.move_to_end((root, path))
            while len(self._left) > self._limit:
                self._left.popitem(last=False)

    def is_own(self, root: int, path: bytes, key: StatKey | None) -> bool:
        """True if `key` is what lsfs left at `path`.  Another state there ends the memory of ours."""
        with self._lock:
            if (root, path) not in self._left:
                return False
            if self._left[root, path] == key:
                return True
            del self._left[root, path]
            return False

    def without_own(self, root: int, batch: ScanBatch) -> ScanBatch:
        """What of a batch others did."""
        if not self._left:
            return batch
        seen = [item for item in batch.seen if not self.is_own(root, item.path, item.key)]
        kept = {item.path for item in seen}
        return ScanBatch(
            seen=seen,
            gone=[path for path in batch.gone if not self.is_own(root, path, None)],
            left_out=batch.left_out,
            errors=batch.errors,
            index_ignored={path: why for path, why in batch.index_ignored.items() if path in kept},
            version_ignored={path: why for path, why in batch.version_ignored.items() if path in kept},
            unchanged=batch.unchanged,
        )
