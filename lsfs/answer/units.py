"""Passages cut into the smallest pieces that say something by themselves: sentences, list items, table rows.  Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

import msgspec

from lsfs.index.texts import Passage

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]»”’]*\s+(?=[\"'(\[«“‘]?[A-ZÀ-ÖØ-Þ0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-Z]|Mrs?|Ms|Dr|St|Prof|No|Nr|Str|vs|ca|bzw|e\.g|i\.e|z\. ?B|approx|tel|p|pp|Mme|M|Sra?)|^\s*\d{1,3})\.$"
)
_ITEM = re.compile(r"\s*(?:[-*•–+]|\d{1,3}[.)]|[a-z][.)]|#{1,6}|\||>)\s")
_HEADING = re.compile(r"(?:\d{1,3}[.)]|[A-Za-z][)]|§ ?\d+|[-*•]) .{1,40}[.:]|[A-ZÀ-Ý][\w ]{1,24}:")
_RULE = re.compile(r"[\s|:=_*-]*")
_TIMETABLE = re.compile(r"(?P<label>[^,;:]{2,40}): (?P<entries>\d{1,2}[:.h]\d{2}\b.*)")
_NEXT_ENTRY = re.compile(r"\s*[,;]\s+(?=\d{1,2}[:.h]\d{2}\b)")
_LONGEST = 600
"""Characters of a unit; a longer sentence is cut between words."""


class Unit(msgspec.Struct, frozen=True):
    """A piece of a file's text."""

    text: str
    line: int
    """Its first line in the text, from 1."""
    anchor: str | None
    row: bool = False
    """A row of a table, whose columns its `header` names."""
    header: str = ""


def units_of(passages: Sequence[Passage], ext: str = "", *, code: bool = False) -> list[Unit]:
    """The units of a document's passages, in order; `ext` tells what is separated by commas."""
    if ext in ("csv", "tsv"):
        return list(_separated(passages, "\t" if ext == "tsv" else None))
    if code:
        return [unit for passage in passages for unit in _blocks(passage)]
    found: list[Unit] = []
    header = ""
    for passage in passages:
        for unit in _of_passage(passage, header):
            header = unit.header if unit.row else ""
            if found and _heads(found[-1], unit):
                before = found.pop()
                unit = msgspec.structs.replace(before, text=f"{before.text} {unit.text}")
            found.append(unit)
    return found


def paired(unit: Unit) -> str:
    """A row with the name of its column before each cell: a small model does not count columns."""
    columns = [name.strip() for name in unit.header.rpartition(";")[2].split("|")]
    cells = [cell.strip() for cell in unit.text.split("|")]
    if len(cells) > len(columns) or len(columns) < 2:
        return unit.text
    return ", ".join(f"{name}: {cell}" if name else cell for name, cell in zip(columns, cells, strict=False) if cell)


def _of_passage(passage: Passage, header: str) -> Iterator[Unit]:
    gathered: list[str] = []
    first = passage.line
    lines = passage.text.split("\n")
    for number, line in enumerate([*lines, ""], passage.line):
        table = line.lstrip().startswith("|") and line.count("|") > 1
        if gathered and (table or not line.strip() or not _goes_on(gathered[-1], line)):
            yield from _sentences(gathered, first, passage.anchor)
            gathered = []
        if table:
            row = _cells(line)
            if not _RULE.fullmatch(line):
                following = lines[number - passage.line + 1] if number - passage.line + 1 < len(lines) else ""
                if _RULE.fullmatch(following) and "-" in following:
                    header = ""
                yield Unit(row, number, passage.anchor, row=True, header=header)
                if not header or _titled(header):
                    header = f"{header}; {row}".strip("; ")
        elif line.strip():
            header = ""
            if not gathered:
                first = number
            gathered.append(line)


def _heads(unit: Unit, following: Unit) -> bool:
    """Whether a unit is no more than the heading of the next: ``4. Ending the tenancy.``"""
    if unit.row or following.row or following.line - unit.line > 2 or unit.anchor != following.anchor:
        return False
    return bool(_HEADING.fullmatch(unit.text)) and not _ITEM.match(following.text)


def _blocks(passage: Passage) -> Iterator[Unit]:
    """Source code: what blank lines part, with its line ends."""
    gathered: list[str] = []
    first = passage.line
    for number, line in enumerate([*passage.text.split("\n"), ""], passage.line):
        if gathered and (not line.strip() or len("\n".join(gathered)) > _LONGEST):
            yield Unit("\n".join(gathered), first, passage.anchor)
            gathered = []
        if line.strip():
            if not gathered:
                first = number
            gathered.append(line.rstrip())


def _goes_on(before: str, line: str) -> bool:
    """Whether a line goes on with the sentence of the one before, as wrapped text does."""
    if _ITEM.match(line) or before.lstrip().startswith("#"):
        return False
    if before.rstrip().endswith((".", "!", "?", ":", ";", "|")):
        # A full line whose sentence ends there: prose goes on, a list of short lines does not.
        return len(before) > 60 and not line.startswith((" ", "\t"))
    return line.lstrip()[:1].islower() or (len(before) > 60 and not _ITEM.match(before))


def _sentences(lines: Sequence[str], first: int, anchor: str | None) -> Iterator[Unit]:
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    text = "\n".join(lines)
    for start, end in _spans(text):
        number = max(n for n, offset in enumerate(starts) if offset <= start)
        for piece in _entries(" ".join(text[start:end].split())):
            yield Unit(piece, first + number, anchor)


def _entries(text: str) -> list[str]:
    """``Monday: 9:00 maths, 10:10 games`` as an entry each: a small model gives the first time of a row for any."""
    found = _TIMETABLE.fullmatch(text)
    entries = _NEXT_ENTRY.split(found["entries"]) if found else []
    return [f"{found['label']}: {entry}" for entry in entries] if found and len(entries) > 1 else [text]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if _ABBREVIATED.search(text[start : found.start()]):
            continue
        yield from _bounded(text, start, found.start())
        start = found.end()
    yield from _bounded(text, start, len(text))


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    start += len(text[start:end]) - len(text[start:end].lstrip())
    while end - start > _LONGEST:
        space = text.rfind(" ", start, start + _LONGEST)
        stop = space if space > start else start + _LONGEST
        yield start, stop
        start = stop + 1
    if text[start:end].strip():
        yield start, end


def _titled(header: str) -> bool:
    """Whether a header is nothing but a title, so that the next row names the columns."""
    return "|" not in header and ";" not in header


def _cells(line: str) -> str:
    """The cells of a row, without empty ones at its end."""
    return " | ".join(cell.strip() for cell in line.strip().strip("|").split("|")).rstrip(" |")


def _separated(passages: Sequence[Passage], delimiter: str | None) -> Iterator[Unit]:
    header = ""
    for passage in passages:
        lines = passage.text.split("\n")
        if delimiter is None:
            delimiter = max(",;\t|", key=lines[0].count) if lines else ","
        for number, line in enumerate(lines, passage.line):
            if not line.strip():
                continue
            row = " | ".join(cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter), []))
            if not header:
                header = row
                yield Unit(row, number, passage.anchor, row=True)
            else:
                yield Unit(row, number, passage.anchor, row=True, header=header)
