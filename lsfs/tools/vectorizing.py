"""Makes the vectors of tools' texts and of example requests that are missing, in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from lsfs.core.errors import LsfsError
from lsfs.embed.base import Embedder
from lsfs.store.index import Index
from lsfs.store.vault import Vault
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.describing import text_hash, texts_of

_ROUND = 512
"""Texts embedded between two commits: some seconds of work, lost by a kill at worst."""
_CALL = 32
"""Texts handed to the embedder at once: what was asked for meanwhile waits for them."""
_RETRY_S = 30.0
_SPOKEN = 4
"""Rounds after which those who ask are told that there are more vectors."""

log = logging.getLogger(__name__)


class ToolVectors:
    """A thread that embeds texts while some lack vectors, and sleeps while none does.

    `refusal` is asked between calls to the embedder, as `lsfs.index.embedding.EmbeddingJob` does: None lets it go on.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        vault: Vault,
        index: Index,
        embedder: Embedder,
        refusal: Callable[[], str | None] = lambda: None,
        retry_s: float = _RETRY_S,
    ) -> None:
        self._catalogue = catalogue
        self._vault = vault
        self._index = index
        self._embedder = embedder
        self._refusal = refusal
        self._retry_s = retry_s
        self._wake = threading.Condition()
        self._news = True
        self._working = False
        self._stopping = False
        self.trouble = ""
        """Why no vectors are made now, empty while all is well."""
        self._thread = threading.Thread(target=self._run, name="lsfs-tool-vectors", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the call to the embedder that is running."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        self._thread.join()

    def nudge(self) -> None:
        """Says that texts may lack vectors, or that what stopped the work may be over."""
        with self._wake:
            self._news = True
            self._wake.notify_all()

    def missing(self) -> bool:
        """Whether vectors are to be made still."""
        with self._wake:
            return self._news or self._working

    def _run(self) -> None:
        while self._wait():
            try:
                self._make()
                self.trouble = ""
            except Exception as error:
                # The thread outlives whatever a part of it raises, or nothing would be embedded any more.
                message = error.message if isinstance(error, LsfsError) else f"{type(error).__name__}: {error}"
                if self.trouble != message:
                    log.warning("no vectors of tools are made: %s", message, exc_info=not isinstance(error, LsfsError))
                self._pause(message)

    def _wait(self) -> bool:
        with self._wake:
            self._working = False
            self._wake.wait_for(lambda: self._news or self._stopping)
            self._news = False
            self._working = True
            return not self._stopping

    def _pause(self, reason: str) -> None:
        self.trouble = reason
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or self._news, self._retry_s)
            self._news = True

    def _make(self) -> None:
        """Embeds what lacks a vector; forgets those of texts that nothing says any more."""
        if self._index.tools.embedder() != self._embedder.id:
            with self._index.write() as tx:
                self._index.tools.begin(tx, self._embedder.id)
            self._catalogue.changed()
        wanted = self._wanted()
        embedded = self._index.tools.embedded()
        if gone := embedded - wanted.keys():
            with self._index.write() as tx:
                self._index.tools.drop_vectors(tx, list(gone))
        missing = [(digest, text) for digest, text in wanted.items() if digest not in embedded]
        for number, start in enumerate(range(0, len(missing), _ROUND), 1):
            if not self._round(missing[start : start + _ROUND]):
                return
            if number % _SPOKEN == 0 or start + _ROUND >= len(missing):
                self._catalogue.changed()

    def _wanted(self) -> dict[bytes, str]:
        """The texts that are to have a vector, by their hashes: first those of tools, then requests."""
        tools = self._catalogue.enabled()
        known = {tool.id for tool in tools}
        texts: Iterable[str] = [text for tool in tools for text in texts_of(tool)]
        requests = [one.query for one in self._vault.tools.all_examples() if one.tool in known]
        return {text_hash(text): text for text in (*texts, *requests)}

    def _round(self, part: Sequence[tuple[bytes, str]]) -> bool:
        """Embeds some texts, those of like length together; False when the job is to end."""
        ordered = sorted(part, key=lambda one: len(one[1]))
        rows = []
        for start in range(0, len(ordered), _CALL):
            if not self._leave():
                return False
            rows.append(self._embedder.embed([text for _, text in ordered[start : start + _CALL]]))
        vectors = np.concatenate(rows).astype(np.float32)
        with self._index.write() as tx:
            self._index.tools.add_vectors(
                tx, ((digest, row.tobytes()) for (digest, _), row in zip(ordered, vectors, strict=True))
            )
        return True

    def _leave(self) -> bool:
        """Waits until work is allowed; False when the job is to end."""
        while not self._stopping and (reason := self._refusal()) is not None:
            self._pause(reason)
        return not self._stopping
