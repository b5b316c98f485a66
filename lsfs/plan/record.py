"""Tells the vault what an op has done, as one with its end: entries and their histories, tags, the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from lsfs.core.paths import is_within
from lsfs.core.records import Kind
from lsfs.ingest.mirror import Reflector, value_of
from lsfs.ingest.own import Origin, OwnRecorder, Relocated
from lsfs.plan.steps import (
    After,
    Exchange,
    MakeDir,
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
    paths,
)
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, FolderTimes, OpRow, Root, Vault
from lsfs.versions.lineage import Verdict
from lsfs.watch.records import ScanBatch
from lsfs.watch.scan import Scanner


class Recorder:
    """Writes the end of an op; the caller holds ``Vault.turn``.

    `scanner` looks at a root under its ignore rules; `changing` is called before entries are changed, `changed` after;
    `rescan` has a folder looked through soon, under the rules of its new place.
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
        self, op: OpRow, steps: Sequence[Step], after: Sequence[After], times: Sequence[FolderTimes], now_ns: int
    ) -> None:
        """One durable commit: the op is done, and this is what stands there."""
        tree = _Whereabouts(self._vault, steps)
        looks = {root.id: (root, self._look(root, tree)) for root in self._vault.roots.all() if root.id in tree.roots}
        noted = [(number, msgspec.json.encode(one)) for number, one in enumerate(after)]
        self._changing()
        with self._vault.write() as tx:
            seq = self._vault.seq_in(tx)
            touched = {(where.base, where.path) for where in tree.now}
            self._own.record(tx, op.id, now_ns, looks, tree.origins(), touched, tree.relocated)
            for step in steps:
                if isinstance(step, Row):
                    self._row(tx, step, now_ns)
            self._vault.ops.finish(tx, op.id, now_ns, seq, noted, times)
            if op.reverses is not None:
                self._vault.ops.reversed(tx, op.reverses, op.id)
        self._changed()
        for moved in tree.relocated:
            self._rescan(moved.dst_root, moved.dst)

    def _look(self, root: Root, tree: _Whereabouts) -> ScanBatch:
        places = [where.path for where in tree.now if where.base == root.id and where.path]
        batch = self._scanner(root).look(places)
        # What somebody else has made there since is for the watcher to tell.
        batch.seen = [look for look in batch.seen if tree.now[Where(root.id, look.path)] is not None]
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

    def reflect(self, steps: Sequence[Step]) -> None:
        """Writes tags to the files that they are on."""
        lineages = {step.lineage for step in steps if isinstance(step, Row) and step.lineage is not None}
        for entry in self._vault.entries.holders(list(lineages)):
            if entry.kind is Kind.FILE:
                self._reflector.write(entry, value_of(self._vault.tags.of(entry.lineage)))

    def folder_time(self, op: OpRow, folder: Where, now_ns: int) -> int | None:
        """The time that a folder, modified at `now_ns`, has when `op` has taken back another; None: that of now.

        It is what it was before the op that is taken back, and before those that were taken back already and lay
        between; while a later op stands, the folder keeps the time that it got from that.
        """
        assert op.reverses is not None
        ops = self._vault.ops
        own = next((t for t in ops.folder_times(op.reverses) if (t.root, t.path) == (folder.base, folder.path)), None)
        if own is not None and own.after_ns == now_ns:
            wanted = own.before_ns
            for _ in range(1000):
                earlier = ops.folder_after(folder.base, folder.path, wanted, "undone")
                if earlier is None or earlier.before_ns == wanted:
                    return wanted
                wanted = earlier.before_ns
            return wanted
        return now_ns if ops.folder_after(folder.base, folder.path, now_ns, "applied") is not None else None


