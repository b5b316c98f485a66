"""Ranking looks at the best passages only, and gives what looking at all of them would."""

from __future__ import annotations

import numpy as np
import pytest

from lsfs.index import rank as ranking
from lsfs.index.bm25 import Collection, Postings, word_evidence
from lsfs.index.rank import NameEvidence, rank

CHUNKS = 20_000


def a_search(chunks_a_content: int, seed: int):
    rng = np.random.default_rng(seed)
    content = np.repeat(np.arange(CHUNKS // chunks_a_content, dtype=np.int32), chunks_a_content)
    words = rng.integers(20, 200, CHUNKS).astype(np.float32)
    collection = Collection(words, content, np.bincount(content, words).astype(np.float32))
    terms = []
    for term, share in (("lease", 0.4), ("flat", 0.3), ("lyon", 0.02)):
        stands = np.flatnonzero(rng.random(CHUNKS) < share).astype(np.int32)
        terms.append(Postings(term, stands, rng.integers(1, 4, len(stands)).astype(np.float32)))
    named = rng.choice(len(collection.content_words), 5, replace=False).astype(np.int32)
    numbers = np.append(named, len(collection.content_words) + 3).astype(np.int32)
    names = NameEvidence(numbers, np.linspace(0.1, 0.4, 6, dtype=np.float32))
    return word_evidence(terms, collection), collection, names


NO_CHUNKS = np.empty(0, np.int32)
NO_COSINES = np.empty(0, np.float32)


@pytest.mark.parametrize("chunks_a_content", [1, 8, 1000])
@pytest.mark.parametrize("with_names", [True, False])
@pytest.mark.parametrize("limit", [10, 200])
def test_the_order_by_words_is_that_of_all_passages(monkeypatch, chunks_a_content, with_names, limit):
    words, collection, names = a_search(chunks_a_content, seed=chunks_a_content)

    def ranked():
        evidence = names if with_names else None
        return rank(words, collection, chunks=NO_CHUNKS, cosines=NO_COSINES, names=evidence, limit=limit)

    assert len(words.chunks) > 2 * ranking.WORDS_ONLY
    few = ranked()
    monkeypatch.setattr(ranking, "WORDS_ONLY", CHUNKS)
    every = ranked()
    for field in ("contents", "scores", "confidence", "best_chunk", "words", "names"):
        assert np.array_equal(getattr(few, field), getattr(every, field)), field
    assert few.good == every.good


def test_only_the_best_passages_are_ranked_by_words(monkeypatch):
    words, collection, _ = a_search(1, seed=3)
    seen = []
    best_passages = ranking._best_passages
    monkeypatch.setattr(
        ranking, "_best_passages", lambda chunks, *rest: seen.append(len(chunks)) or best_passages(chunks, *rest)
    )
    rank(words, collection, chunks=NO_CHUNKS, cosines=NO_COSINES)
    assert seen[0] < 2 * ranking.WORDS_ONLY
