"""What “it” and “them” mean in the next sentence: the files of a result."""

from __future__ import annotations

import binascii
import os
from collections.abc import Iterator, Mapping
from typing import Any

from lsfs.core.wirepath import to_wire


def files_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The files of a result, as paths of a request, each once: what an op made or would touch, hits, citations."""
    moved = result.get("state") in ("applied", "running", "queued")
    found = [exact_path(effect, "to" if moved and effect["to"] else "path") for effect in _those(result, "effects")]
    for kind in ("hits", "citations"):
        found = found or [exact_path(item) for item in _those(result, kind)]
    return tuple(dict.fromkeys(to_wire(path) for path in found))


def exact_path(item: Mapping[str, Any], name: str = "path") -> bytes:
    """The bytes of a path of a result."""
    exact = item.get(f"{name}_b64")
    return binascii.a2b_base64(exact) if exact else os.fsencode(item[name])


def _those(result: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    return (item for item in result.get(kind, ()) if item["path"])
