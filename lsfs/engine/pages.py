"""Pieces of a long text: where a line or a character is in it, and what stands from there.  Pure but for `Read`.

Bytes that are no UTF-8 count as a character each as they are shown, but for stray continuation bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lsfs.core.api import ReadPlace
from lsfs.core.errors import NothingFound

Read = Callable[[int, int], bytes]
"""Up to so many (the second) bytes of the text from an offset (the first); fewer only at its end."""

_BLOCK = 1 << 20
_CONTINUATION = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""
BEGINNING = ReadPlace(byte=0, character=0, line=1)


class Page(NamedTuple):
    """A piece of a text."""

    text: str
    end: ReadPlace
    complete: bool
    """It ends where it was to end, or where the text ends."""


def at_line(read: Read, line: int) -> ReadPlace:
    """Where a line begins; raises NothingFound where there are fewer."""
    place = BEGINNING
    while place.line < line:
        block = read(place.byte, _BLOCK)
        if not block:
            raise NothingFound(f"it has {place.line} lines")
        missing = line - place.line
        if block.count(b"\n") >= missing:
            breaks = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
            block = block[: int(breaks[missing - 1]) + 1]
        place = _after(place, block)
    return place


def at_character(read: Read, character: int) -> ReadPlace:
    """Where a character stands, counted from 0; raises NothingFound where there are fewer."""
    place = BEGINNING
    while place.character < character:
        block = read(place.byte, _BLOCK)
        if not block:
            raise NothingFound(f"it has {place.character} characters")
        missing = character - place.character
        begun = np.flatnonzero((np.frombuffer(block, np.uint8) & 0xC0) != 0x80)
        if len(begun) > missing:
            block = block[: int(begun[missing])]
        place = _after(place, block)
    # The last block may have ended within a character.
    rest = read(place.byte, 3)
    return place if not rest else _after(place, rest[: len(rest) - len(rest.lstrip(_CONTINUATION))])


def page(read: Read, place: ReadPlace, most: int, until_line: int | None = None) -> Page:
    """What stands from `place` on: up to line `until_line`, and `most` characters at most.

    What has to be cut is cut at the end of a line, if one is near.
    """
    wanted = None if until_line is None else until_line - place.line
    if wanted is not None and wanted <= 0:
        return Page("", place, True)
    whole = read(place.byte, most * 4 + 4).decode("utf-8", "surrogateescape")
    text = whole[:most]
    ended = len(text) == len(whole)
    if wanted is not None and text.count("\n") >= wanted:
        text, ended = "".join(line + "\n" for line in text.split("\n", wanted)[:wanted]), True
    elif not ended and (at := text.rfind("\n")) >= most // 2:
        text = text[: at + 1]
    body = text.encode("utf-8", "surrogateescape")
    return Page(body.decode("utf-8", "replace"), _after(place, body), ended)


def _after(place: ReadPlace, body: bytes) -> ReadPlace:
    return ReadPlace(
        byte=place.byte + len(body),
        character=place.character + len(body.translate(None, _CONTINUATION)),
        line=place.line + body.count(b"\n"),
    )
