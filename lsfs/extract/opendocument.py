"""OpenDocument (ISO/IEC 26300): text, spreadsheets, presentations and drawings, read from ``content.xml``."""

from __future__ import annotations

import contextlib
import zipfile
from xml.parsers import expat

from lsfs.core.records import Anchor, Document
from lsfs.extract.base import MAX_TEXT_CHARS, ExtractError, make_document
from lsfs.extract.xmltext import TooMuch, feed
from lsfs.extract.zipmember import member

_METADATA = {
    "dc:creator": "author",
    "meta:initial-creator": "author",
    "dc:subject": "subject",
    "dc:description": "description",
    "dc:date": "modified",
    "meta:creation-date": "created",
    "meta:keyword": "keywords",
    "dc:language": "language",
}
_SKIPPED = frozenset({
    "office:automatic-styles", "office:font-face-decls", "office:scripts", "text:tracked-changes", "svg:desc",
    "office:settings", "text:sequence-decls", "office:forms",
})  # fmt: skip
_MAX_DEPTH = 500
_MAX_REPEATS = 100


def read(package: zipfile.ZipFile) -> Document:
    """The document in an OpenDocument package; raises `ExtractError`."""
    names = set(package.namelist())
    if "META-INF/manifest.xml" in names and b"encryption-data" in member(package, "META-INF/manifest.xml"):
        raise ExtractError("encrypted", "the document needs a password")
    if "content.xml" not in names:
        raise ExtractError("damaged", "the document has no content.xml")
    content = _Content()
    truncated = False
    try:
        feed(member(package, "content.xml"), content.start, content.end, content.text)
    except TooMuch:
        truncated = True
    except (expat.ExpatError, ValueError) as error:
        if not content.lines:
            raise ExtractError("damaged", f"content.xml: {error}") from None
        truncated = True
    fields = _Fields()
    if "meta.xml" in names:
        with contextlib.suppress(expat.ExpatError, ValueError, ExtractError):  # metadata is a bonus
            feed(member(package, "meta.xml", 1 << 20), fields.start, fields.end, fields.text)
    text = "".join(content.lines)
    return make_document(
        text,
        title=fields.found.pop("dc:title", None) or content.title,
        metadata={_METADATA[tag]: value for tag, value in reversed(fields.found.items()) if tag in _METADATA},
        anchors=tuple(content.anchors),
        markup="rows" if content.sheets else "markdown",
        truncated=truncated,
    )


class _Fields:
    """The elements of meta.xml."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._run: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._run.clear()

    def text(self, data: str) -> None:
        self._run.append(data)

    def end(self, tag: str) -> None:
        value = "".join(self._run).strip()
        self._run.clear()
        if value:
            self.found[tag] = f"{self.found[tag]}, {value}" if tag == "meta:keyword" and tag in self.found else value


class _Content:
    """Lines of Markdown from the events of content.xml, with anchors for sheets and slides."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.anchors: list[Anchor] = []
        self.title: str | None = None
        self.sheets = 0
        self._slides = 0
        self._length = 0
        self._depth = 0
        self._skip_from = 0
        self._run: list[str] = []
        self._prefix = ""
        self._cells: list[str] | None = None
        self._repeat = 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        if self._skip_from:
            return
        if tag in _SKIPPED:
            self._skip_from = self._depth
        elif tag == "text:h":
            level = attributes.get("text:outline-level", "1")
            self._prefix = "#" * min(int(level), 6) + " " if level.isdigit() and level != "0" else "# "
        elif tag == "text:list-item":
            self._prefix = "- "
        elif tag in ("text:tab", "text:s"):
            self._run.append(" ")
        elif tag == "text:line-break":
            self._run.append("\n")
        elif tag == "table:table-row":
            self._cells = []
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            repeat = attributes.get("table:number-columns-repeated", "1")
            self._repeat = min(int(repeat), _MAX_REPEATS) if repeat.isdigit() else 1
        elif tag == "table:table":
            self._begin_sheet(attributes.get("table:name", ""))
        elif tag == "draw:page":
            self._slides += 1
            self.anchors.append(Anchor(self._length, f"slide {self._slides}"))

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        if self._skip_from:
            if self._depth < self._skip_from:
                self._skip_from = 0
        elif tag in ("text:p", "text:h"):
            self._end_paragraph(tag == "text:h")
        elif tag in ("table:table-cell", "table:covered-table-cell") and self._cells is not None:
            line = " ".join("".join(self._run).split())
            self._run.clear()
            self._cells.extend([line] * (self._repeat if line else 1))
        elif tag == "table:table-row":
            cells, self._cells = self._cells or [], None
            if any(cells):
                self._add(" | ".join(cells).rstrip(" |") + "\n")
        elif tag in ("table:table", "draw:page"):
            self._add("\n")

    def text(self, data: str) -> None:
        """Character data; what stands outside of paragraphs is white space of the file."""
        if not self._skip_from:
            self._run.append(data)

    def _begin_sheet(self, name: str) -> None:
        if self._length == 0 or self.sheets or not self.lines:
            self.sheets += 1
            self.anchors.append(Anchor(self._length, f"sheet {name}"[:200]))
            self._add(f"## {name}\n\n")

    def _end_paragraph(self, heading: bool) -> None:
        if self._cells is not None:
            self._run.append(" ")
            return
        line = "".join(self._run).strip()
        self._run.clear()
        prefix, self._prefix = self._prefix, ""
        if line:
            if heading and self.title is None:
                self.title = line
            self._add(f"{prefix}{line}\n" if prefix == "- " else f"{prefix}{line}\n\n")

    def _add(self, line: str) -> None:
        self.lines.append(line)
        self._length += len(line)
        if self._length > MAX_TEXT_CHARS:
            raise TooMuch
