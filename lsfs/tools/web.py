"""Which server gets the credentials of a source, and in which form answers are taken.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lsfs.core.tools import ToolSource

# Narrower than RFC 3986: what two parsers could read as two hosts has no origin.
_ORIGIN = re.compile(
    r"(https?)://(?:[^/?#@\\\s]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?=[/?#]|\Z)", re.IGNORECASE
)
_PORTS = {"http": "80", "https": "443"}

PLAIN = {"Accept-Encoding": "identity"}
"""Asks for an answer as it is: of a compressed one nobody knows how large it is before it is in memory."""


def origin_of(url: str) -> str:
    """Scheme, host and, where it is not the scheme's own, port of a web address (RFC 6454); '' where it has none."""
    match = _ORIGIN.match(url)
    if match is None:
        return ""
    scheme, host, port = match[1].lower(), match[2].lower(), match[3]
    return f"{scheme}://{host}" if port in (None, _PORTS[scheme]) else f"{scheme}://{host}:{port}"


def encoding_problem(headers: Mapping[str, str]) -> str:
    """Why an answer with these headers is not read, '' where it is; `headers` without regard to case."""
    encoding = headers.get("content-encoding", "").strip().lower()
    return "" if encoding in ("", "identity") else f"the server compresses its answers ({encoding[:40]}), unasked"


def credentials_of(source: ToolSource) -> dict[str, str]:
    """The headers that the user configured, under either name that there is for it."""
    where = source.where
    return {str(name): str(value) for key in ("env", "headers") for name, value in dict(where.get(key) or {}).items()}


def credentials_origin(where: Mapping[str, Any]) -> str:
    """The only origin that those are sent to, as it was fixed when the source was added; '' for none.

    It is that of the server that the user named, else that of the document's URL, else that of the server which the
    user's own file named then.  What a document says later moves no credentials.
    """
    named = (where.get(key) for key in ("server", "url", "origin"))
    return origin_of(str(next(filter(None, named), "")))
