"""Small real documents, made in memory: no file of the tests was downloaded."""

from __future__ import annotations

import io
import struct
import zipfile
from types import SimpleNamespace

import pytest

from lsfs.core.records import Document
from lsfs.extract import choose

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_PACKAGE = "application/vnd.openxmlformats-package"
_XHTML = "http://www.w3.org/1999/xhtml"
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def package(members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _office(main: str, kind: str, members: dict[str, str]) -> bytes:
    types = f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="{_PACKAGE}.relationships+xml"/>'
    types += '<Default Extension="xml" ContentType="application/xml"/>'
    types += f'<Override PartName="/{main}" ContentType="{kind}"/></Types>'
    rels = f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_R}/officeDocument" Target="{main}"/>'
    rels += f'<Relationship Id="rId2" Type="{_RELS}/metadata/core-properties" Target="docProps/core.xml"/>'
    rels += "</Relationships>"
    core = '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    core += f" {_DC}><dc:title>The yearly plan</dc:title><dc:creator>Ada Byron</dc:creator></cp:coreProperties>"
    return package({"[Content_Types].xml": types, "_rels/.rels": rels, "docProps/core.xml": core, **members})


def docx(*paragraphs: str, heading: str = "Rent") -> bytes:
    body = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{heading}</w:t></w:r></w:p>'
    body += "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    document = f'<?xml version="1.0"?><w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _office("word/document.xml", kind, {"word/document.xml": document})


def xlsx(sheets: dict[str, list[list[str]]]) -> bytes:
    listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1))
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{_R}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    members = {
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELS}">{related}</Relationships>',
    }
    for number, rows in enumerate(sheets.values(), 1):
        cells = "".join(
            f'<row r="{r}">'
            + "".join(f'<c r="{chr(64 + c)}{r}" t="inlineStr"><is><t>{v}</t></is></c>' for c, v in enumerate(row, 1))
            + "</row>"
            for r, row in enumerate(rows, 1)
        )
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_S}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return _office(
        "xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", members
    )


def pptx(*slides: str, extra: str = "") -> bytes:
    listed = "".join(f'<p:sldId id="{255 + i}" r:id="rId{i}"/>' for i in range(1, len(slides) + 1))
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{_R}/slide" Target="slides/slide{i}.xml"/>' for i in range(1, len(slides) + 1)
    )
    members = {
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_P}" xmlns:r="{_R}"><p:sldIdLst>{listed}</p:sldIdLst>'
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{_RELS}">{related}</Relationships>',
    }
    for number, text in enumerate(slides, 1):
        shape = f"<p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>{extra}"
        members[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{_P}" xmlns:a="{_A}" xmlns:r="{_R}"><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>'
        )
    kind = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    return _office("ppt/presentation.xml", kind, members)


def odf(kind: str, body: str, **members: str | bytes) -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="{_ODF}:{space}:1.0"'
        for name, space in (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"))
    )
    content = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    meta = f'<office:document-meta xmlns:office="{_ODF}:office:1.0" {_DC}><office:meta>'
    meta += (
        "<dc:title>The yearly plan</dc:title><dc:creator>Ada Byron</dc:creator></office:meta></office:document-meta>"
    )
    return package(
        {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content, "meta.xml": meta, **members}
    )


def epub(*chapters: str) -> bytes:
    items = "".join(
        f'<item id="c{i}" href="c{i}.xhtml" media-type="application/xhtml+xml"/>' for i in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(len(chapters)))
    opf = f'<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"><metadata {_DC}>'
    opf += '<dc:identifier id="i">x</dc:identifier><dc:title>A long walk</dc:title><dc:creator>Ada Byron</dc:creator>'
    opf += f"<dc:language>en</dc:language></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    container = f'<container version="1.0" xmlns="{_ODF}:container"><rootfiles>'
    container += '<rootfile full-path="o.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    pages = {
        f"c{i}.xhtml": f'<html xmlns="{_XHTML}"><body><h1>Chapter {i + 1}</h1><p>{text}</p></body></html>'
        for i, text in enumerate(chapters)
    }
    return package({"mimetype": "application/epub+zip", "META-INF/container.xml": container, "o.opf": opf, **pages})


def pdf(*pages: str, title: str = "", encrypt: bool = False) -> bytes:
    """Each page shows one line of ASCII text."""
    bodies: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    bodies.append(f"<</Title({title})/Author(Ada Byron)>>".encode())
    kids = []
    for text in pages:
        content = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
        kids.append(f"{len(bodies) + 1} 0 R")
        bodies.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (len(bodies) + 2)
        )
        bodies.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    bodies[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(pages)}>>".encode()
    locked = b""
    if encrypt:
        locked = b"/Encrypt %d 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]" % (
            len(bodies) + 1
        )
        bodies.append(b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>")
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    return bytes(
        out
        + b"trailer<</Root 1 0 R/Info 4 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, locked, start)
    )


def exif(order: str = "<") -> bytes:
    """A TIFF structure with camera, date and place."""
    texts = {0x010F: b"Canon\0", 0x0110: b"Canon EOS 5D\0", 0x9003: b"2024:05:01 10:00:00\0"}
    gps_at = 8 + 2 + 12 * 4 + 4
    gps_size = 2 + 12 * 4 + 4
    place = gps_at + gps_size
    entries, tail = [], b""
    for tag, value in sorted(texts.items()):
        entries.append(struct.pack(order + "HHII", tag, 2, len(value), place + len(tail)))
        tail += value
    entries.insert(2, struct.pack(order + "HHII", 0x8825, 4, 1, gps_at))
    gps = [struct.pack(order + "HHI4s", 1, 2, 2, b"N\0\0\0")]
    gps.append(struct.pack(order + "HHII", 2, 5, 3, place + len(tail)))
    tail += struct.pack(order + "6I", 45, 1, 45, 1, 0, 1)
    gps.append(struct.pack(order + "HHI4s", 3, 2, 2, b"W\0\0\0"))
    gps.append(struct.pack(order + "HHII", 4, 5, 3, place + len(tail)))
    tail += struct.pack(order + "6I", 4, 1, 30, 1, 0, 1)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    first = struct.pack(order + "H", 4) + b"".join(entries) + b"\0" * 4
    return head + first + struct.pack(order + "H", 4) + b"".join(gps) + b"\0" * 4 + tail


def jpeg(tiff: bytes) -> bytes:
    block = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(block) + 2) + block + b"\xff\xd9"


def mp3(title: str, artist: str) -> bytes:
    frames = b""
    for key, value in (("TIT2", title), ("TPE1", artist)):
        body = b"\x03" + value.encode()
        frames += key.encode() + struct.pack(">I", len(body)) + b"\0\0" + body
    size = len(frames)
    sync = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    return b"ID3\x03\0\0" + sync + frames + (b"\xff\xfb\x90\x64" + b"\0" * 413) * 4


def read(name: str, data: bytes) -> Document:
    """The document as the product gets it: planned by name and beginning, then extracted."""
    raw = name.encode()
    return choose.extract(data, raw, choose.plan_for(raw, data[:8192]))


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    return SimpleNamespace(
        package=package,
        docx=docx,
        xlsx=xlsx,
        pptx=pptx,
        odf=odf,
        epub=epub,
        pdf=pdf,
        exif=exif,
        jpeg=jpeg,
        mp3=mp3,
        read=read,
    )
