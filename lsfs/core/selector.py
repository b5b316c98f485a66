"""Which files are meant: the conditions that a search, a view or a plan puts on entries."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Filters(msgspec.Struct, frozen=True, omit_defaults=True):
    """Conditions on entries, all of which must hold; an empty one holds for every entry."""

    in_folders: tuple[str, ...] = ()
    """Any of these: an absolute path, or a folder's name or trailing path (``Downloads``, ``work/2024``)."""
    extensions: tuple[str, ...] = ()
    """Any of these, lower case, without the dot."""
    since_ns: int | None = None
    """Modified at or after."""
    until_ns: int | None = None
    """Modified before (not at)."""
    tags: tuple[str, ...] = ()
    """All of these."""
    min_size: int | None = None
    """At least this many bytes."""
    max_size: int | None = None
    """At most this many bytes."""

    @property
    def empty(self) -> bool:
        """True where every entry passes."""
        return self == Filters()

    def merged(self, other: Filters) -> Filters:
        """Both at once: lists of alternatives of `other` replace ours where given, ranges narrow, tags add up."""
        return Filters(
            in_folders=other.in_folders or self.in_folders,
            extensions=other.extensions or self.extensions,
            since_ns=_narrow(max, self.since_ns, other.since_ns),
            until_ns=_narrow(min, self.until_ns, other.until_ns),
            tags=(*self.tags, *(tag for tag in other.tags if tag not in self.tags)),
            min_size=_narrow(max, self.min_size, other.min_size),
            max_size=_narrow(min, self.max_size, other.max_size),
        )


def _narrow(choose: Callable[[int, int], int], ours: int | None, theirs: int | None) -> int | None:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return choose(ours, theirs)
