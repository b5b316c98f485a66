"""Documents through kreuzberg: PDF, Office, EPUB, RTF, HTML.

kreuzberg (Rust) may panic or hang on hostile files: call it in a process that may be killed.  Its cache is off and
its thread pool has one thread.  A panic comes up as a `BaseException` and is left to the caller, who should end the
process.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from lsfs.core.records import Anchor, Document
from lsfs.extract.base import ExtractError, Reason, make_document

if TYPE_CHECKING:
    from kreuzberg import ExtractionConfig, ExtractionResult

_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_PAGE_MARK = re.compile(rf"\s*{_OPEN}(\d+){_CLOSE}\s*")
_OOXML = "application/vnd.openxmlformats-officedocument"

MIME = {
    "pdf": "application/pdf",
    "rtf": "application/rtf",
    "html": "text/html",
    "epub": "application/epub+zip",
    "docx": f"{_OOXML}.wordprocessingml.document",
    "xlsx": f"{_OOXML}.spreadsheetml.sheet",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    "pptx": f"{_OOXML}.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "hwp": "application/x-hwp",
    "7z": "application/x-7z-compressed",
}
_PAGED = {"pdf": "page", "pptx": "slide", "ppt": "slide"}
_SHEETS = frozenset({"xlsx", "xlsb", "xls", "ods"})
_METADATA = {
    "authors": "author",
    "subject": "subject",
    "keywords": "keywords",
    "description": "description",
    "language": "language",
    "publisher": "publisher",
    "organization": "organization",
    "created_at": "created",
    "modified_at": "modified",
    "from_email": "from",
    "to_emails": "to",
    "cc_emails": "cc",
    "date": "date",
}


class Pdf:
    """A PDF, with page anchors."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The text layer; scanned pages give none."""
        return read(data, "pdf")


class Rtf:
    """A Rich Text file."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The text with headings where the file names them."""
        return read(data, "rtf")


class Html:
    """A web page."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The page's text as Markdown."""
        from lsfs.extract.encoding import decode_html

        page = decode_html(data)
        document = read(page.encode("utf-8", "replace"), "html")
        return document


def read(data: bytes, kind: str) -> Document:
    """The document in `data`, a file of one of the `MIME` kinds; raises `ExtractError`."""
    import kreuzberg

    paged = kind in _PAGED
    try:
        result = kreuzberg.extract_bytes_sync(data, MIME[kind], _config(paged))
    except kreuzberg.KreuzbergError as error:
        raise translated(str(error)) from None
    return _document(result, kind)


def warm_up() -> None:
    """Has kreuzberg and its PDF library loaded, and every lazily read table, by reading small documents."""
    from lsfs.extract import samples

    for data, kind in samples.documents():
        read(data, kind)


@functools.cache
def _config(paged: bool) -> ExtractionConfig:
    import kreuzberg

    return kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=True,  # type: ignore[call-arg]  # missing from the stubs of 4.10
        output_format="plain" if paged else "markdown",
        pages=kreuzberg.PageConfig(insert_page_markers=True, marker_format=f"\n\n{_OPEN}{{page_num}}{_CLOSE}\n\n")
        if paged
        else None,
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
    )


def _document(result: ExtractionResult, kind: str) -> Document:
    content = result.content.replace("\r\n", "\n").replace("\0", "")
    fields: dict[str, Any] = dict(result.metadata)
    anchors: tuple[Anchor, ...] = ()
    if kind in _PAGED:
        content, anchors = _with_anchors(content, _PAGED[kind])
        markup = "plain"
    else:
        content = unadorned(content)
        markup = "rows" if kind in _SHEETS else "markdown"
        if kind in _SHEETS:
            anchors = _sheets(content, fields.get("sheet_names"))
    title = _title(fields, content, markup)
    return make_document(content, title=title, metadata=_metadata(fields), anchors=anchors, markup=markup)


def _with_anchors(content: str, unit: str) -> tuple[str, tuple[Anchor, ...]]:
    """The text without page marks, and an anchor where each page begins."""
    pieces: list[str] = []
    anchors: list[Anchor] = []
    length = end = 0
    for match in _PAGE_MARK.finditer(content):
        piece = content[end : match.start()]
        if pieces or piece:
            piece += "\n\n"
        pieces.append(piece)
        length += len(piece)
        anchors.append(Anchor(length, f"{unit} {match[1]}"))
        end = match.end()
    pieces.append(content[end:])
    return "".join(pieces), tuple(anchors)


def _sheets(content: str, names: list[str] | None) -> tuple[Anchor, ...]:
    anchors: list[Anchor] = []
    position = 0
    for name in names or ():
        found = content.find(f"## {name}\n", position)
        if found >= 0:
            anchors.append(Anchor(found, f"sheet {name}"))
            position = found + 1
    return tuple(anchors)


_IMAGE = re.compile(r"!\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]\([^)\n]{0,2000}\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*\n]{1,1000}?)\1")
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=\S)([^*\n]{1,1000}?)\*(?![\w*])")
_ESCAPE = re.compile(r"\\([!\"$%&'()*+,\-./:;<=>?@\[\]^_`{|}~\\]|(?<!\n\\)#)")
_BLANKS = re.compile(r"\n{3,}")


def unadorned(markdown: str) -> str:
    """Markdown as people would type it: headings, lists and tables stay, emphasis, link targets and escapes go."""
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", markdown))
    text = _EMPHASIS.sub(r"\1", _STRONG.sub(r"\2", text))
    return _BLANKS.sub("\n\n", _ESCAPE.sub(r"\1", text)).strip("\n") + "\n" if text.strip() else ""


_NO_TITLE = re.compile(
    r"(?i)\s*(?:untitled.*|microsoft (?:word|powerpoint|excel) - .*|\S+\.\w{2,4}|(?:slide|page) ?1|title)\s*"
)
_FIRST_HEADING = re.compile(r"(?:\A|\n)# ([^\n]+)")


def _title(fields: dict[str, Any], content: str, markup: str) -> str | None:
    title = fields.get("title") or (fields.get("subject") if fields.get("format_type") == "email" else None)
    if isinstance(title, str) and title.strip() and not _NO_TITLE.fullmatch(title):
        return title
    heading = _FIRST_HEADING.search(content, 0, 4000) if markup == "markdown" else None
    return heading[1] if heading else None


def _metadata(fields: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, name in _METADATA.items():
        value = fields.get(key)
        if isinstance(value, list):
            value = ", ".join(str(item) for item in value[:50])
        if value and isinstance(value, str):
            found.setdefault(name, value)
    return found


def translated(message: str) -> ExtractError:
    """The error of ours for a message of kreuzberg's."""
    said = message.lower()
    reason: Reason = "damaged"
    if "password" in said or "encrypt" in said:
        reason = "encrypted"
    elif "malformed" in said:
        pass
    elif "unsupported" in said or "validationerror" in said or "magic number" in said or "not supported" in said:
        reason = "unsupported"
    elif "too large" in said or "limit" in said or "exceed" in said:
        reason = "too-large"
    return ExtractError(reason, message.partition(": ")[2][:300] or message[:300])
