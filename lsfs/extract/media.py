"""Images, audio and video: what their makers wrote into them.  Pixels and sound are not looked at."""

from __future__ import annotations

import io
import re
import struct
import zlib

import tinytag

from lsfs.core.records import Document
from lsfs.extract import exif
from lsfs.extract.base import ExtractError, clean_line, make_document

_XMP = re.compile(rb"<(dc:title|dc:description|dc:creator|dc:subject|photoshop:Headline)>(.{0,4000}?)</\1>", re.S)
_XMP_NAMES = {"dc:title": "title", "dc:creator": "artist", "dc:subject": "keywords", "photoshop:Headline": "title"}
_PNG_NAMES = {"title": "title", "author": "artist", "description": "description", "comment": "comment"}
_TAGS = ("title", "artist", "album", "albumartist", "composer", "genre", "year", "comment")


class Image:
    """A picture."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """Title, description, camera, date and place, one a line; raises `ExtractError` where nothing is said."""
        found = {**_xmp(data), **_png_texts(data), **exif.fields(data)}
        if "make" in found or "model" in found:
            make, model = found.pop("make", ""), found.pop("model", "")
            found["camera"] = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
        return _spoken(found)


class Recording:
    """Sound or film."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The tags (ID3, Vorbis comments, MP4, RIFF, ASF), one a line; raises `ExtractError` where there is none."""
        try:
            tags = tinytag.TinyTag.get(name.decode("utf-8", "replace"), file_obj=io.BytesIO(data), image=False)
        except (
            tinytag.TinyTagException,
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            struct.error,
            OverflowError,
        ) as error:
            raise ExtractError("unsupported", f"no tags can be read: {error}"[:200]) from None
        found = {key: str(value) for key in _TAGS if (value := getattr(tags, key, None))}
        for key, values in sorted(getattr(tags, "other", {}).items()):
            if key in ("lyrics", "copyright", "publisher", "lyricist", "director", "keywords", "description"):
                found.setdefault(key, " ".join(str(value) for value in values))
        if found and tags.duration:
            found["duration"] = f"{int(tags.duration) // 60}:{int(tags.duration) % 60:02}"
        return _spoken(found)


def _spoken(found: dict[str, str]) -> Document:
    """The fields as a text of one field a line."""
    fields = {key: line for key, value in found.items() if (line := clean_line(value, 2000))}
    if not fields:
        raise ExtractError("empty", "nothing is written in it but the picture or sound")
    text = "".join(f"{key.capitalize()}: {value}\n" for key, value in fields.items())
    return make_document(text, title=fields.get("title"), metadata=fields, markup="rows")


def _xmp(data: bytes) -> dict[str, str]:
    start = data.find(b"<x:xmpmeta")
    if start < 0:
        return {}
    found: dict[str, str] = {}
    for match in _XMP.finditer(data, start, start + (1 << 18)):
        tag = match[1].decode("ascii")
        text = re.sub(r"<[^<>]{0,500}>", " ", match[2].decode("utf-8", "replace"))
        if line := clean_line(text, 2000):
            found.setdefault(_XMP_NAMES.get(tag, "description"), line)
    return found


def _png_texts(data: bytes) -> dict[str, str]:
    """The tEXt, zTXt and iTXt chunks of a PNG."""
    found: dict[str, str] = {}
    place = 8 if data.startswith(b"\x89PNG") else len(data)
    while place + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + min(size, 1 << 16)]
        place += 12 + size
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            continue
        key, _, rest = body.partition(b"\0")
        label = _PNG_NAMES.get(key.decode("latin-1").lower())
        if label and (text := _png_text(kind, rest)):
            found.setdefault(label, text)
    return found


def _png_text(kind: bytes, rest: bytes) -> str:
    try:
        if kind == b"tEXt":
            return rest.decode("latin-1")
        if kind == b"zTXt":
            return zlib.decompressobj().decompress(rest[1:], 1 << 16).decode("latin-1")
        packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        return (zlib.decompressobj().decompress(text, 1 << 16) if packed else text).decode("utf-8", "replace")
    except zlib.error:
        return ""
