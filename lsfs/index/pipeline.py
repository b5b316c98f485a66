"""Keeps the index in step: names from entries, words from readings, everything in the order of the vault's changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count, repeat

import msgspec

from lsfs.core.filetypes import extension
from lsfs.core.paths import display
from lsfs.core.records import Kind
from lsfs.index.layout import ContentLayout, Layout
from lsfs.index.vectors import VectorIndex
from lsfs.store.database import Transaction
from lsfs.store.index import FileRow, Index, NewContent
from lsfs.store.vault import Entry

_FOLLOW_BATCH = 2000


class Text(msgspec.Struct, frozen=True):
    """A content that a worker has read: what to store of it, and its passages for the word index."""

    content: NewContent
    chunks: Sequence[str] = ()
    cjk: Sequence[str] = ()


IGNORED = "ignored"
"""State of what is not in the index."""


class Standing(msgspec.Struct, frozen=True):
    """How an entry stands with the index, where its stat key alone doesn't tell."""

    state: str
    reason: str = ""


Judge = Callable[[Entry], Standing | None]
"""Says of an entry why it is not to be read (ignored, named), or None where it is."""


class Pipeline:
    """The index's one writer."""

    def __init__(self, index: Index, layout: Layout, vectors: VectorIndex | None) -> None:
        self._index = index
        self._layout = layout
        self._vectors = vectors

    def prepare(self, *, embedder: str | None, extractor: str) -> None:
        """Drops what another embedder or an older extractor made, then fills the arrays in memory.

        What an older extractor failed on is tried again; its successes stay.
        """
        with self._index.write() as tx:
            if self._vectors is not None and embedder is not None and self._index.embedder() != embedder:
                self._index.vectors.begin(tx, self._vectors.dimensions)
                self._index.contents.forget_vectors(tx)
                self._index.set_embedder(tx, embedder)
            outdated = self._index.contents.outdated(extractor)
            self._index.contents.remove(tx, [row[0] for row in outdated])
            if self._index.set_extractor(tx, extractor):
                self._index.files.requeue_failed(tx)
        self._layout.add(self._index.contents.layout())
        if self._vectors is not None:
            self._vectors.load()

    def follow(
        self,
        entries: Sequence[Entry],
        gone: Sequence[Entry] = (),
        *,
        judge: Judge,
        tags: Mapping[int, Sequence[str]] | None = None,
        texts: Iterable[Text] = (),
        standings: Mapping[int, Standing] | None = None,
        read: bool = False,
    ) -> None:
        """Takes in changed entries and what was read of them, in one transaction.

        `tags` are by lineage, `standings` by entry id (what came of reading it).  With `read` they
        have just been read, and texts that are lacking are on their way; else files are queued whose text the index
        lacks.  What is ignored is not in the index.
        """
        standings = standings or {}
        judged = {entry.id: judge(entry) for entry in entries}
        before = self._index.files.many([entry.id for entry in entries])
        searched = [entry for entry in entries if (s := judged[entry.id]) is None or s.state != IGNORED]
        hashes = [] if read else [entry.content for entry in searched if entry.content is not None]
        lacking = set(hashes) - set(self._index.contents.known(hashes)) if hashes else set()
        added: list[ContentLayout] = []
        with self._index.write() as tx:
            passages = [row for text in texts for row in self._add(tx, text, added)]
            rows = [
                _row(
                    e, before.get(e.id), standings.get(e.id) or judged[e.id], e.content is None or e.content in lacking
                )
                for e in searched
            ]
            stayed = {row.id for row in rows if row.id in before and _stands_as_before(row, before[row.id])}
            self._index.files.update(tx, [row for row in rows if row.id in stayed])
            self._index.files.put(tx, [row for row in rows if row.id not in stayed])
            self._name(tx, rows, before, tags or {})
            removed = [entry.id for entry in gone]
            removed += before.keys() - {row.id for row in rows}
            self._index.names.remove(tx, removed)
            self._index.files.remove(tx, removed)
            newest = max((entry.seq for entry in (*entries, *gone)), default=0)
            self._index.set_applied_seq(tx, newest)
            # Last: FTS5 writes out what it holds in memory whenever another statement needs a savepoint.
            self._index.passages.add(tx, passages)
        if added:
            self._layout.add(added)

    def _add(self, tx: Transaction, text: Text, added: list[ContentLayout]) -> Iterable[tuple[int, str, str]]:
        """Stores a content that is new, and returns its rows for the word index."""
        content = text.content
        if self._index.contents.has(tx, content.hash):
            return ()
        first = self._index.take_chunks(tx, content.chunks) if content.chunks else 0
        content_id = self._index.contents.add(tx, content, first)
        self._index.files.join(tx, content.hash, content_id)
        if not content.chunks:
            return ()
        added.append((content_id, first, content.chunks, content.chunk_table, content.code))
        bodies = list(text.chunks)
        if content.title and content.title not in bodies[0]:
            bodies[0] = f"{content.title}\n{bodies[0]}"
        return zip(count(first), bodies, text.cjk or repeat(""), strict=False)

    def _name(
        self,
        tx: Transaction,
        rows: Sequence[FileRow],
        before: Mapping[int, FileRow],
        tags: Mapping[int, Sequence[str]],
    ) -> None:
        """Indexes names that are new or changed; a save of a known file costs nothing here."""
        fresh = []
        for row in rows:
            old = before.get(row.id)
            own = list(tags.get(row.lineage, ()))
            known = old is not None and old.path == row.path
            if known and own == self._index.files.tags(row.id):
                continue
            folder, name = os.path.split(row.path)
            fresh.append((row.id, display(name), display(folder), " ".join(own)))
            if own or old is not None:
                self._index.files.set_tags(tx, row.id, own)
        self._index.names.add(tx, fresh, replace=bool(before))

    def catch_up(
        self, since: Callable[[int, int], list[Entry]], judge: Judge, tags: Callable[[list[int]], dict[int, list[str]]]
    ) -> int:
        """Follows every change of the vault that the index has not seen yet; returns how many there were.

        `since(seq, limit)` gives the entries changed after a number, `tags(lineages)` their tags.
        """
        followed = 0
        while batch := since(self._index.applied_seq(), _FOLLOW_BATCH):
            living = [entry for entry in batch if not entry.gone]
            gone = [entry for entry in batch if entry.gone]
            self.follow(living, gone, judge=judge, tags=tags([entry.lineage for entry in living]))
            followed += len(batch)
        return followed

    def begin_anew(self) -> None:
        """Forgets every file, to follow the vault from its beginning; what was read of contents stays."""
        with self._index.write() as tx:
            self._index.names.clear(tx)
            self._index.files.clear(tx)
            self._index.follow_from_the_beginning(tx)

    def forget_root(self, root: int) -> None:
        """Takes a root's files out of the index; contents go when nothing has them any more."""
        ids = self._index.files.below(root, b"")
        with self._index.write() as tx:
            self._index.names.remove(tx, ids)
            self._index.files.remove(tx, ids)

    def sweep(self, limit: int = 500) -> int:
        """Removes contents that no file has; returns how many."""
        orphans = self._index.contents.orphans(limit)
        self.drop(orphans)
        return len(orphans)

    def drop(self, contents: Sequence[tuple[int, int, int]]) -> None:
        """Removes contents, given as (id, first chunk, chunks), with their passages and vectors."""
        if not contents:
            return
        spans = [(first, count) for _, first, count in contents if count]
        with self._index.write() as tx:
            self._index.passages.remove(tx, spans)
            self._index.vectors.remove(tx, spans)
            self._index.contents.remove(tx, [row[0] for row in contents])
        self._layout.remove(row[0] for row in contents)
        if self._vectors is not None:
            for first, count in spans:
                self._vectors.forget(first, count)


def _stands_as_before(row: FileRow, before: FileRow) -> bool:
    """Whether only what `Files.update` writes can differ."""
    return (row.root, row.path, row.kind) == (before.root, before.path, before.kind)


def _row(entry: Entry, before: FileRow | None, standing: Standing | None, textless: bool) -> FileRow:
    name = os.path.basename(entry.path)
    if standing is None:
        standing = Standing("queued" if textless and entry.kind is Kind.FILE else "done")
    # While a changed file waits for its text, it is still found by what it said before.
    kept = before.content if before is not None and standing.state == "queued" else None
    return FileRow(
        id=entry.id,
        root=entry.root,
        path=entry.path,
        name=display(name).lower(),
        ext=extension(name),
        kind=entry.kind.value,
        size=entry.size,
        mtime_ns=entry.mtime_ns,
        hash=entry.content,
        content=kept,
        lineage=entry.lineage,
        state=standing.state,
        reason=standing.reason,
    )
