"""Ranking: passages by words, joined with meaning and names into one stable order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.index.bm25 import Collection, Postings, WordEvidence, inside, inverse_frequency, word_evidence, worth_reading
from lsfs.index.rank import NameEvidence, confidence_of, rank


def ints(*values):
    return np.array(values, np.int32)


def floats(*values):
    return np.array(values, np.float32)


def collection(*content_of_chunk, words=100.0, code=None):
    content = ints(*content_of_chunk)
    chunk_words = np.full(len(content), words, np.float32)
    sizes = np.bincount(content, weights=chunk_words).astype(np.float32)
    return Collection(chunk_words, content, sizes, None if code is None else np.array(code))


def postings(term, *chunks, counts=None, weight=1.0, of=""):
    return Postings(term, ints(*chunks), floats(*(counts or [1] * len(chunks))), weight, of)


NOTHING = WordEvidence(ints(), floats(), 0.0)
HUNDRED = collection(*range(100))


def test_a_rare_word_outweighs_a_common_one_and_repetition_saturates():
    evidence = word_evidence([postings("rare", 1), postings("common", *range(2, 42))], HUNDRED)
    assert evidence.at(ints(1)) > 2 * evidence.at(ints(2))
    once = word_evidence([postings("x", 1)], HUNDRED).at(ints(1))
    often = word_evidence([postings("x", 1, counts=[50])], HUNDRED).at(ints(1))
    assert once < often < 2.2 * once


def test_a_word_counts_more_in_a_short_passage():
    sizes = Collection(floats(50, 150), ints(0, 1), floats(50, 150))
    short, long = word_evidence([postings("x", 0, 1)], sizes).at(ints(0, 1))
    assert short > long > 0


def test_variants_count_once_by_the_best_and_never_more_than_the_word_itself():
    word = postings("lease", 1, 2)
    variant = postings("leases", 2, 3, weight=0.6, of="lease")
    evidence = word_evidence([word, variant], HUNDRED)
    typed, both, other = evidence.at(ints(1, 2, 3))
    assert typed == both > other > 0
    assert evidence.idf == word_evidence([word], HUNDRED).idf


def test_the_scores_of_several_words_add_up():
    groups = [[postings("flat", 1), postings("flats", 1, 2, of="flat")], [postings("rent", 1, 2, 3)]]
    groups[1].append(postings("rented", 1, 3, 4, weight=0.5, of="rent"))
    together = word_evidence(groups[0] + groups[1], HUNDRED)
    apart = [word_evidence(group, HUNDRED) for group in groups]
    every = ints(1, 2, 3, 4)
    assert together.at(every) == pytest.approx(apart[0].at(every) + apart[1].at(every))
    assert together.idf == pytest.approx(apart[0].idf + apart[1].idf)


def test_an_unknown_word_gives_no_score_but_is_missed():
    known = word_evidence([postings("lease", 1)], HUNDRED)
    with_unknown = word_evidence([postings("lease", 1), postings("xyzzy")], HUNDRED)
    assert with_unknown.at(ints(1)) == known.at(ints(1))
    assert with_unknown.idf > known.idf


def test_every_word_helps_in_a_tiny_collection():
    assert word_evidence([postings("both", 0, 1)], collection(0, 1)).at(ints(0)) > 0
    assert word_evidence([], collection(0)).idf == 0
    assert len(word_evidence([postings("x")], collection()).chunks) == 0


def test_contents_that_the_filter_shuts_out_have_no_evidence():
    allowed = np.array([False, True])
    evidence = word_evidence([postings("x", 0, 1, 2)], collection(0, 1, 2), allowed)
    assert evidence.chunks.tolist() == [1]
    assert inside(collection(0, 1, 2), allowed).tolist() == [False, True, False]


def test_the_rarest_terms_are_read_first_within_the_budget():
    assert worth_reading([0, 5, 40, 60, 99], 100) == [False, True, True, False, False]
    assert worth_reading([99], 100) == [True]
    assert worth_reading([500, 700, 30], 10_000, budget=600) == [True, False, True]
    assert worth_reading([2, 3], 3) == [True, True]
    assert worth_reading([], 3) == []
    assert inverse_frequency(1, 100) > inverse_frequency(50, 100) > inverse_frequency(100, 100) > 0


def test_the_best_passages_by_words_are_found_among_many():
    evidence = word_evidence([postings("x", *range(50), counts=list(range(1, 51)))], HUNDRED)
    assert sorted(evidence.top_chunks(3).tolist()) == [47, 48, 49]


def test_one_hit_for_each_content_with_its_best_passage():
    ranking = rank(NOTHING, collection(0, 0, 1), chunks=ints(0, 1, 2), cosines=floats(0.3, 0.7, 0.5))
    assert ranking.contents.tolist() == [0, 1]
    assert ranking.best_chunk.tolist() == [1, 2]
    assert ranking.cosine.tolist() == pytest.approx([0.7, 0.5])


def test_equal_contents_come_in_the_order_of_their_numbers_whatever_order_the_evidence_has():
    for chunks in (ints(3, 1, 2, 0), ints(0, 1, 2, 3)):
        ranking = rank(NOTHING, collection(0, 1, 2, 3), chunks=chunks, cosines=np.full(4, 0.5, np.float32))
        assert ranking.contents.tolist() == [0, 1, 2, 3]


def test_a_rare_exact_word_wins_over_vague_similarity():
    words = word_evidence([postings("KF906251", 7)], HUNDRED)
    near = np.arange(100, dtype=np.int32)
    cosines = np.full(100, 0.35, np.float32)
    cosines[7] = 0.1
    assert rank(words, HUNDRED, chunks=near, cosines=cosines).contents[0] == 7


def test_a_paraphrase_is_not_dragged_down_by_common_words():
    words = word_evidence([postings("flat", *range(40)), postings("month", *range(20, 70))], HUNDRED)
    cosines = np.full(100, 0.3, np.float32)
    cosines[90] = 0.75
    ranking = rank(words, HUNDRED, chunks=np.arange(100, dtype=np.int32), cosines=cosines)
    assert ranking.contents[0] == 90 and ranking.good >= 1


def test_common_words_weigh_less_in_source_code():
    words = word_evidence([postings("list", 0, counts=[5])], collection(0, 1, 2, 3))
    evidence = {"chunks": ints(0, 1), "cosines": floats(0.5, 0.53)}
    assert rank(words, collection(0, 1, 2, 3), **evidence).contents[0] == 0
    assert rank(words, collection(0, 1, 2, 3, code=[True] * 4), **evidence).contents[0] == 1


def test_a_fitting_file_name_comes_first_and_needs_no_content():
    words = word_evidence([postings("report", 0, counts=[9]), postings("2024", 0)], HUNDRED)
    names = NameEvidence(ints(50, 1234), floats(1.0, 0.9))
    ranking = rank(words, HUNDRED, chunks=ints(0, 50), cosines=floats(0.8, 0.1), names=names)
    assert ranking.contents.tolist() == [50, 1234, 0]
    assert ranking.best_chunk.tolist() == [50, -1, 0]
    assert ranking.good >= 2
    only = rank(NOTHING, HUNDRED, chunks=ints(), cosines=floats(), names=names)
    assert only.contents.tolist() == [50, 1234] and only.good == 2


def test_passages_whose_vector_is_still_being_made_are_found_by_their_words():
    words = word_evidence([postings("lease", 5), postings("rent", 5)], HUNDRED)
    ranking = rank(words, HUNDRED, chunks=ints(1, 2), cosines=floats(0.6, 0.55))
    assert ranking.contents[0] == 5


def test_words_alone_rank_without_vectors():
    words = word_evidence([postings("lease", 5, 6), postings("rent", 6)], HUNDRED)
    ranking = rank(words, HUNDRED, chunks=ints(), cosines=floats())
    assert ranking.contents.tolist() == [6, 5] and ranking.good == 2


def test_gibberish_and_what_is_absent_give_no_good_match():
    unknown = word_evidence([postings("xqzzy"), postings("blorf")], HUNDRED)
    assert rank(unknown, HUNDRED, chunks=ints(1, 2), cosines=floats(0.2, 0.15)).good == 0
    one_common_word = word_evidence([postings("city", *range(30)), postings("zanzibar"), postings("sultan")], HUNDRED)
    assert rank(one_common_word, HUNDRED, chunks=ints(1, 2), cosines=floats(0.25, 0.2)).good == 0
    assert len(rank(NOTHING, HUNDRED, chunks=ints(), cosines=floats()).contents) == 0


def test_a_weak_hit_is_shown_after_a_good_one_and_not_alone():
    words = word_evidence([postings("lease", 1, counts=[3]), postings("zanzibar")], HUNDRED)
    good = rank(words, HUNDRED, chunks=ints(1, 2, 3), cosines=floats(0.7, 0.36, 0.1))
    assert good.contents[: good.good].tolist() == [1, 2]
    assert rank(words, HUNDRED, chunks=ints(2, 3), cosines=floats(0.36, 0.1)).contents[0] == 1
    unknown = word_evidence([postings("zanzibar")], HUNDRED)
    assert rank(unknown, HUNDRED, chunks=ints(2, 3), cosines=floats(0.36, 0.1)).good == 0


def test_confidence_grows_with_each_kind_of_evidence():
    grid = np.linspace(0, 1, 11, dtype=np.float32)
    zero = np.zeros(11, np.float32)
    for evidence in ((grid, zero, zero), (zero, grid, zero), (zero, zero, grid)):
        sure = confidence_of(*evidence, has_words=True, has_meaning=True)
        assert (np.diff(sure) > 0).all() or sure[-1] > 0.99
        assert ((sure >= 0) & (sure <= 1)).all()


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(-1, 1, width=32), st.integers(0, 5)), min_size=1, max_size=40),
    st.integers(0, 39),
    st.integers(1, 10),
)
def test_more_evidence_never_lowers_a_content(chunks, which, limit):
    layout = collection(*sorted(content for content, _, _ in chunks))
    numbers = np.arange(len(chunks), dtype=np.int32)
    cosines = np.array([cosine for _, cosine, _ in chunks], np.float32)
    counts = np.array([count for _, _, count in chunks], np.float32)
    top = float(cosines.max())
    which %= len(chunks)

    def place(cosines, counts):
        stands = np.flatnonzero(counts).astype(np.int32)
        words = word_evidence([Postings("x", stands, counts[stands])], layout)
        ranking = rank(words, layout, chunks=numbers, cosines=cosines, limit=limit)
        assert (np.diff(ranking.scores) <= 0).all() and (np.diff(ranking.confidence) <= 0).all()
        assert 0 <= ranking.good <= len(ranking.contents) <= limit
        found = ranking.contents.tolist()
        assert len(set(found)) == len(found)
        content = int(layout.chunk_content[which])
        return found.index(content) if content in found else limit

    before = place(cosines, counts)
    nearer = cosines.copy()
    nearer[which] = min(nearer[which] + 0.1, max(top, float(nearer[which])))  # the top cosine scales all words alike
    assert place(nearer, counts) <= before
    if counts[which]:
        oftener = counts.copy()
        oftener[which] += 3
        assert place(cosines, oftener) <= before
