"""Whether a file holds the bytes that its SHA-256 names, hashed once and remembered by the file's stat key."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from lsfs.core.records import StatKey

_MEMORY = ".verified.json"
_BLOCK = 1 << 20


def digest(stream: BinaryIO, advance: Callable[[int], None] = lambda n: None) -> str:
    """The SHA-256 in hex of what is left in `stream`; `advance` is told the bytes of each block read."""
    total = hashlib.sha256()
    while block := stream.read(_BLOCK):
        total.update(block)
        advance(len(block))
    return total.hexdigest()


def stat_key(path: Path) -> StatKey:
    """What changes whenever the bytes at `path` may have; raises FileNotFoundError."""
    return StatKey.of(path.stat())


class _Known(msgspec.Struct, frozen=True):
    key: StatKey
    sha256: str


class Verified:
    """The SHA-256 of the files of one folder, kept beside them in ``.verified.json``.

    A folder that cannot be written is hashed at each start; processes that write at once lose at worst a memory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sha256(self, name: str) -> str | None:
        """The SHA-256 of the file called `name`, None where there is none or it cannot be read."""
        path = self._folder / name
        try:
            key = stat_key(path)
            known = self._read().get(name)
            if known is not None and known.key == key:
                return known.sha256
            with path.open("rb") as stream:
                found = digest(stream)
            if stat_key(path) == key:
                self.remember(name, key, found)
        except OSError:
            return None
        return found

    def remember(self, name: str, key: StatKey, sha256: str) -> None:
        """Notes that the file called `name` has that SHA-256 as long as its stat key is `key`."""
        known = {**self._read(), name: _Known(key, sha256)}
        temporary = None
        try:
            handle, temporary = tempfile.mkstemp(prefix=_MEMORY, dir=self._folder)
            with os.fdopen(handle, "wb") as stream:
                stream.write(msgspec.json.encode(known))
            os.replace(temporary, self._folder / _MEMORY)
        except OSError:  # only a memory: a full or read-only disk costs another hashing
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)

    def _read(self) -> dict[str, _Known]:
        try:
            return msgspec.json.decode((self._folder / _MEMORY).read_bytes(), type=dict[str, _Known])
        except (OSError, msgspec.DecodeError):
            return {}
