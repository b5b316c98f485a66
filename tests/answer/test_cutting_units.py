"""Texts are cut where each piece says something by itself, and tables keep the names of their columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lsfs.answer.prompts import paired, quoted_units
from lsfs.answer.tables import compares, mark_extremes, number_of
from lsfs.answer.units import units_of
from lsfs.index.texts import Passage

TABLE = (
    "| Tenant | Due | Open |\n| --- | --- | --- |\n"
    "| Moss | 410 | 0 |\n| Grieg | 520 | 220 |\n| Okoro | 390 | 40 |\n| Total | 1320 | 260 |\n"
)


def cut(text: str, ext: str = "txt", line: int = 1):
    return units_of([Passage(text, line, "", None)], ext)


def test_sentences_of_wrapped_lines_are_joined_and_know_their_line():
    units = cut(
        "The boiler was serviced\nin October. Mr. Moss paid\nonly 164 euros.\n\n- a list item\n- another", line=10
    )
    assert [(unit.text, unit.line) for unit in units] == [
        ("The boiler was serviced in October.", 10),
        ("Mr. Moss paid only 164 euros.", 11),
        ("- a list item", 14),
        ("- another", 15),
    ]


def test_a_numbered_heading_goes_with_what_it_heads():
    assert [unit.text for unit in cut("4. Ending. The tenant gives two months' notice. It is in writing.")] == [
        "4. Ending. The tenant gives two months' notice.",
        "It is in writing.",
    ]


def test_each_row_of_a_table_knows_its_columns():
    units = cut(TABLE)
    assert units[0].text == "Tenant | Due | Open"
    assert [paired(unit) for unit in units[1:3]] == [
        "Tenant: Moss, Due: 410, Open: 0",
        "Tenant: Grieg, Due: 520, Open: 220",
    ]


def test_a_title_above_a_table_does_not_hide_the_columns():
    units = cut("| Rent list 2024 | |\n| --- | --- |\n| Tenant | Due |\n| Moss | 410 |\n")
    assert paired(units[-1]) == "Tenant: Moss, Due: 410"


def test_separated_values_are_rows_with_a_header():
    units = cut('name,note\nMoss,"pays late, always"\n', "csv")
    assert paired(units[1]) == "name: Moss, note: pays late, always"
    assert units[1].line == 2


def test_many_rows_are_given_once_with_their_header():
    assert quoted_units(cut(TABLE + "| Ode | 1 | 1 |\n")).count("Tenant") == 1


def test_code_keeps_its_lines():
    units = units_of([Passage("import os\n\n\ndef f(x):\n    return x\n", 1, "", None)], "py", code=True)
    assert [unit.text for unit in units] == ["import os", "def f(x):\n    return x"]


def test_the_extremes_of_each_column_are_marked_but_no_total_is():
    marked = mark_extremes(cut(TABLE))
    assert [unit.text for unit in marked[1:]] == [
        "Moss | 410 | 0 (lowest Open)",
        "Grieg | 520 | 220 (highest Due) (highest Open)",
        "Okoro | 390 | 40 (lowest Due)",
        "Total | 1320 | 260",
    ]
    assert compares("who owes the most?")
    assert not compares("what does Moss owe?")


def test_numbers_of_cells():
    assert [number_of(cell) for cell in ("1,284.00", "1.284,50", "2,400", "7.5 L", "-420", "n/a", "12 %")] == [
        1284.0,
        1284.5,
        2400.0,
        7.5,
        -420.0,
        None,
        12.0,
    ]


@given(st.text(alphabet=st.sampled_from("ab A.|-\n1,:;\"'# \t"), max_size=300), st.sampled_from(["txt", "md", "csv"]))
def test_any_text_is_cut_without_loss_of_a_word(text, ext):
    units = units_of([Passage(text, 1, "", None)], ext)
    assert all(1 <= unit.line <= text.count("\n") + 1 for unit in units)
    if ext == "txt" and "|" not in text:
        assert "".join("".join(unit.text.split()) for unit in units) == "".join(text.split())


def test_each_entry_of_a_timetable_says_its_day():
    units = cut("- Thursday: 09:00 Year 10, 11:15 Year 12, 13:40 free\n- Friday: 09:00 Year 11, set 1")
    assert [unit.text for unit in units] == [
        "- Thursday: 09:00 Year 10",
        "- Thursday: 11:15 Year 12",
        "- Thursday: 13:40 free",
        "- Friday: 09:00 Year 11, set 1",
    ]
