"""Reading one member of a zip package within limits."""

from __future__ import annotations

import zipfile

from lsfs.extract.base import ExtractError

MAX_EXPANDED = 400 * 1024 * 1024
"""Bytes that the members of a document may unpack to."""


def member(package: zipfile.ZipFile, name: str, limit: int = MAX_EXPANDED) -> bytes:
    """The bytes of one member; raises `ExtractError` where they are encrypted or over `limit`."""
    if package.getinfo(name).flag_bits & 1:
        raise ExtractError("encrypted", "the package needs a password")
    with package.open(name) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise ExtractError("too-large", f"{name[:80]} unpacks to more than {limit} bytes")
    return data
