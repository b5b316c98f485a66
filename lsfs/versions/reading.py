"""Reading kept contents at any place, piece by piece; pieces that were read of late are kept unpacked."""

from __future__ import annotations

import bisect
import itertools
import threading
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from lsfs.store.vault import PieceRow
from lsfs.versions.contents import ContentStore

_KEPT_BYTES = 16 << 20
"""Of unpacked pieces: what a player that goes back and forth, or several readers, ask for again."""
_SMALL_BYTES = 32 << 10
"""Pieces up to this size are unpacked again sooner than kept."""
_KEPT_LISTS = 4096
"""Contents whose list of pieces is kept."""


class _Pieces(msgspec.Struct, frozen=True):
    """The pieces of a content, and where each ends."""

    rows: Sequence[PieceRow]
    ends: Sequence[int]


class _Unpacking:
    """A piece that is being unpacked, for all who wait for it."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.data: bytes | None = None


class ContentReader:
    """Reads contents; for any thread, none of which waits for the pieces of another."""

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents
        self._lock = threading.Lock()
        self._lists: OrderedDict[bytes, _Pieces] = OrderedDict()
        self._unpacked: OrderedDict[bytes, bytes] = OrderedDict()
        self._held = 0
        self._under_way: dict[bytes, _Unpacking] = {}

    def read(self, content: bytes, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` on, each piece proved; raises `ObjectDamaged`."""
        pieces = self._pieces(content)
        if len(pieces.rows) == 1:
            data = self._piece(content, pieces.rows[0])
            return data if not offset and len(data) <= length else data[offset : offset + length]
        at = bisect.bisect_right(pieces.ends, offset)
        begins = pieces.ends[at - 1] if at else 0
        found = []
        while at < len(pieces.rows) and begins < offset + length:
            data = self._piece(content, pieces.rows[at])
            found.append(data[max(0, offset - begins) : offset + length - begins])
            begins = pieces.ends[at]
            at += 1
        return found[0] if len(found) == 1 else b"".join(found)

    def prepare(self, contents: Sequence[bytes]) -> None:
        """Looks up where contents lie, in few queries: they are likely to be read soon, one after the other."""
        with self._lock:
            wanted = [content for content in contents if content not in self._lists][:_KEPT_LISTS]
        for row in self._contents.whole_pieces(wanted):
            self._keep_list(row.hash, _Pieces([row], [row.size]))

    def tidy(self) -> None:
        """Forgets what is kept unpacked."""
        with self._lock:
            self._unpacked.clear()
            self._held = 0

    def _pieces(self, content: bytes) -> _Pieces:
        with self._lock:
            pieces = self._lists.get(content)
        if pieces is None:
            rows = self._contents.pieces(content)
            pieces = _Pieces(rows, list(itertools.accumulate(row.size for row in rows)))
            self._keep_list(content, pieces)
        return pieces

    def _keep_list(self, content: bytes, pieces: _Pieces) -> None:
        with self._lock:
            self._lists[content] = pieces
            if len(self._lists) > _KEPT_LISTS:
                self._lists.popitem(last=False)

    def _piece(self, content: bytes, row: PieceRow) -> bytes:
        if row.size <= _SMALL_BYTES:
            return self._contents.piece(content, row)
        with self._lock:
            data = self._unpacked.get(row.hash)
            if data is not None:
                self._unpacked.move_to_end(row.hash)
                return data
            other = self._under_way.get(row.hash)
            mine = None if other is not None else _Unpacking()
            if mine is not None:
                self._under_way[row.hash] = mine
        if other is not None:
            other.done.wait()
            # Where that failed, this reader finds out for itself why.
            return other.data if other.data is not None else self._contents.piece(content, row)
        assert mine is not None
        try:
            mine.data = self._contents.piece(content, row)
            return mine.data
        finally:
            with self._lock:
                del self._under_way[row.hash]
                if mine.data is not None:
                    self._keep(row.hash, mine.data)
            mine.done.set()

    def _keep(self, digest: bytes, data: bytes) -> None:
        self._unpacked[digest] = data
        self._held += len(data)
        while self._held > _KEPT_BYTES and len(self._unpacked) > 1:
            self._held -= len(self._unpacked.popitem(last=False)[1])
