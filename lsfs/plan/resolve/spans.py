"""Times and sizes as conditions: "older than a year", "from March 2024", "bigger than 4 MB".  Pure."""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from lsfs.core.errors import UsageError
from lsfs.core.namedates import date_in
from lsfs.core.spans import Clock, match_span, to_ns
from lsfs.core.times import parse_since
from lsfs.index.queryfilters import parse_size, size_of

_FILLERS = re.compile(
    r"^(?:(?:that|which|who|i|we|you|was|were|is|are|have|has|had|been|did|and)\s+)*"
    r"(?:(?:last |most recently )?"
    r"(?:modif(?:y|ied)|chang(?:e|ed)|edit(?:ed)?|creat(?:e|ed)|sav(?:e|ed)|writ(?:e|ten)|wrote"
    r"|updat(?:e|ed)|take|taken|took|dated|made|make|touch(?:ed)?|download(?:ed)?|receiv(?:e|ed)|got|add(?:ed)?"
    r"|work(?:ed)? on|open(?:ed)?|scan(?:ned)?|shot|sign(?:ed)?)\s+)?"
)
_OLDER = re.compile(r"\b(?:older|more) than\s+(.+?)(?:\s+old)?$|^(?:over|at least)\s+(.+?)\s+old$|(.+?)\s+or older$")
_NEWER = re.compile(r"\b(?:newer|younger|less) than\s+(.+)$|^(?:in|within|during|over) the (?:last|past)\s+(.+)$")
_LAST = re.compile(r"^(?:the )?(?:last|past)\s+((?:\d+|\w+)\s+(?:minute|hour|day|week|month|year)s)$")
_BETWEEN = re.compile(r"^between\s+(.+?)\s+and\s+(.+)$|^from\s+(.+?)\s+(?:to|until|till)\s+(.+)$")
_LEADING = re.compile(
    r"^(from|since|after|before|in|during|on|until|till|of|dated|by|seit|vor|nach|von|aus|im|de|du|en|desde"
    r"|antes de|des|del|da|dal|in the year|nel)\s+"
)
_SINCE, _AFTER, _BEFORE, _UNTIL = (
    frozenset({"since", "seit", "desde", "dal"}),
    frozenset({"after", "nach"}),
    frozenset({"before", "vor", "antes de"}),
    frozenset({"until", "till", "by"}),
)
_AGE = re.compile(r"^(?:a|an|one|\d+|\w+)\s+(?:minute|hour|day|week|month|year)s?$")
_LARGER = re.compile(
    r"\b(?:bigger|larger|greater|more|heavier|over|above|at least|größer|plus (?:gros|grand)e?s?|mayor(?:es)?"
    r"|más grandes?|più grand[ei])\b"
)
_SMALLER = re.compile(
    r"\b(?:smaller|less|lighter|under|below|at most|up to|kleiner|plus petite?s?|menor(?:es)?"
    r"|más pequeñ[oa]s?|più piccol[ie])\b"
)
_AMOUNT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(kb|mb|gb|tb|kib|mib|gib|k|m|g|bytes?|megabytes?|kilobytes?|gigabytes?|mo|ko|go)\b"
)
_LONG_UNITS = {"megabyte": "mb", "kilobyte": "kb", "gigabyte": "gb", "mo": "mb", "ko": "kb", "go": "gb"}
_SEASON = re.compile(r"(last |this )?(spring|summer|autumn|fall|winter)(?: (?:of )?((?:19|20)\d\d))?")
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The first month of each, on the northern half."""
_OTHER_LANGUAGES = (
    ("gestern|hier|ayer|ieri", "yesterday"),
    ("heute|aujourd'hui|hoy|oggi", "today"),
    ("letzte[rn]? woche|la semaine derni[eè]re|semaine derni[eè]re|la semana pasada|semana pasada", "last week"),
    ("la settimana scorsa|settimana scorsa|scorsa settimana", "last week"),
    ("letzte[rn] monat|le mois dernier|mois dernier|el mes pasado|mes pasado|il mese scorso|mese scorso", "last month"),
    ("letzte[sn] jahr|l'ann[eé]e derni[eè]re|el año pasado|año pasado|l'anno scorso|anno scorso", "last year"),
    ("januar|janvier|enero|gennaio", "january"),
    ("februar|février|fevrier|febrero|febbraio", "february"),
    ("märz|mars|marzo", "march"),
    ("avril|abril|aprile", "april"),
    ("mai|mayo|maggio", "may"),
    ("juni|juin|junio|giugno", "june"),
    ("juli|juillet|julio|luglio", "july"),
    ("août|aout|agosto", "august"),
    ("septembre|septiembre|settembre", "september"),
    ("oktober|octobre|octubre|ottobre", "october"),
    ("novembre|noviembre", "november"),
    ("dezember|décembre|decembre|diciembre|dicembre", "december"),
)


class Range(msgspec.Struct, frozen=True):
    """From `low` on, before `high`, in ns; None where it is open."""

    low: int | None = None
    high: int | None = None
    calendar: bool = False
    """A day, month or year of the calendar, which a name may say as well as the time of the last change."""

    def holds(self, mtime_ns: int, name: str, clock: Clock) -> bool:
        """Whether a file is of that time; a date in its name says more than when it was changed last."""
        if self.calendar:
            said = dates_in(name, clock)
            if said is not None and not (self._narrower(*said) and said[0] <= mtime_ns < said[1]):
                return self._meets(*said)
        return (self.low is None or mtime_ns >= self.low) and (self.high is None or mtime_ns < self.high)

    def _narrower(self, start: int, end: int) -> bool:
        """Whether a month or day is asked for where a name only says the year."""
        return self.low is not None and self.high is not None and self.high - self.low < end - start

    def _meets(self, start: int, end: int) -> bool:
        return (self.low is None or start >= self.low) and (self.high is None or end <= self.high)


def range_of(text: str, clock: Clock) -> Range | None:
    """What a text says of the time; None where it says nothing that is understood."""
    plain = " ".join(text.lower().replace(",", " ").split()).strip(" .?!")
    plain = _FILLERS.sub("", plain, count=1) or plain
    for words, english in _OTHER_LANGUAGES:
        plain = re.sub(rf"\b(?:{words})\b", english, plain)
    if found := _OLDER.search(plain):
        return _from_age(next(filter(None, found.groups())), clock, older=True)
    if found := _NEWER.search(plain) or _LAST.match(plain):
        return _from_age(next(filter(None, found.groups())), clock, older=False)
    if found := _BETWEEN.match(plain):
        ends = [part for part in found.groups() if part]
        one, other = range_of(ends[0], clock), range_of(ends[1], clock)
        if one is None or other is None or one.low is None or other.high is None:
            return None
        return Range(one.low, other.high, calendar=one.calendar and other.calendar)
    leading = ""
    while found := _LEADING.match(plain):
        leading = leading or found[1]
        plain = plain[found.end() :]
    plain = plain.removeprefix("the ").removeprefix("year ").removesuffix(" or so")
    if found := _SEASON.fullmatch(plain):
        return _season(found, leading, clock)
    span = match_span(plain.split(), clock) if plain else None
    if span is None or span[1] != len(plain.split()):
        return _by_dateparser(plain, leading, clock)
    start, end = span[0].start_ns, span[0].end_ns
    return _led(leading, start, end, calendar=span[0].whole_days)


def sizes_of(text: str) -> tuple[int | None, int | None] | None:
    """The least and most bytes that a text says; None where it says nothing that is understood."""
    plain = " ".join(text.lower().split())
    found = _AMOUNT.search(plain)
    if found is None:
        try:
            return parse_size(plain)
        except UsageError:
            return None
    unit = _LONG_UNITS.get(found[2].removesuffix("s"), found[2])
    amount = size_of(found[1] + unit)
    if amount is None:
        return None
    if _SMALLER.search(plain) or "<" in plain:
        return None, max(amount - 1, 0)
    if _LARGER.search(plain) or ">" in plain:
        return amount + 1, None
    return amount, None


def dates_in(name: str, clock: Clock) -> tuple[int, int] | None:
    """From when to when a file name dates its content: a day, a month or a year; None where it says no date."""
    said, zone = date_in(name, clock.now.year), clock.zone
    if said is None:
        return None
    year, month, day = said
    if month is None:
        return _midnight(dt.date(year, 1, 1), zone), _midnight(dt.date(year + 1, 1, 1), zone)
    if day is None:
        return _midnight(dt.date(year, month, 1), zone), _midnight(_month_after(year, month, 1), zone)
    first = dt.date(year, month, day)
    return _midnight(first, zone), _midnight(first + dt.timedelta(1), zone)


def _midnight(day: dt.date, zone: dt.tzinfo) -> int:
    return to_ns(dt.datetime.combine(day, dt.time(tzinfo=zone)))


def _from_age(text: str, clock: Clock, *, older: bool) -> Range | None:
    """Before or since a point that an age ("a year", "3 days") or a date names."""
    text = text.strip()
    if not _AGE.match(text):
        text = text if not text.startswith(("last ", "past ")) else text.split(" ", 1)[1]
    if re.fullmatch(r"(?:minute|hour|day|week|month|year)s?", text):
        text = f"1 {text}"
    spoken = f"{text} ago" if _AGE.match(text) else text
    span = match_span(spoken.split(), clock)
    if span is None or span[1] != len(spoken.split()):
        return None
    start = span[0].start_ns
    return Range(None, start) if older else Range(start, None)


def _led(leading: str, start: int, end: int, *, calendar: bool) -> Range:
    if leading in _SINCE:
        return Range(start, None)
    if leading in _AFTER:
        return Range(end, None)
    if leading in _BEFORE:
        return Range(None, start)
    if leading in _UNTIL:
        return Range(None, end)
    return Range(start, end, calendar=calendar)


def _season(found: re.Match[str], leading: str, clock: Clock) -> Range:
    month = _SEASONS[found[2]]
    if found[3]:
        year = int(found[3])
    else:
        now = clock.now.date()
        over = now >= _month_after(now.year, month, 3) if found[1] == "last " else now >= dt.date(now.year, month, 1)
        year = now.year if over else now.year - 1
    start, end = _midnight(dt.date(year, month, 1), clock.zone), _midnight(_month_after(year, month, 3), clock.zone)
    return _led(leading, start, end, calendar=True)


def _month_after(year: int, month: int, count: int) -> dt.date:
    total = year * 12 + month - 1 + count
    return dt.date(total // 12, total % 12 + 1, 1)


def _by_dateparser(plain: str, leading: str, clock: Clock) -> Range | None:
    if not plain:
        return None
    try:
        start = parse_since(plain, now_ns=clock.now_ns, zone=str(clock.zone), locale=clock.locale)
    except UsageError:
        return None
    day = 86_400 * 1_000_000_000
    return _led(leading, start, start + day, calendar=True)
