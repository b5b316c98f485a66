"""What differs between two texts, line by line, in bounded time.  Pure.

Lines that both texts have once are matched first, the longest row of them that has one order in both (Bram Cohen's
patience diff).  What lies between is matched by the greedy method of Eugene W. Myers (An O(ND) Difference Algorithm and
Its Variations, 1986) while a budget of steps lasts, and is one change when it is spent: coarser, and as true.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

_CONTEXT = 3
"""Lines shown around a change."""
_MOST_LINES = 1_000_000
"""Of a side, those left out with which both begin or end; each takes some 60 bytes of memory."""
_MOST_STEPS = 2_000_000
"""Lines compared to find small changes: a second or two."""


class TooManyLines(Exception):
    """The texts have too many lines to be compared."""


class Difference(NamedTuple):
    """The hunks of a unified diff."""

    hunks: str
    added: int
    removed: int


class _Change(NamedTuple):
    """Lines a to b of the old text became lines c to d of the new one, the last not included."""

    a: int
    b: int
    c: int
    d: int


def difference(before: str, after: str, most_lines: int = _MOST_LINES, most_steps: int = _MOST_STEPS) -> Difference:
    """What makes one text of the other; raises `TooManyLines`."""
    head, tail = _same_ends(before, after)
    sides = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(side.count("\n") for side in sides) > most_lines:
        raise TooManyLines
    # Lines end where a line feed is, and nowhere else: str.splitlines() ends them at eight other characters.
    old, new = (list(io.StringIO(side, newline="\n")) for side in sides)
    changes = list(_Comparison(old, new, most_steps).changes())
    first = before.count("\n", 0, head)
    lines = (line for hunk in _hunks(changes) for line in _written(hunk, old, new, first))
    added, removed = sum(change.d - change.c for change in changes), sum(change.b - change.a for change in changes)
    return Difference("".join(lines), added, removed)


def _same_ends(before: str, after: str) -> tuple[int, int]:
    """How many characters of whole lines both begin and end with, without the lines shown around a change."""
    head = _most(min(len(before), len(after)), lambda n: before.startswith(after[:n]))
    head = before.rfind("\n", 0, head) + 1
    tail = _most(min(len(before), len(after)) - head, lambda n: before.endswith(after[len(after) - n :]))
    for _ in range(_CONTEXT):
        head = before.rfind("\n", 0, max(head - 1, 0)) + 1
    start = len(before) - tail
    for _ in range(1 + _CONTEXT):  # once to the end of a line, of which they may have but the end in common
        start = before.find("\n", start) + 1 or len(before)
    return head, len(before) - start


class _Comparison:
    """Two lists of lines."""

    def __init__(self, old: Sequence[str], new: Sequence[str], steps: int) -> None:
        numbers: dict[str, int] = {}
        self._old = [numbers.setdefault(line, len(numbers)) for line in old]
        self._new = [numbers.setdefault(line, len(numbers)) for line in new]
        # A few looks at every line are always made.
        self._left = steps + 4 * (len(old) + len(new))

    def changes(self) -> Iterator[_Change]:
        """The changes, in order."""
        old, new = self._old, self._new
        waiting = [_Change(0, len(old), 0, len(new))]
        while waiting:
            a, b, c, d = waiting.pop()
            while a < b and c < d and old[a] == new[c]:
                a, c = a + 1, c + 1
            while a < b and c < d and old[b - 1] == new[d - 1]:
                b, d = b - 1, d - 1
            part = _Change(a, b, c, d)
            self._left -= b - a + d - c
            if a == b or c == d or self._left <= 0:
                if (a, c) != (b, d):
                    yield part
            elif anchors := self._anchors(part):
                waiting += reversed(list(_between(part, anchors)))
            else:
                yield from _between(part, self._matched(part))

    def _anchors(self, part: _Change) -> list[tuple[int, int]]:
        """The longest row of lines, by their numbers in both, that both have once and in the same order."""
        a, b, c, d = part
        old, new = self._old[a:b], self._new[c:d]
        once = {line for line, count in Counter(old).items() if count == 1}
        once &= {line for line, count in Counter(new).items() if count == 1}
        places = {line: number for number, line in enumerate(new, c) if line in once}
        pairs = [(number, places[line]) for number, line in enumerate(old, a) if line in once]
        # The longest increasing row, by the smallest end of those of each length.
        ends: list[int] = []
        at: list[int] = []
        before: list[int] = []
        for number, (_, place) in enumerate(pairs):
            length = bisect_left(ends, place)
            before.append(at[length - 1] if length else -1)
            ends[length : length + 1] = [place]
            at[length : length + 1] = [number]
        row = []
        number = at[-1] if at else -1
        while number >= 0:
            row.append(pairs[number])
            number = before[number]
        return row[::-1]

    def _matched(self, part: _Change) -> list[tuple[int, int]]:
        """The lines, by their numbers in both, that stay on a shortest way from one to the other; none if it is far."""
        a, b, c, d = part
        old, new = self._old[a:b], self._new[c:d]
        reached, trace = {1: 0}, []
        for edits in range(len(old) + len(new) + 1):
            trace.append(reached.copy())
            self._left -= 2 * edits + 1
            for k in range(-edits, edits + 1, 2):
                down = k == -edits or (k != edits and reached[k - 1] < reached[k + 1])
                x = begun = reached[k + 1] if down else reached[k - 1] + 1
                while x < len(old) and 0 <= x - k < len(new) and old[x] == new[x - k]:
                    x += 1
                self._left -= x - begun
                reached[k] = x
                if x >= len(old) and x - k >= len(new):
                    return [(a + i, c + j) for i, j in _way_back(trace, len(old), len(new))]
                if self._left <= 0:
                    return []
        raise AssertionError("there is a way of as many edits as both have lines")


def _way_back(trace: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """The pairs of lines on the way that Myers' method has found, in order."""
    found = []
    for edits in range(len(trace) - 1, -1, -1):
        reached, k = trace[edits], x - y
        down = k == -edits or (k != edits and reached[k - 1] < reached[k + 1])
        above = k + 1 if down else k - 1
        begun = reached[above] if down else reached[above] + 1
        while x > begun and y > 0 and x > 0:
            x, y = x - 1, y - 1
            found.append((x, y))
        if edits:
            x = reached[above]
            y = x - above
    return found[::-1]


