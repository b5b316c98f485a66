"""Tells the vault what an op has done, as one with its end: entries and their histories, tags, the journal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from lsfs.core.records import Kind, StatKey
from lsfs.core.xattrs import split_tags
from lsfs.ingest.mirror import Reflector
from lsfs.ingest.own import OwnRecorder, Place
from lsfs.plan.foldertimes import time_after
from lsfs.plan.steps import After, Put, Row, Step, Where
from lsfs.plan.ways import Ways
from lsfs.plan.whereabouts import Whereabouts
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, FolderTimes, OpRow, Root, Vault
from lsfs.watch.records import ScanBatch
from lsfs.watch.scan import Scanner


class Recorder:
    """Writes the end of an op; the caller holds ``Vault.turn``.

    `scanner` looks at a root under its ignore rules; `changing` is called once entries are changed and before anybody
    else can change some, `changed` after; `rescan` has a folder looked through soon, under the rules of its new place.
    """

    def __init__(
        self,
        vault: Vault,
        own: OwnRecorder,
        reflector: Reflector,
        scanner: Callable[[Root], Scanner],
        changing: Callable[[], None],
        changed: Callable[[], None],
        rescan: Callable[[int, bytes], None],
    ) -> None:
        self._vault = vault
        self._own = own
        self._reflector = reflector
        self._scanner = scanner
        self._changing = changing
        self._changed = changed
        self._rescan = rescan

    def done(
        self,
        op: OpRow,
        steps: Sequence[Step],
        ways: Ways,
        after: Sequence[After],
        made: Mapping[int, StatKey],
        times: Sequence[FolderTimes],
        began_ns: int,
        now_ns: int,
        check_there: Callable[[], None],
    ) -> None:
        """One durable commit: the op is done, and this is what stands there.

        `ways` are those of the steps; `after` says of each what it left, `made` what was written for it, by its number.
        `check_there` raises where a folder went away, which is no news of what was in it.
        """
        reversed_ = self._vault.ops.get(op.reverses) if op.reverses is not None else None
        tree = Whereabouts(self._vault, steps, ways, made, reversed_)
        origins, relocated = tree.origins, tree.relocated
        touched = {(where.base, where.path) for where in tree.places}
        roots = {root for root, _ in touched}
        looks = [(root, self._look(root, touched, origins)) for root in self._vault.roots.all() if root.id in roots]
        check_there()
        noted = [(number, msgspec.json.encode(one)) for number, one in enumerate(after)]
        with self._vault.write() as tx:
            seq = self._vault.seq_in(tx)
            self._own.record(tx, op.id, began_ns, now_ns, looks, origins, touched, relocated)
            for step in steps:
                if isinstance(step, Row):
                    self._row(tx, step, now_ns)
            self._vault.ops.finish(tx, op.id, now_ns, seq, noted, times)
            if op.reverses is not None:
                self._vault.ops.reversed(tx, op.reverses, op.id)
        self._changing()
        self._changed()
        for moved in relocated:
            if moved.dst is not None:
                self._rescan(moved.dst_root, moved.dst)

    def _look(self, root: Root, touched: Collection[Place], origins: Collection[Place]) -> ScanBatch:
        batch = self._scanner(root).look([path for base, path in touched if base == root.id and path])
        # What somebody else has made there since is for the watcher to tell.
        batch.seen = [look for look in batch.seen if (root.id, look.path) in origins]
        return batch

    def _row(self, tx: Transaction, step: Row, now_ns: int) -> None:
        if step.table == "saved":
            self._vault.saved.put(tx, step.key, step.after, now_ns)
            return
        assert step.lineage is not None
        self._vault.tags.change(tx, step.lineage, step.key, on=step.after is not None)
        holders = self._vault.entries.holders([step.lineage])
        # A change of tags is a change of the entry, which the index follows.
        self._vault.entries.renumber(tx, [e.id for e in holders], self._vault.next_seq(tx, len(holders)))

    def note(self, op: OpRow) -> None:
        """Notes among the kept bytes what the op has put where; once it is done."""
        if (done := self._vault.ops.get(op.id)) is not None:
            self._own.note(op.id, done.seq or 0)

    def reflect(self, steps: Sequence[Step]) -> None:
        """Writes tags to the files that they are on."""
        lineages = {step.lineage for step in steps if isinstance(step, Row) and step.lineage is not None}
        self._reflector.show([*self._vault.entries.holders(list(lineages)), *self._untold(steps)])

    def _untold(self, steps: Sequence[Step]) -> Iterator[Entry]:
        """Files that were put where a history goes on whose tags they do not show yet."""
        by_root: dict[int, list[bytes]] = {}
        for step in steps:
            if isinstance(step, Put) and step.after is not None and step.at.base > 0:
                by_root.setdefault(step.at.base, []).append(step.at.path)
        for root, paths in by_root.items():
            entries = self._vault.entries.at(root, paths).values()
            tags = self._vault.tags.of_many([entry.lineage for entry in entries])
            for entry in entries:
                own = tags.get(entry.lineage)
                if own and entry.kind is Kind.FILE and sorted(split_tags(entry.mirror or "")) != sorted(own):
                    yield entry

    def folder_time(self, op: OpRow, folder: Where, now_ns: int) -> int | None:
        """The time that a folder, modified at `now_ns`, has when `op` has taken back another; None: that of now."""
        ops = self._vault.ops
        changes = ops.folder_changes(folder.base, folder.path)
        return time_after(changes, ops.asked(op), op.turn % 2 == 0, now_ns)
