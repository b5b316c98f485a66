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
    now = {look.path: (look.key.ino, look.btime_ns) for look in seen}
    touched = now.keys() | set(gone)
    arrived: dict[Inode, list[bytes]] = {}
    for path, inode in now.items():
        before = at.get(path)
        if before is None or before.gone or before.inode != inode:
            arrived.setdefault(inode, []).append(path)
    verdicts: dict[bytes, Verdict] = {}
    taken: set[int] = set()

    def moved_to(before: Known) -> list[bytes]:
        elsewhere = (k for k in by_inode.get(before.inode, ()) if not k.gone and k.path not in touched)
        return [*arrived.get(before.inode, ()), *(k.path for k in elsewhere if k.lineage == before.lineage)]

    def settle(path: bytes, known: Known) -> None:
        verdicts[path] = Verdict(known.lineage)
        taken.add(known.lineage)

    for path in sorted(now):
        before = at.get(path)
        if before is None or before.gone:
            continue
        if before.inode == now[path]:
            settle(path, before)
        elif all(_is_backup(home, path) for home in moved_to(before)):
            settle(path, before)  # rule 1
    for path in sorted(now.keys() - verdicts.keys()):
        inode = now[path]
        free = (k for k in by_inode.get(inode, ()) if k.lineage not in taken and not (k.gone and k.lineage in held))
        origins = [k for k in free if k.path != path]
        # It moved from where nothing, or something else, stands now.
        moved = next((k for k in origins if k.gone or (k.path in touched and now.get(k.path) != inode)), None)
        before = at.get(path)
        if before is not None and before.inode == inode and _ended(before, taken, held):
            settle(path, before)  # the same file is back under its name
        elif moved is not None:
            settle(path, moved)  # rule 2
    for path in sorted(now.keys() - verdicts.keys()):
        before = at.get(path)
        if before is not None and _ended(before, taken, held):
            settle(path, before)  # rule 3
        else:
            source = next((k for k in by_inode.get(now[path], ()) if k.path != path), before)
            verdicts[path] = Verdict(None, (source.lineage, source.seq) if source else None)  # rule 4
    return verdicts


def _ended(before: Known, taken: Collection[int], held: Collection[int]) -> bool:
    return before.gone and before.lineage not in taken and before.lineage not in held


def _is_backup(home: bytes, path: bytes) -> bool:
    return any(home == path + suffix for suffix in _BACKUPS)
