"""Which terms a query's words stand for: no function words, other forms, parts of compounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.index.functionwords import content_words
from lsfs.index.terms import query_postings
from lsfs.index.variants import MOST, beginning, inflections, parts


class Terms:
    """A vocabulary in memory: term → chunk ids."""

    def __init__(self, terms):
        self.terms = terms

    def tokens(self, text):
        return text.lower().split()

    def frequency(self, term):
        return len(self.terms.get(term, ()))

    def starting(self, prefix):
        return [(term, len(ids)) for term, ids in self.terms.items() if term.startswith(prefix)]

    def postings(self, term):
        return np.unique(np.array(self.terms[term], np.int64), return_counts=True)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("What is the main cause of HIV in children", "main cause HIV children"),
        ("Wie viele Punkte gab die Verteidigung ab", "viele Punkte gab Verteidigung ab"),
        ("qui a écrit la lettre", "écrit lettre"),
        ("war and peace", "war peace"),
        ("to be or not to be", "to be or not to be"),
        ("die hard", "die hard"),
        ("", ""),
    ],
)
def test_function_words_of_the_querys_own_language_are_left_out(query, left):
    assert content_words(query.split()) == left.split()


def test_other_endings_count_less_than_the_word_and_other_words_not_at_all():
    vocabulary = [("verteidigung", 3), ("verteidigt", 2), ("verteidigungen", 1), ("verteidigungslinie", 1)]
    vocabulary += [("verteilung", 9), ("vert", 1), ("verteidig7", 1)]
    found = inflections("verteidigung", vocabulary)
    assert set(found) == {"verteidigungen", "verteidigungslinie"}
    assert all(0 < weight < 1 for weight in found.values())
    assert "häuser" not in inflections("hausboot", [("häuser", 1)])


def test_short_words_and_numbers_have_no_variants():
    assert beginning("hiv") is None and beginning("kf906251") is None and beginning("20241") is None
    assert beginning("lease") == "leas"
    assert not parts("lease") and not parts("abc12345")


def test_a_word_with_thousands_of_forms_gives_the_commonest():
    found = inflections("account", [(f"account{'x' * n}", n) for n in range(1, 200)])
    assert len(found) == MOST and f"account{'x' * 199}" in found


def test_the_parts_of_a_compound_weigh_by_their_share():
    found = parts("abwehrlinie")
    assert 0 < found["linie"] < found["abwehr"] < 1
    assert all(len(part) >= 4 for part in found)


def test_a_query_is_read_with_its_variants_and_its_unknown_words():
    vocabulary = Terms({"lease": [1, 2], "leases": [3], "flat": [2], "abwehr": [4], "the": [1, 2, 3, 4]})
    found = {p.term: p for p in query_postings("the lease of a abwehrlinie xyzzy", vocabulary, 100)}
    assert set(found) == {"lease", "leases", "abwehr", "abwehrlinie", "xyzzy"}
    assert found["lease"].chunks.tolist() == [0, 1] and found["lease"].weight == 1
    assert (found["leases"].of, found["abwehr"].of) == ("lease", "abwehrlinie")
    assert found["leases"].weight < 1
    assert len(found["xyzzy"].chunks) == len(found["abwehrlinie"].chunks) == 0


def test_a_form_that_was_typed_itself_is_no_variant():
    vocabulary = Terms({"lease": [1], "leases": [2]})
    assert [p.of for p in query_postings("lease leases", vocabulary, 100)] == ["lease", "leases"]


def test_chunks_that_the_snapshot_lacks_are_cut_off():
    assert query_postings("lease", Terms({"lease": [1, 5]}), 3)[0].chunks.tolist() == [0]


def test_chinese_is_looked_up_as_bigrams():
    found = query_postings("租房合同", Terms({"租房": [1], "合同": [1]}), 100)
    assert {"租房", "合同"} <= {p.term for p in found if len(p.chunks)}


@given(st.text())
def test_any_text_gives_postings(text):
    query_postings(text, Terms({"lease": [1]}), 10)
