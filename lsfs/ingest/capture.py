"""What a finished reading changes: the entry's content in the vault, its bytes among the kept ones, its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from lsfs.core.records import Kind, StatKey
from lsfs.core.xattrs import Attributes
from lsfs.ingest.mirror import Mirrored, take_in
from lsfs.ingest.settle import settle
from lsfs.objects.piece import ManifestPiece, Record
from lsfs.store.vault import Entry, Vault
from lsfs.versions.contents import ContentStore, Manifest
from lsfs.versions.notes import Found, note_of
from lsfs.versions.settling import due_ns


class Reading(msgspec.Struct, frozen=True):
    """A file's bytes were read: their hash, and the stat key that held before and after."""

    entry: int
    content: bytes
    key: StatKey
    attributes: Attributes | None = None
    """Its extended attributes; None where they were not read."""
    piece: Record | None = None
    """The bytes, where they are to be kept and are one piece."""
    pieces: tuple[ManifestPiece, ...] = ()
    """What the bytes consist of, where they are to be kept and are several pieces, which are kept already."""
    kept: bool = False
    """Whoever read the bytes has kept them; where they were found is still to be noted among them."""


class Captured(msgspec.Struct, frozen=True):
    """What readings have changed."""

    entries: list[Entry]
    """Those that have their content, whether it is news or not."""
    replaced: list[int]
    """Those at whose path another file stands by now."""
    mirrors: list[Mirrored]
    """Tags to be written to the files themselves again, since a program that replaced them left them out."""
    unkept: bool
    """Whether bytes are missing that were to be kept and for which there is room."""


class Capturer:
    """Records readings in the vault, and versions of what has stood still."""

    def __init__(
        self, vault: Vault, contents: ContentStore, refusal: Callable[[int], str], now_ns: Callable[[], int]
    ) -> None:
        """`refusal` says why a content of so many bytes is not kept now, '' where it is."""
        self._vault = vault
        self._contents = contents
        self.refusal = refusal
        self._now_ns = now_ns

    def keep(self, records: Sequence[Record]) -> None:
        """Keeps pieces of contents whose readings come later."""
        placed = self._contents.place(records)
        with self._vault.write() as tx:
            self._contents.record(tx, placed)

    def apply(self, readings: Sequence[Reading]) -> Captured:
        """Records readings; one older than what is known of its file by now is passed over, to be read again.

        The bytes are on the disk before anything refers to them.
        """
        with self._contents.leased():
            return self._apply(readings)

    def _apply(self, readings: Sequence[Reading]) -> Captured:
        manifests = [Manifest(r.content, r.key.size, r.pieces) for r in readings if r.pieces]
        records = [r.piece for r in readings if r.piece is not None]
        placed = self._contents.place(records, manifests, self._note(readings))
        with self._vault.turn:
            now = self._now_ns()
            fresh, same, replaced = self._fresh(readings, now)
            if not fresh and not placed.pieces and not placed.manifests:
                return Captured(same, replaced, [], False)
            captured = [entry for entry, _ in fresh]
            tags = self._vault.tags.of_many([entry.lineage for entry in captured])
            with self._vault.write() as tx:
                self._contents.record(tx, placed)
                unkept = self._vault.pieces.missing(
                    tx, [e.content for e in captured if e.content and not e.unversioned]
                )
                seq = self._vault.next_seq(tx, len(captured)) if captured else 0
                captured = [msgspec.structs.replace(e, seq=number) for number, e in enumerate(captured, seq)]
                due = {e.id for e in captured if due_ns(e.ctime_ns, e.pending or now, now) <= now}
                settle(tx, self._vault, [e for e in captured if e.id in due], now)
                captured = [msgspec.structs.replace(e, pending=None) if e.id in due else e for e in captured]
                mirrors = take_in(tx, self._vault, fresh, tags)
                self._vault.entries.captured(tx, captured)
        missing = any(e.content in unkept and not self.refusal(e.size) for e in captured)
        return Captured([*captured, *same], replaced, mirrors, missing)

    def _fresh(self, readings: Sequence[Reading], now: int) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[int]]:
        """Readings that still hold, as (entry with what was read, entry as it was); entries of which they say nothing
        new; ids of those that were replaced."""
        current = self._vault.entries.many([reading.entry for reading in readings])
        watched = {root.id for root in self._vault.roots.all()}
        fresh: dict[int, tuple[Entry, Entry]] = {}
        same: list[Entry] = []
        replaced: list[int] = []
        for reading in readings:
            entry = current.get(reading.entry)
            if entry is None or entry.root not in watched or _is_older(reading, entry):
                continue
            if entry.ino != reading.key.ino:
                replaced.append(entry.id)
                continue
            attributes = reading.attributes
            read = msgspec.structs.replace(
                entry,
                content=reading.content,
                size=reading.key.size,
                mode=reading.key.mode,
                mtime_ns=reading.key.mtime_ns,
                ctime_ns=reading.key.ctime_ns,
                xattrs=entry.xattrs if attributes is None else attributes.packed,
                mirror=entry.mirror if attributes is None else attributes.tags,
            )
            if read == entry:
                same.append(entry)
            else:
                # What was read of a document stands here twice where its text came at once.
                fresh[entry.id] = (msgspec.structs.replace(read, pending=entry.pending or now), entry)
        return list(fresh.values()), same, replaced

    def _note(self, readings: Sequence[Reading]) -> bytes:
        """Where these contents were found, for whoever has the objects and not the vault."""
        with self._vault.turn:
            # Whatever an op puts there instead is noted later, and at a later time.
            now = self._now_ns()
            current = self._vault.entries.many([reading.entry for reading in readings])
        roots = {root.id: root.path for root in self._vault.roots.all()}
        return note_of(
            [
                Found(
                    content=r.content,
                    root=roots[entry.root],
                    path=entry.path,
                    lineage=entry.lineage,
                    size=r.key.size,
                    mode=r.key.mode,
                    mtime_ns=r.key.mtime_ns,
                    seen_ns=now,
                )
                for r in readings
                if (entry := current.get(r.entry)) is not None
                and entry.root in roots
                and not entry.unversioned
                and entry.ino == r.key.ino
                and not _is_older(r, entry)
                and (r.kept or r.piece is not None or r.pieces or r.content != entry.content)
            ]
        )

    def settle(self, entries: Iterable[Entry] | None = None) -> int | None:
        """Makes versions of what is due, or of all `entries` at once; returns when the next one is due, in ns."""
        with self._vault.turn:
            now = self._now_ns()
            if entries is None:
                pending = self._vault.entries.pending()
                due = [e for e in pending if due_ns(e.ctime_ns, e.pending or now, now) <= now]
            else:
                known = self._vault.entries.many([entry.id for entry in entries])
                pending = [e for e in known.values() if e.pending is not None]
                due = pending
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


def _is_older(reading: Reading, entry: Entry) -> bool:
    """Whether more is known of a file by now than when it was read."""
    return bool(entry.gone) or reading.key.ctime_ns < entry.ctime_ns
