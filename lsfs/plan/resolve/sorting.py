"""Sorting files into folders, and into the order in which they are joined.  Pure."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Sequence

from lsfs.core import actions as act
from lsfs.core.errors import RefusedError
from lsfs.core.paths import display
from lsfs.core.spans import Clock
from lsfs.core.wirepath import to_wire
from lsfs.plan.resolve.spans import dates_in
from lsfs.plan.resolve.wanted import Target
from lsfs.store.index.names import words as split_words

_SCHEMES: tuple[tuple[act.GroupBy, str], ...] = (
    ("extension", r"\b(?:extension|ending|suffix|format|file ?type|type|dateityp|typ|erweiterung|tipo|estensione)s?\b"),
    ("kind", r"\b(?:kind|category|kategorie|cat[eé]gorie|categor[ií]a)s?\b"),
    ("month", r"\b(?:month|monat|mois|mes|mese)\w*\b"),
    ("year", r"\b(?:year|jahr|ann[eé]e|año|anno|anni)\w*\b"),
)
_ORDER_SPLIT = re.compile(
    r"\s*(?:,|\band then\b|\bthen\b|\bfollowed by\b|\bbefore\b|\band\b|\bfirst\b|\blast\b|\bfinally\b)\s*"
)
_MONTHS = "january february march april may june july august september october november december".split()
_AS_SAID = re.compile(r"\b(?:that|this|the same|given|said) order\b|\bas (?:listed|named|given)\b")
_BY_LETTER = re.compile(r"\b(?:first letter|initial|alphabet\w*|letter)\b")
_BY_DAY = re.compile(r"\b(?:day|date)s?\b")
_BY_SIZE = re.compile(r"\bsizes?\b")
_SMALL, _LARGE = 1_000_000, 100_000_000


def grouped(by: str, targets: Sequence[Target], base: bytes | None, sentence: str) -> Iterator[act.Action]:
    """The actions that sort files into folders below `base` (None: where each lies); RefusedError for no known way."""
    said = by.lower() or sentence.lower()
    paths = tuple(to_wire(target.path) for target in targets)
    scheme = _scheme(said)
    if scheme is not None:
        yield act.Group(paths=paths, by=scheme, to=None if base is None else to_wire(base))
        return
    ends: dict[bytes, list[str]] = {}
    for target in targets:
        above = base if base is not None else os.path.dirname(target.path)
        ends.setdefault(os.path.join(above, os.fsencode(_label(said, by, target))), []).append(to_wire(target.path))
    for folder, sources in sorted(ends.items()):
        yield act.Move(paths=tuple(sources), to=to_wire(folder))


def _scheme(said: str) -> act.GroupBy | None:
    for scheme, pattern in _SCHEMES:
        if re.search(pattern, said):
            return scheme
    return None


def _label(said: str, by: str, target: Target) -> str:
    if _BY_LETTER.search(said):
        return (display(os.path.basename(target.path))[:1] or "#").upper()
    row = target.row
    if row is not None and _BY_DAY.search(said):
        return dt.datetime.fromtimestamp(row.mtime_ns / 1e9).strftime("%Y-%m-%d")
    if row is not None and _BY_SIZE.search(said):
        return "small" if row.size < _SMALL else "large" if row.size >= _LARGE else "medium"
    raise RefusedError(
        f"lsfs cannot sort by “{by}”" if by else "it is not said how to sort",
        hint="by year, month, day, extension, kind, first letter or size",
    )


def in_order(targets: Sequence[Target], order: str, listed: bool, clock: Clock) -> list[Target]:
    """The files in the order that was said; else as they were named one by one, else by name."""
    said = order.lower().strip()
    if listed and (not said or _AS_SAID.search(said)):
        return list(targets)
    by_name = sorted(targets, key=lambda target: display(target.path).lower())
    if not said:
        return by_name
    if re.search(r"\b(?:newest|latest|most recent) (?:one |file )?first\b|\breverse\b", said):
        return sorted(by_name, key=lambda target: -_moment(target, clock))
    if re.search(r"\b(?:date|chronolog\w*|oldest|age|time)\b", said):
        return sorted(by_name, key=lambda target: _moment(target, clock))
    if re.search(r"\b(?:alphabet\w*|name)\b", said):
        return by_name
    rest, ordered = list(targets if listed else by_name), list[Target]()
    for clause in filter(None, _ORDER_SPLIT.split(said)):
        best = max(rest, key=lambda target: _fit(clause, target, clock), default=None)
        if best is not None and _fit(clause, best, clock) > 0:
            rest.remove(best)
            ordered.append(best)
    return ordered + rest


def _fit(clause: str, target: Target, clock: Clock) -> float:
    """How well a word or two ("march", "the 2023 one") fit a file."""
    own = set(split_words(display(target.path)).lower().split())
    moment = dt.datetime.fromtimestamp(_moment(target, clock) / 1e9, clock.zone)
    score = 0.0
    for word in split_words(clause).lower().split():
        if word in own or (word in _MONTHS and _MONTHS.index(word) + 1 == moment.month):
            score += 1.0
        elif word == str(moment.year):
            score += 0.5
    return score


def _moment(target: Target, clock: Clock) -> int:
    said = dates_in(display(os.path.basename(target.path)), clock)
    if said is not None:
        return said[0]
    return target.row.mtime_ns if target.row is not None else 0
