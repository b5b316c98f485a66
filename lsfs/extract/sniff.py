"""What a file is, from its first bytes and its name: bytes that say so beat the extension."""

from __future__ import annotations

import re
import zlib

from lsfs.core.filetypes import extension, family, is_textlike
from lsfs.extract.encoding import looks_like_text

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK00PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "tar"),
    (b"\xfd7zXZ\x00", "tar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "binary"),
    (b"\xff\xd8\xff", "image"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"ID3", "audio"),
    (b"fLaC", "audio"),
    (b"OggS", "audio"),
    (b"FORM", "audio"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio"),
    (b"\x1aE\xdf\xa3", "binary"),
    (b"\x7fELF", "binary"),
    (b"MZ", "binary"),
    (b"SQLite format 3\x00", "binary"),
)
_RIFF = {b"WEBP": "image", b"WAVE": "audio"}
_BY_NAME = {
    "html": "html htm xhtml",
    "mail": "eml emlx mht mhtml",
    "mbox": "mbox mbx",
    "notebook": "ipynb",
    "subtitle": "srt vtt ass ssa sbv sub",
    "xml": "xml svg rss atom opml kml gpx fb2 xsl xslt xsd fodt fods fodp",
}
_KIND_OF = {ext: kind for kind, line in _BY_NAME.items() for ext in line.split()}
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_MAIL = re.compile(
    rb"(?:(?:received|return-path|from|to|subject|date|message-id|mime-version|delivered-to|reply-to|cc|sender"
    rb"|content-type|x-[\w-]+):[^\n]*\n(?:[ \t][^\n]*\n)*){3}",
    re.I,
)
_MBOX = re.compile(rb"(?:>?From [^\n]{3,200}\r?\n)[\w-]{1,60}:[^\n]*\n")
_OPEN_TAG = re.compile(rb"\s*<\?xml\b|\s*<(?:svg|rss|feed|FictionBook)\b")


def kind_of(name: bytes, head: bytes) -> str:
    """One word for what is in a file: ``pdf``, ``zip``, ``ole``, ``html``, ``mail``, ``text``, ``binary`` …

    `head` is the file's beginning, 4 KiB or more unless the file is shorter.
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return _refined(kind, name, head)
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "video")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "image" if brand in (b"heic", b"heix", b"mif1", b"avif", b"msf1") else "audio"
    if head[257:262] == b"ustar":
        return "tar"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    ext = extension(name)
    if not looks_like_text(head):
        if ext in ("mp3", "aac") and head[:1] == b"\xff":
            return "audio"
        return "text" if is_textlike(ext) and b"\0" not in head else "binary"
    return _of_text(ext, head)


def _of_text(ext: str, head: bytes) -> str:
    kind = _KIND_OF.get(ext)
    if kind:
        return kind
    if ext == "rtf" or family(ext) in ("code", "note"):
        return "text"
    start = head.removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(start):
        return "html"
    if start.startswith(b"WEBVTT"):
        return "subtitle"
    if _MBOX.match(start):
        return "mbox"
    if _MAIL.match(start):
        return "mail"
    return "xml" if ext not in ("dtd", "plist") and _OPEN_TAG.match(start) else "text"


def _refined(kind: str, name: bytes, head: bytes) -> str:
    if kind == "gzip":
        return _of_gzip(name, head)
    if kind == "binary" or kind == "tar" or not head.isascii() or len(head) < 4:
        return kind
    # A text may begin with the letters of a short magic ("MZ", "FORM", "ID3"): it has no other sign of being binary.
    return _of_text(extension(name), head) if kind == "audio" and looks_like_text(head) else kind


def _of_gzip(name: bytes, head: bytes) -> str:
    try:
        inner = zlib.decompressobj(wbits=31).decompress(head, 4096)
    except zlib.error:
        return "binary"
    if inner[257:262] == b"ustar" or extension(name) == "tar.gz":
        return "tar"
    if inner.startswith((b"%PDF-", b"PK\x03\x04")) or not inner or not looks_like_text(inner):
        return "binary"
    return "gzip-text"
