"""A question is answered from what was read, or it is said that the files do not say."""

from __future__ import annotations

import pytest

from lsfs.answer.asking import Asking
from lsfs.answer.events import silent
from lsfs.answer.gathering import Gathered
from lsfs.answer.picking import Document, unit_scores
from tests.answer.papers import Told, a_document, all_of

RENT = a_document("Housing/rent.txt", "The rent is 410 a month.\n\nIt is paid on the first day.", 0.9, 1)
MOORING = a_document("Boats/mooring.txt", "The mooring costs 62 a month.", 0.8, 2)


class Library:
    """Gathers always the same documents, and remembers in which other words it was asked."""

    def __init__(self, *documents: Document) -> None:
        self.documents = documents
        self.also: list[str] = []

    def gather(self, question, also=()) -> Gathered:
        self.also += also
        scores = unit_scores(self.documents, question.parts, question.names, None)
        return Gathered(list(self.documents), scores)

    def again(self, gathered, number, asked):
        return unit_scores(gathered.documents, (asked,), (), None)[0]


class Knowing(Told):
    """One that sees what only one text says."""

    def __init__(self, asked: str, said: str, *lines: str) -> None:
        super().__init__(*lines)
        self.asked, self.said = asked, said

    def choose(self, prompt, options, going=None):
        odds = super().choose(prompt, options)
        text = prompt.turns[0].text
        return odds[::-1] if self.asked in text and self.said not in text else odds


def asked(question: str, llm: Told, *documents: Document, on_event=silent):
    return Asking(llm, Library(*(documents or (RENT, MOORING)))).ask(question, on_event)


def test_an_answer_names_its_place():
    answer = asked("how much is the rent?", Told("1: The rent is 410 a month."))
    assert answer.text == "The rent is 410 a month. [1]"
    assert [(place.file.path, place.line) for place in answer.cited] == [(b"Housing/rent.txt", 1)]
    assert answer.passages[0].quote == "The rent is 410 a month."


def test_two_parts_have_two_places():
    answer = asked(
        "what does the mooring cost, and how much is the rent?",
        Told("1: The mooring costs 62 a month.", "1: The rent is 410 a month."),
    )
    assert answer.text == "The mooring costs 62 a month. [1] The rent is 410 a month. [2]"
    assert [place.file.path for place in answer.cited] == [b"Boats/mooring.txt", b"Housing/rent.txt"]


def test_the_models_doubt_is_enough_to_claim_nothing():
    llm = Told(odds=[-0.1, -3.0, -9.0, -9.0])
    answer = asked("how much is the deposit?", llm)
    assert answer.text is None
    assert answer.cited == ()
    assert answer.passages


def test_what_the_files_do_not_bear_out_is_not_claimed():
    assert asked("how much is the rent in Coton Hill?", Told(*["1: The rent is 410 a month."] * 2)).text is None


@pytest.mark.parametrize("line", ["1: The mill burnt down.", "1: The rent is 500 a month."])
def test_where_the_model_points_at_a_text_and_says_something_else_the_text_speaks_for_itself(line):
    assert asked("what about the rent?", Told(line, line)).text == "The rent is 410 a month. [1]"


def test_each_text_is_weighed_and_the_best_read_by_itself():
    rent, mooring = a_document("rent.txt", "The rent is £410.", 0.9, 1), a_document("boat.txt", "It costs £62.", 0.8, 2)
    llm = Told("1: The rent is £410.")
    assert asked("what is the rent?", llm, rent, mooring).text == "The rent is £410. [1]"
    assert all(("boat.txt" in prompt.turns[0].text) != ("rent.txt" in prompt.turns[0].text) for prompt in llm.prompts)


def test_a_doubtful_model_has_no_text_speak_for_itself():
    llm = Told("1: The rent is 500 a month.", "1: It is 500.", odds=[-0.5, -0.9])
    assert asked("what about the rent?", llm).text is None


def test_less_doubt_is_borne_where_the_file_has_no_word_for_what_is_asked():
    rent = a_document("rent.txt", "The rent is £410 a month.", 0.9)
    llm = Told(*["1: It is £410 a month."] * 2, odds=[-0.7, -0.7])
    assert asked("how much rent is due for the flat?", llm, rent).text
    assert asked("how much deposit is due for the flat?", llm, rent).text is None


def test_no_file_means_no_answer_and_no_model():
    llm = Told()
    assert Asking(llm, Library(a_document("empty.txt", ""))).ask("how much?", silent).text is None
    assert llm.prompts == []


def test_each_sentence_is_shown_when_it_is_checked():
    heard: list[tuple[str, str]] = []
    asked("how much is the rent?", Told("1: The rent is 410 a month."), on_event=all_of(heard))
    assert list(dict.fromkeys(phase for phase, _ in heard)) == ["looking", "reading", "writing"]
    assert "".join(piece for phase, piece in heard if phase == "writing").strip() == "The rent is 410 a month."


