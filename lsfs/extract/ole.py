"""OLE compound files ([MS-CFB]): the older Office formats and Outlook messages, told apart by their streams."""

from __future__ import annotations

from lsfs.core.filetypes import extension
from lsfs.core.records import Document
from lsfs.extract import kreuzberg
from lsfs.extract.base import ExtractError

_STREAMS = (  # a stream name that only this kind has at its top, in the order of looking
    ("__nameid_version1.0", "msg"),
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("WORKBOOK", "xls"),
    ("BOOK", "xls"),
    ("FileHeader", "hwp"),
)
_BY_EXTENSION = {
    **dict.fromkeys(("doc", "dot"), "doc"),
    **dict.fromkeys(("xls", "xlt", "xla"), "xls"),
    **dict.fromkeys(("ppt", "pps", "pot"), "ppt"),
    "msg": "msg",
    "hwp": "hwp",
}


class CompoundFile:
    """Word, Excel, PowerPoint of 97 to 2003, and Outlook messages."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The text; raises `ExtractError` for encrypted files and for formats that nobody here reads."""
        if _has(data, "EncryptedPackage") and _has(data, "EncryptionInfo"):
            raise ExtractError("encrypted", "the document needs a password")
        present = [kind for stream, kind in _STREAMS if _has(data, stream)]
        said = _BY_EXTENSION.get(extension(name))
        kind = said if said in present else next(iter(present), None)
        if kind is None:
            raise ExtractError("unsupported", "no known document in this compound file")
        return kreuzberg.read(data, kind)


def _has(data: bytes, stream: str) -> bool:
    return stream.encode("utf-16-le") in data
