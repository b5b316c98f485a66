"""Which terms of the index a query's words stand for, with their postings.  Pure but for the vocabulary it is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lsfs.core.cjk import cjk_bigrams, has_cjk
from lsfs.index.bm25 import Postings, worth_reading
from lsfs.index.functionwords import content_words
from lsfs.index.variants import beginning, inflections, parts

_WORD = re.compile(r"[^\W_]+")


class Vocabulary(Protocol):
    """The terms of the full-text index."""

    def tokens(self, text: str) -> Sequence[str]:
        """The terms that the index makes of a text."""

    def frequency(self, term: str) -> int:
        """In how many chunks a term stands, 0 for an unknown one."""

    def starting(self, prefix: str) -> Iterable[tuple[str, int]]:
        """Terms that begin so, with their chunk frequencies; a few thousand at most."""

    def postings(self, term: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Chunk ids (chunk number + 1), ascending, and how often the term stands in each."""


def query_postings(text: str, vocabulary: Vocabulary, n_chunks: int) -> list[Postings]:
    """Postings of the words of `text` that carry meaning, and of their variants; empty ones for unknown words.

    Too frequent terms are left out (`worth_reading`).  Chunks past `n_chunks`, which a commit ahead of the snapshot
    may have added, are cut off.
    """
    words = content_words(_WORD.findall(text))
    terms = dict.fromkeys(vocabulary.tokens(" ".join(words)))
    if has_cjk(text):
        terms.update(dict.fromkeys(vocabulary.tokens(cjk_bigrams(text))))
    wanted = [_Wanted(term, term, 1.0, vocabulary.frequency(term)) for term in terms]
    known = [one for one in wanted if one.frequency]
    unknown = [one for one in wanted if not one.frequency]
    read = [one for one, keep in zip(known, _keep(known, n_chunks), strict=True) if keep]
    variants = [variant for one in (*read, *unknown) for variant in _variants(one.term, vocabulary, terms)]
    read += [one for one, keep in zip(variants, _keep(variants, n_chunks), strict=True) if keep]
    found = [_postings(one, vocabulary, n_chunks) for one in read]
    nothing = np.empty(0, np.int32), np.empty(0, np.float32)
    return found + [Postings(one.term, *nothing, of=one.term) for one in unknown]


class _Wanted:
    __slots__ = ("frequency", "of", "term", "weight")

    def __init__(self, term: str, of: str, weight: float, frequency: int) -> None:
        self.term, self.of, self.weight, self.frequency = term, of, weight, frequency


def _keep(terms: Sequence[_Wanted], n_chunks: int) -> list[bool]:
    return worth_reading([one.frequency for one in terms], n_chunks)


def _variants(term: str, vocabulary: Vocabulary, typed: Iterable[str]) -> list[_Wanted]:
    prefix = beginning(term)
    if prefix is None:
        return []
    nearby = dict(vocabulary.starting(prefix))
    weights = inflections(term, nearby.items())
    for part, weight in parts(term).items():
        frequency = nearby.get(part) or vocabulary.frequency(part)
        if frequency:
            nearby[part] = frequency
            weights[part] = max(weights.get(part, 0.0), weight)
    return [_Wanted(word, term, weight, nearby[word]) for word, weight in weights.items() if word not in typed]


def _postings(one: _Wanted, vocabulary: Vocabulary, n_chunks: int) -> Postings:
    chunks, counts = vocabulary.postings(one.term)
    inside = chunks <= n_chunks
    return Postings(
        one.term, (chunks[inside] - 1).astype(np.int32), counts[inside].astype(np.float32), one.weight, one.of
    )
