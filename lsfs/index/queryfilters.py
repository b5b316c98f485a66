"""Filters written out in a search line: ``ext:pdf``, ``in:Downloads``, ``since:yesterday``, ``size:>2MB`` …  Pure."""

from __future__ import annotations

import re

from lsfs.core.errors import UsageError
from lsfs.core.filetypes import types_for
from lsfs.core.selector import Filters
from lsfs.core.times import parse_since, parse_until

KEYS = frozenset("ext type kind in folder tag since after from until before to on size larger smaller".split())

_UNITS = {"": 1, "b": 1, "byte": 1, "bytes": 1}
for _power, _letter in enumerate("kmgt", 1):
    _UNITS |= {_letter: 1024**_power, f"{_letter}ib": 1024**_power, f"{_letter}b": 1000**_power}
_AMOUNT = r"(\d{1,12}(?:[.,]\d{1,6})?)\s*([a-z]*)"


def size_of(text: str) -> int | None:
    """Bytes of ``2 MB`` (a million each), ``2 MiB`` or ``2M`` (1024²), ``1.5k``; None for anything else."""
    found = re.fullmatch(_AMOUNT, text.strip().lower())
    if found is None or found[2] not in _UNITS:
        return None
    return round(float(found[1].replace(",", ".")) * _UNITS[found[2]])


def parse_size(text: str) -> tuple[int | None, int | None]:
    """The least and most bytes of ``>2MB``, ``<=10k``, ``1MB..5MB``, ``1MB-5MB``; a bare size is the least.

    Raises UsageError for anything else.
    """
    plain = text.strip().lower()
    if found := re.fullmatch(r"(<=?|>=?)\s*(.+)", plain):
        size = size_of(found[2])
        if size is not None:
            if found[1].startswith(">"):
                return size + (found[1] == ">"), None
            return None, max(size - (found[1] == "<"), 0)
    elif found := re.fullmatch(r"(.+?)\s*(?:\.\.|-|–)\s*(.+)", plain):
        low, high = size_of(found[1]), size_of(found[2])
        if low is not None and high is not None and low <= high:
            return low, high
    else:
        size = size_of(plain)
        if size is not None:
            return size, None
    raise UsageError(f"“{text}” is not a size", hint="say for example >2MB, <100k or 1MB..5MB")


def explicit_filter(key: str, value: str, *, now_ns: int, zone: str, locale: str) -> Filters | None:
    """The filter of ``key:value``; None where the value makes no sense for the key, so that it stays words."""
    if not value:
        return None
    if key == "ext":
        return Filters(extensions=tuple(sorted({part.lower().lstrip(".") for part in value.split(",")} - {""})))
    if key in ("type", "kind"):
        kinds = [types_for(part) for part in value.split(",")]
        known = frozenset().union(*(kind for kind in kinds if kind))
        return Filters(extensions=tuple(sorted(known))) if all(kinds) else None
    if key in ("in", "folder"):
        return Filters(in_folders=(value.rstrip("/") or "/",))
    if key == "tag":
        return Filters(tags=tuple(tag for tag in value.split(",") if tag))
    try:
        if key in ("size", "larger", "smaller"):
            sign = {"larger": ">", "smaller": "<"}.get(key, "")
            low, high = parse_size(sign + value)
            return Filters(min_size=low, max_size=high)
        since = parse_since(value, now_ns=now_ns, zone=zone, locale=locale)
        until = parse_until(value, now_ns=now_ns, zone=zone, locale=locale)
    except UsageError:
        return None
    if key == "on":
        return Filters(since_ns=since, until_ns=max(until, since + 1))
    if key in ("since", "after", "from"):
        return Filters(since_ns=until if key == "after" else since)
    return Filters(until_ns=since if key == "before" else until)
