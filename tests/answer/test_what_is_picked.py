"""What a model reads is little, fits the question, and is whole enough to be understood."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lsfs.answer.picking import MOST_SNIPPETS, pick, unit_scores
from lsfs.answer.questions import read
from tests.answer.papers import a_document


def count(text: str) -> int:
    return len(text.split())


def picked(question: str, *documents, tokens: int = 60):
    parts = read(question)
    scores = unit_scores(documents, parts.parts, parts.names, None)
    return pick(documents, scores, tokens, count)


LEASE = a_document("lease.txt", "The rent is 410 a month.\n\nNo dogs are allowed.\n\nIt may be ended in May.", 0.9, 1)
DIARY = a_document("diary.txt", "We walked the dogs to the mill.\n\nIt rained all day.", 0.4, 2)


def test_the_unit_with_the_words_of_the_question_comes_first():
    assert picked("how much is the rent", LEASE, DIARY)[0].units[-1].text == "The rent is 410 a month."


def test_a_sentence_that_leans_on_the_one_before_it_brings_it():
    found = picked("when may it be ended", LEASE)
    assert [unit.text for unit in found[0].units] == ["No dogs are allowed.", "It may be ended in May."]


def test_the_same_text_in_two_files_is_read_once():
    copy = a_document("copy of lease.txt", "The rent is 410 a month.", 0.9, 3)
    texts = [snippet.units[-1].text for snippet in picked("how much is the rent", LEASE, copy)]
    assert texts.count("The rent is 410 a month.") == 1


def test_each_part_of_a_question_gets_its_best_unit_before_any_its_second():
    fees = a_document("fees.txt", "The mooring costs 62 a month.\n\nThe boat is insured for 900.", 0.5, 3)
    found = picked("what does the mooring cost, and how much is the rent", LEASE, fees)
    assert [snippet.file.name for snippet in found[:2]] == ["fees.txt", "lease.txt"]


def test_what_a_table_says_of_a_name_leads_on_to_another_file():
    members = a_document("members.csv", "name,squad\nFreya Oak,juniors\nTom Lind,veterans\n", 0.9, 3)
    rota = a_document("rota.txt", "Tuesday 06:00 veterans: Hugh\n\nWednesday 16:00 juniors: Dilys", 0.2, 4)
    found = picked("when does Freya's squad train", members, rota, LEASE)
    assert [snippet.units[-1].text for snippet in found[:2]] == [
        "Freya Oak | juniors",
        "Wednesday 16:00 juniors: Dilys",
    ]


@given(st.lists(st.text(alphabet="ab. \n", max_size=80), max_size=6), st.integers(0, 60))
def test_never_more_is_picked_than_may_be_read(texts, tokens):
    documents = [a_document(f"{n}.txt", text, 0.5, n + 1) for n, text in enumerate(texts)]
    found = picked("a ab abb", *documents, tokens=tokens)
    assert sum(count(snippet.text) for snippet in found) <= tokens
    assert len(found) <= MOST_SNIPPETS
