"""Reads what was picked for a question: weighs each snippet by itself, writes of the best, and checks what was written.

Of several texts at once a small model takes the first, and mixes up what they say: on 67 questions whose answer was
among the five picked, weighing each alone, with the search's score, found it 63 times.  It takes no longer, since a
clear first one ends it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from lsfs.answer.citing import Sentence, drops_the_value, in_its_own_words, naming, sentence_of
from lsfs.answer.events import Cancelled, OnEvent, tell
from lsfs.answer.gathering import Gathered
from lsfs.answer.judging import LEAST_FIT, Weighed, bearable, doubt, foreign, is_settled
from lsfs.answer.kinds import misses
from lsfs.answer.picking import Snippet
from lsfs.answer.prompts import NONE, ask_prompt
from lsfs.answer.questions import Question, kind_of, language
from lsfs.answer.tables import sums, wants_the_whole
from lsfs.llm.base import Bounds, LanguageModel

_BOUNDS = Bounds(max_tokens=90, grammar='root ::= "1: " [^\\n]+')
_SURE = 0.5
"""Doubt up to which a text is quoted where what was written of it does not hold."""
_FITTING = 0.45
"""Score of the search from which it is."""
_WEIGHED = 4
"""Snippets that the model looks at."""
_TRIED = 2
"""Those of them of which it may write."""


class Reader:
    """Reads for one question."""

    def __init__(self, question: Question, gathered: Gathered, llm: LanguageModel, on_event: OnEvent) -> None:
        self._question = question
        self._gathered = gathered
        self._all_words = gathered.words()
        self._llm = llm
        self._on_event = on_event

    def part(self, part: str, before: Sentence | None, snippets: Sequence[Snippet]) -> Sentence | None:
        """What the snippets say to one part of the question, None where they do not.

        `before` is what was said to the part before, where this one points at it.  Raises `Cancelled`.
        """
        asked = part
        if before is not None:
            asked = f"{part} ({before.text})"
            # The text that it came from, with its score for this part where it has one.
            first = next((one for one in snippets if one.units == before.snippet.units), before.snippet)
            snippets = [first, *(one for one in snippets if one.units != first.units)]
        for weighed in self._weighed(snippets[:_WEIGHED], asked)[:_TRIED]:
            snippet = weighed.snippet
            known = self._gathered.words(snippet.file)
            if weighed.fit < LEAST_FIT or weighed.doubt > bearable(
                self._question, part, snippet, known, self._all_words
            ):
                continue
            sentence = self._sentence(weighed, asked, snippets)
            if sentence is not None and self._is_borne_out(sentence, part, known):
                tell(self._on_event, "writing", f"{sentence.text} ")
                return sentence
        return None

    def _weighed(self, snippets: Sequence[Snippet], asked: str) -> list[Weighed]:
        """The snippets with the model's doubt in each, best first; none after one that leaves no question."""
        found: list[Weighed] = []
        for place, snippet in enumerate(snippets):
            tell(self._on_event, "reading", "")
            prompt = ask_prompt(snippet, self._in_the_language_of(snippet, asked))
            odds = self._llm.choose(prompt, (NONE, "1"), lambda: self._on_event("reading", ""))
            if not odds:
                raise Cancelled
            found.append(Weighed(snippet, doubt(odds)))
            following = snippets[place + 1].score if place + 1 < len(snippets) else 0.0
            if is_settled(found, following):
                break
        found.sort(key=lambda weighed: -weighed.fit)
        return _whole_first(found, snippets) if wants_the_whole(asked) else found

    def _in_the_language_of(self, snippet: Snippet, asked: str) -> str:
        """The question in English for an English text, if it was translated: the model sees better that they meet."""
        question = self._question
        if question.english and len(question.parts) == 1 and language(snippet.text) == "English":
            return question.english
        return asked

    def _sentence(self, weighed: Weighed, asked: str, read: Sequence[Snippet]) -> Sentence | None:
        """What is written of a snippet, not yet shown to anyone; what it says itself, where that does not hold."""
        snippet = weighed.snippet
        written = self._llm.write(ask_prompt(snippet, asked), _BOUNDS, lambda _: self._on_event("reading", ""))
        if written.ended == "cancelled":
            raise Cancelled
        sentence = sentence_of(written.text, snippet, read, self._question.text)
        if sentence is None:
            return None
        if not sentence.supported:
            quoted = weighed.doubt <= _SURE and snippet.score >= _FITTING
            return in_its_own_words(snippet) if quoted else None
        if drops_the_value(sentence.text, snippet):
            return in_its_own_words(snippet)
        return msgspec.structs.replace(sentence, named_by=naming(self._question.names, snippet, read))

    def _is_borne_out(self, sentence: Sentence, part: str, known: set[str]) -> bool:
        """Whether a sentence names what was asked for, and its file what was asked about."""
        if misses(kind_of(part), sentence.text):
            return False
        question, path = self._question, os.fsdecode(sentence.snippet.file.path)
        return len(question.parts) > 1 or not foreign(question.names, known, path)


def _whole_first(weighed: Sequence[Weighed], snippets: Sequence[Snippet]) -> list[Weighed]:
    """Before what fits best, the sum that its file names: of what, stands in the lines above it."""
    best = weighed[0]
    for snippet in snippets:
        if snippet.file.id == best.snippet.file.id and sums(snippet.units[-1]):
            rest = [one for one in weighed if one.snippet is not snippet]
            return [Weighed(snippet, best.doubt), *rest]
    return list(weighed)
