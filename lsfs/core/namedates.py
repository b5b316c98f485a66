"""Dates in file names: ``2024-03-20.md``, ``INV-2023-014.pdf``, ``IMG_20240519_1201.jpg``.  Pure."""

from __future__ import annotations

import datetime as dt
import re

_DATE = re.compile(
    r"(?<!\d)(?P<year>19\d\d|20\d\d)(?:[-_. ]?(?P<month>0[1-9]|1[0-2])(?:[-_. ]?(?P<day>0[1-9]|[12]\d|3[01]))?)?(?!\d)"
)
_COUNTER = re.compile(r"(?:^|[^a-z])(?:img|dsc[nf]?|pict|mvi|p|scan|page|photo|image|file|doc)[-_ ]?$", re.IGNORECASE)
"""What cameras and scanners write before a number of four digits that is no year."""


def date_in(name: str, this_year: int) -> tuple[int, int | None, int | None] | None:
    """(year, month, day) as far as a name says them; None where it says none, or one that is still to come.

    >>> date_in("committee 2024-03-20.md", 2026), date_in("INV-2023-014.pdf", 2026), date_in("IMG_2019.jpg", 2026)
    ((2024, 3, 20), (2023, None, None), None)
    """
    for found in _DATE.finditer(name):
        year = int(found["year"])
        if year > this_year or (not found["month"] and _COUNTER.search(name[: found.start()])):
            continue
        month = int(found["month"]) if found["month"] else None
        day = int(found["day"]) if found["day"] else None
        if month is not None and day is not None:
            try:
                dt.date(year, month, day)
            except ValueError:
                day = None
        return year, month, day
    return None
