"""Where a content is cut into pieces: by the bytes themselves, so that an edit changes the pieces around it only.

FastCDC with normalised chunking (Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication
Based Storage Systems", IEEE TPDS 2020).  Another cutter, or other sizes, would cost new copies of what is kept
already, never correctness: a content lists its pieces.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

WHOLE_BYTES = 64 << 10
"""Up to this size a content is one piece."""
LARGE_BYTES = 64 << 20
"""Beyond this size pieces are large: a film has few edits, and its pieces would fill the vault."""
MOST_PIECE_BYTES = 4 << 20
"""No piece is longer."""

_TEXT_AVERAGE = 16 << 10
_OTHER_AVERAGE = 256 << 10
_LARGE_AVERAGE = 1 << 20
_HEAD_BYTES = 4096
_PART_BYTES = 8 << 20


def parts_of(descriptor: int, size: int) -> Iterator[bytes]:
    """The bytes of an open file of `size`, and no more: one that grows as fast as it is read would never end."""
    at = 0
    while part := os.pread(descriptor, min(_PART_BYTES, size - at), at):
        yield part
        at += len(part)


class Cutter:
    """Cuts contents of one kind; one object serves one thread."""

    def __init__(self, average: int) -> None:
        """`average`: bytes of a piece, about; all but the last have a quarter of that at least, four times at most."""
        from pyfastcdc import FastCDC

        self.most = min(4 * average, MOST_PIECE_BYTES)
        self._chunker: Any = FastCDC(avg_size=average, min_size=average // 4, max_size=self.most)

    def cut(self, data: bytes | memoryview) -> Iterator[memoryview]:
        """The pieces of `data`, in order; empty data has none."""
        for chunk in self._chunker.cut_buf(data):
            yield chunk.data


def average_of(size: int, head: bytes) -> int | None:
    """The average length of the pieces of a content of `size` bytes that begins with `head`; None: it stays whole."""
    if size <= WHOLE_BYTES:
        return None
    if size > LARGE_BYTES:
        return _LARGE_AVERAGE
    return _TEXT_AVERAGE if _is_text(head[:_HEAD_BYTES]) else _OTHER_AVERAGE


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # the last character was cut
    return True


class Cutters:
    """A cutter for each average, made on first use."""

    def __init__(self) -> None:
        self._made: dict[int, Cutter] = {}

    def warm_up(self) -> None:
        """Makes all of them."""
        for average in (_TEXT_AVERAGE, _OTHER_AVERAGE, _LARGE_AVERAGE):
            self._cutter(average)

    def pieces(self, data: bytes) -> list[memoryview]:
        """The pieces of a whole content that is held in memory."""
        average = average_of(len(data), data)
        if average is None:
            return [memoryview(data)]
        return list(self._cutter(average).cut(data))

    def stream(self, size: int, head: bytes, parts: Iterator[bytes]) -> Iterator[memoryview]:
        """The pieces of a content of `size` bytes that comes in `parts`; the same as those of the whole.

        A piece may be used until the next is asked for.
        """
        average = average_of(size, head)
        if average is None:
            yield memoryview(b"".join(parts))
            return
        cutter = self._cutter(average)
        left = b""
        for part in parts:
            held = left + part
            pieces = list(cutter.cut(held))
            done = 0
            for piece in pieces:
                # A cut before the longest piece would be full depends on what follows only at the end of what is held.
                if len(held) - done < cutter.most:
                    break
                yield piece
                done += len(piece)
            left = held[done:]
        if left:
            yield from cutter.cut(left)

    def _cutter(self, average: int) -> Cutter:
        if average not in self._made:
            self._made[average] = Cutter(average)
        return self._made[average]
