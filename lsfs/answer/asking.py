"""Answers a question from the user's files: looks for passages, has them read, and checks what was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from lsfs.answer.citing import Cited, Sentence, cite, cited
from lsfs.answer.events import Cancelled, OnEvent, tell
from lsfs.answer.gathering import Gathered, Gathering
from lsfs.answer.labels import label
from lsfs.answer.picking import Snippet, pick
from lsfs.answer.prompts import rewrite_prompt, translate_prompt
from lsfs.answer.questions import Question, language, points, read
from lsfs.answer.reading import Reader
from lsfs.llm.base import Bounds, LanguageModel, Prompt

READ_TOKENS = 240
"""Of the files, for one question: two seconds' reading."""
_LEAST_TOKENS = 160
"""Of the files, for one of its parts."""
_REWRITE = Bounds(max_tokens=32, stop=("\n",))
_WEAK = 0.1
"""Confidence of the best file below which the question is searched in other words too."""
_SHOWN = 5


class Answer(msgspec.Struct, frozen=True):
    """What can be said to a question or a wish."""

    text: str | None
    """None where the files do not say; [1] marks the first of `cited`."""
    cited: tuple[Cited, ...] = ()
    """What each sentence stands on."""
    passages: tuple[Cited, ...] = ()
    """What was read, best first."""
    unanswered: tuple[str, ...] = ()
    """Parts of the question that the files do not say."""


class Asking:
    """Answers questions.  One thread at a time."""

    def __init__(self, llm: Callable[[], LanguageModel], gathering: Gathering) -> None:
        self._llm = llm
        self._gathering = gathering

    def passages(self, question: str) -> tuple[Cited, ...]:
        """The passages that fit a question best; no model is used."""
        gathered = self._gathering.gather(read(question))
        return _shown(pick(gathered.documents, gathered.scores, READ_TOKENS, _about_tokens))

    def ask(self, text: str, on_event: OnEvent) -> Answer:
        """The answer; raises what the model raises."""
        try:
            return self._ask(text, on_event)
        except Cancelled:
            return Answer(None)

    def _ask(self, text: str, on_event: OnEvent) -> Answer:
        tell(on_event, "looking")
        question = read(text)
        llm = self._llm()
        question, gathered = self._gather(question, llm, on_event)
        picked = _picked(question, gathered, llm.count)
        passages = _shown([snippet for snippets in picked for snippet in snippets])
        if not passages:
            return Answer(None)
        tell(on_event, "reading", ", ".join(dict.fromkeys(label(place.file) for place in passages)))
        reader = Reader(question, gathered, llm, on_event)
        found: list[Sentence] = []
        unanswered: list[str] = []
        for number, (part, snippets) in enumerate(zip(question.parts, picked, strict=True)):
            # A small model answers two questions worse than one, and each has its own passages.
            before = found[-1] if found and points(part) else None
            if before is not None:
                scores = self._gathering.again(gathered, number, f"{part} ({before.text})")
                snippets = pick(gathered.documents, [scores], READ_TOKENS, llm.count)
            said = reader.part(part, before, snippets)
            if said is None:
                unanswered.append(part)
            else:
                found.append(said)
        return _answer(found, passages, unanswered) if found else Answer(None, passages=passages)

    def _gather(self, question: Question, llm: LanguageModel, on_event: OnEvent) -> tuple[Question, Gathered]:
        """What may answer the question, and the question with its translation; searched in other words too if need be.

        The embedder understands English only.
        """
        if language(question.text) != "English":
            english = _in_other_words(llm, translate_prompt(question.text), on_event)
            question = msgspec.structs.replace(question, english=english)
            return question, self._gathering.gather(question, [english] if english else [])
        gathered = self._gathering.gather(question)
        if gathered.best < _WEAK:
            words = _in_other_words(llm, rewrite_prompt(question.text), on_event)
            return question, self._gathering.gather(question, [words]) if words else gathered
        return question, gathered


def _in_other_words(llm: LanguageModel, prompt: Prompt, on_event: OnEvent) -> str:
    written = llm.write(prompt, _REWRITE, lambda _: on_event("looking", ""))
    if written.ended == "cancelled":
        raise Cancelled
    return written.text.strip()


def _picked(question: Question, gathered: Gathered, count: Callable[[str], int]) -> list[list[Snippet]]:
    """What is read for each part of the question."""
    tokens = max(READ_TOKENS // len(question.parts), _LEAST_TOKENS)
    return [pick(gathered.documents, [scores], tokens, count) for scores in gathered.scores]


def _answer(found: Sequence[Sentence], passages: tuple[Cited, ...], unanswered: Sequence[str]) -> Answer:
    places: list[Cited] = []
    said = []
    for sentence in found:
        marks = []
        for place in _places(sentence):
            if place not in places:
                places.append(place)
            marks.append(f"[{places.index(place) + 1}]")
        said.append(f"{sentence.text} {''.join(marks)}")
    return Answer(" ".join(said), tuple(places), passages, tuple(unanswered))


def _places(sentence: Sentence) -> list[Cited]:
    place = cite(sentence.text, sentence.snippet)
    row = sentence.named_by
    return [place] if row is None else [place, cited(row.file, row.units[-1])]


def _shown(snippets: Sequence[Snippet]) -> tuple[Cited, ...]:
    return tuple(cited(snippet.file, snippet.units[-1]) for snippet in snippets[:_SHOWN])


def _about_tokens(text: str) -> int:
    return len(text) // 4 + 1
