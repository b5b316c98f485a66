"""Which versions keep their contents, and why: decided from values alone, so a dry run is all of it but the deed.

The order, the strongest reason first:

1. what an undo of the last 30 days needs;
2. the newest content of each file, also of a deleted one;
3. the budget: while all of it does not fit, the versions that were superseded longest ago go;
4. thinning, which is Time Machine's made exact: a version stays if at some instant of a grid it was what the file held.
   Every instant of the last day is one, every full hour of the last week, every full day of the last 30, and every full
   week of the last 365, all counted from the epoch in UTC, so that they nest.

So age counts from when a version was superseded, never from when it was written, and what was dropped once would not be
wanted later.  https://support.apple.com/en-us/104984 says what Time Machine keeps.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from lsfs.store.vault import Span

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
WEEK_NS = 7 * DAY_NS
UNDO_NS = 30 * DAY_NS
"""How long an op can be taken back for certain."""


class Grid(NamedTuple):
    """Instants at which the past can be had."""

    name: str
    every_ns: int
    within_ns: int
    within: str


GRIDS = (
    Grid("hour", HOUR_NS, WEEK_NS, "a week"),
    Grid("day", DAY_NS, 30 * DAY_NS, "a month"),
    Grid("week", WEEK_NS, 365 * DAY_NS, "a year"),
)
"""The finest first; within the last day every instant is one."""

UNDO = "an undo of the last 30 days needs it"
NEWEST = "newest of its file"
RECENT = "superseded less than a day ago"
OLD = "superseded more than a year ago"
OVER_BUDGET = "the budget for versions was full"
PROTECTED = frozenset((UNDO, NEWEST))
"""Reasons that no budget outweighs."""


class Stored(msgspec.Struct, frozen=True):
    """What room contents take; where nothing is said of a content it takes none."""

    pieces: Mapping[bytes, Sequence[tuple[int, int]]] = {}
    """The records of each content: (which, its bytes).  Contents share records."""
    needed: Collection[int] = frozenset()
    """Records that something else needs, whatever becomes of the versions."""
    needed_bytes: int = 0


class Decision(msgspec.Struct, frozen=True, array_like=True):
    """What becomes of a version's content, and why."""

    span: Span
    keep: bool
    reason: str


class Decisions(msgspec.Struct, frozen=True):
    """What becomes of each version, in the order in which they came."""

    items: tuple[Decision, ...]
    bytes: int
    """What stays takes so much."""
    protected: int
    """Of these are of what no budget outweighs."""

    @property
    def dropped(self) -> list[Decision]:
        """The versions whose contents go."""
        return [each for each in self.items if not each.keep]


def decide(
    spans: Sequence[Span], *, undo: Collection[bytes] = (), stored: Stored | None = None, budget: int, now_ns: int
) -> Decisions:
    """Decides on kept versions; `undo` are the contents that ops may need, `budget` the bytes that all may take."""
    newest: dict[int, int] = {}
    for span in spans:
        newest[span.lineage] = max(span.number, newest.get(span.lineage, 0))
    first = [_decision(span, span.content in undo, newest[span.lineage] == span.number, now_ns) for span in spans]
    return _fitted(first, stored or Stored(), budget)


def _decision(span: Span, undo: bool, newest: bool, now_ns: int) -> Decision:
    """What becomes of a version where there is room enough."""
    if undo:
        return Decision(span, True, UNDO)
    if newest:
        return Decision(span, True, NEWEST)
    reason = why_wanted(span, now_ns)
    return Decision(span, True, reason) if reason else Decision(span, False, _why_thinned(span, now_ns))


def why_wanted(span: Span, now_ns: int) -> str:
    """Why thinning keeps a version: the reason that holds longest; '' where it does not."""
    if span.until_ns is None or span.until_ns > now_ns - DAY_NS:
        return RECENT
    for grid in reversed(GRIDS):
        last = (span.until_ns - 1) // grid.every_ns * grid.every_ns
        if last >= span.since_ns and last > now_ns - grid.within_ns:
            return f"stood at {_date(last)}: one {_article(grid.name)} for {grid.within}"
    return ""


def _why_thinned(span: Span, now_ns: int) -> str:
    age = now_ns - (span.until_ns or 0)
    return next((f"thinned to one {_article(grid.name)}" for grid in GRIDS if age < grid.within_ns), OLD)


def _article(name: str) -> str:
    return f"{'an' if name == 'hour' else 'a'} {name}"


def _date(ns: int) -> str:
    return dt.datetime.fromtimestamp(ns // 1_000_000_000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _fitted(decisions: Sequence[Decision], stored: Stored, budget: int) -> Decisions:
    """The decisions with what does not fit into the budget dropped too."""

    def records(contents: Collection[bytes]) -> dict[int, int]:
        """The records of contents that nothing else needs, with their bytes; each once."""
        found = {which: count for content in contents for which, count in stored.pieces.get(content, ())}
        return {which: count for which, count in found.items() if which not in stored.needed}

    fixed = records({each.span.content for each in decisions if each.reason in PROTECTED})
    protected = stored.needed_bytes + sum(fixed.values())
    optional = [each for each in decisions if each.keep and each.reason not in PROTECTED]
    users = Counter(each.span.content for each in optional)
    own = {content: {w: c for w, c in records([content]).items() if w not in fixed} for content in users}
    uses = Counter(which for content in users for which in own[content])
    total = protected + sum({which: count for each in own.values() for which, count in each.items()}.values())
    gone: set[int] = set()
    # What costs nothing, since what is protected needs all of it too, stays.
    for each in sorted((each for each in optional if own[each.span.content]), key=_superseded):
        if total <= budget:
            break
        content = each.span.content
        gone.add(each.span.seq)
        users[content] -= 1
        if not users[content]:
            uses.subtract(own[content].keys())
            total -= sum(count for which, count in own[content].items() if not uses[which])
    return Decisions(tuple(_without(decisions, gone)), total, protected)


def _superseded(decision: Decision) -> tuple[float, int]:
    until = decision.span.until_ns
    return math.inf if until is None else until, decision.span.seq


def _without(decisions: Sequence[Decision], gone: Collection[int]) -> Iterator[Decision]:
    for each in decisions:
        yield Decision(each.span, False, OVER_BUDGET) if each.span.seq in gone else each
