"""From evidence to an order: numbers in, ranked contents out.  Pure; no database, no clock, no model.

A search runs in two steps.  `word_evidence` turns the postings of the query's terms into BM25 scores of
passages.  The caller then fetches cosines for the best passages of both kinds (nearest vectors and best by
words), and `rank` joins words, meaning and names into one order with a calibrated confidence.

A content is as good as its best passage; scores keep their absolute scale (a cosine, and BM25 in its own units)
because that keeps how sure each part is, which ranks and min-max scaling throw away.

Chunks and contents are numbered from 0; a number may stand for nothing (a removed content), and then has no words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lsfs.index.bm25 import (
    K1,
    Bools,
    Collection,
    Floats,
    Ints,
    Postings,
    WordEvidence,
    word_evidence,
    worth_reading,
)

__all__ = [
    "FOLLOWING",
    "GOOD",
    "Collection",
    "NameEvidence",
    "Postings",
    "Ranking",
    "Weights",
    "WordEvidence",
    "confidence_of",
    "rank",
    "word_evidence",
    "worth_reading",
]


CANDIDATES = 200
"""Best passages by words that are ranked even where their vector is still being made."""

WORDS_ONLY = 2000
"""Best passages by words that are ranked where there is no meaning; more only if they lie in too few contents."""

GOOD = 0.07
"""Confidence that the best hit must have: 0.5 % of answerable questions fall below it, 84 % of foreign ones."""
FOLLOWING = 0.02
"""Confidence that the hits after a good one must have."""

_BOTH = (15.3, 14.1, -8.5)
_WORDS_ONLY = (0.0, 20.2, -4.55)
_MEANING_ONLY = (18.9, 0.0, -6.6)
_NAME = 20.0

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Weights:
    """The constants of ranking; docs/performance.md has the measurements behind them."""

    words: float = 0.04
    """What one unit of BM25 is worth in cosine where the nearest passage's is `sure`."""
    sure: float = 0.6
    """Words weigh less, by the square, the nearer the nearest passage is: the embedder then knows what is meant."""
    least_sure: float = 0.25
    code: float = 0.2
    """What words weigh in source code: there, a common word is a name of something, rarely what it is about."""
    names: float = 2.0
    """What a perfectly fitting name is worth in cosine: more than any text, as a name is typed to be found."""


@dataclass(frozen=True, slots=True)
class NameEvidence:
    """How well names fit, 0 to 1 each; numbers past the contents stand for files without one."""

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
    """BM25 of the best passage, as a share of what the query's words could give."""
    cosine: Floats
    """Of the best passage; 0 where none is known."""
    names: Floats
    good: int
    """How many of the first ones to show; 0 is 'no good match'."""


def rank(
    words: WordEvidence,
    collection: Collection,
    *,
    chunks: Ints,
    cosines: Floats,
    names: NameEvidence | None = None,
    limit: int = 10,
    weights: Weights | None = None,
) -> Ranking:
    """The best `limit` contents, equal ones by number.

    `chunks` and `cosines` give the exact cosine of each candidate passage, in any order: the union of the
    nearest ~400 and of `words.top_chunks(200)`; empty in keyword mode.  In semantic mode `words` is empty.
    Passages whose vector is still being made take the middle cosine of the candidates.
    """
    weights = weights or Weights()
    has_meaning = len(chunks) > 0
    if has_meaning:
        chunks, cosines = _candidates(words, chunks, cosines)
    else:
        chunks = _best_by_words(words, collection, names, limit)
        cosines = np.zeros(len(chunks), np.float32)
    lexical = words.at(chunks)
    content = collection.chunk_content[chunks]
    top_cosine = float(cosines.max(initial=0.0))
    worth = weights.words * (weights.sure / max(top_cosine, weights.least_sure)) ** 2
    weighed = lexical * np.float32(worth)
    if has_meaning and collection.content_code is not None:
        weighed = np.where(_code(collection.content_code, content), weighed * np.float32(weights.code), weighed)
    contents, place, scores = _best_passages(chunks, content, cosines + weighed)
    named = np.zeros(len(contents), np.float32)
    if names is not None and len(names.contents):
        contents, place, scores, named = _with_names(contents, place, scores, names, weights.names)
    order = np.lexsort((contents, -scores))[:limit]
    place, named = place[order], named[order]
    share = _at(lexical, place) / np.float32((K1 + 1) * max(words.idf, 1e-6))
    cosine = _at(cosines, place)
    sure = confidence_of(cosine, share, named, has_words=words.idf > 0, has_meaning=has_meaning)
    confidence = np.minimum.accumulate(sure) if len(sure) else sure
    return Ranking(
        contents=contents[order],
        scores=scores[order],
        confidence=confidence,
        best_chunk=np.where(place >= 0, _at(chunks, place), -1).astype(np.int32),
        words=share,
        cosine=cosine,
        names=named,
        good=int(np.count_nonzero(confidence >= FOLLOWING)) if confidence.max(initial=0.0) >= GOOD else 0,
    )


