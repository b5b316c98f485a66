"""Gathers the documents that may hold an answer: searches part by part, reads texts, re-orders what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.answer.picking import Document, Scores, stems, unit_scores
from lsfs.answer.questions import Question, key_words
from lsfs.answer.tables import compares, mark_extremes
from lsfs.answer.units import Unit, units_of
from lsfs.core.errors import LsfsError
from lsfs.core.filetypes import family
from lsfs.core.selector import Filters
from lsfs.index.query import Query
from lsfs.index.search import Found, Search
from lsfs.index.texts import Texts
from lsfs.store.index import FileRow, Index

_FILES = 7
"""Files of each search that are looked into."""
_LONG_CHUNKS = 12
"""Passages up to which a document is read whole; of a longer one the best passage and its neighbours."""
_AROUND = 1
_TABLES = frozenset("csv tsv xlsx xls ods".split())
_MOST_UNITS = 240
"""Units whose meaning is compared with the question: about a third of a second."""


class Embedder(Protocol):
    """Makes vectors of length 1."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row for each text; raises LsfsError."""


class Gathered(msgspec.Struct, frozen=True):
    """Documents, with how well each unit fits the question."""

    documents: list[Document]
    scores: list[Scores]
    """For each part of the question."""
    vectors: NDArray[np.float32] | None = None
    """Of the units, one after another, as many as are compared; None where there is no embedder."""

    @property
    def best(self) -> float:
        """The search's confidence in the best file, 0 where there is none."""
        return max((document.score for document in self.documents), default=0.0)

    def words(self, file: FileRow | None = None) -> set[str]:
        """The stems of what was read of a file, its name included; of all files for None."""
        found: set[str] = set()
        for document in self.documents:
            if file is None or document.file.id == file.id:
                headers = {unit.header for unit in document.units}
                found |= stems(" ".join([document.file.name, *headers, *(unit.text for unit in document.units)]))
        return found


class Gathering:
    """Finds and reads."""

    def __init__(self, index: Index, search: Search, texts: Texts, embedder: Embedder | None) -> None:
        self._index = index
        self._search = search
        self._texts = texts
        self._embedder = embedder

    def gather(self, question: Question, also: Sequence[str] = ()) -> Gathered:
        """The documents that may answer; `also` are further search lines, such as the question in another language."""
        best: dict[int, Found] = {}
        for line in self._lines(question, also):
            for found in self._found(line, question.names):
                content = found.file.content
                if content is not None and (content not in best or best[content].score < found.score):
                    best[content] = found
        order = sorted(best.values(), key=lambda found: -found.score)
        documents = [document for found in order if (document := self._document(found)) is not None]
        if compares(question.text):
            replace = msgspec.structs.replace
            documents = [
                replace(one, units=tuple(mark_extremes(one.units))) if one.whole else one for one in documents
            ]  # of a part of a table nothing is the highest
        asked = (*question.parts, *also)
        vectors = self._vectors(documents)
        scores = unit_scores(documents, asked, question.names, self._cosines(asked, vectors))
        return Gathered(documents, _in_any_words(scores, len(question.parts)), vectors)

    def again(self, gathered: Gathered, number: int, asked: str) -> Scores:
        """How well what was gathered fits a part of the question, by its number, now asked in other words too."""
        scores = unit_scores(gathered.documents, (asked,), (), self._cosines((asked,), gathered.vectors))
        return _in_any_words([gathered.scores[number], *scores], 1)[0]

    def document(self, file: FileRow) -> Document | None:
        """All of a file's text, or None where it has none that can be read."""
        return self._document(Found(file, 1.0, None, {}), most=None)

    def unit_scores(self, file: FileRow, units: Sequence[Unit], wish: str) -> list[float]:
        """How well each unit of a file fits a wish."""
        document = Document(file, 1.0, tuple(units), whole=True)
        return unit_scores([document], [wish], (), self._cosines([wish], self._vectors([document])))[0][0]

    def _lines(self, question: Question, also: Sequence[str]) -> Iterable[str]:
        for part in (*question.parts, *also):
            yield part
            yield " ".join(key_words(part))

    def _found(self, line: str, names: Sequence[str]) -> list[Found]:
        words = tuple(
            dict.fromkeys(word for word in re.findall(r"[^\W_]+", " ".join(key_words(line))) if len(word) > 1)
        )
        plain = Query(line=line, text=line, plain=line)
        found = self._search.run(plain, Filters(), limit=_FILES).found
        if len(found) < _FILES and words:
            # The cut of a search for files would leave out what only the reading of it can tell.
            loose = msgspec.structs.replace(plain, any_of=(words,))
            found = found + self._search.run(loose, Filters(), limit=_FILES).found
        if names:
            # What is said of a person or a thing by name stands in files that hold it, in whatever other words.
            held = msgspec.structs.replace(plain, any_of=(tuple(names),))
            found = found + self._search.run(held, Filters(), limit=_FILES).found
        return found

    def _document(self, found: Found, most: int | None = _LONG_CHUNKS) -> Document | None:
        content = self._index.contents.get(found.file.content) if found.file.content is not None else None
        if content is None:
            return None
        numbers: Sequence[int] | None = None
        if most is not None and content.chunks > most:
            middle = found.chunk or 0
            numbers = range(max(0, middle - _AROUND), min(content.chunks, middle + _AROUND + 1))
            if found.file.ext in _TABLES:  # the names of the columns stand in the first
                numbers = sorted({0, *numbers})
        passages = self._texts.passages(content, [found.file], numbers)
        if not passages:
            return None
        code = family(found.file.ext) == "code"
        units = units_of(passages, found.file.ext, code=code)
        return Document(found.file, found.score, tuple(units), numbers is None)

    def _vectors(self, documents: Sequence[Document]) -> NDArray[np.float32] | None:
        """A row for each of the units, up to the most that are compared."""
        texts = [_in_context(document.file, unit) for document in documents for unit in document.units]
        if self._embedder is None:
            return None
        if not texts:
            return np.empty((0, 0), np.float32)
        try:
            return self._embedder.embed(texts[:_MOST_UNITS])
        except LsfsError:
            return None

    def _cosines(self, asked: Sequence[str], vectors: NDArray[np.float32] | None) -> list[list[float]] | None:
        """For each text that is asked, those of the units that have a vector."""
        if self._embedder is None or vectors is None:
            return None
        if not len(vectors):
            return [[] for _ in asked]
        try:
            rows = self._embedder.embed(asked)
        except LsfsError:
            return None
        return [[*map(float, row)] for row in rows @ vectors.T]


def _in_any_words(scores: Sequence[Scores], parts: int) -> list[Scores]:
    """The scores by the parts of the question, each the better of its own and of those in other words."""
    others = scores[parts:]
    return [
        [[max(same) for same in zip(*rows, strict=True)] for rows in zip(part, *others, strict=True)]
        for part in scores[:parts]
    ]


def _in_context(file: FileRow, unit: Unit) -> str:
    """What a unit says, with what it is said of: a line alone often does not name its subject."""
    name = file.name.rsplit(".", 1)[0]
    return f"{name}: {unit.header}: {unit.text}" if unit.header else f"{name}: {unit.text}"
