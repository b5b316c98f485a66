"""WHEN: a point in time or a version, as people write it on the command line.

ISO dates and times · "yesterday", "last friday 15:00", "3 days ago", "march 2024" · "before op 17" · ``first``,
``previous`` · ``@N`` the version numbered N · ``@-N`` N kept versions back.  Our own small grammar first
(:mod:`lsfs.core.spans`), dateparser for what it does not know.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo

import msgspec

from lsfs.core.errors import UsageError
from lsfs.core.spans import Clock, Span, match_span, to_ns

_SHORTER_THAN_A_DAY = re.compile(
    r"(?:\b|\d)(?:h|hrs?|hours?|stunden?|heures?|horas?|ora|ore|mins?|minut\w*|s|secs?|second\w*|sekunden?|segundos?)\b"
)
"""Units of time with which a text counts back from now, and not from a day, in the languages of most locales."""


class Moment(msgspec.Struct, frozen=True, tag="moment"):
    """A point in time."""

    ns: int


class Numbered(msgspec.Struct, frozen=True, tag="numbered"):
    """The file's version with this number, counted from 1."""

    number: int


class Back(msgspec.Struct, frozen=True, tag="back"):
    """So many kept versions back; ``previous`` is 1."""

    count: int


class First(msgspec.Struct, frozen=True, tag="first"):
    """The file's first kept version."""


class BeforeOp(msgspec.Struct, frozen=True, tag="before-op"):
    """As it was before an op of lsfs."""

    op: int


When = Moment | Numbered | Back | First | BeforeOp


def zone_of(name: str) -> dt.tzinfo:
    """The zone called `name` (``Europe/Berlin``, ``UTC+02:00``), UTC where the name is empty or unknown."""
    if found := re.fullmatch(r"UTC([+-])(\d\d):(\d\d)", name):
        offset = dt.timedelta(hours=int(found[2]) % 24, minutes=int(found[3]) % 60)
        return dt.timezone(-offset if found[1] == "-" else offset)
    try:
        return zoneinfo.ZoneInfo(name) if name else dt.UTC
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC


def parse_when(text: str, *, now_ns: int, zone: str, locale: str = "") -> When:
    """What `text` names; a date without a time is the end of that local day, at most now.  Raises UsageError."""
    words = text.split()
    lowered = " ".join(words).lower()
    if lowered == "first":
        return First()
    if lowered == "previous":
        return Back(1)
    if found := re.fullmatch(r"@(-?)(\d{1,9})", lowered):
        number = int(found[2])
        if number:
            return Back(number) if found[1] else Numbered(number)
        raise UsageError(
            f"{text}: versions are counted from 1", hint="@1 is the first version, @-1 the one before this"
        )
    if found := re.fullmatch(r"before op(?:eration)? #?(\d{1,18})", lowered):
        return BeforeOp(int(found[1]))
    return Moment(parse_until(text, now_ns=now_ns, zone=zone, locale=locale))


def parse_since(text: str, *, now_ns: int, zone: str, locale: str = "") -> int:
    """The beginning of what `text` names, in ns: of a date, its local midnight.  Raises UsageError."""
    return _span(text, Clock(now_ns, zone_of(zone), locale)).start_ns


def parse_until(text: str, *, now_ns: int, zone: str, locale: str = "") -> int:
    """Up to when `text` reaches, in ns: of a date, the end of that local day, at most now.  Raises UsageError."""
    span = _span(text, Clock(now_ns, zone_of(zone), locale))
    return min(span.end_ns, now_ns) if span.whole_days else span.start_ns


def _span(text: str, clock: Clock) -> Span:
    words = text.split()
    if " ".join(words).lower() == "now":
        return Span(clock.now_ns, clock.now_ns, whole_days=False)
    found = match_span(words, clock) if words else None
    if found is not None and found[1] == len(words):
        return found[0]
    # Numbers alone are dates of our own grammar or none: dateparser would read 2024-13-01 as some day in January.
    other = words and len(text) <= 100 and not re.fullmatch(r"[\d\s./-]*", text)
    moment = _by_dateparser(text, clock) if other else None
    if moment is None:
        raise UsageError(
            f"“{text}” is not a time that lsfs understands",
            hint="say for example 2026-03-12, “yesterday 15:00”, “last friday”, “3 days ago” or “march 2026”",
        )
    if moment.time() == dt.time(0) and moment.year < dt.MAXYEAR:
        day = moment.date()
        midnight = dt.time(tzinfo=clock.zone)
        return Span(
            to_ns(dt.datetime.combine(day, midnight)), to_ns(dt.datetime.combine(day + dt.timedelta(1), midnight))
        )
    return Span(to_ns(moment), to_ns(moment) + 1, whole_days=False)


def _by_dateparser(text: str, clock: Clock) -> dt.datetime | None:
    """What dateparser makes of it in the locale's language and in English; a date without a time at local midnight."""
    import dateparser

    language = re.match(r"[a-z]{2,3}(?=[_.-]|$)", clock.locale.lower())
    languages = list(dict.fromkeys([*([language[0]] if language else []), "en"]))
    settings = {
        "RELATIVE_BASE": clock.now.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        if not re.search(r"\d{1,2}:\d\d", text) and not _sub_day(text)
        else clock.now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
        "RETURN_AS_TIMEZONE_AWARE": False,
    }
    try:
        found = dateparser.parse(text, languages=languages, settings=settings)
    except (ValueError, OverflowError, RecursionError):
        try:
            found = dateparser.parse(text, languages=["en"], settings=settings)
        except (ValueError, OverflowError, RecursionError):
            return None
    moment: dt.datetime | None = found
    return moment.replace(tzinfo=clock.zone) if moment is not None and moment.tzinfo is None else moment


def _sub_day(text: str) -> bool:
    return _SHORTER_THAN_A_DAY.search(text.lower()) is not None
