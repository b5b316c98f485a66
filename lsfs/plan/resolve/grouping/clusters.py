"""Groups of things that are alike: average linkage, cut where the groups are most apart.  Pure, deterministic.

Average linkage by nearest-neighbour chains (Müllner, arXiv:1109.2378), the cut by the silhouette (Rousseeuw 1987).
Things that are like no others stay out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_GROUPS = 12
LEAST_APART = 0.1
"""Mean silhouette under which there are no groups: of short texts about unlike things it is 0.07, of topics 0.2."""
_LEAST_APART_ALONE = 0.25
"""The same where only one group is found, and the rest is left out."""
_LEAST_GAP = 0.8
"""How much more alike two things of one group are on average than two of different groups, as a share of the least
silhouette: what is all but equal has no groups, however clear its differences are."""
_ONE_TOPIC = 0.5
"""Share of two groups' inner likeness that they have to each other, from which they are one: people want few folders.
Of two halves of a topic it is 0.55, of two topics up to 0.4."""
_LEAST_COVERED = 0.5
"""Share of the things that must be in some group."""
_MOST_CUTS = 60
_NEAR = 0.6
"""Share of a group's inner likeness that a thing outside must have to it, to be taken in after all."""


def clustered(likeness: Floats, least_apart: float = LEAST_APART) -> list[list[int]]:
    """Groups of at least two of `n` things, by their ``[n, n]`` likeness (cosines); the largest first.

    Empty where nothing tells groups apart, or where most things are like no others.
    """
    count = len(likeness)
    if count < 3:
        return []
    distance = np.clip(1.0 - likeness, 0.0, None)
    np.fill_diagonal(distance, 0.0)
    merges = _linked(distance)
    least = max(2, count // 100)
    best, best_score = np.empty(0, np.int64), 0.0
    for cut in _cuts(count):
        labels = _without_small(_labels(merges, count, cut), least)
        groups, covered = int(labels.max()) + 1, float(np.mean(labels >= 0))
        if not 1 <= groups <= MOST_GROUPS or covered < _LEAST_COVERED:
            continue
        apart = float(_silhouettes(distance, labels)[labels >= 0].mean())
        wanted = least_apart if groups > 1 else max(least_apart, _LEAST_APART_ALONE)
        if apart >= wanted and apart * covered**0.5 > best_score and _gap(distance, labels) >= _LEAST_GAP * least_apart:
            best, best_score = labels, apart * covered**0.5
    if not len(best):
        return []
    labels = _settled(distance, _joined(distance, best))
    found = [np.flatnonzero(labels == group).tolist() for group in range(int(labels.max()) + 1)]
    return sorted((group for group in found if len(group) > 1), key=lambda group: (-len(group), group))


def _cuts(count: int) -> list[int]:
    """Numbers of groups that are tried, single things counted."""
    most = count - 1
    if most <= _MOST_CUTS:
        return list(range(2, most + 1))
    return sorted({int(cut) for cut in np.geomspace(2, most, _MOST_CUTS)})


def _linked(distance: Floats) -> list[tuple[float, int, int]]:
    """(height, member of one, member of the other) of each merge, the lowest first."""
    work = distance.copy()
    count = len(work)
    np.fill_diagonal(work, np.inf)
    size = np.ones(count)
    alive = np.ones(count, np.bool_)
    chain: list[int] = []
    merges: list[tuple[float, int, int]] = []
    while len(merges) < count - 1:
        if not chain:
            chain.append(int(np.flatnonzero(alive)[0]))
        one = chain[-1]
        other = int(np.argmin(work[one]))
        if len(chain) > 1 and work[one, chain[-2]] <= work[one, other]:
            other = chain[-2]
        if len(chain) < 2 or other != chain[-2]:
            chain.append(other)
            continue
        del chain[-2:]
        merges.append((float(work[one, other]), one, other))
        row = (size[one] * work[one] + size[other] * work[other]) / (size[one] + size[other])
        size[one] += size[other]
        alive[other] = False
        row[~alive] = np.inf
        row[one] = np.inf
        work[one] = work[:, one] = row
        work[other] = work[:, other] = np.inf
    return sorted(merges)


def _labels(merges: list[tuple[float, int, int]], count: int, groups: int) -> NDArray[np.int64]:
    """The group of each thing after the lowest merges have left so many groups."""
    parent = list(range(count))

    def root(of: int) -> int:
        while parent[of] != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    for _, one, other in merges[: count - groups]:
        parent[root(other)] = root(one)
    return np.array([root(thing) for thing in range(count)], np.int64)


def _without_small(labels: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """The groups numbered from 0; -1 for the members of those that are too small."""
    names, inverse, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    numbers = np.where(sizes >= least, np.cumsum(sizes >= least) - 1, -1)
    found: NDArray[np.int64] = numbers[inverse.reshape(len(labels))].astype(np.int64)
    return found if len(names) else labels


def _silhouettes(distance: Floats, labels: NDArray[np.int64]) -> Floats:
    """How much nearer each thing is to its own group than to the nearest other, or to a thing that is in none: -1 to 1.

    0 for what is in none.
    """
    loose = np.flatnonzero(labels < 0)
    groups = int(labels.max()) + 1
    member = np.zeros((len(labels), groups + len(loose)))
    inside = np.flatnonzero(labels >= 0)
    member[inside, labels[inside]] = 1.0
    member[loose, groups + np.arange(len(loose))] = 1.0
    sums = distance @ member
    sizes = member.sum(axis=0)
    own = member.argmax(axis=1)
    rows = np.arange(len(labels))
    within = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / np.maximum(sizes, 1)
    means[rows, own] = np.inf
    other = means.min(axis=1)
    found: Floats = (other - within) / np.maximum(np.maximum(within, other), 1e-12)
    found[loose] = 0.0
    return found


def _joined(distance: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The labels with groups joined that are about as like each other as their own members are; two are left apart."""
    found = labels.copy()
    while int(found.max()) + 1 > 2:
        members = [np.flatnonzero(found == group) for group in range(int(found.max()) + 1)]
        inner = [1.0 - distance[np.ix_(one, one)].sum() / (len(one) * (len(one) - 1)) for one in members]
        pairs = [
            ((1.0 - float(distance[np.ix_(one, other)].mean())) * 2 / max(inner[n] + inner[m], 1e-9), m, n)
            for n, one in enumerate(members)
            for m, other in enumerate(members[:n])
        ]
        share, first, second = max(pairs)
        if share < _ONE_TOPIC:
            break
        found[found == second] = first
        found[found > second] -= 1
    return found


def _gap(distance: Floats, labels: NDArray[np.int64]) -> float:
    """Mean distance of things of different groups, or in none, less that of things of one group."""
    same = (labels[:, None] == labels[None, :]) & (labels >= 0)[:, None]
    apart = ~same
    np.fill_diagonal(same, False)
    if not same.any() or not apart.any():
        return 0.0
    return float(distance[apart].mean() - distance[same].mean())


def _settled(distance: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Out goes what is as near to another group, in comes what is nearly as near to one as its members are."""
    found = labels.copy()
    found[(labels >= 0) & (_silhouettes(distance, labels) <= 0.0)] = -1
    groups = int(labels.max()) + 1
    members = [np.flatnonzero(found == group) for group in range(groups)]
    for thing in np.flatnonzero(found < 0):
        near = [1.0 - float(distance[thing, group].mean()) if len(group) else -1.0 for group in members]
        first = int(np.argmax(near))
        rest = max((value for n, value in enumerate(near) if n != first), default=0.0)
        group = members[first]
        if len(group) < 2:
            continue
        inner = 1.0 - distance[np.ix_(group, group)].sum() / (len(group) * (len(group) - 1))
        if near[first] >= _NEAR * inner and near[first] - rest >= (1 - _NEAR) * inner:
            found[thing] = first
    return found
