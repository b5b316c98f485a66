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
_XML_PAGES = (
    (re.compile(r"visio/pages/page\d+\.xml"), "page"),
    (re.compile(r"(?i).*/pages/[^/]+\.fpage"), "page"),
)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, ValueError, OSError, RuntimeError)


class Package:
    """Whatever comes in a zip file."""

    version = "1"

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
    if kind is None and not previews and not _page_members(names):
        return archive.zip_names(package)
    _refuse_bombs(package)
    if kind == "odf":
        return opendocument.read(package)
    if kind is not None:
        return kreuzberg.read(data, kind)
    if previews:
        return kreuzberg.read(member(package, previews.pop()), "pdf")
    return _pages_of(package, _page_members(names))


def _refuse_bombs(package: zipfile.ZipFile) -> None:
    packed = expanded = 0
    for info in package.infolist():
        packed += info.compress_size
        expanded += info.file_size
        if info.flag_bits & 1:
            raise ExtractError("encrypted", "the package needs a password")
    if expanded > MAX_EXPANDED or (expanded > 32 << 20 and expanded > MAX_RATIO * max(packed, 1)):
        raise ExtractError("too-large", f"unpacks from {packed} to {expanded} bytes")


def _page_members(names: list[str]) -> list[str]:
    pages = [name for name in names if any(pattern.fullmatch(name) for pattern, _ in _XML_PAGES)]
    return sorted(pages, key=lambda name: (len(name), name))


def _pages_of(package: zipfile.ZipFile, names: list[str]) -> Document:
    """The words of pages that are XML: XPS keeps them in attributes, Visio in elements."""
    lines: list[str] = []
    for name in names:
        page = member(package, name, 64 << 20)
        glyphs = re.findall(r'UnicodeString="([^"]{1,5000})"', page.decode("utf-8", "replace"))
        lines.append("\n".join(glyphs) if glyphs else xmltext.Xml().extract(page, b"").text)
    return make_document("\n\n".join(lines))
