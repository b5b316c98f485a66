"""BM25 of passages from postings.  Pure: arrays in, arrays out.

Chunks and contents are numbered from 0; a number may stand for nothing (a removed content), and then has no words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

K1 = 1.2
B = 0.75
"""The usual constants (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009)."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What one snapshot of the index is made of; built once per snapshot and shared by all searches."""

    chunk_words: Floats
    """Words of each chunk."""
    chunk_content: Ints
    """The content each chunk belongs to."""
    content_words: Floats
    """Words of each content: the sum over its chunks; 0 for one that was removed."""
    content_code: Bools | None = None
    """Which contents are source code; None where that is not known."""
    content_alive: Bools | None = None
    """Which contents are there; None where all are."""

    def content_mask(self, contents: NDArray[np.int64] | Ints) -> Bools:
        """By content number, whether it is one of these; those past the snapshot's end are left out."""
        mask = np.zeros(len(self.content_words), np.bool_)
        mask[contents[contents < len(mask)]] = True
        return mask


@dataclass(frozen=True, slots=True)
class Postings:
    """Where a term stands: chunk numbers, ascending and distinct, and how often in each."""

    term: str
    chunks: Ints
    counts: Floats
    weight: float = 1.0
    """Less than 1 for a variant of the word that was typed."""
    of: str = ""
    """The query's term that this is a variant of; all variants of one count once, by the best in each passage."""


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """What the words say: BM25 of each passage that holds any of them."""

    chunks: Ints
    """Ascending."""
    chunk_scores: Floats
    idf: float
    """Summed idf of the query's terms; 0 where the index knows none."""

    def top_chunks(self, k: int) -> Ints:
        """The `k` best chunks by words: those whose cosine is worth having beside the nearest vectors'."""
        if len(self.chunks) <= k:
            return self.chunks
        return self.chunks[np.argpartition(-self.chunk_scores, k)[:k]]

    def at(self, chunks: Ints) -> Floats:
        """The scores of these chunks, 0 for those without any of the words."""
        if not len(self.chunks):
            return np.zeros(len(chunks), np.float32)
        place = np.minimum(np.searchsorted(self.chunks, chunks), len(self.chunks) - 1)
        return np.where(self.chunks[place] == chunks, self.chunk_scores[place], np.float32(0))


def worth_reading(frequencies: Sequence[int], n_chunks: int, budget: int = 25_000) -> list[bool]:
    """Which terms need their postings read, given the chunk frequency of each; the rest say too little for their cost.

    The rarest term is always read if the index knows it; others while they stand in at most half of the chunks
    and `budget` postings are not used up, rarest first.
    """
    keep = [False] * len(frequencies)
    spent = 0
    for place in sorted(range(len(frequencies)), key=lambda place: frequencies[place]):
        frequency = frequencies[place]
        if frequency and (not spent or (frequency <= max(n_chunks / 2, 10) and spent + frequency <= budget)):
            keep[place] = True
            spent += frequency
    return keep


def inverse_frequency(frequency: int, n_chunks: int) -> float:
    """The idf of a term in `frequency` of `n_chunks` chunks; positive for any, so that tiny collections rank too."""
    return math.log1p((max(n_chunks - frequency, 0) + 0.5) / (frequency + 0.5))


def word_evidence(terms: Sequence[Postings], collection: Collection, allowed: Bools | None = None) -> WordEvidence:
    """BM25 of passages; `allowed` masks contents (idf still counts all chunks).

    A variant counts at most as its own idf would let it, and a term's variants count together once.  A term that
    the index does not know (no postings) adds to `WordEvidence.idf` alone: nothing can hold all that was asked for.
    """
    length = len(collection.chunk_words)
    alive = int(np.count_nonzero(collection.chunk_words))
    if not terms or not alive:
        return WordEvidence(np.empty(0, np.int32), np.empty(0, np.float32), 0.0)
    mean_words = float(collection.chunk_words.sum(dtype=np.float64)) / alive
    total = np.zeros(length, np.float32)
    best = np.zeros(length, np.float32)
    summed = 0.0
    for base, group in groupby(sorted(terms, key=_base), key=_base):
        variants = [one for one in group if len(one.chunks)]
        idf = inverse_frequency(_frequency(base, variants), alive)
        summed += idf
        if not variants:
            continue
        gains = [idf * _gain(one, alive, idf) for one in variants]
        chunks = np.concatenate([one.chunks for one in variants])
        scores = _saturation(chunks, np.concatenate([one.counts for one in variants]), collection, mean_words)
        end = 0
        for one, gain in zip(variants, gains, strict=True):
            start, end = end, end + len(one.chunks)
            best[one.chunks] = np.maximum(best[one.chunks], scores[start:end] * np.float32(gain))
        total[chunks] += best[chunks]  # a chunk of several variants is assigned the same sum each time
        best[chunks] = 0
    if allowed is not None:
        total[~inside(collection, allowed)] = 0
    chunks = np.flatnonzero(total).astype(np.int32)
    return WordEvidence(chunks, total[chunks], summed)


def _base(one: Postings) -> str:
    return one.of or one.term


def _frequency(base: str, variants: Sequence[Postings]) -> int:
    """In how many chunks the term that was typed stands; the commonest variant's where it stands in none."""
    own = [len(one.chunks) for one in variants if one.term == base]
    return own[0] if own else max((len(one.chunks) for one in variants), default=0)


def _gain(one: Postings, n_chunks: int, idf: float) -> float:
    return one.weight * min(1.0, inverse_frequency(len(one.chunks), n_chunks) / idf)


def _saturation(chunks: Ints, counts: Floats, collection: Collection, mean_words: float) -> Floats:
    length = collection.chunk_words[chunks] * np.float32(B / mean_words)
    scores = counts * np.float32(K1 + 1) / (counts + np.float32(K1) * (np.float32(1 - B) + length))
    return scores.astype(np.float32, copy=False)


def inside(collection: Collection, allowed: Bools) -> Bools:
    """By chunk number, whether its content is allowed; contents past the mask's end are not."""
    content = collection.chunk_content
    passing = np.zeros(len(content), np.bool_)
    known = content < len(allowed)
    passing[known] = allowed[content[known]]
    return passing
