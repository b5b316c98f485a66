"""What the ingest thread does with looks and readings: vault first, index after, so that the index only ever follows.

Everything here runs in the ingest thread, but for `vault_changed`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from lsfs.core.filetypes import extension, family
from lsfs.core.records import Kind, StatKey
from lsfs.core.xattrs import Attributes
from lsfs.index.pipeline import Judge, Pipeline
from lsfs.ingest.agenda import Agenda
from lsfs.ingest.capture import Captured, Capturer, Reading
from lsfs.ingest.feeder import GONE, Feeder
from lsfs.ingest.mirror import Reflector
from lsfs.ingest.outcomes import standing_of, text_of
from lsfs.ingest.reconcile import Reconciler
from lsfs.objects.piece import Record
from lsfs.store.index import Index
from lsfs.store.vault import Entry, Root, Vault
from lsfs.versions.room import BIG_BYTES
from lsfs.watch.records import ScanBatch
from lsfs.workers.messages import Outcome, ReadResult

_URGENT_FILES = 32
"""More changes than this at once are a storm and read with the backlog, newest first."""
_BACKFILL = 10_000
"""Files read again at a time, because their bytes are not kept yet."""


class Recording:
    """The one writer of the index, and of entries as they are seen on the disk."""

    def __init__(
        self,
        vault: Vault,
        index: Index,
        pipeline: Pipeline,
        reconciler: Reconciler,
        capturer: Capturer,
        reflector: Reflector,
        judge: Judge,
        agenda: Agenda,
    ) -> None:
        self._vault = vault
        self._index = index
        self._pipeline = pipeline
        self._reconciler = reconciler
        self._capturer = capturer
        self._reflector = reflector
        self._judge = judge
        self._agenda = agenda
        self._keep_missing = True
        """Whether the vault may lack bytes of files that it knows."""
        self._behind = False
        """Whether the vault may have what the index has not taken in."""
        self.feeder: Feeder | None = None
        """Told of what is to be read; none in tests of the recording alone."""

    def vault_changed(self) -> None:
        """Says that somebody else changes the vault's entries; to be called before that is committed."""
        self._behind = True

    def keep_missing(self) -> None:
        """Has files read again whose bytes are to be kept and are not."""
        self._keep_missing = True
        self._agenda.retry_later()

    def begin(self) -> None:
        """What a start has to do before anything else."""
        self._vault.verify()
        if self._index.applied_seq() > self._vault.seq():
            self._pipeline.begin_anew()  # an older copy of the vault stands in its place
        for root in self._index.files.roots() - {root.id for root in self._vault.roots.all()}:
            self._pipeline.forget_root(root)
        self.catch_up()
        self._capturer.settle(self._vault.entries.pending())
        self.retry()

    def catch_up(self, *, behind: bool = True) -> None:
        """Has the index follow what it lacks of the vault, if it may be `behind`."""
        if behind or self._behind:
            self._behind = False
            try:
                self._pipeline.catch_up(self._vault.entries.since, self._judge, self._vault.tags.of_many)
            except BaseException:
                self._behind = True
                raise
            if self.feeder is not None:
                self.feeder.nudge()

    def settle(self) -> None:
        """Makes versions of what has stood still."""
        self._agenda.settled(self._capturer.settle())

    def retry(self) -> None:
        """Has files read again that kept changing or could not be kept."""
        self._agenda.retried()
        # Without room they would be read for nothing; whoever sees that there is room again says so.
        looked = self._keep_missing and not self._capturer.refusal(0)
        most = BIG_BYTES if self._capturer.refusal(BIG_BYTES + 1) else sys.maxsize
        missing = self._vault.entries.unkept(_BACKFILL, most) if looked else []
        # Queued first: if what comes after is cut off, they are read, and tidying finds what their versions lacked.
        with self._index.write() as tx:
            self._index.files.requeue(tx, unstable=True)
            self._index.files.reread(tx, missing)
        if missing:
            with self._vault.turn, self._vault.write() as tx:
                self._vault.entries.forget_content(tx, missing)
        if looked:
            self._keep_missing = len(missing) == _BACKFILL
            if self._keep_missing:
                self._agenda.retry_later()
        if self.feeder is not None:
            self.feeder.retry()

    def read_again(self, root_id: int) -> None:
        """Queues the files of a root that were out of reach when they were to be read."""
        with self._index.write() as tx:
            self._index.files.requeue_failed(tx, root_id, GONE)
        if self.feeder is not None:
            self.feeder.retry()

    def observe(self, root: Root, batch: ScanBatch, first: bool, urgent: bool) -> None:
        """Records what a look at the disk found."""
        if not self._vault.roots.is_watched(root.id):
            return  # removed, or absorbed by a root above it, since the look was taken
        changed = self._reconciler.apply(root, batch, first=first, fresh=urgent)
        if not changed.entries and not changed.gone:
            return
        self.catch_up(behind=False)
        tags = self._vault.tags.of_many([entry.lineage for entry in changed.entries])
        self._pipeline.follow(changed.entries, changed.gone, judge=self._judge, tags=tags)
        self._expect_settling(changed.entries)
        if self.feeder is None:
            return
        files = [entry for entry in changed.entries if entry.kind is Kind.FILE]
        if urgent and 0 < len(files) <= _URGENT_FILES:
            self.feeder.urgent(files)
        self.feeder.nudge()

    def _expect_settling(self, entries: Sequence[Entry]) -> None:
        if any(entry.pending is not None for entry in entries):
            self._agenda.settle_soon()

    def keep(self, records: Sequence[Record]) -> None:
        """Keeps pieces of contents that have several."""
        self._capturer.keep(records)

    def release(self, results: Sequence[ReadResult], refused: Sequence[tuple[int, str]]) -> None:
        """Has files read again, after a while, whose results could not be recorded."""
        files = [*(r.job for r in results), *(file_id for file_id, _ in refused)]
        try:
            with self._index.write() as tx:
                self._index.files.set_state(tx, [(i, "unstable", "what was read could not be recorded") for i in files])
        finally:
            self._agenda.retry_later()
            self._finished(results, refused)

    def _finished(self, results: Sequence[ReadResult], refused: Sequence[tuple[int, str]]) -> None:
        if self.feeder is not None:
            files = [*(r.job for r in results), *(file_id for file_id, _ in refused)]
            self.feeder.finished(files, [r.content for r in results if r.content])

    def record(self, results: Sequence[ReadResult], refused: Sequence[tuple[int, str]]) -> None:
        """Records what was read of files, and why some could not be."""
        attributes = self._attributes_of({r.job: r.key for r in results if r.content and r.key is not None})
        readings = [
            Reading(r.job, r.content, r.key, attributes.get(r.job), r.piece, r.pieces)
            for r in results
            if r.content and r.key is not None
        ]
        outcome = self._capturer.apply(readings)
        captured = outcome.entries
        code = {entry.id for entry in captured if family(extension(os.path.basename(entry.path))) == "code"}
        texts = [text for r in results if (text := text_of(r, r.job in code)) is not None]
        standings = {r.job: s for r in results if (s := standing_of(r)) is not None}
        self.catch_up(behind=False)
        own_tags = self._vault.tags.of_many([entry.lineage for entry in captured])
        self._pipeline.follow(captured, judge=self._judge, tags=own_tags, texts=texts, standings=standings, read=True)
        unread = [(r.job, s.state, s.reason) for r in results if not r.content and (s := standings.get(r.job))]
        unread += [(file_id, "failed", reason) for file_id, reason in refused]
        # Another file stands at the path by now; its event, or at the latest the next scan, tells.
        unread += [(entry_id, "unstable", "it was replaced while it was read") for entry_id in self._stale(outcome)]
        if unread:
            if self.feeder is not None:
                self.feeder.set_aside([file_id for file_id, _, _ in unread])
            with self._index.write() as tx:
                self._index.files.set_state(tx, unread)
            if any(state == "unstable" for _, state, _ in unread):
                self._agenda.retry_later()
        self._expect_settling(captured)
        self._miss_texts(captured, results)
        self._reflector.write_back(outcome.mirrors)
        if outcome.unkept:
            self.keep_missing()
        self._finished([r for r in results if r.outcome is not Outcome.ESCALATE], refused)

    def _attributes_of(self, read: Mapping[int, StatKey]) -> dict[int, Attributes]:
        if self.feeder is None:
            return {}
        found = self.feeder.attributes_of(read)
        late = self._vault.entries.many(list(read.keys() - found.keys()))
        seen = {entry.id: self._reflector.look(entry, read[entry.id]) for entry in late.values()}
        return found | {entry_id: attributes for entry_id, attributes in seen.items() if attributes is not None}

    def _stale(self, outcome: Captured) -> list[int]:
        """The replaced ones of which the vault does not know yet what stands there; the others wait to be read."""
        entries = self._vault.entries.many(outcome.replaced)
        return [entry_id for entry_id, entry in entries.items() if self._reflector.look(entry, entry.key) is None]

    def _miss_texts(self, captured: Sequence[Entry], results: Sequence[ReadResult]) -> None:
        """Has files read again whose content was known when it was asked for, and has been swept out since."""
        known = {r.content for r in results if r.outcome is Outcome.KNOWN}
        known &= {entry.content for entry in captured if entry.content is not None and not entry.unindexed}
        if not known:
            return
        coming = self.feeder.claimed(list(known)) if self.feeder is not None else set()
        if known - coming - set(self._index.contents.known(list(known))):
            self._agenda.retry_later()
