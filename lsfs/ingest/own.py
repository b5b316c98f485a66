"""Records what lsfs itself has done to files, as one with the end of the op that did it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from lsfs.core.paths import is_within
from lsfs.ingest.reconcile import Reconciler, entry_of
from lsfs.ingest.settle import settle
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, Root, Vault
from lsfs.versions.lineage import Verdict
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import ScanBatch


class Origin(msgspec.Struct, frozen=True):
    """What is known of what stands at a path now, and whose history it goes on with."""

    verdict: Verdict
    content: bytes | None = None
    """Hash of its bytes; None where they are to be read."""
    xattrs: bytes | None = None
    mirror: str | None = None

    @classmethod
    def of(cls, entry: Entry) -> Origin:
        """That of a file that stood elsewhere before."""
        return cls(Verdict(entry.lineage), entry.content, entry.xattrs, entry.mirror)


class Relocated(msgspec.Struct, frozen=True):
    """A folder that went from one place to another with everything in it."""

    src_root: int
    src: bytes
    dst_root: int
    dst: bytes


class OwnRecorder:
    """Writes what steps have changed, in the transaction that ends their op; the caller holds ``Vault.turn``."""

    def __init__(self, vault: Vault, reconciler: Reconciler, own: OwnWrites) -> None:
        self._vault = vault
        self._reconciler = reconciler
        self._own = own

    def record(
        self,
        tx: Transaction,
        op: int,
        now_ns: int,
        looks: Mapping[int, tuple[Root, ScanBatch]],
        origins: Mapping[tuple[int, bytes], Origin],
        touched: Collection[tuple[int, bytes]],
        relocated: Sequence[Relocated],
    ) -> None:
        """`looks` show, by root, what stands at every path that was `touched`; `origins` say where that comes from."""
        ended: dict[int, Entry] = {}
        arrived: list[Entry] = []
        new = [place for place, origin in origins.items() if origin.verdict.lineage is None]
        made = self._vault.entries.new_lineages(tx, [origins[place].verdict.parent for place in new])
        lineages = dict(zip(new, made, strict=True))
        next_id = self._vault.entries.next_id(tx)
        for root_id, (root, batch) in looks.items():
            paths = [look.path for look in batch.seen] + batch.gone + [path for path, _ in batch.left_out]
            before = self._vault.entries.at(root_id, paths)
            for path in (*batch.gone, *(path for path, _ in batch.left_out)):
                self._end(before.get(path), ended)
                self._own.record(root_id, path, None)
            for look in batch.seen:
                origin = origins[root_id, look.path]
                lineage = origin.verdict.lineage or lineages[root_id, look.path]
                known = before.get(look.path)
                entry_id, next_id = (next_id, next_id + 1) if known is None else (known.id, next_id)
                entry = entry_of(root, look, known, batch, lineage, 0, now_ns, entry_id)
                arrived.append(
                    msgspec.structs.replace(
                        entry, content=origin.content, pending=None, xattrs=origin.xattrs, mirror=origin.mirror
                    )
                )
                self._own.record(root_id, look.path, look.key)
        for each in relocated:
            for old in self._vault.entries.below(each.src_root, each.src):
                if (each.src_root, old.path) in touched:
                    continue
                path = each.dst + old.path[len(each.src) :]
                known = self._vault.entries.at(each.dst_root, [path]).get(path)
                entry_id, next_id = (next_id, next_id + 1) if known is None else (known.id, next_id)
                arrived.append(msgspec.structs.replace(old, id=entry_id, root=each.dst_root, path=path))
                ended[old.id] = old
                self._own.record(each.src_root, old.path, None)
                self._own.record(each.dst_root, path, old.key)
        for entry in arrived:
            ended.pop(entry.id, None)
        self._write(tx, op, now_ns, ended, arrived)

    def _end(self, entry: Entry | None, ended: dict[int, Entry]) -> None:
        """Ends an entry, and those below a folder."""
        if entry is None or entry.gone:
            return
        ended[entry.id] = entry
        for below in self._vault.entries.below(entry.root, entry.path):
            if is_within(below.path, entry.path):
                ended[below.id] = below
                self._own.record(below.root, below.path, None)

    def _write(
        self, tx: Transaction, op: int, now_ns: int, ended: Mapping[int, Entry], arrived: Sequence[Entry]
    ) -> None:
        count = len(ended) + len(arrived)
        if not count:
            return
        seq = self._vault.next_seq(tx, count)
        gone = [
            msgspec.structs.replace(entry, gone=1, pending=None, seq=number)
            for number, entry in enumerate(ended.values(), seq)
        ]
        entries = [msgspec.structs.replace(entry, seq=number) for number, entry in enumerate(arrived, seq + len(gone))]
        lives_on = {entry.lineage for entry in entries}
        self._reconciler.end(tx, ended, gone, lives_on, now_ns, op=op)
        self._vault.entries.put(tx, gone)
        self._vault.entries.put(tx, entries)
        ready = [entry for entry in entries if entry.content is not None or entry.kind != "file"]
        settle(tx, self._vault, ready, now_ns, op=op)
        self._vault.entries.settled(tx, [entry.id for entry in ready if entry.pending is not None])
