"""Which history goes on at which place after an op's steps, from what the vault knew before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from lsfs.core.paths import ancestors
from lsfs.core.records import StatKey
from lsfs.ingest.own import Origin, Place, Relocated
from lsfs.plan.steps import (
    Call,
    Exchange,
    MakeDir,
    Meta,
    Move,
    Put,
    RemoveDir,
    Row,
    SetMeta,
    State,
    Step,
    Trash,
    Untrash,
    Where,
    is_tree,
    paths,
)
from lsfs.plan.ways import Ways
from lsfs.store.vault import Bound, Entry, OpRow, Vault, Version
from lsfs.versions.lineage import Verdict


class Whereabouts:
    """Follows histories through the steps of an op."""

    def __init__(
        self, vault: Vault, steps: Sequence[Step], ways: Ways, made: Mapping[int, StatKey], reversed_: OpRow | None
    ) -> None:
        """`made`: what was written for steps, by their number, as it was left.

        `reversed_` is the op that they take back.
        """
        self._vault = vault
        self._steps = steps
        self._made = made
        self._ways = ways
        self._now: dict[Where, Origin | None] = {}
        self._below: dict[Where, set[Where]] = {}
        self._held: Counter[int] = Counter()
        self._entries: dict[Where, Entry] = {}
        self._fresh: set[Where] = set()
        """Folders that steps have made, wherever they are by now: nothing comes back with them."""
        self._alive: set[int] = set()
        """The histories that went on at these places before the op, and that no step has ended."""
        self._learn(self._places())
        states = [step.after for step in steps if isinstance(step, Put) and step.after is not None]
        self._versions = vault.versions.many([state.version for state in states if state.version is not None])
        self._living: set[int] = set()
        """Those of the histories that may be taken up which go on somewhere."""
        self._find_living(entry.lineage for entry in self._entries.values() if entry.gone)
        self._find_living(version.lineage for version in self._versions.values())
        self._find_living(state.lineage for state in states if state.lineage is not None)
        for number, step in enumerate(steps):
            self._follow(number, step)
        for number, step in enumerate(steps):
            self._other_names(number, step)
        if reversed_ is not None:
            self._as_they_were(Bound(seq=reversed_.seq or 0))

    @property
    def places(self) -> frozenset[Where]:
        """Every place at which something stood before, stands now, or both."""
        return frozenset(self._now)

    @property
    def origins(self) -> dict[Place, Origin]:
        """What stands somewhere now, by root and path."""
        return {(where.base, where.path): origin for where, origin in self._now.items() if origin is not None}

    @property
    def relocated(self) -> list[Relocated]:
        """The folders that went from one place to another, or away, with everything in them."""
        found: dict[Where, Where | None] = {}
        for number, step in enumerate(self._steps):
            for where in paths(step) if is_tree(step) and not isinstance(step, MakeDir | Untrash) else ():
                origin = self._ways.before(where, number)
                if origin is not None and origin.base > 0:
                    found[origin] = self._ways.after(origin)
        return [
            Relocated(src.base, src.path, dst.base, dst.path) if dst is not None else Relocated(src.base, src.path)
            for src, dst in found.items()
            if src != dst
        ]

    def _find_living(self, lineages: Iterable[int]) -> None:
        self._living |= {entry.lineage for entry in self._vault.entries.holders(list(lineages))}

    def _places(self) -> set[Where]:
        places = set()
        for number, step in enumerate(self._steps):
            for where in paths(step) if not isinstance(step, Row) else ():
                places.add(where)
                if (origin := self._ways.before(where, number)) is not None:
                    places.add(origin)
        return places

    def _learn(self, places: Iterable[Where]) -> None:
        by_base: dict[int, list[bytes]] = {}
        for where in places:
            by_base.setdefault(where.base, []).append(where.path)
        for base, here in by_base.items():
            found = self._vault.entries.at(base, here) if base > 0 else {}
            self._entries.update((Where(base, path), entry) for path, entry in found.items())
            for path in here:
                entry = found.get(path)
                if entry is not None and not entry.gone:
                    self._alive.add(entry.lineage)
                self._set(Where(base, path), Origin.of(entry) if entry is not None and not entry.gone else None)

    def _set(self, where: Where, origin: Origin | None) -> None:
        before = self._now.get(where)
        if before is not None and before.verdict.lineage is not None:
            self._held[before.verdict.lineage] -= 1
        if origin is not None and origin.verdict.lineage is not None:
            self._held[origin.verdict.lineage] += 1
        if where not in self._now:
            for above in ancestors(where.path):
                self._below.setdefault(Where(where.base, above), set()).add(where)
        self._now[where] = origin

    def _follow(self, number: int, step: Step) -> None:
        match step:
            case MakeDir(at):
                self._set(at, Origin(self._resumed(at)))
                self._fresh.add(at)
            case RemoveDir(at) | Trash(at) | Put(at, after=None):
                if (ended := self._now[at]) is not None and ended.verdict.lineage is not None:
                    self._alive.discard(ended.verdict.lineage)
                self._fresh.discard(at)
                self._set(at, None)
            case Put(at, _, after):
                assert after is not None
                self._set(at, self._put(number, at, after))
            case Move(src, dst, _, tree):
                came = self._now[src]
                self._set(src, None)
                self._set(dst, self._arrived(came, dst))
                if tree and src not in self._fresh and (came is None or came.verdict.lineage is None):
                    self._come_back(dst)
                if tree:
                    self._carry([(src, dst)])
            case Exchange(one, other, _, _, tree):
                first, second = self._now[one], self._now[other]
                self._set(one, second)
                self._set(other, first)
                if tree:
                    self._carry([(one, other), (other, one)])
            case Untrash(at, _, _, _, _, tree):
                # A folder that came back before may have seemed to bring it along.
                self._set(at, None)
                self._set(at, self._back(at))
                if tree:
                    self._come_back(at)
            case SetMeta(at, _, after):
                if (before := self._now[at]) is not None:
                    self._set(at, _changed(before, after))
            case Row() | Call():
                pass

    def _arrived(self, came: Origin | None, at: Where) -> Origin:
        """What moved to a place; without a history of its own it takes up the one that ended there."""
        if came is not None and came.verdict.lineage is not None:
            return came
        back = self._back(at)
        if came is None or (came.content is None and back.verdict.lineage is not None):
            return back
        return came if back.verdict.lineage is None else msgspec.structs.replace(came, verdict=back.verdict)

    def _put(self, number: int, at: Where, after: State) -> Origin:
        before = self._now[at]
        if after.takes is not None:
            verdict = Verdict(after.takes)
        elif before is not None:
            verdict = before.verdict
        else:
            verdict = self._of_version(after) or self._as_before(after) or self._resumed(at, after.parent)
        return Origin(verdict, after.content, after.xattrs, after.tags, self._made.get(number))

    def _of_version(self, state: State) -> Verdict | None:
        """The history of the version that comes back, unless that lives somewhere."""
        if state.version is None:
            return None
        version = self._versions.get(state.version)
        if version is None:
            return None
        if version.lineage in self._living or self._held[version.lineage]:
            return Verdict(None, (version.lineage, version.seq))
        return Verdict(version.lineage)

    def _as_before(self, state: State) -> Verdict | None:
        """The history of what comes back, unless that lives somewhere."""
        if state.lineage is None or self._held[state.lineage] or state.lineage in self._living:
            return None
        return Verdict(state.lineage)

    def _resumed(self, at: Where, parent: tuple[int, int] | None = None) -> Verdict:
        """The history that ended at a place, before or by an earlier step, if it does not live elsewhere; else a new
        one."""
        entry = self._entries.get(at)
        if entry is None or (entry.gone and entry.lineage in self._living) or self._held[entry.lineage]:
            return Verdict(None, parent)
        return Verdict(entry.lineage)

    def _back(self, at: Where) -> Origin:
        """What stood at a place last and is back; as a fork where its history goes on elsewhere."""
        entry = self._entries.get(at)
        if entry is None:
            return Origin(self._resumed(at))
        return msgspec.structs.replace(Origin.of(entry), verdict=self._resumed(at, (entry.lineage, entry.seq)))

    def _come_back(self, at: Where) -> None:
        """What went with a folder comes back with it."""
        gone = [e for e in self._vault.entries.below(at.base, at.path, gone=True) if e.gone] if at.base > 0 else []
        self._find_living(entry.lineage for entry in gone)
        # A file that had another name there before is known as gone from that as well: what it was last comes first.
        for entry in sorted(gone, key=lambda entry: entry.seq, reverse=True):
            where = Where(at.base, entry.path)
            self._entries[where] = entry
            self._set(where, None)
            self._set(where, self._back(where))

    def _as_they_were(self, bound: Bound) -> None:
        """What was gone and is back goes on with the history that went through its place before the op taken back.

        The vault may have known something else there since, so that its entry tells nothing of it.
        """
        back = {
            where: origin
            for where, origin in self._now.items()
            if where.base > 0 and origin is not None and origin.verdict.lineage not in self._alive
        }
        found = self._stood(back, bound)
        stood = {where: row for where, row in found.items() if where in back or where not in self._now}
        # Below a folder that came back where another stood: that one's files went with it.
        self._learn([where for where in stood if where not in self._now])
        claimed = {row.lineage for row in stood.values()}
        for where in stood:
            self._set(where, None)
        for where, origin in back.items():
            if where not in stood and origin.verdict.lineage in claimed:
                # It was known as gone from there, and had been elsewhere since.
                self._set(where, Origin(Verdict(None)))
        elsewhere = {
            entry.lineage
            for entry in self._vault.entries.holders([row.lineage for row in stood.values()])
            if Where(entry.root, entry.path) not in self._now
        }
        for where, row in stood.items():
            free = row.lineage not in elsewhere and not self._held[row.lineage]
            verdict = Verdict(row.lineage) if free else Verdict(None, (row.lineage, row.seq))
            origin, entry = back.get(where, Origin(verdict)), self._entries.get(where)
            # Of what it is, an entry of another history tells nothing.
            foreign = entry is not None and entry.lineage != row.lineage and origin.key == entry.key
            self._set(where, Origin(verdict) if foreign else msgspec.structs.replace(origin, verdict=verdict))

    def _stood(self, places: Collection[Where], bound: Bound) -> dict[Where, Version]:
        """What stood at places then."""
        versions = self._vault.versions
        trees = set()
        found: dict[Where, Version] = {}
        for number, step in enumerate(self._steps):
            if isinstance(step, Untrash) and step.tree and (at := self._ways.after(step.at, number)) is not None:
                trees.add(at)
                found |= {Where(at.base, path): row for path, row in versions.tree(at.base, at.path, bound).items()}
        for where in places:
            if trees and any(Where(where.base, above) in trees for above in ancestors(where.path)):
                continue
            if (row := versions.standing(where.base, where.path, bound)) is not None:
                found[where] = row
        return found

    def _carry(self, moves: Sequence[tuple[Where, Where]]) -> None:
        """Everything below folders goes where they go; all at once."""
        carried, fresh = {}, set()
        for src, dst in moves:
            for where in [src, *self._below.get(src, ())]:
                place = Where(dst.base, dst.path + where.path[len(src.path) :])
                if where in self._fresh:
                    self._fresh.discard(where)
                    fresh.add(place)
                if where != src:
                    carried[place] = self._now[where]
                    self._set(where, None)
        self._fresh |= fresh
        for where, origin in carried.items():
            self._set(where, origin)

    def _other_names(self, number: int, step: Step) -> None:
        """What is written in place, or given another mode or time, is so under every name of the file."""
        if (isinstance(step, Put) and step.in_place) or isinstance(step, SetMeta):
            at = step.at
        else:
            return
        if step.guard is None or at.base < 0:
            return
        for entry in self._vault.entries.by_inode(step.guard.ino, step.guard.btime_ns):
            here = Where(entry.root, entry.path)
            if entry.gone or self._ways.before(at, number) == here:
                continue
            if here not in self._now:
                self._learn([here])
            place = self._ways.after(here)
            origin = self._now.get(place) if place is not None else None
            if place is None or origin is None:
                continue
            if isinstance(step, SetMeta):
                self._set(place, _changed(origin, step.after))
            elif step.after is not None:
                after = step.after
                self._set(
                    place, Origin(origin.verdict, after.content, after.xattrs, after.tags, self._made.get(number))
                )


def _changed(origin: Origin, meta: Meta) -> Origin:
    key = origin.key
    if key is not None and meta.mtime_ns is not None:
        key = msgspec.structs.replace(key, mtime_ns=meta.mtime_ns)
    return msgspec.structs.replace(origin, xattrs=meta.xattrs, key=key)
