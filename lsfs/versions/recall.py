"""Makes versions of what notes tell and a vault does not know: its copy is older than they are.

A note says which content was found where, and whose history that was.  It says nothing of moves and ends; the next scan
finds those as far as they still show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from lsfs.core.paths import is_within, join
from lsfs.core.records import Kind
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, Root, Vault, Version
from lsfs.versions.notes import Found
from lsfs.versions.settling import since_ns


class Recall:
    """Takes notes, in the order in which they were written, within one transaction; `finish` ends it."""

    def __init__(self, tx: Transaction, vault: Vault, now_ns: int, stands: Callable[[bytes], bool]) -> None:
        """`stands` tells whether there is something at an absolute path now."""
        self._tx = tx
        self._vault = vault
        self._now_ns = now_ns
        self._stands = stands
        self._roots = vault.roots.all()
        self._pending = {entry.lineage: entry for entry in vault.entries.pending()}
        captured = (entry.pending or 0 for entry in self._pending.values())
        self._known_ns = max(vault.versions.newest_ns(), *captured, 0)
        """What was captured until then, the vault knows."""
        self._next_id = vault.entries.next_id(tx)
        self._made: dict[tuple[int, bytes], Entry] = {}
        """Entries of paths that the vault does not know."""
        self._begun: set[int] = set()
        """Lineages that the vault does not know."""
        self._count = 0

    def take(self, note: Sequence[Found]) -> None:
        """Makes versions of those contents of a note that are news and are kept."""
        unkept = self._vault.pieces.missing(self._tx, list({found.content for found in note}))
        for found in note:
            home = self._home(found)
            if home is not None and found.content not in unkept:
                self._take(found, *home)

    def finish(self) -> int:
        """How many versions were made.  Writes the entries of paths that the vault did not know.

        They count as gone, so that the file that stands there, if one does, goes on with their history.
        """
        for entry in self._made.values():
            self._vault.entries.put(self._tx, [msgspec.structs.replace(entry, seq=self._vault.next_seq(self._tx))])
        roots = {root.id: root.path for root in self._roots}
        standing = {e.lineage for e in self._made.values() if self._stands(join(roots[e.root], e.path))}
        last = {entry.lineage: entry for entry in self._made.values()}
        for lineage in sorted(self._begun - standing):
            entry = last[lineage]
            self._add(entry, number=None, seen_ns=self._now_ns, since=self._now_ns, gone=1)
        return self._count

    def _home(self, found: Found) -> tuple[Root, bytes] | None:
        """The watched folder that a note is about, and the path in it; the folder may have become part of another."""
        absolute = join(found.root, found.path)
        for root in self._roots:
            if is_within(absolute, root.path) and absolute != root.path:
                return root, absolute[len(root.path) + 1 :]
        return None

    def _take(self, found: Found, root: Root, path: bytes) -> None:
        known = self._made.get((root.id, path)) or self._vault.entries.at(root.id, [path]).get(path)
        if known is not None and known.unversioned:
            return
        is_there = bool(self._vault.entries.lineages_in(self._tx, [found.lineage]))
        lineage = found.lineage if is_there or known is None else known.lineage
        if found.seen_ns <= self._known_until(lineage, found, known):
            return
        self._settle(lineage, root)
        if self._vault.versions.newest_contents(self._tx, [lineage]).get(lineage) == found.content:
            return
        if not is_there and known is None:
            self._vault.entries.begin_lineage(self._tx, lineage)
            self._begun.add(lineage)
        entry = self._entry(found, root, path, lineage)
        first = not self._vault.versions.newest(self._tx, [lineage])
        assumed = first and (root.baseline == 0 or lineage <= root.baseline)
        since = min(found.mtime_ns, found.seen_ns) if assumed else found.seen_ns
        (number,) = self._vault.versions.next_numbers(self._tx, [lineage]).values()
        self._add(entry, number=number, seen_ns=found.seen_ns, since=since)
        self._count += 1
        if known is None or (root.id, path) in self._made:
            self._made[root.id, path] = entry

    def _known_until(self, lineage: int, found: Found, known: Entry | None) -> int:
        """Up to when the vault knows what became of a lineage, in ns."""
        last = self._vault.versions.last_seen(self._tx, [lineage]).get(lineage, 0)
        pending = self._pending.get(lineage)
        if last or pending is not None:
            return max(last, pending.pending or 0 if pending is not None else 0)
        # Seen and not read yet: whatever was read of it since is news.  Else it left no trace, or is no news.
        unread = known is not None and not known.gone and known.lineage == found.lineage
        return 0 if unread else self._known_ns

    def _settle(self, lineage: int, root: Root) -> None:
        """Makes a version of what was pending when the vault was copied: what follows it is newer."""
        entry = self._pending.pop(lineage, None)
        if entry is None or entry.content is None or entry.pending is None:
            return
        self._vault.entries.settled(self._tx, [entry.id])
        newest = self._vault.versions.newest(self._tx, [lineage]).get(lineage)
        unkept = self._vault.pieces.missing(self._tx, [entry.content])
        if unkept or self._vault.versions.newest_contents(self._tx, [lineage]).get(lineage) == entry.content:
            return
        since = since_ns(entry, newest, root.baseline == 0 or lineage <= root.baseline, entry.pending)
        (number,) = self._vault.versions.next_numbers(self._tx, [lineage]).values()
        self._add(entry, number=number, seen_ns=entry.pending, since=since)
        self._count += 1

    def _entry(self, found: Found, root: Root, path: bytes, lineage: int) -> Entry:
        made = self._made.get((root.id, path))
        if made is None:
            self._next_id += 1
        entry_id = made.id if made is not None else self._next_id - 1
        return Entry(
            id=entry_id,
            root=root.id,
            path=path,
            kind=Kind.FILE,
            # No inode has this number and birth time: what stands there is known by its path alone.
            ino=0,
            btime_ns=-entry_id,
            size=found.size,
            mode=found.mode,
            mtime_ns=found.mtime_ns,
            ctime_ns=0,
            target=None,
            content=found.content,
            lineage=lineage,
            seq=0,
            pending=None,
            gone=1,
        )

    def _add(self, entry: Entry, *, number: int | None, seen_ns: int, since: int, gone: int = 0) -> None:
        version = Version(
            seq=self._vault.next_seq(self._tx),
            lineage=entry.lineage,
            number=number,
            root=entry.root,
            path=entry.path,
            kind=entry.kind.value,
            content=entry.content,
            target=None,
            size=entry.size,
            mode=entry.mode,
            mtime_ns=entry.mtime_ns,
            xattrs=entry.xattrs,
            seen_ns=seen_ns,
            since_ns=since,
            gone=gone,
        )
        self._vault.versions.add(self._tx, [version])
