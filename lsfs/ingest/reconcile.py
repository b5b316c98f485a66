"""What a look at the disk changes in the vault: entries and lineages, nothing read yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from lsfs.core.paths import ancestors, split
from lsfs.core.records import Kind, Seen
from lsfs.ingest.settle import settle
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, Root, Vault
from lsfs.versions.lineage import Inode, Known, Verdict, decide
from lsfs.versions.settling import SETTLE_NS
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import ScanBatch

_PATH_MAX = 4096
"""No longer path can be asked for as a whole."""


class Changed(msgspec.Struct, frozen=True):
    """What a batch changed, as it stands in the vault now."""

    entries: list[Entry]
    """Everything that exists, with a new sequence number each."""
    gone: list[Entry]


class Reconciler:
    """Brings the vault's entries to what a look at the disk found.

    `now_ns` is the clock; `inode_at` looks at an absolute path and returns (inode number, birth time) or None; `own`
    knows what lsfs itself has done, and `look` looks at paths of a root anew.
    """

    def __init__(
        self,
        vault: Vault,
        now_ns: Callable[[], int],
        inode_at: Callable[[bytes], Inode | None],
        own: OwnWrites,
        look: Callable[[Root, Sequence[bytes]], ScanBatch],
    ) -> None:
        self._vault = vault
        self._now_ns = now_ns
        self._inode_at = inode_at
        self._own = own
        self._look = look

    def apply(self, root: Root, batch: ScanBatch, *, first: bool = False, fresh: bool = True) -> Changed:
        """Records what a look at the disk found; in a root's `first` scan nothing can have moved here.

        A look that is not `fresh` has waited, and events may have told of deletions since: what is not there any
        more is no news.
        """
        with self._vault.turn:
            if doubtful := {*self._own.doubtful(root.id, batch), *self._unfounded(root, batch)}:
                # Seen before lsfs changed it, or changed by another since: only a new look tells.
                batch = batch.without(doubtful)
                again = self._look(root, sorted(doubtful))
                self._own.note(root.id, again)
                batch.extend(again)
            return self._apply(root, batch, first, fresh)

    def _unfounded(self, root: Root, batch: ScanBatch) -> Iterator[bytes]:
        """What was seen in folders that are not known, or of which the same batch says that they are gone.

        They may have gone since, and what is known to stand in a folder that is not is missed by no scan.
        """
        here = {look.path for look in batch.seen if look.kind is Kind.DIR} | {b""}
        gone = {*batch.gone, *(look.path for look in batch.seen if look.kind is not Kind.DIR)}
        folders = here | self._vault.entries.folders(root.id, list({split(look.path)[0] for look in batch.seen} - here))
        for look in batch.seen:
            if split(look.path)[0] not in folders or not gone.isdisjoint(ancestors(look.path)):
                yield look.path

    def _apply(self, root: Root, batch: ScanBatch, first: bool, fresh: bool) -> Changed:
        looks = {look.path: look for look in batch.seen}
        gone = [*batch.gone, *(path for path, _ in batch.left_out)]
        before = self._vault.entries.at(root.id, [*looks, *(path for path in gone if path not in looks)])
        vanished = self._vanished(root, looks, gone, before)
        left_out = {path for path, _ in batch.left_out}
        looks = {
            path: look
            for path, look in looks.items()
            if _is_news(look, before.get(path), batch) and (fresh or self._exists(root, path))
        }
        if not looks and not vanished:
            return Changed([], [])
        verdicts = self._verdicts(root, looks, vanished, before, first)
        now = self._now_ns()
        with self._vault.write() as tx:
            stood = [before[path] for path, look in looks.items() if _stood_still(look, before.get(path))]
            settle(tx, self._vault, stood, now)
            new = [path for path, verdict in verdicts.items() if verdict.lineage is None]
            lineages = dict(
                zip(new, self._vault.entries.new_lineages(tx, [verdicts[path].parent for path in new]), strict=True)
            )
            lineages.update(
                (path, verdict.lineage) for path, verdict in verdicts.items() if verdict.lineage is not None
            )
            for verdict in verdicts.values():
                if verdict.anew and verdict.lineage is not None:
                    self._vault.tags.set(tx, verdict.lineage, ())
            seq = self._vault.next_seq(tx, len(looks) + len(vanished))
            entries = []
            next_id = self._vault.entries.next_id(tx)
            for number, look in enumerate(looks.values(), seq):
                known = before.get(look.path)
                if known is None:
                    next_id, entry_id = next_id + 1, next_id
                else:
                    entry_id = known.id
                entries.append(entry_of(root, look, known, batch, lineages[look.path], number, now, entry_id))
            ended = [
                msgspec.structs.replace(entry, gone=1, pending=None, seq=number)
                for number, entry in enumerate(vanished.values(), seq + len(looks))
            ]
            # What is only not looked at any more has not vanished from the disk.
            over = [entry for entry in ended if entry.path not in left_out]
            self.end(tx, {entry.id: entry for entry in vanished.values()}, over, set(lineages.values()), now)
            self._vault.entries.put(tx, ended)
            self._vault.entries.put(tx, entries)
        return Changed(entries, ended)

    def _verdicts(
        self,
        root: Root,
        looks: dict[bytes, Seen],
        vanished: dict[bytes, Entry],
        before: dict[bytes, Entry],
        first: bool,
    ) -> dict[bytes, Verdict]:
        if first and not before and all(look.nlink == 1 or look.kind is Kind.DIR for look in looks.values()):
            return dict.fromkeys(looks, Verdict(None))  # nothing was anywhere before
        at = {path: Known.of(entry) for path, entry in (before | vanished).items()}
        by_inode, left = self._by_inode(root, looks, vanished, before, first)
        held = self._held(root, looks.keys() | vanished.keys(), [*at.values(), *chain(*by_inode.values())], left)
        return decide(looks.values(), vanished.keys(), at, by_inode, held)

    @staticmethod
    def _exists(root: Root, path: bytes) -> bool:
        absolute = root.path + b"/" + path
        return len(absolute) >= _PATH_MAX or os.path.lexists(absolute)

    def _vanished(
        self, root: Root, looks: dict[bytes, Seen], gone: Collection[bytes], before: dict[bytes, Entry]
    ) -> dict[bytes, Entry]:
        """The living entries that are gone, with everything below directories that are gone or no longer one."""
        vanished = {}
        for path in gone:
            entry = before.get(path)
            if entry is not None and not entry.gone and path not in looks:
                vanished[path] = entry
        emptied = [path for path, entry in vanished.items() if entry.kind is Kind.DIR]
        for path, look in looks.items():
            entry = before.get(path)
            if entry is not None and not entry.gone and entry.kind is Kind.DIR and look.kind is not Kind.DIR:
                emptied.append(path)
        for path in emptied:
            for entry in self._vault.entries.below(root.id, path):
                if entry.path not in looks:
                    vanished[entry.path] = entry
        return vanished

    def _by_inode(
        self,
        root: Root,
        looks: dict[bytes, Seen],
        vanished: dict[bytes, Entry],
        before: dict[bytes, Entry],
        first: bool,
    ) -> tuple[dict[Inode, list[Known]], set[int]]:
        """What the vault knows of every inode that a lineage could follow, and the entries it has left already."""
        inodes: set[Inode] = set()
        for path, look in looks.items():
            inode = (look.key.ino, look.btime_ns)
            entry = before.get(path)
            if entry is not None and not entry.gone and (entry.ino, entry.btime_ns) == inode:
                continue
            # In a first scan only hard links have another name.
            if not first or look.nlink > 1:
                inodes.add(inode)
                if entry is not None:
                    inodes.add((entry.ino, entry.btime_ns))
        touched = looks.keys() | vanished.keys()
        found: dict[Inode, list[Known]] = {}
        left: set[int] = set()
        for inode in inodes:
            for entry in self._vault.entries.by_inode(*inode):
                elsewhere = entry.root != root.id or entry.path not in touched
                known = Known.of(entry)
                if elsewhere and not entry.gone and not self._still_there(entry, inode):
                    known = msgspec.structs.replace(known, gone=True)
                    left.add(entry.id)
                if entry.root != root.id:
                    # No path holds a NUL, so another root's path can't be taken for one of this root.
                    known = msgspec.structs.replace(known, path=b"\0%d/%s" % (entry.root, entry.path))
                found.setdefault(inode, []).append(known)
        return found, left

    def _held(self, root: Root, touched: Collection[bytes], known: Iterable[Known], left: Collection[int]) -> set[int]:
        """Of the lineages that ended somewhere, those that go on at a path outside the batch."""
        holders = self._vault.entries.holders(list({k.lineage for k in known if k.gone}))
        return {e.lineage for e in holders if e.id not in left and (e.root != root.id or e.path not in touched)}

    def _still_there(self, entry: Entry, inode: Inode) -> bool:
        """Whether the disk agrees: an event of a path outside the batch may still be on its way."""
        home = self._vault.roots.get(entry.root)
        return home is not None and self._inode_at(os.path.join(home.path, entry.path)) == inode

    def end(
        self,
        tx: Transaction,
        vanished: Mapping[int, Entry],
        ended: Sequence[Entry],
        lives_on: set[int],
        now: int,
        op: int | None = None,
    ) -> None:
        """Writes what was pending of vanished files, and that they are gone, unless their lineage lives elsewhere.

        `vanished` is what was known of them, by id; `ended` the same as it is to be written.
        """
        holders = self._vault.entries.holders([entry.lineage for entry in ended])
        lives_on = lives_on | {entry.lineage for entry in holders if entry.id not in vanished}
        over = [entry for entry in ended if entry.lineage not in lives_on]
        pending = [vanished[e.id] for e in over if vanished[e.id].pending is not None and e.content is not None]
        versioned = self._vault.versions.newest(tx, [entry.lineage for entry in pending])
        due = [e for e in pending if e.lineage in versioned or now - e.ctime_ns >= SETTLE_NS]
        settle(tx, self._vault, due, now)
        # Cut off between the looks at both names of a moved file, both held its lineage: it went from the later one.
        last = {entry.lineage: entry for entry in sorted(over, key=lambda entry: vanished[entry.id].seq)}
        settle(tx, self._vault, list(last.values()), now, gone=True, op=op)


def _is_news(look: Seen, entry: Entry | None, batch: ScanBatch) -> bool:
    return (
        entry is None
        or bool(entry.gone)
        or entry.key != look.key
        or entry.kind is not look.kind
        or entry.btime_ns != look.btime_ns
        or entry.target != look.target
        or entry.unindexed != batch.index_ignored.get(look.path, "")
        or entry.unversioned != batch.version_ignored.get(look.path, "")
    )


def _stood_still(look: Seen, before: Entry | None) -> bool:
    """Whether the captured content that `look` replaces stood for the settle time and is not a version yet."""
    return (
        before is not None
        and before.pending is not None
        and (before.content is not None or before.kind is not Kind.FILE)
        and look.key.ctime_ns - before.ctime_ns >= SETTLE_NS
    )


def entry_of(
    root: Root, look: Seen, before: Entry | None, batch: ScanBatch, lineage: int, seq: int, now: int, entry_id: int
) -> Entry:
    """The entry of what was seen; a file's content is unknown until it is read."""
    key = look.key
    unindexed = batch.index_ignored.get(look.path, "")
    unversioned = batch.version_ignored.get(look.path, "")
    content = None
    same_inode = before is not None and not before.gone and (before.ino, before.btime_ns) == (key.ino, look.btime_ns)
    if before is not None and same_inode and before.key == key:
        # Only what the ignore lists say has changed; of a file that was left out so far nothing was taken in, or kept.
        anew = (before.unindexed and not unindexed) or (before.unversioned and not unversioned)
        content = None if anew else before.content
    pending = now
    if before is not None and before.pending is not None and not _stood_still(look, before):
        pending = before.pending
    return Entry(
        id=entry_id,
        root=root.id,
        path=look.path,
        kind=look.kind,
        ino=key.ino,
        btime_ns=look.btime_ns,
        size=key.size,
        mode=key.mode,
        mtime_ns=key.mtime_ns,
        ctime_ns=key.ctime_ns,
        target=look.target,
        content=content,
        lineage=lineage,
        seq=seq,
        pending=None if look.kind is Kind.FILE and pending == now else pending,
        gone=0,
        unindexed=unindexed,
        unversioned=unversioned,
        xattrs=before.xattrs if before is not None and same_inode else None,
        mirror=before.mirror if before is not None and same_inode else None,
    )
