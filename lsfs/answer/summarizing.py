"""Summarises documents: a short one at once, a long one section by section, and then the sections' summaries.

What was made is kept by content, model and wish, sections too: the same document asked for in another length is read
again only where it is short.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsfs.answer.asking import Answer
from lsfs.answer.caching import Made
from lsfs.answer.checking import checked
from lsfs.answer.citing import Cited, cited
from lsfs.answer.events import Cancelled, OnEvent, tell
from lsfs.answer.figures import said_figures
from lsfs.answer.gathering import Gathering
from lsfs.answer.instructions import without_instructions
from lsfs.answer.labels import label
from lsfs.answer.picking import Document
from lsfs.answer.textprompts import join_prompt, summary_prompt
from lsfs.answer.units import Unit
from lsfs.answer.wishes import Length, language_of, length_of, shortened
from lsfs.llm.base import LanguageModel
from lsfs.store.index import FileRow

_AT_ONCE_TOKENS = 900
"""Up to which a document is read at once: nine seconds."""
_SECTION_TOKENS = 600
_MOST_SECTIONS = 8
"""Of a longer document so many, spread over its length, are read: a minute in all."""
_SECTION_LENGTH = Length(2, "sentences")


class Summarizing:
    """Summarises.  One thread at a time."""

    def __init__(self, llm: Callable[[], LanguageModel], gathering: Gathering, made: Made) -> None:
        self._llm = llm
        self._gathering = gathering
        self._made = made

    def summarize(self, files: Sequence[FileRow], wish: str, on_event: OnEvent) -> Answer:
        """A summary of each file in its order; text None where none of them has text."""
        language, length = language_of(wish), length_of(wish)
        said: list[str] = []
        places: list[Cited] = []
        try:
            for file in files:
                tell(on_event, "reading", label(file))
                document = self._gathering.document(file)
                units = without_instructions(document.units) if document is not None else []
                if document is None or not units:
                    continue
                head = f"{label(file)}: " if len(files) > 1 else ""
                if head:
                    tell(on_event, "writing", head)
                said.append(head + self._summary(document, units, language, length, on_event))
                if len(files) > 1:
                    tell(on_event, "writing", "\n")
                places.append(cited(file, units[0]))
        except Cancelled:
            pass
        return Answer("\n".join(said) or None, tuple(places))

    def _summary(
        self, document: Document, units: Sequence[Unit], language: str, length: Length, on_event: OnEvent
    ) -> str:
        llm = self._llm()
        key = ("summary", document.file.hash, llm.id, language, length)
        known = self._made.get(key) if document.file.hash else None
        if known is not None:
            tell(on_event, "writing", known)
            return known
        name = label(document.file)
        sections = _sections(units, llm.count)
        if len(sections) == 1:
            prompt = summary_prompt(name, sections[0], language, length.said)
        else:
            parts = [
                self._section(document.file, place, len(sections), text, language, on_event)
                for place, text in enumerate(sections)
            ]
            prompt = join_prompt(name, parts, language, length.said)
        known_figures = said_figures(" ".join(unit.text for unit in units))
        text = checked(llm, prompt, length, known_figures, on_event)
        if not text:
            return _first_units(units, length, on_event)
        if document.file.hash and text:
            self._made.keep(key, text)
        return text

    def _section(self, file: FileRow, place: int, of: int, text: str, language: str, on_event: OnEvent) -> str:
        tell(on_event, "reading", f"{label(file)}, part {place + 1} of {of}")
        llm = self._llm()
        key = ("section", file.hash, place, of, llm.id, language)
        known = self._made.get(key) if file.hash else None
        if known is None:
            prompt = summary_prompt(label(file), text, language, _SECTION_LENGTH.said)
            known = checked(llm, prompt, _SECTION_LENGTH, said_figures(text), lambda *_: on_event("reading", ""))
            if file.hash:
                self._made.keep(key, known)
        return known


def _first_units(units: Sequence[Unit], length: Length, on_event: OnEvent) -> str:
    """The document's own beginning, where nothing that was written of it holds."""
    text = shortened("\n".join(unit.text for unit in units[: length.number + 1]), length)
    tell(on_event, "writing", text)
    return text


def _sections(units: Sequence[Unit], count: Callable[[str], int]) -> list[str]:
    """The text in sections that can be read at once each; the middle of each where there would be too many."""
    texts = _lines(units)
    costs = [count(text) + 1 for text in texts]
    if sum(costs) <= _AT_ONCE_TOKENS:
        return ["\n".join(texts)]
    sections: list[list[str]] = [[]]
    used = 0
    for text, cost in zip(texts, costs, strict=True):
        if sections[-1] and used + cost > _SECTION_TOKENS:
            sections.append([])
            used = 0
        sections[-1].append(text)
        used += cost
    if len(sections) > _MOST_SECTIONS:
        step = (len(sections) - 1) / (_MOST_SECTIONS - 1)
        sections = [sections[round(place * step)] for place in range(_MOST_SECTIONS)]
    return ["\n".join(section) for section in sections]


def _lines(units: Sequence[Unit]) -> list[str]:
    """The units as lines: sentences of one line of the file together."""
    lines: list[str] = []
    before: Unit | None = None
    for unit in units:
        if before is not None and unit.line == before.line and not unit.row:
            lines[-1] += f" {unit.text}"
        else:
            lines.append(unit.text)
        before = unit
    return lines
