"""Which pieces of which files a model is given to read, within a number of tokens.  Pure.

A model reads a hundred tokens a second, so two or three hundred is what an answer can wait for, and what does not bear
on the question misleads a small one.  Hence the few units that fit best, each with what it needs to be understood.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence

import msgspec

from lsfs.answer.kinds import lacks
from lsfs.answer.questions import attribute, key_words, kind_of
from lsfs.answer.tables import marked, sums, wants_the_whole
from lsfs.answer.units import Unit
from lsfs.core.filetypes import family
from lsfs.store.index import FileRow

_WORD = re.compile(r"[^\W_]+")
_STEM = 5
"""Letters of a word that are compared: enough to tell words apart, few enough to join their forms."""
_WORDS = 0.5
"""What all of a question's words, weighed by rarity, are worth in cosine."""
_UNKNOWN_MEANING = 0.3
"""The cosine of a unit that has no vector: a usual one."""
_FILE = 0.15
"""What a file's own score is worth in cosine."""
_BESIDE = 0.5
"""What part of that the words of the sentences beside it are worth."""
_NAMED_ROW = 0.35
"""What holding a name of the question is worth to the row of a table, which is of that name and of no other."""
_NAMED_FILE = 0.25
"""What lying in a file that holds such a name, or is called by it, is worth."""
_ATTRIBUTE = 0.1
"""What having the word for what is asked is worth: deposit, days."""
_LACKS = 0.3
"""What naming no figure costs where one is asked for, and no time where it is that."""
_BRIDGE = 0.5
"""What sharing a word with the table row of such a name is worth, in another file."""
_FEWEST = 4
"""Units that are given whatever lies between them."""
_TITLE = 0.15
"""What being a title or a heading costs: it is about the subject and says nothing of it."""
_EXTREME = 0.15
"""What being the highest or lowest of a column is worth where that is asked for."""
_SUM = 0.3
"""What being the sum of others is worth where that is."""
_CUT = 0.45
"""How far below the best unit another may lie; what is further down only misleads."""
_LEANS = re.compile(
    r"(?:He|She|It|They|Them|This|That|These|Those|His|Her|Its|Their|There|Then|Er|Sie|Es|Dies\w*|Das|Il|Elle|Ils|Elles"
    r"|Ce|Cela|Cette|Esto|Ella|Ellos|Esta|Questo|Questa|Lui|Lei)\b|[a-zà-ÿ]"
)
"""How a sentence begins that needs the one before it."""
_MOST_JOINED = 2
_DOCUMENT = 0.2
"""What all of a question's words are worth where they stand anywhere in the document, or in its path."""
_KIND = 0.2
"""What being of the kind that the question names is worth."""
_KINDS = (
    (frozenset("script program programme code function skript programm funktion programa codice".split()), "code"),
    (frozenset("spreadsheet sheet table tabelle tableur".split()), "spreadsheet"),
    (frozenset("email mail e-mail message".split()), "mail"),
)

_LABEL_TOKENS = 6
"""Tokens that a source's number and name take."""
MOST_SNIPPETS = 9
"""Of which the reader looks at the first few."""

Scores = list[list[float]]
"""For each document, those of its units."""


class Document(msgspec.Struct, frozen=True):
    """A file that may hold the answer, with what of it was read."""

    file: FileRow
    score: float
    """Of the search, 0 to 1."""
    units: tuple[Unit, ...]
    whole: bool
    """Whether the units are all of it."""


class Snippet(msgspec.Struct, frozen=True):
    """A unit of a file, with the neighbours that it needs."""

    file: FileRow
    units: tuple[Unit, ...]
    score: float
    """How well it fits the part of the question that brought it."""

    @property
    def text(self) -> str:
        """What is said, its file's name and its columns' names included."""
        headers = dict.fromkeys(unit.header for unit in self.units)
        return "\n".join([self.file.name, *filter(None, headers), *(unit.text for unit in self.units)])


def stems(text: str) -> set[str]:
    """The words of a text, cut to what their forms share."""
    return {word[:_STEM] for word in _WORD.findall(text.lower())}


