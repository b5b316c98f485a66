"""What a file is called after when files are sorted by a key: a time, a kind, a size, a tag, what it says of itself."""

from __future__ import annotations

import datetime as dt
import email.utils
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence

import msgspec

from lsfs.core.filetypes import extension, family, language
from lsfs.core.namedates import date_in
from lsfs.core.paths import display
from lsfs.core.spans import Clock
from lsfs.plan.resolve.grouping.facts import Facts
from lsfs.plan.resolve.grouping.scheme import Level
from lsfs.plan.resolve.wanted import Target

_SMALL, _LARGE = 1_000_000, 100_000_000
_FIELDS = {
    "artist": ("artist", "albumartist"),
    "album": ("album",),
    "genre": ("genre",),
    "author": ("author", "artist"),
    "camera": ("camera",),
    "sender": ("from",),
    "language": ("language",),
}
"""Key → fields of a file's own words that give it, the best first."""
_LONGEST = 80
_TAKEN = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)")


class No(msgspec.Struct, frozen=True):
    """That a file has no label."""

    why: str


def label_of(level: Level, target: Target, facts: Facts, clock: Clock, forms: str) -> str | No:
    """The folder's name at one level, for any key but topics; `forms` are those of all levels, one after another."""
    row = target.row
    assert row is not None
    name = os.path.basename(target.path)
    match level.key:
        case "time":
            return formatted(day_of(target, forms, facts, clock), level.form)
        case "extension":
            return extension(name) or "no extension"
        case "kind":
            kind = family(extension(name))
            return "other" if kind == "file" else kind
        case "size":
            return "small" if row.size < _SMALL else "large" if row.size >= _LARGE else "medium"
        case "letter":
            return _letter(display(name))
        case "tag":
            return _tag(facts.tags(row))
        case _:
            said = _field(level.key, facts.fields(row))
            if not said and level.key == "language":
                said = language(extension(name)) or ""
            return said or No(f"it does not say its {level.key}")


def _letter(name: str) -> str:
    """The first letter without its accent; one folder for all figures, one for what begins with neither."""
    first = unicodedata.normalize("NFKD", name)[:1].upper()
    return first if first.isalpha() else "0-9" if first.isdigit() else "#"


def _tag(tags: Sequence[str]) -> str | No:
    if not tags:
        return No("it has no tag")
    if len(tags) > 1:
        return No(f"it has several tags: {', '.join(tags)}")
    return as_name(tags[0]) or No(f"no folder can be called “{tags[0]}”")


def _field(key: str, fields: Mapping[str, str]) -> str:
    said = next((fields[name] for name in _FIELDS[key] if fields.get(name)), "")
    if key == "sender":
        name, address = email.utils.parseaddr(said)
        said = name or address
    return as_name(said)


def as_name(said: str) -> str:
    """Words as the name of a folder: on one line, without slashes, not hidden, at most 80 characters."""
    plain = " ".join(re.sub(r"[/\\\x00-\x1f]+", " ", said).split())
    return plain.lstrip(". ")[:_LONGEST].rstrip(". ")


def formatted(day: dt.date, form: str) -> str:
    """A day in a form of `Level`."""
    form = form.replace("%q", str((day.month + 2) // 3)).replace("%K", str(day.year // 10 * 10))
    return day.strftime(form)


def day_of(target: Target, form: str, facts: Facts, clock: Clock) -> dt.date:
    """The day that a file is from: the one its name says, when it was taken or sent, else its last change.

    A name that says the year alone is no help where the form wants more.
    """
    row = target.row
    assert row is not None
    this_year = dt.datetime.fromtimestamp(clock.now_ns / 1e9, clock.zone).year
    said = date_in(display(os.path.basename(target.path)), this_year)
    finer = re.search(r"%[mqd]|%V", form) is not None
    exact = re.search(r"%d|%V", form) is not None
    if said is not None and (said[1] is not None or not finer) and (said[2] is not None or not exact):
        return dt.date(said[0], said[1] or 1, said[2] or 1)
    own = _own_day(facts.fields(row), finer, clock)
    return own or dt.datetime.fromtimestamp(row.mtime_ns / 1e9, clock.zone).date()


def _own_day(fields: Mapping[str, str], finer: bool, clock: Clock) -> dt.date | None:
    """The day that a camera, a mail program or a music shop wrote into a file."""
    if taken := _TAKEN.match(fields.get("taken", "")):
        return _date(*map(int, taken.groups()))
    if "from" in fields and fields.get("date"):
        try:
            sent = email.utils.parsedate_to_datetime(fields["date"])
        except ValueError:
            return None
        return sent.astimezone(clock.zone).date() if sent.tzinfo else sent.date()
    year = re.match(r"(19|20)\d\d", fields.get("year", ""))
    return dt.date(int(year[0]), 1, 1) if year and not finer else None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