def test_what_was_not_read_is_never_shown():
    heard: list[tuple[str, str]] = []
    asked("how much is the rent?", Told("1: The rent is 999 a month.", "1: It is 999."), on_event=all_of(heard))
    assert "999" not in "".join(piece for phase, piece in heard)


def test_the_caller_can_end_it_at_any_time():
    for ended in ("looking", "reading", "writing"):
        answer = asked(
            "how much is the rent?", Told("1: The rent is 410."), on_event=lambda phase, _, ended=ended: phase != ended
        )
        assert answer.text is None


def test_what_is_written_is_bounded_and_begins_with_the_number_of_a_snippet():
    llm = Told("1: The rent is 410 a month.")
    asked("how much is the rent?", llm)
    (bounds,) = llm.bounds
    assert bounds.max_tokens <= 120
    assert bounds.grammar.startswith('root ::= "1: "')


def test_little_is_read_of_much():
    pages = a_document("book.txt", "\n\n".join(f"On day {n} the rent was {n} and the sky grey." for n in range(300)))
    llm = Told("1: The rent was 12.")
    asked("how much was the rent?", llm, pages)
    assert llm.count(llm.prompts[0].turns[0].text) < 300


def test_a_question_that_finds_little_is_searched_in_other_words_too():
    faint = a_document("scan.txt", "A fee of 35 is charged for missed appointments.", 0.01, 3)
    library = Library(faint)
    llm = Told("What is the fee for a missed appointment?", "1: The fee is 35.")
    assert Asking(llm, library).ask("what do i pay if i don't turn up?", silent).text == "The fee is 35. [1]"
    assert library.also == ["What is the fee for a missed appointment?"]


def test_without_a_model_there_are_passages():
    places = Asking(Told(), Library(RENT, MOORING)).passages("how much is the rent?")
    assert (places[0].file.path, places[0].line) == (b"Housing/rent.txt", 1)


def test_a_part_that_points_at_the_one_before_is_told_what_was_said_to_it():
    llm = Told("1: The mooring costs 62 a month.", "1: It is paid on 1 May.")
    members = a_document("mooring.txt", "The mooring costs 62 a month, paid on 1 May.", 0.9, 1)
    answer = asked("what does the mooring cost, and when is it paid?", llm, members)
    assert "when is it paid? (mooring cost) (The mooring costs 62 a month.)" in llm.prompts[-1].turns[0].text
    assert answer.text == "The mooring costs 62 a month. [1] It is paid on 1 May. [1]"


def test_a_part_that_points_is_looked_for_where_the_answer_before_leads():
    llm = Knowing("who trains", "Anders", "1: Rita is with the juniors.", "1: Anders trains them.")
    members = a_document("members.csv", "name | group\nRita Moss | juniors\nKai Brandt | veterans", 0.9, 1)
    rota = a_document("rota.txt", "Anders trains the juniors.\n\nOlga trains the veterans.", 0.2, 2)
    answer = asked("which group is Rita Moss in, and who trains them?", llm, members, rota)
    assert answer.text == "Rita is with the juniors. [1] Anders trains them. [2][1]"
    after = [prompt.turns[0].text for prompt in llm.prompts if "(Rita is with the juniors.)" in prompt.turns[0].text]
    assert "Anders" in after[1]  # the first text is the one that the answer before came from


def test_a_part_that_no_file_answers_is_named():
    llm = Told("1: The rent is 410 a month.", *["1: It was signed by Mrs Teale in Ghent."] * 2)
    answer = asked("how much is the rent, and who signed the contract in Ghent?", llm)
    assert answer.text == "The rent is 410 a month. [1]"
    assert answer.unanswered == ("who signed the contract in Ghent?",)


def test_the_whole_is_what_a_file_says_it_comes_to():
    llm = Told("1: The brace cost 2,600 in all.")
    bill = a_document(
        "bill.txt", "Brace: 2,350 euros.\n\nX-rays of the jaw for the brace: 90 euros.\n\nTotal: 2,600", 0.9, 1
    )
    assert asked("what was the full cost of the brace?", llm, bill).text == "The brace cost 2,600 in all. [1]"
    assert "Total: 2,600" in llm.prompts[-1].turns[0].text


def test_a_label_whose_value_the_model_leaves_out_speaks_for_itself():
    party = a_document("party.md", "Nut allergy: Oskar.", 0.9, 1)
    assert asked("which guest must not eat nuts?", Told("1: The guest has a nut allergy."), party).text == (
        "Nut allergy: Oskar. [1]"
    )
