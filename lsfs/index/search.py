"""Search: fetches the evidence that ranking wants, and turns its order into files.

Filters are applied before anything is ranked: they become a mask over contents.  Steps and their cost are in
docs/performance.md.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.core.cjk import cjk_bigrams, has_cjk
from lsfs.core.errors import LsfsError
from lsfs.core.selector import Filters
from lsfs.index.bm25 import Collection, inside
from lsfs.index.layout import Layout
from lsfs.index.names import NameSearch
from lsfs.index.query import Query
from lsfs.index.rank import CANDIDATES, NameEvidence, Ranking, WordEvidence, rank, word_evidence
from lsfs.index.terms import query_postings
from lsfs.index.vectors import VectorIndex
from lsfs.store.index import FileRow, Index
from lsfs.store.index.files import Condition, condition

Mode = Literal["hybrid", "keyword", "semantic"]
Sort = Literal["relevance", "date", "name", "size"]

_SEARCHES = 4
"""Searches whose vectors are looked up at a time; the threads begin with the first searches."""
_SORT_POOL = 200
"""Good hits among which another order than relevance is made."""


_QueryVector = tuple[NDArray[np.float32] | None, str]
"""The vector, or None and what the user should know of that."""


class QueryEmbedder(Protocol):
    """Embeds queries in the background."""

    def later(self, text: str) -> Callable[[], NDArray[np.float32]]:
        """Begins to embed a text; what is returned waits for its row, of length 1, and raises LsfsError."""


class Found(msgspec.Struct, frozen=True):
    """A file that was found."""

    file: FileRow
    score: float
    """Calibrated, 0 to 1."""
    chunk: int | None
    """Number of its best passage within the content, None where only the name fits."""
    parts: dict[str, float]
    """What each kind of evidence says."""


class Answer(msgspec.Struct, frozen=True):
    """What a search gives."""

    found: list[Found]
    matched: list[str]
    """Terms of the query that the index knows."""
    note: str = ""


class Search:
    """Searches of one index.  `embedder` and `vectors` are None where vectors are switched off."""

    def __init__(
        self,
        index: Index,
        layout: Layout,
        vectors: VectorIndex | None,
        embedder: QueryEmbedder | None,
        roots: Callable[[], Mapping[int, bytes]],
    ) -> None:
        self._index = index
        self._layout = layout
        self._vectors = vectors
        self._embedder = embedder
        self._roots = roots
        self._names = NameSearch(index)
        self._threads = ThreadPoolExecutor(_SEARCHES, thread_name_prefix="lsfs-nearest")

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()

    def run(
        self,
        query: Query,
        filters: Filters,
        *,
        limit: int,
        mode: Mode = "hybrid",
        sort: Sort = "relevance",
        like: int | None = None,
        faint: bool = False,
    ) -> Answer:
        """The best `limit` files; `like` is a content that they should resemble, itself left out.

        With `faint`, those too of which none is a good match.
        """
        where = condition(filters, self._roots())
        wordless = not (query.text.strip() or query.phrases or query.any_of or like)
        if wordless:
            order = "date" if sort == "relevance" else sort
            rows = self._index.files.matching(where, order, limit)
            return Answer([Found(row, 1.0, None, {}) for row in rows], [])
        # One snapshot for all steps: commits go on meanwhile.
        collection = self._layout.collection
        allowed = self._allowed(query, filters, where, collection)
        # The embedder is another process, and numpy lets go of the interpreter: both work beside what follows.
        vector_of = self._begin_vector(query, like) if mode != "keyword" else None
        near = self._threads.submit(self._nearest, vector_of, allowed, collection)
        terms = []
        if mode != "semantic" and like is None:
            terms = query_postings(query.text, self._index.passages, len(collection.chunk_words))
        words = word_evidence(terms, collection, allowed)
        scores = self._names.scores(query) if like is None else {}
        nearest, vector, note = near.result()
        chunks, cosines = self._cosines(words, nearest, vector, collection)
        names, textless = self._name_evidence(query, scores, where, allowed, collection)
        wanted = limit if sort == "relevance" else _SORT_POOL
        ranking = rank(
            words, collection, chunks=chunks, cosines=cosines, names=names, limit=wanted + (like is not None)
        )
        # What a hit must hold word for word is found, however little it says otherwise.
        shown = len(ranking.contents) if faint or query.phrases or query.any_of else ranking.good
        found = self._files(ranking, shown, where, scores, textless, collection, like)
        if sort != "relevance":
            found.sort(key=_orders()[sort])
        matched = [term.term for term in terms if len(term.chunks) and term.of in ("", term.term)]
        return Answer(found[:limit], matched, note)

    def vector_of_words(self, words: str) -> NDArray[np.float32] | None:
        """The vector of a few words, of length 1; None where there are none."""
        if self._vectors is None or self._embedder is None:
            return None
        try:
            return self._embedder.later(words)()
        except LsfsError:
            return None

    def vector_of_content(self, content: int) -> NDArray[np.float32] | None:
        """The mean of a content's vectors, of length 1; None while there are none."""
        return self._vector_like(content)[0]

    def saying(self, words: Iterable[str]) -> dict[str, frozenset[int]]:
        """By word, the contents whose text says it, in any of its inflected forms."""
        content_of = self._layout.collection.chunk_content
        found = {}
        for word in dict.fromkeys(words):
            chunks = self._index.passages.match(word) - 1
            found[word] = frozenset(content_of[chunks[chunks < len(content_of)]].tolist())
        return found

    def _allowed(
        self, query: Query, filters: Filters, where: Condition, collection: Collection
    ) -> NDArray[np.bool_] | None:
        """By content number, what may be found; None where everything may."""
        allowed: NDArray[np.bool_] | None = None
        if not filters.empty:
            allowed = collection.content_mask(self._index.files.contents_passing(where))
        groups = [*((phrase,) for phrase in query.phrases), *query.any_of]
        for group in groups:
            holding = self._holding(group, collection)
            allowed = holding if allowed is None else allowed & holding
        if query.excluded:
            holding = ~self._holding(query.excluded, collection)
            allowed = holding if allowed is None else allowed & holding
        return allowed

    def _holding(self, phrases: Sequence[str], collection: Collection) -> NDArray[np.bool_]:
        """By content number, whether one of the phrases stands in it or in the name of a file that has it."""
        content_of = collection.chunk_content
        mask = np.zeros(len(collection.content_words), np.bool_)
        for phrase in phrases:
            text, cjk = (cjk_bigrams(phrase), True) if has_cjk(phrase) else (phrase, False)
            chunks = self._index.passages.match(text, cjk=cjk) - 1
            mask[content_of[chunks[chunks < len(content_of)]]] = True
            for row in self._index.files.many(self._index.names.holding(phrase)).values():
                if row.content is not None and row.content < len(mask):
                    mask[row.content] = True
        return mask

    def _begin_vector(self, query: Query, like: int | None) -> Callable[[], _QueryVector] | None:
        """Begins to make the query's vector; what is returned waits for it, or says why there is none."""
        if self._vectors is None or self._embedder is None:
            return None
        if like is not None:
            return lambda: self._vector_like(like)
        try:
            later = self._embedder.later(query.text)
        except LsfsError as error:
            return functools.partial(_no_vector, error)

        def wait() -> _QueryVector:
            try:
                return later(), ""
            except LsfsError as error:
                return _no_vector(error)

        return wait

    def _vector_like(self, like: int) -> _QueryVector:
        """The mean of a content's vectors, of length 1."""
        content = self._index.contents.get(like)
        rows = self._index.vectors.get(content.first_chunk, content.chunks) if content else []
        if not rows:
            return None, "the file has no vectors yet"
        mean: NDArray[np.float32] = np.stack([np.frombuffer(row, np.float32) for row in rows]).mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12), ""

    def _nearest(
        self,
        vector_of: Callable[[], _QueryVector] | None,
        allowed: NDArray[np.bool_] | None,
        collection: Collection,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32] | None, str]:
        """Ids of the passages nearest by their codes, with the query's vector and what is to be said of it."""
        vector, note = vector_of() if vector_of is not None else (None, "")
        if vector is None or self._vectors is None:
            return np.empty(0, np.int64), None, note
        mask = None if allowed is None else inside(collection, allowed)
        return self._vectors.nearest(vector, mask), vector, note

    def _cosines(
        self,
        words: WordEvidence,
        nearest: NDArray[np.int64],
        vector: NDArray[np.float32] | None,
        collection: Collection,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Chunk numbers and exact cosines of the nearest passages and of the best ones by words."""
        if vector is None or self._vectors is None:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        best = words.top_chunks(CANDIDATES).astype(np.int64) + 1
        ids, cosines = self._vectors.cosines(np.union1d(nearest, best), vector)
        known = ids <= len(collection.chunk_content)
        return (ids[known] - 1).astype(np.int32), cosines[known]

    def _name_evidence(
        self,
        query: Query,
        scores: Mapping[int, float],
        where: Condition,
        allowed: NDArray[np.bool_] | None,
        collection: Collection,
    ) -> tuple[NameEvidence | None, list[FileRow]]:
        """Name evidence by content number; files without a text content get the numbers after the last one."""
        contents, alive = len(collection.content_words), collection.content_alive
        rows = self._index.files.passing(list(scores), where)
        best: dict[int, float] = {}
        textless: list[FileRow] = []
        for row in sorted(rows.values(), key=lambda row: (row.root, row.path)):
            if row.content is not None and row.content < contents and (alive is None or alive[row.content]):
                if allowed is None or allowed[row.content]:
                    best[row.content] = max(best.get(row.content, 0.0), scores[row.id])
            elif not (query.phrases or query.any_of):
                best[contents + len(textless)] = scores[row.id]
                textless.append(row)
        if not best:
            return None, []
        return NameEvidence(np.array(list(best), np.int32), np.array(list(best.values()), np.float32)), textless

    def _files(
        self,
        ranking: Ranking,
        shown: int,
        where: Condition,
        scores: Mapping[int, float],
        textless: list[FileRow],
        collection: Collection,
        like: int | None,
    ) -> list[Found]:
        """The first `shown` contents as files; copies of one content by how their names fit, then by path."""
        contents = len(collection.content_words)
        numbers = [int(n) for n in ranking.contents[:shown]]
        files = self._index.files.of_contents([n for n in numbers if n < contents], where)
        found = []
        for place, number in enumerate(numbers):
            if number == like:
                continue
            rows = files.get(number, []) if number < contents else [textless[number - contents]]
            rows.sort(key=lambda row: (-scores.get(row.id, 0.0), row.root, row.path))
            chunk = _within(collection, number, int(ranking.best_chunk[place]))
            parts = {
                "words": float(ranking.words[place]),
                "meaning": float(ranking.cosine[place]),
                "name": float(ranking.names[place]),
            }
            found += [Found(row, float(ranking.confidence[place]), chunk, parts) for row in rows]
        return found


def _within(collection: Collection, content: int, chunk: int) -> int | None:
    """A chunk's number within its content."""
    if chunk < 0:
        return None
    first = chunk
    while first > 0 and collection.chunk_content[first - 1] == content:
        first -= 1
    return chunk - first


def _no_vector(error: LsfsError) -> _QueryVector:
    return None, f"found by words only: {error.message}"


def _orders() -> dict[str, Callable[[Found], tuple[object, ...]]]:
    return {
        "date": lambda found: (-found.file.mtime_ns, found.file.path),
        "name": lambda found: (found.file.name, found.file.path),
        "size": lambda found: (-found.file.size, found.file.path),
    }
