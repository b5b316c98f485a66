"""Makes the vectors that are missing, in the background, most recently modified files first."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lsfs.core.errors import LsfsError
from lsfs.embed.base import Embedder
from lsfs.index.texts import Passage, Texts
from lsfs.index.vectors import VectorIndex
from lsfs.store.index import Content, Index

_ROUND_CONTENTS = 256
_ROUND_CHUNKS = 1024
"""Passages embedded between two commits: some seconds of work, lost by a kill at worst."""
_CALL_CHUNKS = 32
"""Passages handed to the embedder at once: a quarter of a second, for which what was asked for meanwhile waits."""
_RETRY_S = 30.0

log = logging.getLogger(__name__)


def passage_text(content: Content, passage: Passage) -> str:
    """What is embedded of a passage: the content's own title and headings, then its words."""
    heading = passage.heading
    if content.title and content.title not in heading:
        heading = f"{content.title} › {heading}" if heading else content.title
    return (
        f"{heading}\n{passage.text}" if heading and heading not in passage.text[: len(heading) + 80] else passage.text
    )


class EmbeddingJob:
    """A thread that embeds contents while some lack vectors, and sleeps while none does.

    `refusal` is asked between calls to the embedder: None lets it go on, a text is why it must not, which is told as
    `trouble`, and '' has it wait for what will be over soon.  It is asked again when somebody nudges, or after a while.
    """

    def __init__(
        self,
        index: Index,
        texts: Texts,
        vectors: VectorIndex,
        embedder: Embedder,
        on_change: Callable[[], None],
        refusal: Callable[[], str | None],
        retry_s: float = _RETRY_S,
    ) -> None:
        self._index = index
        self._texts = texts
        self._vectors = vectors
        self._embedder = embedder
        self._on_change = on_change
        self._refusal = refusal
        self._retry_s = retry_s
        self._wake = threading.Condition()
        self._news = True
        self._working = False
        self._stopping = False
        self._unreadable: set[int] = set()
        self.trouble = ""
        """Why no vectors are made now, empty while all is well."""
        self._thread = threading.Thread(target=self._run, name="lsfs-embedding", daemon=True)

    def start(self) -> None:
        """Begins; vectors of another embedder are dropped first."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the call to the embedder that is running."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        self._thread.join()

    def nudge(self) -> None:
        """Says that contents may lack vectors, or that what stopped the work may be over."""
        with self._wake:
            self._news = True
            self._unreadable.clear()
            self._wake.notify_all()

    def missing(self) -> bool:
        """Whether vectors are to be made still."""
        with self._wake:
            return self._news or self._working

    def _run(self) -> None:
        while self._wait():
            try:
                self._rounds()
            except Exception as error:
                # The thread outlives whatever a part of it raises, or nothing would be embedded any more.
                expected = isinstance(error, LsfsError)
                message = error.message if isinstance(error, LsfsError) else f"{type(error).__name__}: {error}"
                if self.trouble != message:
                    log.warning("no vectors are made: %s", message, exc_info=not expected)
                self._pause(message)
            else:
                self.trouble = ""
            self._on_change()

    def _rounds(self) -> None:
        """Embeds until nothing is left."""
        while not self._stopping and (ids := self._due()) and self._leave() and self._round(ids):
            self._on_change()

    def _leave(self) -> bool:
        """Waits until work is allowed; False when the job is to end."""
        refused = False
        while not self._stopping and self._refusal() is not None:
            refused = True
            with self._wake:
                self._news = False
            reason = self._refusal()
            if reason is not None:  # what was over since would not nudge any more
                self._pause(reason, until_nudged=True)
        if refused and self.trouble:
            self.trouble = ""
            self._on_change()
        return not self._stopping

    def _pause(self, reason: str, *, until_nudged: bool = False) -> None:
        """Says why nothing is made and waits until it is to be tried again."""
        self.trouble = reason
        self._on_change()
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or (until_nudged and self._news), self._retry_s)
            self._news = True

    def _wait(self) -> bool:
        with self._wake:
            self._working = False
            while not (self._news or self._stopping):
                self._wake.wait()
            self._news = False
            self._working = True
            return not self._stopping

    def _due(self) -> list[int]:
        """Some contents without vectors, those of the files modified last."""
        with self._wake:
            unreadable = set(self._unreadable)
        ids = self._index.contents.unembedded(_ROUND_CONTENTS + len(unreadable))
        return [content for content in ids if content not in unreadable]

    def _round(self, ids: Sequence[int]) -> bool:
        """Embeds some of these contents; False when the job is to end."""
        chunks: list[int] = []
        texts: list[str] = []
        done: list[int] = []
        for content_id in ids:
            content = self._index.contents.get(content_id)
            if content is None:
                continue
            passages = self._texts.passages(content, self._index.files.with_content(content_id))
            if not passages:
                # Every file that had it has changed since; the change brings its own content.
                self._unreadable.add(content_id)
                continue
            chunks.extend(range(content.first_chunk, content.first_chunk + len(passages)))
            texts.extend(passage_text(content, passage) for passage in passages)
            done.append(content_id)
            if len(texts) >= _ROUND_CHUNKS:
                break
        rows = self._embed(texts)
        if rows is None:
            return False
        with self._index.write() as tx:
            # Contents that were removed meanwhile must not leave vectors behind.
            kept = set(self._index.contents.still_there(tx, done))
            if kept != set(done):
                return True
            self._index.vectors.add(tx, ((chunk, row.tobytes()) for chunk, row in zip(chunks, rows, strict=True)))
            self._index.contents.set_embedded(tx, done)
        self._vectors.remember(chunks, rows)
        return True

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """The rows to store, None when the job is to end."""
        parts = []
        for start in range(0, len(texts), _CALL_CHUNKS):
            if not self._leave():
                return None
            parts.append(self._embedder.embed(texts[start : start + _CALL_CHUNKS]))
        return np.concatenate(parts) if parts else np.empty((0, self._vectors.dimensions), np.float32)
