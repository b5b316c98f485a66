"""For how long the past is kept: says what tidying up would do, and does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from msgspec import UNSET

from lsfs.core.api import RetentionItem, RetentionRequest, RetentionResult
from lsfs.core.errors import NothingFound, UnavailableError
from lsfs.core.paths import display, join
from lsfs.core.sizes import size_text
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.engine.parts import Parts
from lsfs.engine.places import place_of
from lsfs.engine.timestamps import iso
from lsfs.ingest.settle import NO_ROOM
from lsfs.versions.rebuild import GONE
from lsfs.versions.retention import DAY_NS, UNDO_NS, Decision, Decisions, Stored, decide
from lsfs.versions.room import BIG_BYTES
from lsfs.versions.verify import DAMAGED

_PLANS_NS = 7 * DAY_NS
"""Plans that were never carried out are forgotten so long after their time was over."""
_LOOKED_NS = 60_000_000_000
"""A look at the disk is recorded before so much time has passed."""
_AT_ONCE = 5000
"""Versions given up in one transaction; who records anything waits meanwhile."""

log = logging.getLogger(__name__)


class Keeping:
    """Decides what is kept of the past, and tidies up what is not."""

    def __init__(self, parts: Parts, now_ns: Callable[[], int]) -> None:
        self._parts = parts
        self._now_ns = now_ns
        self._note = ""

    def notes(self) -> tuple[str, ...]:
        """What the user should know of what is not kept."""
        return (self._note,) if self._note else ()

    def retention(self, request: RetentionRequest) -> RetentionResult:
        """What tidying up would do now; with a path of what lies there, and every version of it."""
        vault = self._parts.vault
        lineages = None if request.path is None else self._lineages(absolute_from_wire(request.path))
        every = request.explain or lineages is not None
        decisions = self._decide(single=every)
        going = decisions.dropped
        plan = self._parts.collector.plan(vault.versions.with_followers(each.span.seq for each in going))
        listed = [each for each in decisions.items if lineages is None or each.span.lineage in lineages]
        items = self._items([each for each in listed if every or not each.keep])
        return RetentionResult(
            budget=self._parts.budget,
            used=vault.pieces.stored_bytes(),
            freed=plan.freed,
            kept=vault.versions.kept() - len(going),
            dropped=len(going),
            items=tuple(sorted(items, key=lambda item: (item.path, item.number))),
            note=self._overfull(decisions),
        )

    def _lineages(self, path: bytes) -> set[int]:
        """The histories that go on, or ended, at a path and below it."""
        entries = self._parts.vault.entries
        place = place_of(self._parts.vault, path)
        found = [*entries.at(place.root.id, [place.path]).values()]
        found += entries.below(place.root.id, place.path, gone=True)
        if not found:
            raise NothingFound("nothing is known of it", path=display(path), hint="lsfs history names what is")
        return {entry.lineage for entry in found}

    def _items(self, decisions: Sequence[Decision]) -> Iterator[RetentionItem]:
        vault = self._parts.vault
        places = vault.versions.places(each.span.seq for each in decisions)
        roots = {number: vault.roots.get(number) for number in {number for number, _ in places.values()}}
        for span, keep, reason in ((each.span, each.keep, each.reason) for each in decisions):
            number, path = places[span.seq]
            root = roots[number]
            shown, path_b64 = to_lossy(join(root.path, path) if root is not None else path)
            yield RetentionItem(
                path=shown,
                number=span.number,
                since=iso(span.since_ns),
                size=span.size,
                keep=keep,
                reason=reason,
                path_b64=path_b64 or UNSET,
            )

    def _decide(self, *, single: bool = False) -> Decisions:
        """What becomes of the versions of files that had several; with `single` of all."""
        vault, budget, now = self._parts.vault, self._parts.budget, self._now_ns()
        spans = vault.versions.spans(single=single)
        # What takes room is looked at where it may be too much only: every piece has to be.
        tight = vault.pieces.stored_bytes() > budget
        stored = self._parts.collector.stored(spans) if tight else Stored()
        return decide(spans, undo=vault.ops.held(now - UNDO_NS), stored=stored, budget=budget, now_ns=now)

    def _overfull(self, decisions: Decisions) -> str:
        """What to say where what no budget outweighs fills it alone."""
        budget = self._parts.budget
        if decisions.protected <= budget:
            return ""
        return (
            f"what must be kept takes {size_text(decisions.protected)} of the {size_text(budget)} that versions may "
            f"take: of files above {size_text(BIG_BYTES)} no new ones are kept (lsfs config, versions_budget_mb)"
        )

    # The job

    def tidy(self) -> None:
        """Gives up what retention lets go, frees the room it took, and forgets what is over; until lsfs stops."""
        try:
            self._tidy()
        except UnavailableError as error:
            log.info("the rest is tidied up later: %s", error.message)

    def _tidy(self) -> None:
        vault, now = self._parts.vault, self._now_ns()
        with vault.write() as tx:
            vault.ops.expire(tx, now)
            vault.ops.purged(tx, now - _PLANS_NS)
            vault.versions.regain(tx, (NO_ROOM, DAMAGED, GONE))
        decisions = self._decide()
        self._give_up(decisions.dropped, now)
        self._parts.collector.run(self._parts.collector.plan())
        self._say_room(self._overfull(decisions))
        self._forget_own_writes(now)
        vault.shrink()

    def _give_up(self, decisions: Sequence[Decision], now_ns: int) -> None:
        versions = self._parts.vault.versions
        for start in range(0, len(decisions), _AT_ONCE):
            self._parts.collector.go_on()
            reasons = {each.span.seq: each.reason for each in decisions[start : start + _AT_ONCE]}
            with self._parts.vault.write() as tx:
                for seq, leader in versions.with_followers(reasons).items():
                    versions.drop(tx, [seq], now_ns, reasons[leader])

    def _say_room(self, note: str) -> None:
        """Has large files kept no more, or again; and what there was no room for, once there is some."""
        room = self._parts.room
        self._note, room.full = note, bool(note)
        if room.turned_away and not room.refusal(0):
            room.turned_away = False
            self._parts.ingest.keep_missing()

    def _forget_own_writes(self, now_ns: int) -> None:
        """Forgets what lsfs left where, if every look from before that has been recorded."""
        parts = self._parts
        with parts.vault.turn:  # in which ops note what they leave
            last = parts.vault.ops.last_finished()
            recent = last is not None and now_ns - (last.finished_ns or 0) < _LOOKED_NS
            if not recent and parts.ops.idle() and parts.ingest.idle() and not parts.keeper.scanning():
                parts.own.clear()
