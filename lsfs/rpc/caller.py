"""What of the caller's surroundings an answer may depend on, as the fields of `lsfs.core.api.Caller`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from lsfs.core.wirepath import to_wire


def caller_fields(environ: Mapping[str, str], cwd: bytes, door: str) -> dict[str, Any]:
    """The fields that every request carries."""
    return {
        "cwd": to_wire(cwd),
        "zone": zone_name(environ.get("TZ", "")),
        "locale": environ.get("LC_ALL") or environ.get("LC_TIME") or environ.get("LANG") or "C",
        "llm": environ.get("LSFS_LLM", "").lower() != "off",
        "learn": environ.get("LSFS_LEARN", "").lower() != "off",
        "door": door,
        "umask": umask(),
    }


def zone_name(variable: str, localtime: str = "/etc/localtime") -> str:
    """IANA name of the zone that ``TZ`` names or `localtime` links to, else the offset that holds now."""
    name = variable.removeprefix(":")
    if not name:
        try:
            name = os.readlink(localtime).partition("zoneinfo/")[2]
        except OSError:
            name = ""
    # A POSIX rule ("CET-1CEST,M3.5.0") has digits; its offset is what we can pass on.
    if name and not name.startswith("/") and not ("," in name or (name[-1].isdigit() and "/" not in name)):
        return name
    offset = time.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}" if len(offset) >= 5 else "UTC"


def umask() -> int:
    """This process's umask, which can be read by changing it only."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
