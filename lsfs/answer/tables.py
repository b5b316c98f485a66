"""What a table says only as a whole: which row has the most and the least.  Pure.

A small model does not compare the rows of a column, so what a question for the highest or the first asks is marked in
the row that has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from lsfs.answer.units import Unit

_MOST = re.compile(
    r"\b(?:most|highest|largest|biggest|greatest|maximum|longest|latest|newest|dearest|furthest|last|top|oldest|least"
    r"|earliest|lowest|smallest|fewest|minimum|shortest|first|cheapest"
    r"|meisten?|höchste[rnms]?|größte[rnms]?|niedrigste[rnms]?|kleinste[rnms]?|wenigsten|billigste[rnms]?|teuerste[rnms]?"
    r"|le plus|la plus|les plus|le moins|la moins|más|menos|mayor|menor|più|meno|maggiore|minore)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-−+]?[£$€¥]?\s?\d[\d.,'’\s]*\s?(?:[£$€¥%]|[A-Za-z]{1,5})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TOTAL = re.compile(r"\b(?:total|sum|summe|gesamt|somme|suma|totale|subtotal)\b", re.IGNORECASE)
_WHOLE = re.compile(
    r"\b(?:total|altogether|in all|all in|overall|(?:full|whole|entire) (?:cost|price|bill|sum|amount)"
    r"|insgesamt|gesamt\w*|en tout|en total|in totale)\b",
    re.IGNORECASE,
)
_MARK = re.compile(r" \((?:highest|lowest|latest|earliest) [^()]+\)$")
_FEWEST_ROWS = 3


def compares(question: str) -> bool:
    """Whether a question asks for what is most or least."""
    return bool(_MOST.search(question))


def wants_the_whole(question: str) -> bool:
    """Whether a question asks for what all comes to."""
    return bool(_WHOLE.search(question))


def sums(unit: Unit) -> bool:
    """Whether a unit says what others come to."""
    return bool(_TOTAL.search(unit.text))


def mark_extremes(units: Sequence[Unit]) -> list[Unit]:
    """The units, with each column's highest and lowest value marked in their rows."""
    found = list(units)
    tables: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        if unit.row and unit.header:
            tables.setdefault(unit.header, []).append(place)
    for header, places in tables.items():
        rows = [place for place in places if not _TOTAL.search(units[place].text)]
        if len(rows) < _FEWEST_ROWS:
            continue
        columns = [name.strip() for name in header.rpartition(";")[2].split("|")]
        for number, name in enumerate(columns):
            for place, word in _extremes([(place, _cell(units[place], number)) for place in rows]):
                unit = found[place]
                found[place] = msgspec.structs.replace(unit, text=f"{unit.text} ({word} {name or 'value'})")
    return found


def marked(unit: Unit) -> bool:
    """Whether a row was marked as an extreme."""
    return unit.row and bool(_MARK.search(unit.text))


def unmarked(text: str) -> str:
    """A row as it stands in its file."""
    return _MARK.sub("", text) if _MARK.search(text) else text


def _extremes(cells: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    filled = [(place, cell) for place, cell in cells if cell]
    if len(filled) < _FEWEST_ROWS:
        return []
    dates = all(_DATE.fullmatch(cell) for _, cell in filled)
    values = [(place, cell if dates else number_of(cell)) for place, cell in filled]
    if any(value is None for _, value in values):
        return []
    ordered = sorted(values, key=lambda item: item[1])  # type: ignore[arg-type, return-value]
    if ordered[0][1] == ordered[-1][1]:
        return []
    high, low = ("latest", "earliest") if dates else ("highest", "lowest")
    found = []
    if ordered[-1][1] != ordered[-2][1]:
        found.append((ordered[-1][0], high))
    if ordered[0][1] != ordered[1][1]:
        found.append((ordered[0][0], low))
    return found


def number_of(cell: str) -> float | None:
    """The number that a cell holds, with its unit or sign; None for another text."""
    if not _NUMBER.fullmatch(cell):
        return None
    digits = re.sub(r"[^\d.,−-]", "", cell).replace("−", "-").strip(".,")
    if re.fullmatch(r"-?[1-9]\d{0,2}(?:[.,]\d{3})+", digits) or digits.count(",") + digits.count(".") > 1:
        last = max(digits.rfind(","), digits.rfind("."))
        decimals = len(digits) - last - 1 != 3
        whole = re.sub(r"[.,]", "", digits[:last] if decimals else digits)
        digits = f"{whole}.{digits[last + 1 :]}" if decimals else whole
    try:
        return float(digits.replace(",", "."))
    except ValueError:
        return None


def _cell(unit: Unit, column: int) -> str:
    cells = unit.text.split("|")
    return cells[column].strip() if column < len(cells) else ""
