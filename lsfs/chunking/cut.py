"""Cutting a text into passages: the sections of its outline, then paragraphs, lines, sentences, words.

All scanning is done by ``str.rfind``, ``str.count`` and one regular expression a text; the loop below runs once a
passage, so that a gigabyte of text costs seconds.
"""

from __future__ import annotations

import re

from lsfs.chunking.outline import Section, outline
from lsfs.core.records import Chunk, Document

SEPARATOR = " › "
MAX_HEADING = 300
_CHARS_PER_WORD = 6
_SPACES = re.compile(r"\s+")


def chunk(document: Document, *, target_words: int = 150) -> list[Chunk]:
    """The passages of a document, in order and without a gap; none for an empty text.

    A passage has about `target_words` words (six characters each, so 900 characters; fewer where the script has
    no spaces), at most a third more, and begins at a heading or definition wherever one is near.
    """
    text = document.text
    size = target_words * _CHARS_PER_WORD
    sections = outline(document)
    path = _HeadingPath(document)
    ascii_only = text.isascii()
    chunks: list[Chunk] = []
    start, line, following, total = 0, 1, 0, len(text)
    while start < total:
        limit = size if ascii_only else _scaled(text, start, size)
        while following < len(sections) and sections[following].offset <= start:
            path.enter(sections[following])
            following += 1
        end = _end(text, start, _boundary(sections, following, start + limit // 3, total), limit)
        first = sections[following] if following < len(sections) and sections[following].offset < end else None
        chunks.append(Chunk(start, end, line, path.text or (first.title[:MAX_HEADING] if first else "")))
        line += text.count("\n", start, end)
        start = end
    return chunks


def _boundary(sections: list[Section], following: int, earliest: int, total: int) -> int:
    """The first section start that a passage may end at: far enough from its own start, or one never run across."""
    while following < len(sections):
        section = sections[following]
        if section.offset >= earliest or section.hard:
            return min(section.offset, total)
        following += 1
    return total


def _end(text: str, start: int, boundary: int, size: int) -> int:
    """Where the passage from `start` ends: at `boundary` when that is near, else at the best place before."""
    rest = boundary - start
    most = size * 4 // 3
    if rest <= most:
        return boundary
    if rest < 2 * size:
        low, high = start + rest // 3, start + rest * 2 // 3
    else:
        low, high = start + size * 2 // 3, start + most
    for mark in ("\n\n", "\n", ". ", "。", " "):
        found = text.rfind(mark, low, high)
        if found >= 0:
            return found + len(mark)
    return high if text[high - 1] < "\ud800" or text[high - 1] > "\udbff" else high - 1


def _scaled(text: str, start: int, size: int) -> int:
    """`size` for the script at `start`: one without spaces says in a character what others say in a word's part."""
    window = text[start : start + size]
    if window.isascii():
        return size
    spaces = len(_SPACES.findall(window))
    return size if spaces * 12 >= len(window) else max(size // 3, 1)


class _HeadingPath:
    """The titles above the current place, outermost first, without the document's own title."""

    def __init__(self, document: Document) -> None:
        self._own = " ".join(document.title.split()) if document.title else None
        self._open: list[tuple[int, str]] = []
        self.text = ""

    def enter(self, section: Section) -> None:
        """Close what ends where `section` begins, and open it."""
        while self._open and self._open[-1][0] >= section.level:
            self._open.pop()
        if section.title and section.title != self._own:
            self._open.append((section.level, section.title))
        self.text = SEPARATOR.join(title for _, title in self._open)[:MAX_HEADING]
