"""The order in which files are joined.  Pure."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Sequence

from lsfs.core.paths import display
from lsfs.core.spans import Clock
from lsfs.plan.resolve.spans import dates_in
from lsfs.plan.resolve.wanted import Target
from lsfs.store.index.names import words as split_words

_ORDER_SPLIT = re.compile(
    r"\s*(?:,|\band then\b|\bthen\b|\bfollowed by\b|\bbefore\b|\band\b|\bfirst\b|\blast\b|\bfinally\b)\s*"
)
_MONTHS = "january february march april may june july august september october november december".split()
_AS_SAID = re.compile(r"\b(?:that|this|the same|given|said) order\b|\bas (?:listed|named|given)\b")


def in_order(targets: Sequence[Target], order: str, listed: bool, clock: Clock) -> list[Target]:
    """The files in the order that was said; else as they were named one by one, else by name."""
    said = order.lower().strip()
    if listed and (not said or _AS_SAID.search(said)):
        return list(targets)
    by_name = sorted(targets, key=lambda target: display(target.path).lower())
    if not said:
        return by_name
    if re.search(r"\b(?:newest|latest|most recent) (?:one |file )?first\b|\breverse\b", said):
        return sorted(by_name, key=lambda target: -_moment(target, clock))
    if re.search(r"\b(?:date|chronolog\w*|oldest|age|time)\b", said):
        return sorted(by_name, key=lambda target: _moment(target, clock))
    if re.search(r"\b(?:alphabet\w*|name)\b", said):
        return by_name
    rest, ordered = list(targets if listed else by_name), list[Target]()
    for clause in filter(None, _ORDER_SPLIT.split(said)):
        best = max(rest, key=lambda target: _fit(clause, target, clock), default=None)
        if best is not None and _fit(clause, best, clock) > 0:
            rest.remove(best)
            ordered.append(best)
    return ordered + rest


def _fit(clause: str, target: Target, clock: Clock) -> float:
    """How well a word or two ("march", "the 2023 one") fit a file."""
    own = set(split_words(display(target.path)).lower().split())
    moment = dt.datetime.fromtimestamp(_moment(target, clock) / 1e9, clock.zone)
    score = 0.0
    for word in split_words(clause).lower().split():
        if word in own or (word in _MONTHS and _MONTHS.index(word) + 1 == moment.month):
            score += 1.0
        elif word == str(moment.year):
            score += 0.5
    return score


def _moment(target: Target, clock: Clock) -> int:
    said = dates_in(display(os.path.basename(target.path)), clock)
    if said is not None:
        return said[0]
    return target.row.mtime_ns if target.row is not None else 0
