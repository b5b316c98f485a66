"""The words of an XML file: character data and attribute values that read like words.

expat with entity declarations refused: nothing is expanded, nothing is fetched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from xml.parsers import expat

from lsfs.core.records import Document
from lsfs.extract.base import MAX_TEXT_CHARS, make_document
from lsfs.extract.encoding import decode

_TAG = re.compile(r"<[^<>]{0,20000}>")
_TITLES = frozenset({"title", "dc:title", "svg:title"})
_WORDY = frozenset(
    {"alt", "aria-label", "caption", "description", "label", "name", "summary", "text", "title", "value"}
)


class TooMuch(Exception):
    """The output limit is reached."""


class Xml:
    """Any XML, SVG or feed."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """Its words, an element's text a line; of broken XML what stands outside of tags."""
        words = Words()
        try:
            feed(data, words.start, words.end, words.text)
        except TooMuch:
            return make_document(words.joined(), title=words.title, truncated=True)
        except (expat.ExpatError, ValueError, LookupError):
            text = html.unescape(_TAG.sub("\n", decode(data).text))
            return make_document("\n".join(line for piece in text.split("\n") if (line := piece.strip())))
        return make_document(words.joined(), title=words.title)


class Words:
    """Gathers the lines of an XML document from parser events."""

    def __init__(self, limit: int = MAX_TEXT_CHARS) -> None:
        self.title: str | None = None
        self._lines: list[str] = []
        self._run: list[str] = []
        self._room = limit

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._close()
        for key, value in attributes.items():
            if key.rpartition(":")[2].lower() in _WORDY and any(map(str.isalpha, value)):
                self._add(value)

    def end(self, tag: str) -> None:
        """An element ends."""
        line = self._close()
        if line and self.title is None and tag.lower() in _TITLES:
            self.title = line

    def text(self, data: str) -> None:
        """A piece of character data."""
        self._run.append(data)
        self._room -= len(data)
        if self._room < 0:
            raise TooMuch

    def joined(self) -> str:
        """All lines so far."""
        self._close()
        return "\n".join(self._lines)

    def _close(self) -> str:
        line = " ".join("".join(self._run).split())
        self._run.clear()
        if line:
            self._lines.append(line)
        return line

    def _add(self, value: str) -> None:
        self._room -= len(value)
        if self._room < 0:
            raise TooMuch
        self._lines.append(" ".join(value.split()))


def feed(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Has expat call `start`, `end` and `text` for `data`; entities declared in the document are refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse
    parser.Parse(data, True)


def _refuse(name: str, *rest: object) -> None:
    raise ValueError(f"entity {name[:40]!r} is declared")
