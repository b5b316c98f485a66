"""From what a model wrote to sentences with their sources, each checked against the text it cites.  Pure.

The number that a small model writes is a hint.  Where the figures and names of a sentence stand in another of the
snippets it read, that one is cited; where they stand in none, the sentence is doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from lsfs.answer.figures import figures, has_figure, proper_names, said_figures
from lsfs.answer.picking import Snippet, stems
from lsfs.answer.questions import language
from lsfs.answer.units import Unit, paired
from lsfs.index.functionwords import content_words
from lsfs.store.index import FileRow

_LINE = re.compile(r"\s*\[?(\d+)\]?\s*[:.)]\s*(.+)")
_WORD = re.compile(r"[^\W_]+")
_QUOTE_CHARS = 240
_SAID = 0.35
"""What the model's own choice of a source is worth in shared words."""
_OWN_WORDS = 0.34
"""Share of a sentence's own words that its source must have."""


class Cited(msgspec.Struct, frozen=True):
    """A place in a file."""

    file: FileRow
    line: int | None
    """From 1, within the file's text."""
    anchor: str | None
    """What people call the place where lines mean nothing: ``page 3``, ``sheet Budget``."""
    quote: str


class Sentence(msgspec.Struct, frozen=True):
    """One sentence of an answer."""

    text: str
    snippet: int | None
    """Index of the snippet that bears it out best, None where none does."""
    supported: bool
    """Whether its figures stand there or in the question, its names in what was read, and its other words there."""
    said: int | None = None
    """Index of the snippet that the model named."""
    strays: bool = False
    """Whether it speaks of another text than that, and not of it."""


def sentences(written: str, snippets: Sequence[Snippet], question: str) -> list[Sentence]:
    """The sentences of an answer: a line each, with the number of its source before it."""
    found = []
    for line in written.splitlines():
        numbered = _LINE.fullmatch(line)
        text = (numbered[2] if numbered else line).strip()
        if not text or text.strip(".") == "0":
            continue
        said = int(numbered[1]) - 1 if numbered else None
        found.append(_sentence(text, said, snippets, question))
    return found


def _sentence(text: str, said: int | None, snippets: Sequence[Snippet], question: str) -> Sentence:
    fits = [missing(text, snippet, question) for snippet in snippets]
    words = {word for word in _telling(text) - _telling(question) if not has_figure(word)}
    shares = [len(words & stems(snippet.text)) / (len(words) or 1) for snippet in snippets]

    def rank(place: int) -> tuple[int, float]:
        same_file = said is not None and said < len(snippets) and snippets[place].file == snippets[said].file
        return -len(fits[place]), shares[place] + _SAID * ((place == said) + same_file)

    best = max(range(len(snippets)), key=rank, default=None)
    if best is None:
        return Sentence(text, None, supported=False)
    names = set[str]().union(*(_names_of(text, snippet) for snippet in snippets))
    supported = not fits[best] - names
    if said is None or said >= len(snippets):
        return Sentence(text, best, supported)
    strays = False
    if supported and words and not has_figure(text) and language(text) == language(snippets[said].text):
        # A figure would tell which text is meant; without one, words do.
        strays = best != said and shares[said] < _OWN_WORDS
        supported = shares[best] >= _OWN_WORDS
    return Sentence(text, best, supported, said, strays)


def _names_of(text: str, snippet: Snippet) -> set[str]:
    """Those names of a sentence that stand in a snippet."""
    low = snippet.text.lower()
    return {name for name in proper_names(text) if name in low}


def in_its_own_words(snippets: Sequence[Snippet], place: int) -> Sentence:
    """What a snippet says, word for word."""
    unit = snippets[place].units[-1]
    return Sentence(paired(unit) if unit.row else unit.text, place, supported=True)


def _telling(text: str) -> set[str]:
    """The words of a text, cut to what their forms share, without those that carry grammar."""
    return stems(" ".join(content_words(_WORD.findall(text))))


def missing(text: str, snippet: Snippet, question: str) -> set[str]:
    """The figures and names of a sentence that stand neither in the snippet nor in the question."""
    held = said_figures(snippet.text) | said_figures(question)
    lacking = {figure for figure in figures(text) if not _held(figure, held)}
    low = f"{snippet.text}\n{question}".lower()
    return lacking | {name for name in proper_names(text) if name not in low}


def _held(figure: str, held: set[str]) -> bool:
    return figure in held or (len(figure) == 2 and any(len(other) == 4 and other.endswith(figure) for other in held))


def cite(sentence: str, snippet: Snippet) -> Cited:
    """The unit of the snippet that says most of the sentence."""
    numbers, words = figures(sentence), stems(sentence)

    def fit(unit: Unit) -> float:
        return 3.0 * len(numbers & said_figures(unit.text)) + len(words & stems(unit.text))

    unit = max(snippet.units, key=fit)
    return cited(snippet.file, unit)


def cited(file: FileRow, unit: Unit) -> Cited:
    """A unit as a place to cite."""
    text = unit.text if len(unit.text) <= _QUOTE_CHARS else unit.text[:_QUOTE_CHARS].rsplit(None, 1)[0] + " …"
    return Cited(file, unit.line, unit.anchor, text)
