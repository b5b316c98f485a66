"""Which lineage the file at a path belongs to, decided for all paths touched together.

The rules (docs/storage.md):

1. A path whose file was replaced keeps its lineage: another inode stands there, and the old one moved nowhere but to
   a backup name (``f~``, ``f.bak``, ``f.orig``).  The temporary file's own lineage ends.  Hard links have lineages of
   their own, so that the old inode stays under one is no move.
2. Else a lineage follows its inode to its new path: ``mv a b; touch a`` and swaps come out right.
3. A path that comes back takes up the lineage that ended there.
4. Else it is new; a link, a backup and what succeeds a moved file name the lineage they came from as their parent.

An inode is named by number and birth time together: ext4 gives a freed number to the next file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from lsfs.core.records import Seen
from lsfs.store.vault import Entry

Inode = tuple[int, int]
"""Inode number and birth time in ns."""

_BACKUPS = (b"~", b".bak", b".orig")


class Known(msgspec.Struct, frozen=True):
    """What the vault says of a path or an inode before this batch."""

    path: bytes
    inode: Inode
    lineage: int
    seq: int
    gone: bool

    @classmethod
    def of(cls, entry: Entry) -> Known:
        """The part of an entry that lineages depend on."""
        return cls(entry.path, (entry.ino, entry.btime_ns), entry.lineage, entry.seq, bool(entry.gone))


class Verdict(msgspec.Struct, frozen=True):
    """A path's lineage: a known one, or None for a new one with an optional (lineage, seq) it came from."""

    lineage: int | None
    parent: tuple[int, int] | None = None
    anew: bool = False
    """Another file takes up a history that had ended at its path: tags of the earlier one are not its own."""


def decide(
    seen: Iterable[Seen],
    gone: Collection[bytes],
    at: Mapping[bytes, Known],
    by_inode: Mapping[Inode, list[Known]],
    held: Collection[int] = (),
) -> dict[bytes, Verdict]:
    """Returns the verdict for every path of `seen`.

    `seen` is what stands at the touched paths now, `gone` the touched paths with nothing; `at` is what the vault
    knows of both, vanished entries included; `by_inode` everything the vault last saw under the inodes that are
    seen now or stood at a touched path, newest change first; `held` are the lineages, as far as they could be taken
    up here, that paths outside the batch hold.
    """
    batch = _Batch({look.path: (look.key.ino, look.btime_ns) for look in seen}, gone, at, by_inode, held)
    # Path by path, each rule for all before the next: what an earlier rule has taken is no longer free to a later one.
    for rule in (_keeps_its_lineage, _follows_its_inode, _comes_back):
        for path in batch.undecided():
            if (known := rule(batch, path)) is not None:
                batch.take(path, known, anew=rule is _comes_back)
    for path in batch.undecided():
        batch.verdicts[path] = _begins(batch, path)
    return batch.verdicts


class _Batch:
    """What one call knows, and what it has decided so far."""

    def __init__(
        self,
        now: Mapping[bytes, Inode],
        gone: Collection[bytes],
        at: Mapping[bytes, Known],
        by_inode: Mapping[Inode, list[Known]],
        held: Collection[int],
    ) -> None:
        self.now = now
        self.touched = now.keys() | set(gone)
        self.at = at
        self.by_inode = by_inode
        self.verdicts: dict[bytes, Verdict] = {}
        self._held = held
        self._taken: set[int] = set()
        self._arrived: dict[Inode, list[bytes]] = {}
        for path, inode in now.items():
            before = at.get(path)
            if before is None or before.gone or before.inode != inode:
                self._arrived.setdefault(inode, []).append(path)

    def undecided(self) -> list[bytes]:
        """The paths without a verdict, in order."""
        return sorted(self.now.keys() - self.verdicts.keys())

    def take(self, path: bytes, known: Known, *, anew: bool) -> None:
        """Gives a known lineage to a path."""
        self.verdicts[path] = Verdict(known.lineage, anew=anew)
        self._taken.add(known.lineage)

    def free(self, known: Known) -> bool:
        """Whether nobody has the lineage already: no path of the batch, and where it ended, none outside it."""
        return known.lineage not in self._taken and not (known.gone and known.lineage in self._held)

    def ended_at(self, path: bytes) -> Known | None:
        """What ended at a path and is free."""
        before = self.at.get(path)
        return before if before is not None and before.gone and self.free(before) else None

    def moved_to(self, before: Known) -> list[bytes]:
        """Where the file that stood at a path before stands now."""
        elsewhere = (k for k in self.by_inode.get(before.inode, ()) if not k.gone and k.path not in self.touched)
        return [
            *self._arrived.get(before.inode, ()),
            *(k.path for k in elsewhere if k.lineage == before.lineage),
        ]


def _keeps_its_lineage(batch: _Batch, path: bytes) -> Known | None:
    """Rule 1, and the file that is where it was."""
    before = batch.at.get(path)
    if before is None or before.gone:
        return None
    stayed = before.inode == batch.now[path] or all(_is_backup(home, path) for home in batch.moved_to(before))
    return before if stayed else None


def _follows_its_inode(batch: _Batch, path: bytes) -> Known | None:
    """Rule 2; the same file back under its name comes before one that moved here."""
    inode = batch.now[path]
    before = batch.ended_at(path)
    if before is not None and before.inode == inode:
        return before
    origins = (k for k in batch.by_inode.get(inode, ()) if k.path != path and batch.free(k))
    # It moved from where nothing, or something else, stands now.
    return next((k for k in origins if k.gone or (k.path in batch.touched and batch.now.get(k.path) != inode)), None)


def _comes_back(batch: _Batch, path: bytes) -> Known | None:
    """Rule 3."""
    return batch.ended_at(path)


def _begins(batch: _Batch, path: bytes) -> Verdict:
    """Rule 4."""
    namesakes = (k for k in batch.by_inode.get(batch.now[path], ()) if k.path != path)
    source = next(namesakes, batch.at.get(path))
    return Verdict(None, (source.lineage, source.seq) if source else None)


def _is_backup(home: bytes, path: bytes) -> bool:
    return any(home == path + suffix for suffix in _BACKUPS)