class _Whereabouts:
    """Which history goes on at which place after an op's steps, from what the vault knew before."""

    def __init__(self, vault: Vault, steps: Sequence[Step]) -> None:
        self._vault = vault
        places = {where for step in steps for where in paths(step) if not isinstance(step, Row)}
        self.roots = {where.base for where in places if where.base > 0}
        self._entries: dict[Where, Entry] = {}
        for root in self.roots:
            here = [where.path for where in places if where.base == root]
            self._entries.update((Where(root, p), e) for p, e in vault.entries.at(root, here).items())
        self.now: dict[Where, Origin | None] = {
            where: Origin.of(entry) if (entry := self._entries.get(where)) is not None and not entry.gone else None
            for where in places
        }
        self.relocated: list[Relocated] = []
        self._living = {e.lineage for e in vault.entries.holders([e.lineage for e in self._entries.values() if e.gone])}
        for step in steps:
            self._follow(step)
        self.relocated = [
            each for each in self.relocated if each.src_root > 0 and each.dst_root > 0 and self._moved(each)
        ]

    @staticmethod
    def _moved(each: Relocated) -> bool:
        return (each.src_root, each.src) != (each.dst_root, each.dst)

    def origins(self) -> dict[tuple[int, bytes], Origin]:
        """By root and path, for all that stands somewhere."""
        return {(where.base, where.path): origin for where, origin in self.now.items() if origin is not None}

    def _follow(self, step: Step) -> None:
        now = self.now
        match step:
            case MakeDir(at):
                now[at] = Origin(self._resumed(at))
            case RemoveDir(at) | Trash(at):
                now[at] = None
                self._leave(at)
            case Put(at, _, after):
                now[at] = self._put(at, after) if after is not None else None
            case Move(src, dst, _, tree):
                came = now[src] or Origin(self._resumed(dst))
                now[src], now[dst] = None, came
                if tree:
                    self._carry([(src, dst)])
            case Exchange(one, other, _, _, tree):
                now[one], now[other] = now[other], now[one]
                if tree:
                    self._carry([(one, other), (other, one)])
            case Untrash(at, _, _, _, _, tree):
                now[at] = self._back(at)
                if tree:
                    self._come_back(at)
            case SetMeta(at, _, after):
                before = now[at]
                if before is not None:
                    now[at] = msgspec.structs.replace(before, xattrs=after.xattrs)
            case Row():
                pass

    def _put(self, at: Where, after: State) -> Origin:
        before = self.now[at]
        if after.takes is not None:
            verdict = Verdict(after.takes)
        elif before is not None:
            verdict = before.verdict
        else:
            verdict = self._of_version(after) or self._resumed(at, after.parent)
        return Origin(verdict, after.content, after.xattrs, after.tags)

    def _of_version(self, state: State) -> Verdict | None:
        """The history of the version that comes back, unless that lives somewhere."""
        if state.version is None:
            return None
        version = self._vault.versions.get(state.version)
        if version is None:
            return None
        if self._vault.entries.holders([version.lineage]) or self._is_taken(version.lineage):
            return Verdict(None, (version.lineage, version.seq))
        return Verdict(version.lineage)

    def _resumed(self, at: Where, parent: tuple[int, int] | None = None) -> Verdict:
        """The history that ended at a place, if it does not live elsewhere; else a new one."""
        entry = self._entries.get(at)
        if entry is None or not entry.gone or entry.lineage in self._living or self._is_taken(entry.lineage):
            return Verdict(None, parent)
        return Verdict(entry.lineage)

    def _is_taken(self, lineage: int) -> bool:
        return any(origin is not None and origin.verdict.lineage == lineage for origin in self.now.values())

    def _back(self, at: Where) -> Origin:
        entry = self._entries.get(at)
        verdict = self._resumed(at)
        if entry is None or verdict.lineage is None:
            return Origin(verdict)
        return Origin.of(entry)

    def _come_back(self, at: Where) -> None:
        """What went with a folder comes back with it."""
        gone = [e for e in self._vault.entries.below(at.base, at.path, gone=True) if e.gone] if at.base > 0 else []
        living = {e.lineage for e in self._vault.entries.holders([e.lineage for e in gone])}
        for entry in gone:
            if entry.lineage not in living:
                self.now[Where(at.base, entry.path)] = Origin.of(entry)

    def _carry(self, moves: Sequence[tuple[Where, Where]]) -> None:
        """Everything below folders goes where they go; all at once."""
        inside = [(where, src, dst) for where in self.now for src, dst in moves if _is_below(where, src)]
        carried = [
            (Where(dst.base, dst.path + where.path[len(src.path) :]), self.now[where]) for where, src, dst in inside
        ]
        for where, _, _ in inside:
            self.now[where] = None
        self.now.update(carried)
        before = self.relocated
        self.relocated = []
        for each in before:
            here = Where(each.dst_root, each.dst)
            for src, dst in moves:
                if here == src or _is_below(here, src):
                    each = Relocated(each.src_root, each.src, dst.base, dst.path + each.dst[len(src.path) :])
                    break
            self.relocated.append(each)
        self.relocated += [Relocated(src.base, src.path, dst.base, dst.path) for src, dst in moves]

    def _leave(self, at: Where) -> None:
        """What was carried below a place that is gone now has ended."""
        self.relocated = [
            each for each in self.relocated if not (each.dst_root == at.base and is_within(each.dst, at.path))
        ]


def _is_below(where: Where, folder: Where) -> bool:
    return where.base == folder.base and where.path != folder.path and is_within(where.path, folder.path)
