"""What a search line asks for: words, phrases, exclusions and filters.  Pure; never raises on any text."""

from __future__ import annotations

import msgspec

from lsfs.core.selector import Filters


class Reading(msgspec.Struct, frozen=True):
    """Why a filter was set: the words of the line that were taken for it."""

    words: str
    filter: str
    """The field of `Filters` that they set."""
    explicit: bool
    """True for ``ext:pdf``; False for plain words, which search may take back when nothing passes them."""


class Query(msgspec.Struct, frozen=True):
    """A search line, understood; `text` is what to embed and `terms` what to look up."""

    line: str
    """As typed."""
    text: str
    """The free words and the phrases in their order, without operators and filter words."""
    plain: str
    """As `text`, with the words that gave plain-word filters kept: for the fallback."""
    phrases: tuple[str, ...] = ()
    """Each must stand in a hit word for word."""
    any_of: tuple[tuple[str, ...], ...] = ()
    """One of each group (words or phrases joined by OR) must stand in a hit."""
    excluded: tuple[str, ...] = ()
    """None of these words or phrases may stand in a hit."""
    filters: Filters = Filters()
    readings: tuple[Reading, ...] = ()

    @property
    def guessed(self) -> bool:
        """True where a filter came from plain words, so that a search without it is a fair second try."""
        return any(not reading.explicit for reading in self.readings)
