"""Cursors: where a long result goes on, as a text that means something to the tool alone that gave it."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from lsfs.core.errors import UsageError


def cursor(tool: str, fields: dict[str, Any]) -> str:
    """The cursor of `tool` that stands for `fields`."""
    body = json.dumps([tool, fields], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4) + body).decode().rstrip("=")


def opened(tool: str, text: str) -> dict[str, Any]:
    """What `cursor` was given; raises UsageError where it was not given by `tool`."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body = json.loads(packed[4:]) if zlib.crc32(packed[4:]).to_bytes(4) == packed[:4] else None
    except (binascii.Error, ValueError):
        body = None
    if not (isinstance(body, list) and len(body) == 2 and body[0] == tool and isinstance(body[1], dict)):
        raise UsageError("the cursor is none that this tool gave", hint="call the tool without it to begin again")
    fields: dict[str, Any] = body[1]
    return fields