def unit_scores(
    documents: Sequence[Document],
    parts: Sequence[str],
    names: Sequence[str],
    cosines: Sequence[Sequence[float]] | None,
) -> list[Scores]:
    """For each part of the question, each document's units' scores.

    `cosines` has for each part those of the units one after another, as far as they are known; None where there is no
    embedder.
    """
    held = [stems(f"{unit.text} {_stem_name(document.file)}") for document in documents for unit in document.units]
    words_of = [key_words(part) for part in parts]
    wanted = [stems(" ".join(words)) for words in words_of]
    named = stems(" ".join(names))
    total = len(held) or 1
    every: set[str] = set().union(*wanted)
    rarity = {stem: math.log(1 + total / (1 + sum(stem in words for words in held))) for stem in every}
    near = _near(documents, held)
    scores: list[Scores] = []
    for number, part in enumerate(wanted):
        worth = sum(rarity[stem] for stem in part) or 1.0
        kind, asked = kind_of(parts[number]), attribute(parts[number])
        asked_stems = stems(asked) if asked else set()
        whole = wants_the_whole(parts[number])
        at = 0
        rows = []
        for document in documents:
            around = held[at : at + len(document.units)]
            base = _FILE * document.score + _of_kind(document.file, words_of[number])
            everywhere = stems(os.fsdecode(document.file.path)).union(*around)
            base += _DOCUMENT * sum(rarity[stem] for stem in part & everywhere) / worth
            if named & everywhere:
                base += _NAMED_FILE
            row = []
            for unit, words in zip(document.units, around, strict=True):
                share = sum(rarity[stem] for stem in part & words) / worth
                share += _BESIDE * sum(rarity[stem] for stem in part & near[at] - words) / worth
                known = cosines is not None and at < len(cosines[number])
                meaning = cosines[number][at] if cosines is not None and known else _UNKNOWN_MEANING
                more = _NAMED_ROW if unit.row and named & words else 0.0
                more += _ATTRIBUTE if asked_stems & words else 0.0
                more -= _LACKS if lacks(kind, unit.text, row=unit.row) else 0.0
                more += _SUM if whole and sums(unit) else 0.0
                row.append(_WORDS * share + meaning + base + more)
                at += 1
            row = [
                score + (_EXTREME if marked(unit) else 0.0) - (_TITLE if _is_title(unit.text) else 0.0)
                for score, unit in zip(row, document.units, strict=True)
            ]
            rows.append(row)
        scores.append(rows)
    return _bridged(documents, scores, named) if named else scores


def _near(documents: Sequence[Document], held: Sequence[set[str]]) -> list[set[str]]:
    """The words of the sentences beside each unit of running text, which often name what it speaks of."""
    found: list[set[str]] = []
    for document in documents:
        first = len(found)
        for place, unit in enumerate(document.units):
            beside = [
                held[first + other]
                for other in (place - 1, place + 1)
                if 0 <= other < len(document.units)
                and not unit.row
                and document.units[other].line - unit.line in (-1, 0, 1)
            ]
            found.append(set[str]().union(*beside))
    return found


def _bridged(documents: Sequence[Document], scores: Sequence[Scores], named: set[str]) -> list[Scores]:
    """The scores, with those raised that go on from what a table says of the name: her squad, his room."""
    rows = [
        (max(part[d][u] for part in scores), d, stems(unit.text))
        for d, document in enumerate(documents)
        for u, unit in enumerate(document.units)
        if unit.row and named <= stems(unit.text)
    ]
    if not rows:
        return list(scores)
    _, of, words = max(rows, key=lambda row: row[0])
    words = {word for word in words - named if word.isalpha() and len(word) > 3}
    return [
        [
            [
                score + (_BRIDGE if d != of and words & stems(unit.text) else 0.0)
                for score, unit in zip(row, documents[d].units, strict=True)
            ]
            for d, row in enumerate(part)
        ]
        for part in scores
    ]


def pick(
    documents: Sequence[Document], scores: Sequence[Scores], tokens: int, count: Callable[[str], int]
) -> list[Snippet]:
    """What to read: at most `tokens` by `count`, the best for each part of the question in turn."""
    ranked = [_ranked(documents, rows) for rows in scores]
    chosen: dict[tuple[int, int], Snippet] = {}
    said: set[str] = set()
    used = 0
    for place in range(max(map(len, ranked), default=0)):
        for row in ranked:
            if place >= len(row) or (place >= _FEWEST and row[place][0] < row[0][0] - _CUT):
                continue
            score, d, u = row[place]
            snippet = _snippet(documents[d], u, score)
            text = snippet.units[-1].text
            if (d, u) in chosen or text in said:
                continue
            cost = count(snippet.text) + _LABEL_TOKENS
            if used + cost <= tokens and len(chosen) < MOST_SNIPPETS:
                chosen[d, u] = snippet
                said.add(text)
                used += cost
    return list(chosen.values())


def _ranked(documents: Sequence[Document], rows: Scores) -> list[tuple[float, int, int]]:
    columns = {part for document in documents for unit in document.units for part in unit.header.split("; ")}
    return sorted(
        (
            (score, d, u)
            for d, row in enumerate(rows)
            for u, score in enumerate(row)
            if _says_something(documents[d].units[u], columns)
        ),
        key=lambda item: -item[0],
    )


def _says_something(unit: Unit, columns: set[str]) -> bool:
    if unit.row and (not unit.header or unit.text in columns):
        return False  # the names of the columns, which come with each row
    return len(_WORD.findall(unit.text)) > 2 or any(c.isdigit() for c in unit.text)


def _snippet(document: Document, place: int, score: float) -> Snippet:
    """A unit with the neighbours without which it cannot be understood."""
    units = document.units
    first, last = place, place
    while first > 0 and place - first < _MOST_JOINED and not units[first].row and _LEANS.match(units[first].text):
        first -= 1
    while last + 1 < len(units) and last - place < _MOST_JOINED and units[last].text.endswith(":"):
        last += 1
    return Snippet(document.file, units[first : last + 1], score)


def _is_title(text: str) -> bool:
    return text.startswith("#") or (text.isupper() and len(text) > 6)


def _of_kind(file: FileRow, words: Sequence[str]) -> float:
    said = {word.lower() for word in words}
    return _KIND if any(said & known and family(file.ext) == kind for known, kind in _KINDS) else 0.0


def _stem_name(file: FileRow) -> str:
    return file.name.rsplit(".", 1)[0]
