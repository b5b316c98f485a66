"""Texts that were made once and hold as long as what they were made of: kept in memory, the newest of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable


class Made:
    """The newest `most` texts by key; any thread.

    A key names all that a text depends on: contents by their hash, the model, and what was asked.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._texts: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> str | None:
        """The text of a key, None where there is none (any more)."""
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
            return self._texts.get(key)

    def keep(self, key: Hashable, text: str) -> None:
        """Keeps a text."""
        with self._lock:
            self._texts[key] = text
            self._texts.move_to_end(key)
            while len(self._texts) > self._most:
                self._texts.popitem(last=False)
