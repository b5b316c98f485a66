"""Paths as text for JSON, whatever bytes they are.

A path that is UTF-8 travels as it is.  One that is not travels as ``base64:…`` in requests, which is unambiguous
because every path on the wire is absolute, and as a readable but lossy text beside ``path_b64`` in results.
"""

from __future__ import annotations

import binascii

from lsfs.core.errors import UsageError

_PREFIX = "base64:"


def to_wire(path: bytes) -> str:
    """The text that stands for `path` in a request."""
    try:
        return path.decode("utf-8")
    except UnicodeDecodeError:
        return _PREFIX + binascii.b2a_base64(path, newline=False).decode("ascii")


def from_wire(text: str) -> bytes:
    """The path that `text` stands for; raises ``ValueError`` where it is none."""
    if text.startswith(_PREFIX):
        return binascii.a2b_base64(text[len(_PREFIX) :], strict_mode=True)
    return text.encode("utf-8")


def absolute_from_wire(text: str) -> bytes:
    """The absolute path that `text` of a request stands for; raises `UsageError` where it is none.

    A relative one would be resolved against the daemon's folder, which nobody means.
    """
    try:
        path = from_wire(text)
    except ValueError:
        raise UsageError("the path is not readable as one", path=text) from None
    if not path.startswith(b"/") or b"\0" in path:
        raise UsageError("a path in a request has to be absolute", path=text)
    return path


def to_lossy(path: bytes) -> tuple[str, str | None]:
    """``path`` and ``path_b64`` of a result: readable text, and the exact bytes where that text is not exact."""
    try:
        return path.decode("utf-8"), None
    except UnicodeDecodeError:
        return path.decode("utf-8", "replace"), binascii.b2a_base64(path, newline=False).decode("ascii")
