"""Compares documents, and says in words what a computed difference holds.

What stands alike in both documents says nothing about how they differ and is left out by code, before a model reads.
Each document gets its own sentence, checked against that document alone: a small model mixes up whose figure is whose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsfs.answer.asking import Answer
from lsfs.answer.checking import checked
from lsfs.answer.citing import Cited, cite, cited, missing
from lsfs.answer.events import Cancelled, OnEvent, tell
from lsfs.answer.figures import said_figures
from lsfs.answer.gathering import Gathering
from lsfs.answer.instructions import is_order, without_instructions
from lsfs.answer.labels import label, one_line
from lsfs.answer.picking import Document, Snippet
from lsfs.answer.prompts import quoted_units
from lsfs.answer.textprompts import compare_prompt, explain_prompt
from lsfs.answer.units import Unit, paired
from lsfs.answer.wishes import Length, language_of, subject_of
from lsfs.llm.base import Bounds, LanguageModel
from lsfs.store.index import FileRow

_TOKENS_EACH = 220
"""Of each document: five seconds' reading for two."""
MOST_COMPARED = 4
"""Files."""
_WRITE_TOKENS = 170
_DIFF_TOKENS = 500
_EXPLANATION = Length(5, "sentences")
_COUNTED = frozenset("1 2 3 4 5 6 7 8 9 10".split())
"""Figures that an explanation may have of its own: of how many lines."""


class Comparing:
    """Compares.  One thread at a time."""

    def __init__(self, llm: Callable[[], LanguageModel], gathering: Gathering) -> None:
        self._llm = llm
        self._gathering = gathering

    def compare(self, files: Sequence[FileRow], wish: str, on_event: OnEvent) -> Answer:
        """What each of the first four documents says to the wish; text None where fewer than two have text.

        More than two are each compared with the first.
        """
        try:
            documents = []
            for file in files[:MOST_COMPARED]:
                tell(on_event, "reading", label(file))
                document = self._gathering.document(file)
                if document is not None and document.units:
                    documents.append(document)
            if len(documents) < 2:
                return Answer(None)
            if len({document.file.hash for document in documents}) == 1 and documents[0].file.hash:
                return _all_alike(documents, on_event)
            lines: list[str] = []
            places: list[Cited] = []
            for other in documents[1:]:
                said = self._pair(documents[0], other, wish, on_event)
                for text, place in said if other is documents[1] else said[1:]:
                    places.append(place)
                    lines.append(f"{text} [{len(places)}]")
                    tell(on_event, "writing", f"{lines[-1]}\n")
            return Answer("\n".join(lines), tuple(places))
        except Cancelled:
            return Answer(None)

    def explain(self, diff: str, name: str, wish: str, on_event: OnEvent) -> Answer:
        """What a unified diff changed, in words; text None for an empty one."""
        llm = self._llm()
        name = one_line(name)
        lines = _changed_lines(diff, llm.count)
        if not lines:
            return Answer(None)
        try:
            tell(on_event, "reading", name)
            prompt = explain_prompt(name, lines, language_of(wish))
            known = said_figures(f"{name}\n{lines}") | _COUNTED
            text = checked(llm, prompt, _EXPLANATION, known, on_event).strip()
        except Cancelled:
            return Answer(None)
        if not text:  # nothing that was written of them holds
            text = lines
            tell(on_event, "writing", text)
        return Answer(text)

    def _pair(self, first: Document, second: Document, wish: str, on_event: OnEvent) -> list[tuple[str, Cited]]:
        """A sentence for each of two documents, with what it stands on."""
        llm = self._llm()
        subject = subject_of(wish, f"{first.file.name} {second.file.name}")
        mine = self._relevant(first, second, subject, wish, llm)
        theirs = self._relevant(second, first, subject, wish, llm)
        prompt = compare_prompt(
            (label(first.file), quoted_units(mine)), (label(second.file), quoted_units(theirs)), wish, language_of(wish)
        )
        grammar = 'root ::= "A: " [^\\n]+ "\\nB: " [^\\n]+'
        written = llm.write(
            prompt, Bounds(max_tokens=_WRITE_TOKENS, grammar=grammar), lambda _: on_event("reading", "")
        )
        if written.ended == "cancelled":
            raise Cancelled
        texts = dict(line.split(": ", 1) for line in written.text.splitlines() if line[:3] in ("A: ", "B: "))
        found = []
        for letter, document, units in (("A", first, mine), ("B", second, theirs)):
            snippet = Snippet(document.file, tuple(units), 1.0)
            text = texts.get(letter, "").strip()
            if not text or is_order(text) or {one for one in missing(text, snippet, wish) if one[0].isdigit()}:
                # Its own words instead of figures that it does not bear out; a table's last rows are its sums.
                own = units[-2:] if units and subject == [] and units[-1].row else units[:2]
                text = " ".join(f"{paired(unit)};" if unit.row else unit.text for unit in own).rstrip(";")
            place = cite(text, snippet) if units else cited(document.file, document.units[0])
            found.append((f"{label(document.file)}: {text}", place))
        return found

    def _relevant(
        self, document: Document, other: Document, subject: Sequence[str], wish: str, llm: LanguageModel
    ) -> list[Unit]:
        """The units that bear on the wish and are not word for word in the other document, within what can be read."""
        elsewhere = {unit.text for unit in other.units}
        units = without_instructions(document.units)
        own = [unit for unit in units if unit.text not in elsewhere] or list(units)
        costs = [llm.count(unit.text) + 2 for unit in own]
        if sum(costs) <= _TOKENS_EACH and not subject:
            return own
        scores = self._gathering.unit_scores(document.file, own, " ".join(subject) or wish)
        order = sorted(range(len(own)), key=lambda place: -scores[place])
        # With a subject a few units are it; without one, all differences count as far as they can be read.
        limit = _TOKENS_EACH // 2 if subject else _TOKENS_EACH
        chosen: list[int] = []
        used = 0
        for place in order:
            if used + costs[place] <= limit or not chosen:
                chosen.append(place)
                used += costs[place]
        return [own[place] for place in sorted(chosen)]


def _all_alike(documents: Sequence[Document], on_event: OnEvent) -> Answer:
    """What is said of documents with the same bytes, for which no model is needed."""
    names = [f"{label(document.file)} [{number}]" for number, document in enumerate(documents, 1)]
    text = f"{', '.join(names[:-1])} and {names[-1]} have the same content."
    tell(on_event, "writing", text)
    return Answer(text, tuple(cited(document.file, document.units[0]) for document in documents))


def _changed_lines(diff: str, count: Callable[[str], int]) -> str:
    """The lines that came and went, until they are too many to read."""
    lines: list[str] = []
    used = 0
    hunks = diff[diff.find("@@") :] if "@@" in diff else ""  # what is before them names the files
    for line in hunks.splitlines():
        if line[:1] not in "+-" or not line[1:].strip():
            continue
        text = f"{line[0]} {line[1:].strip()}"
        if is_order(line[1:]):
            continue
        used += count(text) + 1
        if used > _DIFF_TOKENS:
            lines.append("(and more)")
            break
        lines.append(text)
    return "\n".join(lines)
