"""Archives: the names of what is inside.  Nothing is unpacked; compressed tar files are read up to a limit."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from lsfs.core.records import Document
from lsfs.extract.base import ExtractError, make_document

MAX_MEMBERS = 20_000
MAX_UNPACKED = 512 * 1024 * 1024
"""So many bytes of a compressed tar file are passed over to find its names."""


class Tar:
    """A tar file, compressed or not."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The member names, one a line; what is compressed but no tar file is unsupported."""
        names: list[str] = []
        whole = False
        try:
            with tarfile.open(fileobj=_Limited(_opened(data)), mode="r|", errorlevel=0) as tar:
                for member in tar:
                    names.append(member.name + ("/" if member.isdir() else ""))
                    if len(names) >= MAX_MEMBERS:
                        break
                else:
                    whole = True
        except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, _TooMuch):
            pass  # what was listed before the damage counts
        if not names:
            raise ExtractError("unsupported", "no list of names inside")
        return listing(names, truncated=not whole)


class SevenZip:
    """A 7z archive."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """Its list of names, by kreuzberg."""
        from lsfs.extract.kreuzberg import read

        return read(data, "7z")


def zip_names(archive: zipfile.ZipFile) -> Document:
    """The member names of a zip archive."""
    infos = archive.infolist()
    return listing((info.filename for info in infos[:MAX_MEMBERS]), truncated=len(infos) > MAX_MEMBERS)


def listing(names: Iterable[str], *, truncated: bool) -> Document:
    """A document of one name a line."""
    lines = [name.encode("utf-8", "replace").decode().replace("\n", " ").replace("\0", "") for name in names]
    return make_document(
        "".join(f"{line}\n" for line in lines),
        metadata={"members": str(len(lines))},
        markup="rows",
        truncated=truncated,
    )


class _TooMuch(Exception):
    pass


class _Limited(io.RawIOBase):
    """A stream that ends with an error after so many bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._room = MAX_UNPACKED

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._room -= len(piece)
        if self._room < 0:
            raise _TooMuch
        return piece


def _opened(data: bytes) -> IO[bytes]:
    raw = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return io.BufferedReader(_Gunzip(data))
    if data.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    return lzma.LZMAFile(raw) if data.startswith(b"\xfd7zXZ\x00") else raw


class _Gunzip(io.RawIOBase):
    """gzip members one after the other, with damage at the end taken as the end."""

    def __init__(self, data: bytes) -> None:
        self._pieces = self._unpacked(data)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = next(self._pieces, b"")
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    @staticmethod
    def _unpacked(data: bytes) -> Iterator[bytes]:
        while data:
            stream = zlib.decompressobj(wbits=31)
            try:
                while not stream.eof:
                    piece = stream.decompress(data, 1 << 16)
                    data = stream.unconsumed_tail
                    if piece:
                        yield piece
                    elif not stream.eof:
                        return
            except zlib.error:
                return
            data = stream.unused_data.lstrip(b"\0")
