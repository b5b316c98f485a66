"""Plain text, markup and source code: decoded, titled, and told apart for the chunker."""

from __future__ import annotations

import re
import zlib

from lsfs.core.filetypes import extension, language
from lsfs.core.records import Document
from lsfs.extract.base import MAX_TEXT_BYTES, MAX_TEXT_CHARS, ExtractError, make_document
from lsfs.extract.encoding import decode

_MARKUP = {
    extension: markup
    for extensions, markup in (
        ("md markdown mkd mdx", "markdown"),
        ("rst", "rst"),
        ("tex latex", "latex"),
        ("org", "org"),
        ("adoc asciidoc", "asciidoc"),
        ("csv tsv jsonl ndjson log", "rows"),
    )
    for extension in extensions.split()
}
_HEAD = 8000
_TITLES = {
    "markdown": re.compile(
        r"(?:\A---\s*\n(?:.*\n)*?title:[ \t]*[\"']?(.+?)[\"']?[ \t]*\r?\n)"
        r"|(?:^|\n)#[ \t]+([^\n]+)|\A\s*([^\n]+)\r?\n=+[ \t]*\r?(?:\n|\Z)"
    ),
    "rst": re.compile(r"(?:^|\n)(?:[=\-~^*#]{3,}[ \t]*\n)?[ \t]?([^\s.][^\n]*)\n[=\-~^*#]{3,}[ \t]*(?:\n|\Z)"),
    "latex": re.compile(r"\\title(?:\[[^\]]*\])?\{([^{}]+)"),
    "org": re.compile(r"(?i)(?:^|\n)#\+title:[ \t]*([^\n]+)|(?:^|\n)\*[ \t]+([^\n]+)"),
    "asciidoc": re.compile(r"\A\s*=[ \t]+([^\n]+)"),
}


class Text:
    """A text file as it is."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The decoded text; never fails."""
        return _document(data[:MAX_TEXT_BYTES], name, len(data) > MAX_TEXT_BYTES)


class GzippedText:
    """A text file compressed by gzip: its first members' text, up to the limit."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The text inside; raises `ExtractError` where it is not gzip at all."""
        text, more = gunzip(data, MAX_TEXT_BYTES)
        if not text:
            raise ExtractError("damaged", "gzip data is damaged")
        return _document(text, name[:-3] if name.lower().endswith(b".gz") else name, more)


def gunzip(data: bytes, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of what is compressed in `data`, and whether there is more (or the end is damaged)."""
    pieces: list[bytes] = []
    room, rest = limit, data
    while rest and room > 0:
        stream = zlib.decompressobj(wbits=31)
        try:
            piece = stream.decompress(rest, room)
        except zlib.error:
            return b"".join(pieces), True
        pieces.append(piece)
        room -= len(piece)
        if not stream.eof:
            return b"".join(pieces), True
        rest = stream.unused_data.lstrip(b"\0")
    return b"".join(pieces), bool(rest)


def _document(data: bytes, name: bytes, truncated: bool) -> Document:
    text, encoding = decode(data)
    markup, metadata = markup_of(name, text)
    if encoding != "utf-8":
        metadata["encoding"] = encoding
    if len(text) > MAX_TEXT_CHARS:
        text, truncated = text[:MAX_TEXT_CHARS], True
    return make_document(text, title=title_of(text, markup), metadata=metadata, markup=markup, truncated=truncated)


def markup_of(name: bytes, text: str) -> tuple[str, dict[str, str]]:
    """The chunker's word for how the text is structured, and the programming language as metadata."""
    ext = extension(name).removesuffix(".gz")
    tongue = language(ext) or (_interpreter(text) if text.startswith("#!") else None)
    if tongue:
        return "code", {"language": tongue}
    return _MARKUP.get(ext, "plain"), {}


def title_of(text: str, markup: str) -> str | None:
    """The title that a marked-up text gives itself near its beginning."""
    pattern = _TITLES.get(markup)
    match = pattern.search(text, 0, _HEAD) if pattern else None
    return next((group.strip().rstrip("#") for group in match.groups() if group), None) if match else None


def _interpreter(text: str) -> str | None:
    """The language of a script, from its first line."""
    words = text[: text.find("\n", 0, 200)].replace("/", " ").split()
    for word in reversed(words):
        stem = word.rstrip("0123456789.")
        if stem in ("python", "perl", "ruby", "lua", "php"):
            return stem
        if stem in ("sh", "bash", "zsh", "dash", "ksh"):
            return "shell"
        if stem in ("node", "deno"):
            return "javascript"
    return None
