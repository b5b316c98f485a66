"""Which files a folder of results holds: what the folders above it have narrowed it to.  Pure."""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from lsfs.core.filetypes import FAMILIES, extension, family, types_for
from lsfs.core.spans import to_ns
from lsfs.views.base import Wish

OTHER = "other"
"""The kind of files whose extension says none."""
_SUFFIX = re.compile(r"[a-z0-9+_-]{1,12}")


class Selection(msgspec.Struct, frozen=True):
    """A set of files; every narrowing leaves a subset."""

    words: tuple[str, ...] = ()
    """Queries, each of which has to find the file."""
    like: bytes | None = None
    """Absolute path of a file that they resemble."""
    kinds: tuple[str, ...] = ()
    """Names of kinds, each of which the file is of."""
    tags: tuple[str, ...] = ()
    first: dt.date | None = None
    """Local day of the modification, at the earliest; likewise `last`."""
    last: dt.date | None = None
    newest: int | None = None
    """Only so many, the last modified first."""
    opened: bool = False
    """What was opened through the mount, the last first."""

    @property
    def live(self) -> bool:
        """Whether it takes a search of the daemon."""
        return bool(self.words) or self.like is not None

    def with_words(self, words: str) -> Selection:
        """What the query finds of it too."""
        return self if words in self.words else msgspec.structs.replace(self, words=(*self.words, words))

    def of_kind(self, kind: str) -> Selection:
        """What of it is of a kind."""
        return msgspec.structs.replace(self, kinds=tuple(sorted({*self.kinds, kind})))

    def tagged(self, tag: str) -> Selection:
        """What of it has a tag."""
        return msgspec.structs.replace(self, tags=tuple(sorted({*self.tags, tag})))

    def within(self, first: dt.date, last: dt.date) -> Selection:
        """What of it was modified on days from `first` to `last`."""
        return msgspec.structs.replace(self, first=max(self.first or first, first), last=min(self.last or last, last))

    def bounds(self, zone: dt.tzinfo) -> tuple[int | None, int | None]:
        """From when, and until when (outside), in ns since the epoch."""
        return (
            _midnight_ns(self.first, zone) if self.first is not None else None,
            _midnight_ns(self.last + dt.timedelta(1), zone) if self.last is not None else None,
        )

    def fits(self, path: bytes) -> bool:
        """Whether a file is of all the kinds."""
        return all(is_of_kind(path, kind) for kind in self.kinds)

    def wishes(self) -> list[Wish]:
        """The searches whose common hits it is; none where it takes no search."""
        rest = Wish(
            like=self.like,
            types=_suffixes(self.kinds),
            tags=self.tags,
            since=self.first.isoformat() if self.first is not None else None,
            until=self.last.isoformat() if self.last is not None else None,
        )
        if not self.words:
            return [rest] if self.like is not None else []
        return [msgspec.structs.replace(rest, words=words) for words in self.words]


def is_of_kind(path: bytes, kind: str) -> bool:
    """Whether a file's name says that it is of a kind: a family, what a word stands for, or an extension."""
    ext = extension(path)
    if kind == OTHER:
        return family(ext) == "file"
    if kind in FAMILIES:
        return family(ext) == kind
    return ext in _extensions(kind)


def is_kind(word: str) -> bool:
    """Whether a word can be the name of a kind."""
    return word == OTHER or word in FAMILIES or types_for(word) is not None or _SUFFIX.fullmatch(word) is not None


def kind_of(path: bytes) -> str:
    """The family of a file."""
    found = family(extension(path))
    return OTHER if found == "file" else found


def _extensions(kind: str) -> frozenset[str]:
    if kind in FAMILIES:
        return frozenset().union(*(types_for(f".{ext}") or {ext} for ext in FAMILIES[kind]))
    return types_for(kind) or frozenset((kind.removeprefix("."),))


def _suffixes(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """What the search is told of the kinds; what it lets through is looked at again."""
    known = [_extensions(kind) for kind in kinds if kind != OTHER]
    if not known:
        return ()
    return tuple(sorted(f".{ext}" for ext in frozenset.intersection(*known))) or (".none-of-them",)


def _midnight_ns(day: dt.date, zone: dt.tzinfo) -> int:
    return to_ns(dt.datetime.combine(day, dt.time(), zone))
