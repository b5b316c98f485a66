"""``tools train``: the router's weights and cut-off, learnt from usage, and whether they are better.

Tools are held out, not requests, so that the figures say how tools fare that nobody has used yet: no request of a
held-out tool is learnt from.  Requests are learnt from as if they had not been seen (leave one out), and some as if
their tool had never been used, so that usage of some tools does not push the others down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.tools.routing.calibration import Outcome, calibrate, signs
from lsfs.tools.routing.evidence import FEATURES, Catalogue, Embed
from lsfs.tools.routing.fitting import Case, fit
from lsfs.tools.routing.fusion import Head, fused, ranked, shortlist
from lsfs.tools.routing.trained import Trained

HELD_OUT, UNUSED = 0.2, 0.3
"""Shares of the used tools that are held out, and that are learnt from as if they had never been used."""

LEARNT_FROM, MEASURED = 600, 300
"""Requests of each kind, at most: seconds on two cores."""

LEAST = 40
"""Requests below which nothing is learnt."""

HOLD = 0.02
COVERAGES = (0.3, 0.5, 0.7, 1.0, 1.4)
TOP = 5


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of held-out requests: shares, 0..1, of needed tools in the top 5, and of requests with all of them."""

    used_recall: float
    """Of requests whose tools have usage, though not of this request."""
    used_complete: float
    unused_recall: float
    """Of requests whose tools have none."""
    unused_complete: float
    requests: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What training found."""

    trained: Trained
    """The better one of the new weights and those before."""
    before: Measured
    after: Measured
    kept: bool
    """Whether the new weights were better, and are those of `trained`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A request on its short list, with what the choice needs."""

    case: Case
    gains: NDArray[np.float32]
    part_of: NDArray[np.int64]
    needed: int


def train(used: Catalogue, embed: Embed, before: Trained, seed: int = 0) -> Report:
    """Learns from the examples of `used`; too few of them (`LEAST`) leave everything as it was."""
    usage = used.usage
    chance = np.random.default_rng(seed)
    tools = chance.permutation(np.flatnonzero(usage.counts))
    n_out, n_unused = int(len(tools) * HELD_OUT), int(len(tools) * UNUSED)
    out = np.isin(np.arange(len(used.cards)), tools[:n_out])
    unused = out | np.isin(np.arange(len(used.cards)), tools[n_out : n_out + n_unused])
    if not usage.any or len(usage.requests) < LEAST or not n_out:
        nothing = Measured(used_recall=0, used_complete=0, unused_recall=0, unused_complete=0, requests=0)
        return Report(trained=before, before=nothing, after=nothing, kept=False)
    partly = used.without(unused)
    requests = chance.permutation(len(usage.requests)).tolist()
    needed = usage.needed()
    ours = [one for one in requests if not out[needed[one]].any()]
    theirs = [one for one in requests if out[needed[one]].any()][:MEASURED]
    never = [one for one in ours if unused[needed[one]].any()][: LEARNT_FROM // 2]
    start = before.head

    def rows(catalogue: Catalogue, numbers: Sequence[int], seen: bool) -> list[Row]:
        return [
            _row(catalogue, embed, usage.requests[one], needed[one], one if seen else None, start) for one in numbers
        ]

    learnt = rows(used, ours[:LEARNT_FROM], seen=True) + rows(partly, never, seen=False)
    head = fit([row.case for row in learnt], start, hold=HOLD)
    head = max(
        (msgspec.structs.replace(head, coverage=coverage) for coverage in COVERAGES),
        key=lambda one: sum(shares(learnt, one)),
    )
    held_used, held_unused = rows(used, theirs, seen=True), rows(partly, theirs, seen=False)
    measured = [_measured(held_used, held_unused, one) for one in (start, head)]
    kept = _better(*measured)
    calibration = calibrate(outcomes(learnt, head, before.calibration.usual, chance), before.calibration)
    trained = msgspec.structs.replace(before, head=head, calibration=calibration) if kept else before
    return Report(trained=trained, before=measured[0], after=measured[1], kept=kept)


def shares(rows: Sequence[Row], head: Head) -> tuple[float, float]:
    """Of the tools that the rows need, the share in the top 5; and the share of rows that have all of them."""
    recall, complete = [], []
    for row in rows:
        order = ranked(fused(row.case.features, head), row.gains, row.part_of, head, TOP)
        got = int(row.case.right[order].sum())
        recall.append(got / row.needed)
        complete.append(got == row.needed)
    return (float(np.mean(recall)), float(np.mean(complete))) if rows else (0.0, 0.0)


def outcomes(rows: Sequence[Row], head: Head, usual: float, chance: np.random.Generator) -> list[Outcome]:
    """What is left to choose where all tools may be, where the right ones may not, and among a few by chance."""
    found = []
    for row in rows:
        scores, right = fused(row.case.features, head), row.case.right
        meaning, words = row.case.features[:, FEATURES.index("meaning")], row.gains.sum(axis=0)
        far = chance.integers(len(scores) // 4, len(scores), size=int(chance.choice([1, 2, 4, 8])))
        few = np.isin(np.arange(len(scores)), far)
        for mask, fits in ((right | True, True), (~right, False), (few | right, True), (few & ~right, False)):
            if mask.any() and (right.any() or not fits):
                tool = int(np.where(mask, scores, -np.inf).argmax())
                found.append(
                    Outcome(signs(scores, tool, int(mask.sum()), float(meaning[tool]), float(words[tool]), usual), fits)
                )
    return found


def _row(
    catalogue: Catalogue, embed: Embed, request: str, needed: NDArray[np.int32], number: int | None, head: Head
) -> Row:
    evidence = catalogue.evidence(request, embed, without=number)
    short = shortlist(fused(evidence.features, head))
    case = Case(evidence.features[short], np.isin(short, needed))
    return Row(case, evidence.words.gains[:, short], evidence.part_of[short], len(needed))


def _measured(used: Sequence[Row], unused: Sequence[Row], head: Head) -> Measured:
    used_shares, unused_shares = shares(used, head), shares(unused, head)
    return Measured(
        used_recall=used_shares[0],
        used_complete=used_shares[1],
        unused_recall=unused_shares[0],
        unused_complete=unused_shares[1],
        requests=len(used),
    )


def _better(before: Measured, after: Measured) -> bool:
    """Whether tools in use gain, and those not yet used lose nothing to speak of."""
    gain = after.used_recall + after.used_complete - before.used_recall - before.used_complete
    loss = before.unused_recall + before.unused_complete - after.unused_recall - after.unused_complete
    return gain > 0 and loss < min(gain, 0.02)
