"""Filters said in plain words: "pdfs about … from March 2024", "photos in Downloads last week", "tagged house".  Pure.

Only what can hardly mean anything else is taken for a filter.  A question keeps all its words, and so does a line
that does not begin by naming a kind of file, but for "tagged …", a named folder and "modified yesterday".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lsfs.core.filetypes import AMBIGUOUS_WORDS, language, types_for
from lsfs.core.selector import Filters
from lsfs.core.spans import Clock, match_span
from lsfs.index.queryfilters import size_of

_QUESTION = frozenset(
    "what who whom whose which when where why how is are was were do does did can could should would will has have may"
    " explain".split()
)
_VERBS = frozenset("find show list search get open give".split())
_OPENING = frozenset("me my all the any every some for our recent latest new old".split())
_FILES = frozenset("file files".split())
_SCRIPTS = frozenset("file files script scripts code program programs source sources".split())
_ABOUT = frozenset("about regarding concerning on with of containing mentioning".split())
_DATED = frozenset("from since after before in during on until till dated".split())
_CHANGED = frozenset("modified changed edited created saved written updated".split())
_RELATIVE = frozenset("today yesterday last this past previous".split())
_FOLDERS = frozenset("downloads documents desktop pictures music videos".split())
_LARGER = frozenset("larger bigger over above".split())
_SMALLER = frozenset("smaller under below".split())
_TAG_STOP = _DATED | _CHANGED | {"about", "larger", "bigger", "smaller", "and", "or"}


class Taken(msgspec.Struct, frozen=True):
    """Words ``start:end`` of the line that set a filter; those without a `field` ("about") only lead to the next."""

    start: int
    end: int
    filters: Filters = Filters()
    field: str = ""


def plain_filters(words: Sequence[str], clock: Clock) -> list[Taken]:
    """What is taken for filters, in order, not overlapping; empty where every word is to be searched for."""
    lowered = [word.lower().strip(",.;") for word in words]
    if not lowered or lowered[0] in _QUESTION or words[-1].endswith("?"):
        return []
    taken: list[Taken] = []
    at = 0
    listing = _kind(lowered)
    if listing is not None:
        taken.append(listing)
        at = listing.end
        if at < len(lowered) and lowered[at] in _ABOUT:
            taken.append(Taken(at, at + 1))
            at += 1
    while at < len(lowered):
        one = _tagged(lowered, words, at) or _folder(lowered, words, at, listing is not None)
        one = one or _size(lowered, at, listing is not None) or _time(lowered, at, clock, listing is not None)
        if one is None:
            at += 1
        else:
            taken.append(one)
            at = one.end
    return taken if any(one.field for one in taken) or listing is not None else []


def _kind(words: Sequence[str]) -> Taken | None:
    """A line that begins with a kind of file and goes on about which ones."""
    at = 0
    if words[at] in _VERBS and len(words) > 1:
        at += 1
    while at < len(words) - 1 and words[at] in _OPENING:
        at += 1
    verb_or_owner = at > 0
    kind, end = None, at + 1
    if words[at] in _FILES:
        kind = Filters()
    elif end < len(words) and words[end] in _SCRIPTS and (types := types_for(words[at])):
        kind, end = Filters(extensions=tuple(sorted(types))), end + 1
    elif (types := types_for(words[at])) and not words[at].startswith(".") and not _doubtful(words[at], types):
        kind = Filters(extensions=tuple(sorted(types)))
    if kind is None:
        return None
    follows = words[end] if end < len(words) else ""
    leads_on = follows in _ABOUT | _DATED | _CHANGED | _RELATIVE | _LARGER | _SMALLER | {"tagged", "named", "called"}
    if not (leads_on or (not follows and verb_or_owner) or (kind.empty and follows and leads_on)):
        return None
    return Taken(0, end, kind, "extensions" if kind.extensions else "kind")


def _doubtful(word: str, types: frozenset[str]) -> bool:
    """Words of everyday speech, and names of programming languages unless "files" follows."""
    forms = {word, word.removesuffix("s"), word.removesuffix("es")}
    return bool(forms & AMBIGUOUS_WORDS) or all(language(ext.removesuffix(".gz")) for ext in types)


def _tagged(words: Sequence[str], written: Sequence[str], at: int) -> Taken | None:
    skip = 2 if words[at : at + 2] == ["with", "tag"] else 1 if words[at] == "tagged" else 0
    if skip == 1 and at + 1 < len(words) and words[at + 1] in ("as", "with"):
        skip = 2
    if not skip or at + skip >= len(words) or words[at + skip] in _TAG_STOP:
        return None
    return Taken(at, at + skip + 1, Filters(tags=(written[at + skip].strip(",.;"),)), "tags")


def _folder(words: Sequence[str], written: Sequence[str], at: int, listing: bool) -> Taken | None:
    if words[at] not in ("in", "inside", "under", "within", "from") or at + 1 >= len(words):
        return None
    first = at + 1 + (words[at + 1] in ("the", "my"))
    if first >= len(words):
        return None
    name = written[first].strip(",;")
    ends_so = first + 1 < len(words) and words[first + 1] in ("folder", "directory")
    known = words[first] in _FOLDERS and (listing or first + 1 == len(words)) and name[0].isupper()
    is_path = len(name) > 1 and name.startswith(("/", "~/"))
    if not (ends_so or known or is_path or (listing and words[first] in _FOLDERS)):
        return None
    return Taken(at, first + 1 + ends_so, Filters(in_folders=(name.rstrip("/"),)), "in_folders")


def _size(words: Sequence[str], at: int, listing: bool) -> Taken | None:
    word = words[at]
    if not listing or word not in _LARGER | _SMALLER:
        return None
    first = at + 1 + (words[at + 1 : at + 2] == ["than"])
    for used in (2, 1):
        amount = "".join(words[first : first + used])
        size = size_of(amount) if amount and not amount.isdigit() else None
        if size is not None and len(words) >= first + used:
            filters = Filters(min_size=size + 1) if word in _LARGER else Filters(max_size=max(size - 1, 0))
            return Taken(at, first + used, filters, "min_size" if word in _LARGER else "max_size")
    return None


def _time(words: Sequence[str], at: int, clock: Clock, listing: bool) -> Taken | None:
    """A date after a word that leads to one; without a kind of file only "modified …" and relative ones at the end."""
    changed = words[at] in _CHANGED
    first = at + changed
    leading = words[first] if first < len(words) and words[first] in _DATED else ""
    first += bool(leading) + (words[first + bool(leading) : first + bool(leading) + 1] == ["the"])
    found = match_span(words[first:], clock) if first < len(words) else None
    if found is None:
        return None
    span, used = found
    relative = words[first] in _RELATIVE or words[first + used - 1] == "ago"
    if not (relative or (leading and listing) or (changed and leading)):
        return None
    if not listing and not (changed or (leading in ("from", "since") and first + used == len(words))):
        return None
    end = first + used
    if leading == "since":
        return Taken(at, end, Filters(since_ns=span.start_ns), "since_ns")
    if leading == "after":
        return Taken(at, end, Filters(since_ns=span.end_ns), "since_ns")
    if leading in ("before", "until", "till"):
        return Taken(at, end, Filters(until_ns=span.start_ns if leading == "before" else span.end_ns), "until_ns")
    return Taken(at, end, Filters(since_ns=span.start_ns, until_ns=span.end_ns), "since_ns")
