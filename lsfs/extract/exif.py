"""What a camera wrote into a picture: Exif 2.3 (a TIFF structure) in JPEG, TIFF, PNG, WebP and HEIC files."""

from __future__ import annotations

import math
import struct

_TAGS = {
    0x010E: "description",
    0x010F: "make",
    0x0110: "model",
    0x0131: "software",
    0x0132: "modified",
    0x013B: "artist",
    0x8298: "copyright",
    0x9003: "taken",
    0x9C9B: "title",
    0x9C9C: "comment",
    0x9C9D: "author",
    0x9C9E: "keywords",
    0x9C9F: "subject",
    0xA434: "lens",
}
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_UTF16_TAGS = range(0x9C9B, 0x9CA0)  # Windows Explorer's own
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_MAX_ENTRIES = 500
_MAX_VALUE = 2000


def fields(data: bytes) -> dict[str, str]:
    """The words and dates of the first Exif block in an image file, empty where there is none or it is damaged."""
    start = _tiff_start(data)
    if start is None:
        return {}
    try:
        return _read(data[start : start + (1 << 20)])
    except (struct.error, IndexError, ValueError, ZeroDivisionError):
        return {}


def _tiff_start(data: bytes) -> int | None:
    if data.startswith((b"II*\0", b"MM\0*")):
        return 0
    found = data.find(b"Exif\0\0", 0, 1 << 20)
    if found >= 0:
        return found + 6
    for chunk in (b"eXIf", b"EXIF"):  # PNG; WebP, whose chunk has its size behind the name
        found = data.find(chunk)
        if found >= 0:
            place = found + (4 if chunk == b"eXIf" else 8)
            return place if data[place : place + 4] in (b"II*\0", b"MM\0*") else None
    return None


def _read(tiff: bytes) -> dict[str, str]:
    order = "<" if tiff[:2] == b"II" else ">"
    found: dict[str, str] = {}
    pending = [(struct.unpack_from(order + "I", tiff, 4)[0], False)]
    seen: set[int] = set()
    while pending:
        offset, is_gps = pending.pop(0)
        if offset in seen or len(seen) > 8:
            continue
        seen.add(offset)
        gps: dict[int, tuple[float, ...] | str] = {}
        (count,) = struct.unpack_from(order + "H", tiff, offset)
        for index in range(min(count, _MAX_ENTRIES)):
            tag, kind, number, value = struct.unpack_from(order + "HHI4s", tiff, offset + 2 + 12 * index)
            if tag in (_EXIF_IFD, _GPS_IFD) and not is_gps:
                pending.append((struct.unpack(order + "I", value)[0], tag == _GPS_IFD))
                continue
            size = _SIZES.get(kind, 0) * number
            if not size or size > 100_000:
                continue
            raw = value[:size] if size <= 4 else _at(tiff, struct.unpack(order + "I", value)[0], size)
            if is_gps:
                gps[tag] = _rationals(raw, order) if kind == 5 else raw.rstrip(b"\0").decode("ascii", "replace")
            elif tag in _TAGS:
                text = raw.decode("utf-16-le", "replace") if tag in _UTF16_TAGS else _words(raw)
                if text := text.split("\0")[0].strip()[:_MAX_VALUE]:
                    found.setdefault(_TAGS[tag], text)
        if place := _place(gps):
            found["place"] = place
    return found


def _at(tiff: bytes, offset: int, size: int) -> bytes:
    return tiff[offset : offset + size]


def _words(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _rationals(raw: bytes, order: str) -> tuple[float, ...]:
    numbers = struct.unpack(f"{order}{len(raw) // 4}I", raw[: len(raw) // 4 * 4])
    return tuple(a / b if b else 0.0 for a, b in zip(numbers[::2], numbers[1::2], strict=False))


def _place(gps: dict[int, tuple[float, ...] | str]) -> str | None:
    latitude, longitude = gps.get(2), gps.get(4)
    if not isinstance(latitude, tuple) or not isinstance(longitude, tuple):
        return None
    north = _degrees(latitude) * (-1 if gps.get(1) == "S" else 1)
    east = _degrees(longitude) * (-1 if gps.get(3) == "W" else 1)
    return f"{north:.5f}, {east:.5f}" if -90 <= north <= 90 and -180 <= east <= 180 and (north or east) else None


def _degrees(parts: tuple[float, ...]) -> float:
    return math.fsum(part / scale for part, scale in zip(parts, (1, 60, 3600), strict=False))
