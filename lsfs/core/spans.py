"""Spans of time that people name in words, resolved by the caller's clock: "last week", "March 2024", "3 days ago".

Pure: the present, the zone and the locale are passed in.  A span is half open and begins and ends at local midnights
(or the hour or minute that was said), so it is 23 or 25 hours long where the clocks change.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence

import msgspec

_UNITS = ("minute", "hour", "day", "week", "month", "year")
_MONTHS = "january february march april may june july august september october november december".split()
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NUMBERS = {
    word: n for n, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
_NUMBERS |= {"a": 1, "an": 1, "couple": 2, "few": 3}
_FURTHEST = 2**63 - 1
_SUNDAY_FIRST = frozenset("US CA MX BR JP KR TW IN IL ZA PH".split())


class Clock(msgspec.Struct, frozen=True):
    """The present as its user sees it."""

    now_ns: int
    zone: dt.tzinfo
    locale: str = ""
    """As in LANG (``de_DE.UTF-8``): the order of day and month, and the first day of the week."""

    @property
    def now(self) -> dt.datetime:
        """The local time."""
        return dt.datetime.fromtimestamp(self.now_ns / 1e9, self.zone)

    @property
    def country(self) -> str:
        """``DE`` of ``de_DE.UTF-8``; empty where the locale names none."""
        found = re.match(r"[A-Za-z]+[_-]([A-Za-z]{2})\b", self.locale)
        return found[1].upper() if found else ""


class Span(msgspec.Struct, frozen=True):
    """From `start_ns` on, before `end_ns`."""

    start_ns: int
    end_ns: int
    whole_days: bool = True
    """False where a time of day was said."""


def match_span(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    """The span that the first words name and how many words it takes (as many as make sense), or None."""
    lowered = [word.lower().strip(",") for word in words]
    for rule in _rules():
        try:
            found = rule(lowered, clock)
        except (ValueError, OverflowError):  # 31 February, year 0, ten million years ago
            continue
        if found is not None:
            return found
    return None


def to_ns(moment: dt.datetime) -> int:
    """Nanoseconds since the epoch, exact to the microsecond; what 64 bits cannot hold (1677, 2262) is cut off there.

    A local time that the spring change skips counts as the same time after it, one that autumn repeats as the first.
    """
    delta = moment.astimezone(dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    exact = (delta.days * 86_400 + delta.seconds) * 1_000_000_000 + delta.microseconds * 1000
    return max(-_FURTHEST, min(exact, _FURTHEST))


Rule = Callable[[Sequence[str], Clock], "tuple[Span, int] | None"]


def _rules() -> tuple[Rule, ...]:
    return (_named_day, _ago, _relative, _iso, _numeric_date, _day_month, _month, _quarter, _year)


def _days(clock: Clock, first: dt.date, after: dt.date) -> Span:
    midnight = dt.time(tzinfo=clock.zone)
    return Span(to_ns(dt.datetime.combine(first, midnight)), to_ns(dt.datetime.combine(after, midnight)))


def _one_day(clock: Clock, day: dt.date, words: Sequence[str], used: int) -> tuple[Span, int]:
    """The day, or the minute of it that the next words name."""
    time = _time_of_day(words[used:])
    if time is None:
        return _days(clock, day, day + dt.timedelta(1)), used
    moment, taken = time
    start = to_ns(dt.datetime.combine(day, moment, clock.zone))
    return Span(start, start + (60 if not moment.second else 1) * 1_000_000_000, whole_days=False), used + taken


def _time_of_day(words: Sequence[str]) -> tuple[dt.time, int] | None:
    skip = 1 if words[:1] == ["at"] else 0
    rest = words[skip : skip + 2]
    if not rest:
        return None
    named = {"noon": dt.time(12), "midnight": dt.time(0)}.get(rest[0])
    if named is not None:
        return named, skip + 1
    found = re.fullmatch(r"(\d{1,2})(?::(\d\d)(?::(\d\d))?)?(am|pm)?", rest[0])
    if found is None:
        return None
    half, used = found[4], skip + 1
    if half is None and rest[1:] and rest[1] in ("am", "pm"):
        half, used = rest[1], used + 1
    hour = int(found[1])
    if (found[2] is None and half is None) or (half and not 1 <= hour <= 12) or hour > 23:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return dt.time(hour, int(found[2] or 0), int(found[3] or 0)), used


def _named_day(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    back = {"today": 0, "yesterday": 1}.get(words[0]) if words else None
    if back is not None:
        return _one_day(clock, clock.now.date() - dt.timedelta(back), words, 1)
    if words and words[0] in _WEEKDAYS:
        return _one_day(clock, _weekday(clock, words[0]), words, 1)
    return None


def _weekday(clock: Clock, name: str) -> dt.date:
    """The most recent such day before today."""
    today = clock.now.date()
    return today - dt.timedelta((today.weekday() - _WEEKDAYS.index(name) - 1) % 7 + 1)


def _count(word: str) -> int | None:
    return int(word) if re.fullmatch(r"\d{1,4}", word) else _NUMBERS.get(word)


def _unit(word: str) -> str | None:
    single = word.removesuffix("s")
    return single if single in _UNITS else None


def _ago(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    skip = 1 if words[:2] == ["a", "few"] or words[:2] == ["a", "couple"] else 0
    of = 1 if words[skip + 1 : skip + 2] == ["of"] else 0
    if len(words) < skip + of + 3 or words[skip + of + 2] != "ago":
        return None
    count, unit = _count(words[skip]), _unit(words[skip + of + 1])
    if count is None or unit is None:
        return None
    used = skip + of + 3
    if unit in ("minute", "hour"):
        length = (60 if unit == "minute" else 3600) * 1_000_000_000
        start = clock.now_ns - count * length
        return Span(start, start + length, whole_days=False), used
    today = clock.now.date()
    days = {"day": count, "week": 7 * count}.get(unit)
    day = today - dt.timedelta(days) if days is not None else _back_months(today, count * (12 if unit == "year" else 1))
    return _one_day(clock, day, words, used)


def _back_months(day: dt.date, count: int) -> dt.date:
    """The same day `count` months earlier, or the last day of that month."""
    month = day.year * 12 + day.month - 1 - count
    first = dt.date(month // 12, month % 12 + 1, 1)
    following = _next_month(first)
    return min(first.replace(day=1) + dt.timedelta(day.day - 1), following - dt.timedelta(1))


def _next_month(first: dt.date) -> dt.date:
    return dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _relative(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    """this week, last month, past 3 days, last friday, last march."""
    skip = 1 if words[:1] == ["the"] else 0
    if len(words) < skip + 2 or words[skip] not in ("this", "last", "past", "previous"):
        return None
    which, rest = words[skip], words[skip + 1 :]
    if len(rest) > 1 and which != "this" and _unit(rest[1]) and (count := _count(rest[0])) is not None:
        return _past(clock, count, str(_unit(rest[1]))), skip + 3
    if rest[0] in _UNITS[2:]:
        return _calendar_unit(clock, rest[0], 0 if which == "this" else 1), skip + 2
    if rest[0] == "weekend":
        saturday = _weekday(clock, "saturday")
        if which == "this" and clock.now.weekday() >= 5:
            saturday = clock.now.date() - dt.timedelta(clock.now.weekday() - 5)
        return _days(clock, saturday, saturday + dt.timedelta(2)), skip + 2
    if rest[0] in _WEEKDAYS and which != "this":
        return _one_day(clock, _weekday(clock, rest[0]), words, skip + 2)
    if rest[0] in _MONTHS and which != "this":
        today, month = clock.now.date(), _MONTHS.index(rest[0]) + 1
        return _of_month(clock, today.year - (month >= today.month), month), skip + 2
    return None


def _past(clock: Clock, count: int, unit: str) -> Span:
    end = clock.now_ns + 1
    if unit in ("minute", "hour"):
        return Span(end - count * (60 if unit == "minute" else 3600) * 1_000_000_000, end, whole_days=False)
    today = clock.now.date()
    days = {"day": count, "week": 7 * count}.get(unit)
    first = (
        today - dt.timedelta(days) if days is not None else _back_months(today, count * (12 if unit == "year" else 1))
    )
    return Span(_days(clock, first, today).start_ns, end)


def _calendar_unit(clock: Clock, unit: str, back: int) -> Span:
    today = clock.now.date()
    if unit == "day":
        return _days(clock, today - dt.timedelta(back), today - dt.timedelta(back - 1))
    if unit == "week":
        since = (today.weekday() + 1) % 7 if clock.country in _SUNDAY_FIRST else today.weekday()
        first = today - dt.timedelta(since + 7 * back)
        return _days(clock, first, first + dt.timedelta(7))
    if unit == "month":
        first = _back_months(today.replace(day=1), back)
        return _days(clock, first, _next_month(first))
    return _days(clock, dt.date(today.year - back, 1, 1), dt.date(today.year - back + 1, 1, 1))


def _of_month(clock: Clock, year: int, month: int) -> Span:
    first = dt.date(year, month, 1)
    return _days(clock, first, _next_month(first))


def _iso(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    word = words[0] if words else ""
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d)(?:t(\S+))?)?", word)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    if found[3] is None:
        return _of_month(clock, year, month), 1
    if found[4] is None:
        return _one_day(clock, dt.date(year, month, int(found[3])), words, 1)
    moment = dt.datetime.fromisoformat(word.upper())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.zone)
    length = 60 if word.count(":") == 1 and not moment.second else 1
    return Span(to_ns(moment), to_ns(moment) + length * 1_000_000_000, whole_days=False), 1


def _numeric_date(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    """2024/03/12, 12.03.2024, and 12/03/2024 in the locale's order."""
    found = re.fullmatch(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})", words[0] if words else "")
    if found is None:
        return None
    first, middle, last = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) == 4:
        return _one_day(clock, dt.date(first, middle, last), words, 1)
    if len(found[4]) != 4:
        return None
    month_first = (found[2] == "/" and clock.country in ("US", "PH")) or middle > 12
    day, month = (middle, first) if month_first else (first, middle)
    return _one_day(clock, dt.date(last, month, day), words, 1)


