"""Files of many kinds with seen and hidden texts, made with the standard library alone."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr


def html(body: str, head: str = "") -> bytes:
    """A page."""
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def pdf(seen: str, hidden: str = "", way: str = "", info: Mapping[str, str] | None = None) -> bytes:
    """A page of text; `hidden` comes after it in white, tiny, or off the page, and `info` is its information."""
    ways = {
        "white": "1 1 1 rg /F1 11 Tf 14 TL 50 400 Td",
        "tiny": "0 0 0 rg /F1 0.5 Tf 1 TL 50 400 Td",
        "outside": "0 0 0 rg /F1 11 Tf 14 TL 50 -400 Td",
        "invisible": "3 Tr /F1 11 Tf 14 TL 50 400 Td",
    }
    body = f"BT 0 0 0 rg /F1 11 Tf 14 TL 50 780 Td {_shown(seen)} ET"
    if hidden:
        body += f"\nBT {ways[way]} {_shown(hidden)} ET"
    stream = body.encode("cp1252", "replace")
    entries = " ".join(f"/{name} ({_pdf_text(value)})" for name, value in (info or {}).items())
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< {entries} >>".encode("cp1252", "replace"),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _shown(text: str) -> str:
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 85:
            lines.append("")
        lines[-1] += f"{word} "
    return " ".join(f"({_pdf_text(line)}) Tj T*" for line in lines)


def _pdf_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def docx(seen: str, hidden: str = "", way: str = "", core: Mapping[str, str] | None = None, note: str = "") -> bytes:
    """A text; `hidden` follows with the run property `way`, `core` are its properties, `note` a reviewer's comment."""
    ways = {
        "vanish": "<w:vanish/>",
        "white": '<w:color w:val="FFFFFF"/>',
        "tiny": '<w:sz w:val="1"/>',
        "struck": "<w:strike/>",
    }
    body = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in seen.split("\n"))
    if hidden:
        body += f"<w:p><w:r><w:rPr>{ways[way]}</w:rPr><w:t>{escape(hidden)}</w:t></w:r></w:p>"
    parts = {
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in (core or {}).items())
        + "</cp:coreProperties>",
        "word/comments.xml": f'<w:comments xmlns:w="{_WORD}"><w:comment w:id="0" w:author="reviewer"><w:p><w:r><w:t>'
        f"{escape(note)}</w:t></w:r></w:p></w:comment></w:comments>",
    }
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = {
        "/word/document.xml": f"{kind}.document.main+xml",
        "/word/comments.xml": f"{kind}.comments+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    main = {"officeDocument": "word/document.xml"}
    core_kind = f"{_PACKAGE}/relationships/metadata/core-properties"
    return _office(parts, types, main, {"word/_rels/document.xml.rels": {"comments": "comments.xml"}}, core_kind)


def xlsx(rows: list[list[str]]) -> bytes:
    """A workbook of one sheet."""
    lines = ""
    for at, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{chr(64 + column)}{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
            for column, value in enumerate(row, 1)
        )
        lines += f'<row r="{at}">{cells}</row>'
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        f"<sheet name={quoteattr('Sheet1')} sheetId='1' r:id='rId1'/></sheets></workbook>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{lines}</sheetData></worksheet>',
    }
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = {
        "/xl/workbook.xml": f"{kind}.sheet.main+xml",
        "/xl/worksheets/sheet1.xml": f"{kind}.worksheet+xml",
    }
    related = {"xl/_rels/workbook.xml.rels": {"worksheet": "worksheets/sheet1.xml"}}
    return _office(parts, types, {"officeDocument": "xl/workbook.xml"}, related)


def _office(
    parts: Mapping[str, str],
    types: Mapping[str, str],
    main: Mapping[str, str],
    related: Mapping[str, Mapping[str, str]],
    core_kind: str = "",
) -> bytes:
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in types.items())
    whole = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    }
    for place, targets in {"_rels/.rels": main, **related}.items():
        items = [(f"{_OFFICE}/{kind}", target) for kind, target in targets.items()]
        if place == "_rels/.rels" and core_kind:
            items.append((core_kind, "docProps/core.xml"))
        links = "".join(
            f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
            for number, (kind, target) in enumerate(items, 1)
        )
        whole[place] = f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in {**whole, **parts}.items():
            data = f'<?xml version="1.0" encoding="UTF-8"?>{text}'
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def png(texts: Mapping[str, str] | None = None, description: str = "") -> bytes:
    """A small picture with text chunks, and an EXIF description."""
    size = 24
    rows = b"".join(
        b"\0" + bytes((x * 9 + y * shade) & 255 for x in range(size) for shade in (1, 2, 3)) for y in range(size)
    )
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))]
    chunks += [(b"tEXt", f"{name}\0{value}".encode("latin-1")) for name, value in (texts or {}).items()]
    if description:
        chunks.append((b"eXIf", _exif(description)))
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def jpeg(description: str) -> bytes:
    """The smallest picture of its kind, with an EXIF description."""
    exif = b"Exif\0\0" + _exif(description)
    tables = (
        "ffdb0043000302020202020302020203030303040604040404040806060509080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f10"
    )
    tables += "1011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00d2cf20ffd9"
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + bytes.fromhex(tables)


def _exif(description: str) -> bytes:
    text = description.encode() + b"\0"
    # One entry: ImageDescription (270), ASCII (2), its bytes after the directory (TIFF 6.0, section 2).
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHII", 270, 2, len(text), 26) + b"\0\0\0\0" + text


def mail(subject: str, text: str, *headers: str, markup: str = "") -> bytes:
    """A message, with the text once more as markup where that is given."""
    head = ["From: Nora Pell <nora@example.org>", "To: me@example.org", f"Subject: {subject}"]
    head += ["Date: Mon, 04 Mar 2024 10:00:00 +0000", "MIME-Version: 1.0", *headers]
    plain = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    if not markup:
        return ("\r\n".join(head) + "\r\n" + plain).encode()
    head.append('Content-Type: multipart/alternative; boundary="cut"')
    other = f"Content-Type: text/html; charset=utf-8\r\n\r\n{markup}\r\n"
    return ("\r\n".join(head) + f"\r\n\r\n--cut\r\n{plain}--cut\r\n{other}--cut--\r\n").encode()
