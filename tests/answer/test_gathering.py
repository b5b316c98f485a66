"""Documents are found part by part, in other words too, and read by passages where they are long."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsfs.answer import Answering
from lsfs.answer.gathering import Gathering
from lsfs.answer.questions import read
from tests.answer.papers import Told
from tests.running import Lsfs


@pytest.fixture
def library(lsfs: Lsfs) -> Lsfs:
    root = Path(lsfs.root)
    (root / "rent.txt").write_text("The rent is 410 a month.\n\nIt is paid on the first day.\n")
    (root / "mooring.txt").write_text("The mooring costs 62 a month.\n")
    (root / "members.csv").write_text("name,joined\nOmar Lind,2019-04-01\nRuth Oak,2021-02-03\n")
    (root / "arrears.csv").write_text("who,behind\nOmar Lind,45\n")
    pages = (f"On day {n} of the long voyage nothing at all was seen but grey water. " * 12 for n in range(60))
    (root / "voyage.txt").write_text("\n\n".join(pages) + "\n\nOn day 61 a whale stove in the rudder.\n")
    lsfs.up()
    return lsfs


def gathering(lsfs: Lsfs) -> Gathering:
    parts = lsfs.engine._parts
    return Gathering(parts.index, parts.search, parts.texts, None)


def names(gathered) -> list[str]:
    return [document.file.name for document in gathered.documents]


def test_there_are_scores_for_each_part_whatever_else_was_searched(library):
    question = read("what is the rent, and what does the mooring cost?")
    gathered = gathering(library).gather(question, ["fee of the boat's berth"])
    assert len(gathered.scores) == 2
    assert {"rent.txt", "mooring.txt"} <= set(names(gathered))
    assert [len(part) for part in gathered.scores] == [len(gathered.documents)] * 2


def test_other_words_find_what_the_question_does_not(library):
    question = read("Wie hoch ist die Miete?")
    assert gathering(library).gather(question).documents == []
    gathered = gathering(library).gather(question, ["how much is the rent"])
    assert names(gathered)[0] == "rent.txt"
    assert max(gathered.scores[0][0]) > 0.0


def test_files_that_hold_a_name_are_looked_into(library):
    assert "arrears.csv" in names(
        gathering(library).gather(read("since when has Omar been a member, and what of his debts"))
    )


def test_of_a_long_document_the_passages_around_the_best_are_read(library):
    (document,) = (
        one
        for one in gathering(library).gather(read("what stove in the rudder")).documents
        if one.file.name == "voyage.txt"
    )
    assert not document.whole
    assert any("whale" in unit.text for unit in document.units)
    assert len(document.units) < 120


def test_all_of_it_from_the_files_to_the_answer(library):
    parts = library.engine._parts
    llm = Told("1: The rent is 410 a month.")
    answering = Answering(llm, parts.index, parts.search, parts.texts)
    answer = answering.ask("how much is the rent each month?")
    assert answer.text == "The rent is 410 a month. [1]"
    assert (answer.cited[0].file.path, answer.cited[0].line) == (b"rent.txt", 1)
    assert answering.passages("how much is the rent each month?")[0].file.path == b"rent.txt"
