"""Passages read back: from the file where the file is its own text, else from the stored copy."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from lsfs.core.records import storable_ns
from lsfs.index.layout import ROW
from lsfs.store.index import Content, FileRow, Index

OpenFile = Callable[[FileRow], int]
"""Opens the file of a row for reading, beneath its root; raises OSError."""


class Passage(msgspec.Struct, frozen=True):
    """A passage with the places that people cite."""

    text: str
    line: int
    heading: str
    anchor: str | None


class Texts:
    """Reads passages of contents."""

    def __init__(self, index: Index, open_file: OpenFile) -> None:
        self._index = index
        self._open_file = open_file

    def passages(
        self, content: Content, files: Sequence[FileRow], numbers: Sequence[int] | None = None
    ) -> list[Passage]:
        """The passages of a content by number (all where None), or none where its text, or one of them, can't be had.

        `files` are files with that content; one that was changed since it was read is passed over.
        """
        table = np.frombuffer(content.chunk_table, ROW)
        wanted = range(len(table)) if numbers is None else numbers
        if any(n >= len(table) for n in wanted):
            return []  # since they were found, another content got the number
        starts = [int(table["start"][n]) for n in wanted]
        ends = [int(table["start"][n + 1]) if n + 1 < len(table) else content.text_bytes for n in wanted]
        pieces = self._pieces(content, files, starts, ends)
        if pieces is None:
            return []
        found = []
        for n, start, piece in zip(wanted, starts, pieces, strict=True):
            heading = content.headings[table["heading"][n]] if content.headings else ""
            anchor = next((label for offset, label in reversed(content.anchors) if offset <= start), None)
            found.append(Passage(piece.decode("utf-8", "replace"), int(table["line"][n]), heading, anchor))
        return found

    def stored(self, content: Content) -> bytes | None:
        """The whole text of a content that is kept beside its file (UTF-8); None where none is, or it is damaged."""
        stored = self._index.contents.text(content.id)
        return _decompressed(stored, content.text_bytes) if stored is not None else None

    def _pieces(
        self, content: Content, files: Sequence[FileRow], starts: Sequence[int], ends: Sequence[int]
    ) -> list[bytes] | None:
        if not content.own_text:
            text = self.stored(content)
            if text is None:
                return None
            return [text[start:end] for start, end in zip(starts, ends, strict=True)]
        for file in files:
            try:
                descriptor = self._open_file(file)
            except OSError:
                continue
            try:
                stat = os.fstat(descriptor)
                if storable_ns(stat.st_mtime_ns) != file.mtime_ns or stat.st_size != content.text_bytes:
                    continue
                return [os.pread(descriptor, end - start, start) for start, end in zip(starts, ends, strict=True)]
            except OSError:
                continue
            finally:
                os.close(descriptor)
        return None


def _decompressed(stored: bytes, length: int) -> bytes | None:
    """The stored text, None where it is not one of `length` bytes: it was made by a worker, which may be anything."""
    import zstandard

    try:
        # A length that the frame itself names goes before the bound.
        if zstandard.frame_content_size(stored) not in (-1, length):
            return None
        text = zstandard.ZstdDecompressor().decompress(stored, max_output_size=max(length, 1))
    except zstandard.ZstdError:
        return None
    return text if len(text) == length else None
