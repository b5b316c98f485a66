"""Times and sizes that limit which files are meant, as spans of tokens.  Pure; nothing is resolved here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache

from lsfs.core.spans import Clock, match_span
from lsfs.plan.rules.lexicon import UNITS

# Which span of time words name depends on the clock, whether they name one does not: any day without ambiguity does.
_ANY_DAY = Clock(1_718_452_800_000_000_000, dt.UTC)
_NUMBER = re.compile(r"\d{1,6}([.,]\d{1,3})?")
_COUNTS = frozenset(
    "a an one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty fifty hundred half few"
    " couple".split()
)
_SIZE_UNITS = frozenset(
    "b byte bytes k kb kib m mb mib g gb gib t tb tib kilobyte kilobytes megabyte megabytes gigabyte gigabytes"
    " terabyte terabytes meg megs gig gigs".split()
)
_COMPARED = (
    *(("more", "than"), ("less", "than"), ("larger", "than"), ("bigger", "than"), ("greater", "than")),
    *(("heavier", "than"), ("smaller", "than"), ("lighter", "than"), ("at", "least"), ("at", "most"), ("up", "to")),
    *(("over",), ("under",), ("above",), ("below",), ("exceeding",), ("no", "more", "than"), ("no", "larger", "than")),
    *(("no", "bigger", "than"), ("not", "more", "than"), ("larger",), ("bigger",), ("smaller",), ("of", "over")),
    *(("of", "more", "than"), ("of", "at", "least"), (">",), ("<",), (">=",), ("<=",)),
)
_OLDER = (
    *(("older", "than"), ("newer", "than"), ("younger", "than"), ("more", "recent", "than"), ("more", "than")),
    *(("less", "than"), ("over",), ("under",), ("at", "least")),
)
_DATED = frozenset("from in of on during dated for around about over within at this".split())
_BOUNDED = frozenset("since before after until till".split())
_RELATIVE = frozenset("today yesterday last this past previous".split())
_CHANGES = frozenset(
    "changed modified edited created saved made written updated touched taken dated added downloaded received scanned"
    " change edit modify touch update save make create write add take download receive scan took made wrote shot"
    " signed got opened used use open filmed recorded drafted work worked".split()
)
_SUBJECTS = (
    *(("i",), ("i've",), ("we",), ("we've",), ("i", "have"), ("we", "have"), ("that", "i"), ("which", "i")),
    *(("that", "i've"), ("that", "we"), ("which", "we"), ("that", "were"), ("which", "were"), ("that", "are")),
    *(
        ("which", "are"),
        ("that", "was"),
        ("which", "was"),
        ("that", "is"),
        ("which", "is"),
        ("did", "i"),
        ("did", "we"),
    ),
    *(("have", "i"), ("that", "i", "have"), ("that", "have", "been"), ("which", "have", "been"), ("that", "got")),
    *(
        ("are",),
        ("is",),
        ("were",),
        ("was",),
        ("have", "been"),
        ("dating",),
        ("that", "date"),
        ("i", "last"),
        ("that", "i", "last"),
    ),
)


_MONTHS = frozenset("jan feb mar apr may jun jul aug sep oct nov dec".split())
_BEGINNINGS = (
    frozenset(one[0] for choices in (_COMPARED, _OLDER, _SUBJECTS) for one in choices)
    | {"between", "from"}
    | (_DATED | _BOUNDED | _RELATIVE | _CHANGES | _COUNTS)
    | frozenset("monday tuesday wednesday thursday friday saturday sunday the".split())
    | frozenset(
        "january february march april may june july august september october november december q1 q2 q3 q4".split()
    )
)


def may_begin(word: str) -> bool:
    """Whether words that limit by time or size can begin with this one."""
    return word in _BEGINNINGS or word[:1].isdigit() or word[:3] in _MONTHS


def is_span(words: Sequence[str]) -> bool:
    """Whether these words name a span of time: ``March 2024``, ``the last 3 days``, ``yesterday``."""
    return 0 < len(words) <= 9 and _is_span(tuple(words))


@lru_cache(maxsize=2048)
def _is_span(words: tuple[str, ...]) -> bool:
    plain = [word for word in words if word not in (",",)]
    if not plain or len(plain) > 8:
        return False
    found = match_span(plain, _ANY_DAY)
    return found is not None and found[1] == len(plain)


def _is_duration(words: Sequence[str]) -> bool:
    """``a year``, ``3 months``, ``a couple of weeks``, ``two and a half years``."""
    if not 2 <= len(words) <= 6 or words[-1] not in UNITS:
        return False
    return all(word in _COUNTS or _NUMBER.fullmatch(word) or word in ("of", "and") for word in words[:-1])


def time_start(words: Sequence[str]) -> tuple[int, int] | None:
    """(words that only lead to the time, where the value itself begins) of words that limit by time; else None.

    ``that i changed in the last 3 days`` gives 5: the value is ``the last 3 days``, or ``since May`` with its word.
    """
    skip = _lead(words, _SUBJECTS)
    changed = skip + (skip < len(words) and words[skip] in _CHANGES)
    for at in dict.fromkeys((changed, skip)):
        rest = words[at:]
        if not rest:
            continue
        if rest[0] == "from" and rest[1:2] and rest[1] in _BOUNDED and is_span(_bare(rest[2:])):
            return skip, at + 1
        if rest[0] == "for" and (older := _lead(rest[1:], _OLDER)) and _is_duration(rest[1 + older :]):
            return skip, at + 1
        if rest[0] in _BOUNDED and (is_span(rest[1:]) or is_span(_bare(rest[1:]))):
            return skip, at
        if (older := _lead(rest, _OLDER)) and _is_age(rest, older, at > 0):
            return skip, at
        if rest[0] == "between" and "and" in rest:
            middle = rest.index("and")
            if is_span(rest[1:middle]) and is_span(rest[middle + 1 :]):
                return skip, at
        if rest[0] in _DATED and is_span(_bare(rest[1:])) and not (rest[0] in ("of", "for", "about") and not at):
            return skip, at + 1 + (rest[1] in ("the", "my"))
        if is_span(rest) and (at > skip or rest[0] in _RELATIVE or rest[-1] == "ago"):
            return skip, at
        if is_span(rest) and at > 0 and changed > skip:
            return skip, at
        if rest[0] == "from" and ("to" in rest or "until" in rest):
            middle = rest.index("to" if "to" in rest else "until")
            if is_span(rest[1:middle]) and is_span(rest[middle + 1 :]):
                return skip, at
    return None


def _bare(words: Sequence[str]) -> Sequence[str]:
    return words[1:] if words[:1] == ["the"] and words[1:2] not in (["last"], ["past"], ["previous"]) else words


def _is_age(rest: Sequence[str], older: int, led: bool) -> bool:
    """``older than a year``, ``more than two years old``, ``over a month ago``."""
    said = rest[older:]
    if rest[0] in ("older", "newer", "younger") or rest[1:2] == ["recent"]:
        return _is_duration(said) or is_span(said)
    return bool(said) and (said[-1] == "old" or (said[-1] == "ago" and led)) and _is_duration(said[:-1])


def size_start(words: Sequence[str]) -> int | None:
    """Where the value begins in words that limit by size (``that are bigger than 4 MB``: 2); None for others."""
    skip = _lead(words, _SUBJECTS)
    rest = words[skip:]
    if rest[-2:] == ["in", "size"]:
        rest = rest[:-2]
    compared = _lead(rest, _COMPARED)
    if compared:
        return skip if _is_amount(rest[compared:]) else None
    if len(rest) > 2 and rest[-2] == "or" and rest[-1] in ("more", "bigger", "larger", "less", "smaller"):
        return skip if _is_amount(rest[:-2]) else None
    if rest and rest[0] == "between" and "and" in rest:
        middle = rest.index("and")
        low = rest[1:middle]
        return skip if (_is_amount(low) or _is_amount([*low, "mb"])) and _is_amount(rest[middle + 1 :]) else None
    return None


def _is_amount(words: Sequence[str]) -> bool:
    if len(words) == 1:
        found = re.fullmatch(r"(\d{1,9}(?:[.,]\d{1,3})?)([a-z]+)", words[0])
        return found is not None and found[2] in _SIZE_UNITS
    if len(words) != 2 or words[1] not in _SIZE_UNITS:
        return False
    return _NUMBER.fullmatch(words[0]) is not None or words[0] in ("a", "one", "half")


def _lead(words: Sequence[str], choices: Sequence[tuple[str, ...]]) -> int:
    """How many words the longest of the choices takes that they begin with."""
    return max((len(one) for one in choices if words and words[0] == one[0] and _stands(words, one)), default=0)


def _stands(words: Sequence[str], one: tuple[str, ...]) -> bool:
    return tuple(words[: len(one)]) == one
