"""Where things stand before, between and after the steps of an op.  Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from lsfs.core.paths import ancestors
from lsfs.plan.steps import Exchange, MakeDir, Move, Put, RemoveDir, Step, Trash, Untrash, Where

_Events = dict[Where, list[tuple[int, Where | None]]]


class Ways:
    """Follows places through the steps of an op, which are counted from 0."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._came: _Events = {}
        self._went: _Events = {}
        for number, step in enumerate(steps):
            for where, source in _comes(step):
                self._came.setdefault(where, []).append((number, source))
            for where, target in _goes(step):
                self._went.setdefault(where, []).append((number, target))

    def before(self, where: Where, number: int) -> Where | None:
        """The place on the disk, before the op, of what step `number` finds at a place.

        None where steps have made what stands there, or have taken away what stood there.
        """
        while True:
            found = [
                (events[at - 1], above)
                for above in _self_and_above(where)
                if (events := self._came.get(above)) and (at := bisect_left(events, (number,)))
            ]
            if not found:
                return where
            (number, source), above = max(found, key=lambda one: one[0][0])
            if source is None:
                return None
            where = _within(where, above, source)

    def after(self, where: Where, number: int = -1) -> Where | None:
        """Where, after the op, that stands which stood at a place when step `number` was done; None: nowhere."""
        while True:
            found = [
                (events[at], above)
                for above in _self_and_above(where)
                if (events := self._went.get(above)) and (at := bisect_left(events, (number + 1,))) < len(events)
            ]
            if not found:
                return where
            (number, target), above = min(found, key=lambda one: one[0][0])
            if target is None:
                return None
            where = _within(where, above, target)


def _self_and_above(where: Where) -> Iterator[Where]:
    yield where
    for above in ancestors(where.path):
        yield Where(where.base, above)


def _within(where: Where, folder: Where, instead: Where) -> Where:
    return Where(instead.base, instead.path + where.path[len(folder.path) :])


def _comes(step: Step) -> list[tuple[Where, Where | None]]:
    """Places at which something else stands after a step, each with the place that it came from."""
    match step:
        case Move(src, dst):
            return [(src, None), (dst, src)]
        case Exchange(one, other):
            return [(one, other), (other, one)]
        case Put(at, in_place=False) | MakeDir(at) | RemoveDir(at) | Trash(at) | Untrash(at):
            return [(at, None)]
        case _:
            return []


def _goes(step: Step) -> list[tuple[Where, Where | None]]:
    """Places from which something goes in a step, each with the place that it goes to."""
    match step:
        case Move(src, dst):
            return [(src, dst)]
        case Exchange(one, other):
            return [(one, other), (other, one)]
        case Put(at, in_place=False) | RemoveDir(at) | Trash(at):
            return [(at, None)]
        case _:
            return []