def confidence_of(cosine: Floats, share: Floats, names: Floats, *, has_words: bool, has_meaning: bool) -> Floats:
    """Calibrated probability that hits with this evidence answer the query, 0 to 1.

    A logistic model of the best passage's cosine and of the share of the query's words (by idf, unknown ones
    counted) that it holds, fitted on questions put to their own collection and to foreign ones.
    """
    of_cosine, of_share, base = _BOTH if has_words and has_meaning else _WORDS_ONLY if has_words else _MEANING_ONLY
    logit = of_cosine * cosine + of_share * share + _NAME * names + base
    sure: Floats = (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)
    return sure


def _candidates(words: WordEvidence, chunks: Ints, cosines: Floats) -> tuple[Ints, Floats]:
    """The passages to rank, ascending, with a cosine for each."""
    missing = np.setdiff1d(words.top_chunks(CANDIDATES), chunks).astype(np.int32)
    if len(missing):
        chunks = np.concatenate((chunks, missing))
        cosines = np.concatenate((cosines, np.full(len(missing), np.median(cosines), np.float32)))
    order = np.argsort(chunks, kind="stable")
    return chunks[order], cosines[order]


def _best_by_words(words: WordEvidence, collection: Collection, names: NameEvidence | None, limit: int) -> Ints:
    """The passages that can be among the first `limit` contents, ascending: the best, and those of named contents."""
    if len(words.chunks) <= WORDS_ONLY:
        return words.chunks
    least = np.partition(words.chunk_scores, -WORDS_ONLY)[-WORDS_ONLY]
    keep = words.chunk_scores >= least
    content = collection.chunk_content[words.chunks]
    if len(np.unique(content[keep])) < limit:
        return words.chunks
    if names is not None:
        named = names.contents[names.contents < len(collection.content_words)]
        keep |= collection.content_mask(named)[content]
    kept: Ints = words.chunks[keep]
    return kept


def _code(content_code: Bools, content: Ints) -> Bools:
    flags: Bools = (content < len(content_code)) & content_code[np.minimum(content, len(content_code) - 1)]
    return flags


def _best_passages(chunks: Ints, content: Ints, scores: Floats) -> tuple[Ints, NDArray[np.int64], Floats]:
    """Contents, the place of each one's best passage among `chunks`, and its score."""
    order = np.lexsort((chunks, -scores, content))
    place = order[np.flatnonzero(np.diff(content[order], prepend=-1))]
    return content[place], place, scores[place]


def _with_names(
    contents: Ints, place: NDArray[np.int64], scores: Floats, names: NameEvidence, weight: float
) -> tuple[Ints, NDArray[np.int64], Floats, Floats]:
    """The same with the names' worth added, and contents that only a name speaks for at the end."""
    only = ~np.isin(names.contents, contents)
    contents = np.concatenate((contents, names.contents[only]))
    place = np.concatenate((place, np.full(np.count_nonzero(only), -1)))
    scores = np.concatenate((scores, np.zeros(np.count_nonzero(only), np.float32)))
    order = np.argsort(contents)
    named = np.zeros(len(contents), np.float32)
    named[order[np.searchsorted(contents, names.contents, sorter=order)]] = names.scores
    return contents, place, scores + np.float32(weight) * named * named, named


def _at(values: NDArray[_T], place: NDArray[np.int64]) -> NDArray[_T]:
    """The values at these places, 0 for place -1."""
    if not len(values):
        return np.zeros(len(place), values.dtype)
    return np.where(place >= 0, values[place], np.zeros(1, values.dtype))
