"""From evidence to an order: numbers in, ranked contents out.  Pure; no database, no clock, no model.

A search runs in two steps.  `word_evidence` turns the postings of the query's terms into BM25 scores
of passages and of contents.  The caller then fetches cosines for the best passages of both kinds
(nearest vectors and best by words), and `rank` joins words, meaning, names and age into one order
with a calibrated confidence.

Chunks and contents are numbered from 0 without gaps within one snapshot of the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Collection:
    """What one snapshot of the index is made of; built once per snapshot and shared by all searches."""

    chunk_words: Floats
    """Words of each chunk."""
    chunk_content: Ints
    """The content each chunk belongs to."""
    content_words: Floats
    """Words of each content: the sum over its chunks."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Where a term stands: chunk numbers, ascending and distinct, and how often in each."""

    term: str
    chunks: Ints
    counts: Floats
    weight: float = 1.0
    """Less than 1 for a term that the query only implies, such as a sub-word of an identifier."""


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """What the words say, as shares (0 to about 1) of what a passage holding every word would get."""

    chunks: Ints
    chunk_scores: Floats
    contents: Ints
    content_scores: Floats
    best_chunk: Ints
    """For each of `contents` its best chunk by words."""
    idf: float
    """Summed idf of the query's terms; 0 where no term is known to the index."""

    def top_chunks(self, k: int) -> Ints:
        """The `k` best chunks by words: those whose cosine is worth having beside the nearest vectors."""
        if len(self.chunks) <= k:
            return self.chunks
        return self.chunks[np.argpartition(-self.chunk_scores, k)[:k]]


@dataclass(frozen=True, slots=True)
class NameEvidence:
    """How well names fit, 0 to 1 each (see `name_score`); numbers past the contents stand for files without one."""

    contents: Ints
    scores: Floats


@dataclass(frozen=True, slots=True)
class Ranking:
    """Contents, best first, and why; all arrays run in parallel."""

    contents: Ints
    scores: Floats
    confidence: Floats
    """Calibrated probability that the content is what was asked for, 0 to 1, never increasing."""
    best_chunk: Ints
    """-1 where only the name fits."""
    words: Floats
    cosine: Floats
    names: Floats
    good: int
    """How many of the first ones are good enough to show; 0 is 'no good match'."""


def worth_reading(frequencies: Sequence[int], n_chunks: int) -> list[bool]:
    """Which terms need their postings read, given the chunk frequency of each; the rest say too little for their cost."""
    raise NotImplementedError


def word_evidence(terms: Sequence[Postings], collection: Collection, allowed: Bools | None = None) -> WordEvidence:
    """BM25 of passages and of contents, joined; `allowed` masks contents (idf still counts all of them)."""
    raise NotImplementedError


def rank(
    words: WordEvidence,
    collection: Collection,
    *,
    chunks: Ints,
    cosines: Floats,
    names: NameEvidence | None = None,
    ages_days: Floats | None = None,
    limit: int = 10,
) -> Ranking:
    """The best `limit` contents.

    `chunks` and `cosines` give the exact cosine of each candidate passage, in any order: the union of the
    nearest ~400 and of `words.top_chunks(200)`; empty in keyword mode.  In semantic mode `words` is empty.
    `ages_days` is the age of each content's newest entry; it only breaks near-ties.
    """
    raise NotImplementedError