def _month_number(word: str) -> int | None:
    plain = word.removesuffix(".")
    for number, name in enumerate(_MONTHS, 1):
        if plain == name or plain == name[:3] or (plain == "sept" and number == 9):
            return number
    return None


def _is_year(words: Sequence[str], at: int) -> bool:
    return at < len(words) and re.fullmatch(r"(19|20)\d\d", words[at]) is not None


def _day_month(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    """12 March [2024], 12th of March, March 12 [2024]."""
    day_of = r"(\d{1,2})(?:st|nd|rd|th)?\.?"
    of = 1 if words[1:2] == ["of"] else 0
    if len(words) > 1 + of and (found := re.fullmatch(day_of, words[0])) and (month := _month_number(words[1 + of])):
        used = 2 + of
    elif len(words) > 1 and (month := _month_number(words[0])) and (found := re.fullmatch(day_of, words[1])):
        used = 2
    else:
        return None
    day = int(found[1])
    if _is_year(words, used):
        return _one_day(clock, dt.date(int(words[used]), month, day), words, used + 1)
    today = clock.now.date()
    date = dt.date(today.year, month, day)
    return _one_day(clock, date if date <= today else date.replace(year=today.year - 1), words, used)


def _month(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    """March 2024; March alone is the latest one that has begun."""
    month = _month_number(words[0]) if words else None
    if month is None:
        return None
    if _is_year(words, 1):
        return _of_month(clock, int(words[1]), month), 2
    today = clock.now.date()
    return _of_month(clock, today.year - (month > today.month), month), 1


def _quarter(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    found = re.fullmatch(r"q([1-4])", words[0] if words else "")
    if found is None or not _is_year(words, 1):
        return None
    first = dt.date(int(words[1]), 3 * int(found[1]) - 2, 1)
    return _days(clock, first, _next_month(_next_month(_next_month(first)))), 2


def _year(words: Sequence[str], clock: Clock) -> tuple[Span, int] | None:
    if not _is_year(words, 0):
        return None
    year = int(words[0])
    return _days(clock, dt.date(year, 1, 1), dt.date(year + 1, 1, 1)), 1
