"""What the vault knows below a folder, for a scan: fetched by whole subtrees, and not folder by folder."""

from __future__ import annotations

from collections.abc import Mapping

from lsfs.core.paths import is_within, split
from lsfs.core.records import StatKey
from lsfs.store.vault import Vault

MOST = 5_000
"""Entries that are held at once."""


class Known:
    """The `lsfs.watch.walk.Known` of one root, for one scan.

    It may be older than the vault by as long as so many entries take: what changed meanwhile is told as news once more,
    which is compared with the vault again.
    """

    def __init__(self, vault: Vault, root: int) -> None:
        self._entries = vault.entries
        self._root = root
        self._subtree: bytes | None = None
        self._held: dict[bytes, dict[bytes, StatKey]] = {}

    def __call__(self, folder: bytes) -> Mapping[bytes, StatKey]:
        if self._subtree is None or not is_within(folder, self._subtree):
            rows = self._entries.keys_below(self._root, folder, MOST + 1)
            if len(rows) > MOST:
                return self._entries.children(self._root, folder)
            self._subtree, self._held = folder, {}
            for path, key in rows:
                above, name = split(path)
                self._held.setdefault(above, {})[name] = key
        return self._held.get(folder, {})
