"""Bytes of a text file → str: byte order marks, UTF-8, and a guess among the older encodings."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from lsfs.extract.charset import guess

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 32 * 1024
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x08\x1b\x1a"))


class Decoded(NamedTuple):
    """Text and the codec that gave it."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded:
    """The text in `data`, never failing: what no encoding explains is taken as Windows-1252 with gaps replaced."""
    wide = _wide(data[:_SAMPLE]) if data.find(b"\0", 0, 64) >= 0 else None
    if wide is None and not data.startswith(codecs.BOM_UTF8):
        try:
            return Decoded(data.decode("utf-8"), "utf-8")
        except UnicodeDecodeError:
            pass
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(name, "replace"), name)
    name = wide or _nearly_utf8(data) or guess(data)
    return Decoded(data.decode(name, "replace"), name)


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes of a file can be text in some encoding."""
    if head.startswith(tuple(mark for mark, _ in _MARKS)):
        return True
    if b"\0" in head:
        return _wide(head) is not None
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls * 50 <= len(head)


def _wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: zeros stand on one side of most characters."""
    if b"\0" not in sample or len(sample) < 4:
        return None
    lanes = [sample[i::4].count(0) * 4 / len(sample) for i in range(4)]
    for name, zeros, letters, least in (
        ("utf-32-le", lanes[1:], lanes[:1], 0.7),
        ("utf-32-be", lanes[:3], lanes[3:], 0.7),
        ("utf-16-le", lanes[1::2], lanes[::2], 0.4),
        ("utf-16-be", lanes[::2], lanes[1::2], 0.4),
    ):
        if min(zeros) > least and max(letters) < 0.05:
            return name
    return None


def _nearly_utf8(data: bytes) -> str | None:
    """UTF-8 with a few broken places, or cut inside a character."""
    sample = data[:_SAMPLE]
    text = sample.decode("utf-8", "replace")
    good = sum(len(run) for run in re.findall(r"[\x80-\ufffc]+", text))
    bad = text.count("\ufffd")
    return "utf-8" if good >= 10 * bad and good else None


_META = re.compile(rb"""<(?:meta[^>]{0,300}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.I)
_HTML_NAMES = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
               "shift_jis": "cp932", "x-sjis": "cp932", "ks_c_5601-1987": "cp949", "euc-kr": "cp949"}  # fmt: skip


def decode_html(data: bytes) -> str:
    """The text of a web page: as its own declaration says where UTF-8 does not fit."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    said = _META.search(data, 0, 4096)
    if said:
        label = said[1].decode("ascii").lower()
        try:
            return data.decode(_HTML_NAMES.get(label, label), "replace")
        except (LookupError, ValueError):
            pass
    return decode(data).text


def load_codecs() -> None:
    """Has every text codec in memory, for a process that will not be able to read modules."""
    import encodings
    import pkgutil

    for module in pkgutil.iter_modules(encodings.__path__):
        try:
            codecs.lookup(module.name)
        except (LookupError, ImportError):  # no codec, or one of another platform
            continue
