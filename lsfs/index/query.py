"""What a search line asks for: words, phrases, exclusions and filters.  Pure; never raises on any text."""

from __future__ import annotations

import re

import msgspec

from lsfs.core.selector import Filters
from lsfs.core.spans import Clock
from lsfs.core.times import zone_of
from lsfs.index.plainfilters import plain_filters
from lsfs.index.queryfilters import KEYS, explicit_filter, parse_size

__all__ = ["Query", "Reading", "parse", "parse_size"]

_ITEM = re.compile(r'(?P<minus>-)?(?:(?P<key>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))')


class Reading(msgspec.Struct, frozen=True):
    """Why a filter was set: the words of the line that were taken for it."""

    words: str
    filter: str
    """The field of `Filters` that they set; ``kind`` for "files", which sets none."""
    explicit: bool
    """True for ``ext:pdf``; False for plain words, which search may take back when nothing passes them."""


class Query(msgspec.Struct, frozen=True):
    """A search line, understood; `text` is what to look up and to embed."""

    line: str
    """As typed."""
    text: str
    """The free words and the phrases in their order, without operators and filter words."""
    plain: str
    """As `text`, with the words that gave plain-word filters kept: for the second try."""
    phrases: tuple[str, ...] = ()
    """Each must stand in a hit word for word."""
    any_of: tuple[tuple[str, ...], ...] = ()
    """One of each group (words or phrases joined by OR) must stand in a hit."""
    excluded: tuple[str, ...] = ()
    """None of these words or phrases may stand in a hit."""
    filters: Filters = Filters()
    explicit: Filters = Filters()
    """Those of `filters` that were written out."""
    readings: tuple[Reading, ...] = ()

    @property
    def guessed(self) -> bool:
        """True where a filter came from plain words, so that a search without it is a fair second try."""
        return any(not reading.explicit for reading in self.readings)

    def as_words(self) -> Query:
        """The same line with no plain words taken for filters."""
        return msgspec.structs.replace(
            self,
            text=self.plain,
            filters=self.explicit,
            readings=tuple(reading for reading in self.readings if reading.explicit),
        )


class _Item(msgspec.Struct, frozen=True):
    text: str
    quoted: bool


def parse(line: str, *, now_ns: int, zone: str = "", locale: str = "") -> Query:
    """The query that a line means at this time, in this zone and locale."""
    items: list[_Item] = []
    excluded: list[str] = []
    explicit = Filters()
    readings: list[Reading] = []
    asked = line.rstrip().endswith("?")  # a hyphen in a question is one of language: "water- and -soluble"
    for found in _ITEM.finditer(line):
        key, quoted = (found["key"] or "").lower(), found["quoted"] is not None
        value = found["quoted"] if quoted else found["bare"]
        if key in KEYS and not found["minus"]:
            filters = explicit_filter(key, value, now_ns=now_ns, zone=zone, locale=locale)
            if filters is not None:
                explicit = explicit.merged(filters)
                readings += [Reading(found[0], field, True) for field in _set_fields(filters)]
                continue
        text = value if not found["key"] else f"{found['key']}:{value}"
        if found["minus"] and not asked and text[:1].isalpha():
            excluded.append(text)
        elif text.strip():
            items.append(_Item((found["minus"] or "") + text, quoted))
    free, any_of = _alternatives(items)
    kept, guesses, filters = _without_filters(free, Clock(now_ns, zone_of(zone), locale), operators=bool(any_of))
    return Query(
        line=line,
        text=" ".join(item.text for item in kept),
        plain=" ".join(item.text for item in free),
        phrases=tuple(item.text for item in free if item.quoted and not any(item.text in group for group in any_of)),
        any_of=tuple(any_of),
        excluded=tuple(dict.fromkeys(excluded)),
        filters=explicit.merged(filters),
        explicit=explicit,
        readings=(*readings, *guesses),
    )


def _alternatives(items: list[_Item]) -> tuple[list[_Item], list[tuple[str, ...]]]:
    """The items without their ORs, and the groups that the ORs join."""
    free: list[_Item] = []
    groups: list[list[str]] = []
    joining = False
    for place, item in enumerate(items):
        if item.text in ("OR", "|") and not item.quoted and free and place + 1 < len(items):
            if not joining and not (groups and groups[-1] and groups[-1][-1] is free[-1].text):
                groups.append([free[-1].text])
            joining = True
            continue
        free.append(item)
        if joining:
            groups[-1].append(item.text)
            joining = False
    return free, [tuple(dict.fromkeys(group)) for group in groups if len(set(group)) > 1]


def _without_filters(
    items: list[_Item], clock: Clock, *, operators: bool
) -> tuple[list[_Item], list[Reading], Filters]:
    """The items that plain-word filters leave, what was read as filters, and those filters."""
    if operators or (items and items[0].quoted):
        return items, [], Filters()
    words = [item.text if not item.quoted else "\0" for item in items]
    dropped: set[int] = set()
    readings: list[Reading] = []
    filters = Filters()
    for taken in plain_filters(words, clock):
        dropped.update(range(taken.start, taken.end))
        filters = filters.merged(taken.filters)
        if taken.field:
            said = " ".join(items[n].text for n in range(taken.start, taken.end))
            readings.append(Reading(said, taken.field, False))
    return [item for n, item in enumerate(items) if n not in dropped], readings, filters


def _set_fields(filters: Filters) -> list[str]:
    return [name for name in Filters.__struct_fields__ if getattr(filters, name) != getattr(Filters(), name)]
