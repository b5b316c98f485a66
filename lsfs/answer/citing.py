"""From what a model wrote of a text to a sentence that is checked against it, and to the place it cites.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from lsfs.answer.figures import days, figures, has_figure, proper_names, said_figures
from lsfs.answer.picking import Snippet, stems
from lsfs.answer.questions import language
from lsfs.answer.tables import unmarked
from lsfs.answer.units import Unit, paired
from lsfs.index.functionwords import content_words
from lsfs.store.index import FileRow

_LINE = re.compile(r"\[?\d+\]?\s*[:.)]\s*(.+)")
_LABELLED = re.compile(r"[^:.!?]{2,40}: (?P<value>[^:]{1,60})")
_WORD = re.compile(r"[^\W_]+")
_QUOTE_CHARS = 240
_SHORT = 3
"""Letters up to which a word leads nowhere."""
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
    snippet: Snippet
    """What it was written from."""
    supported: bool
    """Whether its figures stand there or in the question, its names in what was read, and its other words there."""
    named_by: Snippet | None = None
    """What says that it speaks of those whom the question names, where the snippet itself does not."""


def sentence_of(written: str, snippet: Snippet, read: Sequence[Snippet], question: str) -> Sentence | None:
    """What a model wrote of a snippet, after the number that it begins with; None for nothing.

    `read` are the snippets that it may have its names from.
    """
    numbered = _LINE.fullmatch(written.strip())
    text = (numbered[1] if numbered else written).strip()
    if not text or text.strip(".") == "0":
        return None
    lacking = missing(text, snippet, question) - {name for one in read for name in _names_of(text, one)}
    words = {word for word in _telling(text) - _telling(question) if not has_figure(word)}
    supported = not lacking
    if supported and words and not has_figure(text) and language(text) == language(snippet.text):
        # A figure tells that this text is spoken of; without one, words do.
        supported = len(words & stems(snippet.text)) / len(words) >= _OWN_WORDS
    return Sentence(text, snippet, supported)


def _names_of(text: str, snippet: Snippet) -> set[str]:
    """Those names of a sentence that stand in a snippet."""
    low = snippet.text.lower()
    return {name for name in proper_names(text) if name in low}


def in_its_own_words(snippet: Snippet) -> Sentence:
    """What a snippet says, word for word."""
    unit = snippet.units[-1]
    return Sentence(paired(unit) if unit.row else unit.text, snippet, supported=True)


def naming(names: Sequence[str], snippet: Snippet, read: Sequence[Snippet]) -> Snippet | None:
    """Of what was read, the row that leads from the names of a question to a snippet without them: her squad, his room.

    None where the snippet or its file has one of the names, or no row has all of them and a word of the snippet.
    """
    wanted, said = {stem for name in names for stem in stems(name)}, stems(snippet.text)
    if not wanted or wanted & said:
        return None
    words = {word for word in _telling(snippet.units[-1].text) if word.isalpha() and len(word) > _SHORT}
    for one in read:
        row = stems(one.units[-1].text) if one.units[-1].row else set[str]()
        if wanted <= row and words & row:
            return one
    return None


def drops_the_value(sentence: str, snippet: Snippet) -> bool:
    """Whether a snippet says ``label: value`` and the sentence nothing of the value."""
    found = _LABELLED.fullmatch(snippet.units[-1].text)
    if found is None or snippet.units[-1].row:
        return False
    figures_of, words = figures(found["value"]), _telling(found["value"])
    return not (figures_of & said_figures(sentence) or words & _telling(sentence))


def _telling(text: str) -> set[str]:
    """The words of a text, cut to what their forms share, without those that carry grammar."""
    return stems(" ".join(content_words(_WORD.findall(text))))


def missing(text: str, snippet: Snippet, question: str) -> set[str]:
    """The figures, days and names of a sentence that stand neither in the snippet nor in the question."""
    held = said_figures(snippet.text) | said_figures(question)
    lacking = {figure for figure in figures(text) if not _held(figure, held)}
    low = f"{snippet.text}\n{question}".lower()
    lacking |= days(text) - days(low)
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
    text = unmarked(unit.text) if unit.row else unit.text
    text = text if len(text) <= _QUOTE_CHARS else text[:_QUOTE_CHARS].rsplit(None, 1)[0] + " …"
    return Cited(file, unit.line, unit.anchor, text)
