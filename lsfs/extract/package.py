"""Zip packages: Office, OpenDocument, EPUB, XPS, iWork, and plain archives, told apart by their member names."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

from lsfs.core.records import Document
from lsfs.extract import archive, kreuzberg, opendocument, xmltext
from lsfs.extract.base import ExtractError, make_document
from lsfs.extract.zipmember import MAX_EXPANDED, member

MAX_RATIO = 250
"""How much smaller than its content a package over 32 MiB may be; real ones stay below 100."""
_PARTS = (  # a member that only this kind has, and how to read it
    ("word/document", "docx"),
    ("xl/workbook.bin", "xlsb"),
    ("xl/workbook", "xlsx"),
    ("ppt/presentation", "pptx"),
    ("META-INF/container.xml", "epub"),
)
_XML_PAGES = re.compile(r"visio/pages/page\d+\.xml|(?i:.*/pages/[^/]+\.fpage)")
_OFFICE_TEXT = re.compile(
    r"(?:word/(?:document|footnotes)|ppt/slides/slide\d+|xl/(?:sharedStrings|worksheets/sheet\d+))\.xml"
)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError, RuntimeError, LookupError)


class Package:
    """Whatever comes in a zip file."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The text of a document, or the names in an archive."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as package:
                return _read(package, data)
        except _UNREADABLE as error:
            raise ExtractError("damaged", f"zip package is damaged: {error}"[:300]) from None


def _read(package: zipfile.ZipFile, data: bytes) -> Document:
    names = package.namelist()
    known = set(names)
    kind = next((kind for part, kind in _PARTS if any(name.startswith(part) for name in known)), None)
    if "mimetype" in known and package.getinfo("mimetype").file_size < 200:
        mimetype = package.read("mimetype").strip()
        if mimetype.startswith((b"application/vnd.oasis.opendocument", b"application/vnd.sun.xml")):
            kind = "odf"
    previews = known & {"QuickLook/Preview.pdf", "preview.pdf"}
    pages = _members(names, _XML_PAGES)
    if kind is None and not previews and not pages:
        return archive.zip_names(package)
    _refuse_bombs(package)
    if kind == "odf":
        return opendocument.read(package)
    if kind is not None:
        return _office(package, names, data, kind)
    if previews:
        return kreuzberg.read(member(package, previews.pop()), "pdf")
    return _words_of(package, pages)


def _office(package: zipfile.ZipFile, names: list[str], data: bytes, kind: str) -> Document:
    """The document by kreuzberg, or its bare words where kreuzberg stumbles over a part that holds no text."""
    try:
        return kreuzberg.read(data, kind)
    except ExtractError as error:
        parts = _members(names, _OFFICE_TEXT)
        if error.reason != "damaged" or not parts:
            raise
        return _words_of(package, parts)


def _refuse_bombs(package: zipfile.ZipFile) -> None:
    packed = expanded = 0
    for info in package.infolist():
        packed += info.compress_size
        expanded += info.file_size
        if info.flag_bits & 1:
            raise ExtractError("encrypted", "the package needs a password")
    if expanded > MAX_EXPANDED or (expanded > 32 << 20 and expanded > MAX_RATIO * max(packed, 1)):
        raise ExtractError("too-large", f"unpacks from {packed} to {expanded} bytes")


def _members(names: list[str], pattern: re.Pattern[str]) -> list[str]:
    """The matching members, page 2 before page 10."""
    return sorted((name for name in names if pattern.fullmatch(name)), key=lambda name: (len(name), name))


def _words_of(package: zipfile.ZipFile, names: list[str]) -> Document:
    """The words of XML members: XPS keeps them in attributes, the others in elements."""
    lines: list[str] = []
    for name in names:
        page = member(package, name, 64 << 20)
        glyphs = re.findall(r'UnicodeString="([^"]{1,5000})"', page.decode("utf-8", "replace"))
        lines.append("\n".join(glyphs) if glyphs else xmltext.Xml().extract(page, b"").text)
    return make_document("\n\n".join(lines))
