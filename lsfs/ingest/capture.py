"""What a finished reading changes: the entry's content in the vault, and whether it is a version already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from lsfs.core.records import Kind, StatKey
from lsfs.ingest.settle import settle
from lsfs.store.vault import Entry, Vault
from lsfs.versions.settling import due_ns


class Reading(msgspec.Struct, frozen=True):
    """A file's bytes were read: their hash, and the stat key that held before and after."""

    entry: int
    content: bytes
    key: StatKey
    tags: tuple[str, ...] | None = None
    """The tags that programs gave it (``user.xdg.tags``); None where the file system keeps none."""


class Captured(msgspec.Struct, frozen=True):
    """What readings have changed."""

    entries: list[Entry]
    """Those that now have their content."""
    replaced: list[int]
    """Those at whose path another file stands by now."""


class Capturer:
    """Records readings in the vault, and versions of what has stood still."""

    def __init__(self, vault: Vault, now_ns: Callable[[], int]) -> None:
        self._vault = vault
        self._now_ns = now_ns

    def apply(self, readings: Sequence[Reading]) -> Captured:
        """Records readings; one older than what is known of its file by now is passed over, to be read again."""
        current = self._vault.entries.many([reading.entry for reading in readings])
        watched = {root.id for root in self._vault.roots.all()}
        now = self._now_ns()
        captured: list[Entry] = []
        replaced: list[int] = []
        tags: dict[int, tuple[str, ...]] = {}
        for reading in readings:
            entry = current.get(reading.entry)
            if entry is None or entry.gone or entry.root not in watched or reading.key.ctime_ns < entry.ctime_ns:
                continue
            if entry.ino != reading.key.ino:
                replaced.append(entry.id)
                continue
            if reading.tags is not None:
                tags[entry.lineage] = reading.tags
            captured.append(
                msgspec.structs.replace(
                    entry,
                    content=reading.content,
                    size=reading.key.size,
                    mode=reading.key.mode,
                    mtime_ns=reading.key.mtime_ns,
                    ctime_ns=reading.key.ctime_ns,
                    pending=entry.pending or now,
                )
            )
        if not captured:
            return Captured([], replaced)
        with self._vault.write() as tx:
            seq = self._vault.next_seq(tx, len(captured))
            captured = [msgspec.structs.replace(e, seq=number) for number, e in enumerate(captured, seq)]
            due = {e.id for e in captured if due_ns(e.ctime_ns, e.pending or now, now) <= now}
            settle(tx, self._vault, [e for e in captured if e.id in due], now)
            captured = [msgspec.structs.replace(e, pending=None) if e.id in due else e for e in captured]
            self._vault.entries.put(tx, captured)
            self._vault.tags.follow(tx, tags)
        return Captured(captured, replaced)

    def settle(self, entries: Iterable[Entry] | None = None) -> int | None:
        """Makes versions of what is due, or of all `entries` at once; returns when the next one is due, in ns."""
        now = self._now_ns()
        pending = self._vault.entries.pending()
        if entries is None:
            due = [e for e in pending if due_ns(e.ctime_ns, e.pending or now, now) <= now]
        else:
            wanted = {entry.id for entry in entries}
            due = [e for e in pending if e.id in wanted]
        # A file that changed and has not been read again has nothing to keep yet; its reading comes.
        due = [e for e in due if e.content is not None or e.kind is not Kind.FILE]
        if due:
            with self._vault.write() as tx:
                settle(tx, self._vault, due, now)
                self._vault.entries.settled(tx, [e.id for e in due])
        done = {e.id for e in due}
        left = [
            due_ns(e.ctime_ns, e.pending or now, now)
            for e in pending
            if e.id not in done and (e.content is not None or e.kind is not Kind.FILE)
        ]
        return min(left, default=None)