def _between(part: _Change, pairs: Iterable[tuple[int, int]]) -> Iterator[_Change]:
    """What lies between pairs of lines that are the same."""
    a, _, c, _ = part
    for x, y in pairs:
        if (a, c) != (x, y):
            yield _Change(a, x, c, y)
        a, c = x + 1, y + 1
    if (a, c) != (part.b, part.d):
        yield _Change(a, part.b, c, part.d)


def _most(bound: int, same: Callable[[int], bool]) -> int:
    """The largest number up to a bound for which something holds that holds for all smaller ones."""
    low, high = 0, bound
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if same(middle) else (low, middle - 1)
    return low


def _hunks(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    """Changes that are shown together: no more lines lie between them than are shown around them."""
    hunk: list[_Change] = []
    for change in changes:
        if hunk and change.a - hunk[-1].b > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _written(hunk: Sequence[_Change], old: Sequence[str], new: Sequence[str], first: int) -> Iterator[str]:
    """The lines of a hunk in the unified format (GNU diffutils manual); `first` lines stand before those given."""
    around = min(_CONTEXT, hunk[0].a)
    a, c = hunk[0].a - around, hunk[0].c - around
    b, d = min(len(old), hunk[-1].b + _CONTEXT), min(len(new), hunk[-1].d + _CONTEXT)
    yield f"@@ -{_range(first + a, b - a)} +{_range(first + c, d - c)} @@\n"
    for change in hunk:
        yield from _marked(" ", old[a : change.a])
        yield from _marked("-", old[change.a : change.b])
        yield from _marked("+", new[change.c : change.d])
        a = change.b
    yield from _marked(" ", old[a:b])


def _marked(mark: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, length: int) -> str:
    """A range of lines; an empty one is named by the line before it."""
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"
