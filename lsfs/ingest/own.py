"""Records what lsfs itself has done to files, as one with the end of the op that did it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from lsfs.core.records import Kind, Seen, StatKey
from lsfs.core.xattrs import split_tags
from lsfs.ingest.reconcile import Reconciler, entry_of
from lsfs.ingest.settle import settle
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, Root, Vault
from lsfs.versions.contents import ContentStore
from lsfs.versions.lineage import Verdict
from lsfs.versions.notes import Found, note_of
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import ScanBatch

_NOTED_TOGETHER = 2000
"""A note is to fit into a pack."""

Place = tuple[int, bytes]
"""Root, and path in it."""


class Origin(msgspec.Struct, frozen=True):
    """What is known of what stands at a path now, and whose history it goes on with."""

    verdict: Verdict
    content: bytes | None = None
    """Hash of its bytes; None where they are to be read."""
    xattrs: bytes | None = None
    mirror: str | None = None
    key: StatKey | None = None
    """How it was when that was known, but for its ctime and mode, which an op may change."""

    @classmethod
    def of(cls, entry: Entry) -> Origin:
        """That of a file that stood elsewhere before."""
        return cls(Verdict(entry.lineage), entry.content, entry.xattrs, entry.mirror, entry.key)

    def is_true_of(self, look: Seen) -> bool:
        """Whether nobody has written the file since its content was known."""
        known, now = self.key, look.key
        return known is None or (known.ino, known.size, known.mtime_ns) == (now.ino, now.size, now.mtime_ns)


class Relocated(msgspec.Struct, frozen=True):
    """A folder that went from one place to another with everything in it."""

    src_root: int
    src: bytes
    dst_root: int = 0
    dst: bytes | None = None
    """None: it is gone."""


class OwnRecorder:
    """Writes what steps have changed, in the transaction that ends their op; the caller holds ``Vault.turn``."""

    def __init__(self, vault: Vault, contents: ContentStore, reconciler: Reconciler, own: OwnWrites) -> None:
        self._vault = vault
        self._contents = contents
        self._reconciler = reconciler
        self._own = own

    def record(
        self,
        tx: Transaction,
        op: int,
        began_ns: int,
        now_ns: int,
        looks: Sequence[tuple[Root, ScanBatch]],
        origins: Mapping[Place, Origin],
        touched: Collection[Place],
        relocated: Sequence[Relocated],
    ) -> None:
        """`looks` show, by root, what stands at every path that was `touched`; `origins` say where that comes from.

        The op began at `began_ns` and is over at `now_ns`.
        """
        news = _News(self._vault, self._own, self._vault.entries.next_id(tx))
        lineages = self._lineages(tx, origins)
        for root, batch in looks:
            news.look(root, batch, origins, lineages, now_ns)
        news.carry(touched, relocated)
        self._write(tx, op, began_ns, now_ns, news)

    def note(self, op: int, after: int) -> None:
        """Notes among the objects which contents an op has put where, for whoever has lost the vault.

        `after` is the vault's change before the op's end, which has to be recorded: of what was never done nothing is
        to be noted.  Raises `StorageError`.
        """
        roots = {root.id: root.path for root in self._vault.roots.all()}
        found = [
            Found(
                content=row.content,
                root=roots[row.root],
                path=row.path,
                lineage=row.lineage,
                size=row.size,
                mode=row.mode,
                mtime_ns=row.mtime_ns,
                seen_ns=row.seen_ns,
            )
            for row in self._vault.versions.made_by(op, after)
            if row.content is not None and row.root in roots
        ]
        for start in range(0, len(found), _NOTED_TOGETHER):
            self._contents.place([], note=note_of(found[start : start + _NOTED_TOGETHER]))

    def _lineages(self, tx: Transaction, origins: Mapping[Place, Origin]) -> dict[Place, int]:
        """The history that goes on at each place, or begins there, with the tags that came along."""
        new = [place for place, origin in origins.items() if origin.verdict.lineage is None]
        made = self._vault.entries.new_lineages(tx, [origins[place].verdict.parent for place in new])
        for place, lineage in zip(new, made, strict=True):
            if mirror := origins[place].mirror:
                self._vault.tags.set(tx, lineage, split_tags(mirror))
        known = {place: one.verdict.lineage for place, one in origins.items() if one.verdict.lineage is not None}
        return known | dict(zip(new, made, strict=True))

    def _write(self, tx: Transaction, op: int, began_ns: int, now_ns: int, news: _News) -> None:
        count = len(news.ended) + len(news.arrived)
        if not count:
            return
        seq = self._vault.next_seq(tx, count)
        gone = [
            msgspec.structs.replace(entry, gone=1, pending=None, seq=number)
            for number, entry in enumerate(news.ended.values(), seq)
        ]
        entries = [
            msgspec.structs.replace(entry, seq=number) for number, entry in enumerate(news.arrived, seq + len(gone))
        ]
        vanished = {**news.ended, **{entry.id: entry for entry in news.replaced}}
        lives_on = {entry.lineage for entry in entries}
        self._reconciler.end(tx, vanished, [*gone, *news.replaced], lives_on, now_ns, op=op)
        self._vault.entries.put(tx, gone)
        self._vault.entries.put(tx, entries)
        ready = [entry for entry in entries if entry.content is not None or entry.kind != "file"]
        # What lies below a folder is elsewhere since now, though its own inode tells of no change.
        told = [msgspec.structs.replace(e, ctime_ns=now_ns) if e.ctime_ns < began_ns else e for e in ready]
        settle(tx, self._vault, told, now_ns, op=op)
        self._vault.entries.settled(tx, [entry.id for entry in ready if entry.pending is not None])


class _News:
    """What an op has changed of entries, gathered before it is written."""

    def __init__(self, vault: Vault, own: OwnWrites, next_id: int) -> None:
        self._vault = vault
        self._own = own
        self._next_id = next_id
        self.ended: dict[int, Entry] = {}
        """What stands nowhere any more, or elsewhere, as it was known; by id."""
        self.replaced: list[Entry] = []
        """What was known of places at which something else stands now."""
        self.arrived: list[Entry] = []

    def look(
        self,
        root: Root,
        batch: ScanBatch,
        origins: Mapping[Place, Origin],
        lineages: Mapping[Place, int],
        now_ns: int,
    ) -> None:
        """Takes in what stands at the touched paths of a root."""
        left = [*batch.gone, *(path for path, _ in batch.left_out)]
        before = self._vault.entries.at(root.id, [*(look.path for look in batch.seen), *left])
        for path in left:
            self._end(before.get(path))
            self._own.record(root.id, path, None)
        for look in batch.seen:
            place = root.id, look.path
            known = before.get(look.path)
            if known is not None and not known.gone and known.lineage != lineages[place]:
                self.replaced.append(known)
            entry = entry_of(root, look, known, batch, lineages[place], 0, now_ns, self._id(known))
            self._arrive(_known(entry, origins[place], look), look.key)

    def carry(self, touched: Collection[Place], relocated: Sequence[Relocated]) -> None:
        """Takes in what lay below folders that went elsewhere, or away, but for what was touched by itself."""
        done: set[int] = set()
        moves: list[tuple[Relocated, list[Entry]]] = []
        # A folder within another first: it may have gone its own way.
        for each in sorted(relocated, key=lambda one: one.src.count(b"/"), reverse=True):
            below = self._vault.entries.below(each.src_root, each.src)
            going = [old for old in below if old.id not in done and (each.src_root, old.path) not in touched]
            done.update(old.id for old in going)
            moves.append((each, going))
            for old in going:
                self._gone(old)
        for each, going in moves:
            if each.dst is not None:
                paths = [each.dst + old.path[len(each.src) :] for old in going]
                known = self._vault.entries.at(each.dst_root, paths)
                for old, path in zip(going, paths, strict=True):
                    entry_id = self._id(known.get(path))
                    self._arrive(msgspec.structs.replace(old, id=entry_id, root=each.dst_root, path=path), old.key)

    def _id(self, known: Entry | None) -> int:
        if known is not None:
            return known.id
        self._next_id += 1
        return self._next_id - 1

    def _arrive(self, entry: Entry, key: StatKey) -> None:
        self.ended.pop(entry.id, None)
        self.arrived.append(entry)
        self._own.record(entry.root, entry.path, key)

    def _end(self, entry: Entry | None) -> None:
        """Ends an entry, and those below a folder."""
        if entry is None or entry.gone:
            return
        below = self._vault.entries.below(entry.root, entry.path) if entry.kind is Kind.DIR else ()
        for each in (entry, *below):
            self._gone(each)

    def _gone(self, entry: Entry) -> None:
        self._own.record(entry.root, entry.path, None)
        self.ended[entry.id] = entry


def _known(entry: Entry, origin: Origin, look: Seen) -> Entry:
    """The entry with what is known of its file from where it comes from, so that it need not be read for that."""
    content = origin.content if origin.is_true_of(look) else None
    return msgspec.structs.replace(entry, content=content, pending=None, xattrs=origin.xattrs, mirror=origin.mirror)
