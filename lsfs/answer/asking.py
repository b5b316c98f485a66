"""Answers a question from the user's files: looks for passages, has them read, and checks what was written."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import msgspec

from lsfs.answer.citing import Cited, Sentence, cite, cited, in_its_own_words, sentences
from lsfs.answer.events import Cancelled, OnEvent, tell
from lsfs.answer.gathering import Gathered, Gathering
from lsfs.answer.judging import DOUBT_OF_A_PART, bearable, doubt, foreign
from lsfs.answer.kinds import lacks, misses
from lsfs.answer.picking import MOST_SNIPPETS, Snippet, pick
from lsfs.answer.prompts import NONE, ask_prompt, rewrite_prompt, translate_prompt
from lsfs.answer.questions import Question, kind_of, language, points, read
from lsfs.llm.base import Bounds, LanguageModel
from lsfs.store.index import FileRow

READ_TOKENS = 200
"""Of the files, for one question: two seconds' reading."""
_LEAST_TOKENS = 160
"""Of the files, for one of its parts."""
_WRITE_TOKENS = 90
_REWRITE = Bounds(max_tokens=32, stop=("\n",))
_WEAK = 0.1
"""Confidence of the best file below which the question is searched in other words too."""
_FOREIGN_WEAK = 0.6
"""The same of a question that is not English, which the embedder does not understand."""
_STRAYS = 0.55
"""How much worse, in cosine, a text fits for what stands in it to be a mix-up with the one that is pointed at."""
_SURE = 0.25
"""Doubt up to which a text is quoted where what was written of it does not hold."""
_SHOWN = 5


class Answer(msgspec.Struct, frozen=True):
    """What can be said to a question or a wish."""

    text: str | None
    """None where the files do not say; [1] marks the first of `cited`."""
    cited: tuple[Cited, ...] = ()
    """What each sentence stands on."""
    passages: tuple[Cited, ...] = ()
    """What was read, best first."""


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
        gathered = self._gather(question, llm)
        picked = _picked(question, gathered, llm.count)
        passages = _shown([snippet for snippets in picked for snippet in snippets])
        if not passages:
            return Answer(None)
        tell(on_event, "reading", ", ".join(dict.fromkeys(_name(place.file) for place in passages)))
        found: list[tuple[Sentence, Snippet]] = []
        for part, snippets in zip(question.parts, picked, strict=True):
            # A small model answers two questions worse than one, and each has its own passages.
            before = found[-1] if found and points(part) else None
            said = self._part(part, before, snippets, question, gathered, llm, on_event)
            if said is None and not found:
                return Answer(None, passages=passages)
            if said is not None:
                found.append(said)
        return _answer(found, passages)

    def _part(
        self,
        part: str,
        before: tuple[Sentence, Snippet] | None,
        snippets: Sequence[Snippet],
        question: Question,
        gathered: Gathered,
        llm: LanguageModel,
        on_event: OnEvent,
    ) -> tuple[Sentence, Snippet] | None:
        """What the snippets say to one part of the question, None where they do not.

        `before` is what was said to the part before, where this one points at it.
        """
        asked = part
        if before is not None:
            asked = f"{part} ({before[0].text})"
            snippets = [before[1], *(one for one in snippets if one.units != before[1].units)][:MOST_SNIPPETS]
        if not snippets:
            return None
        prompt = ask_prompt(snippets, asked)
        doubted = doubt(llm.choose(prompt, [str(number) for number in range(len(snippets) + 1)]))
        if doubted > DOUBT_OF_A_PART:
            return None
        sentence = self._sentence(snippets, asked, question, llm, on_event)
        if sentence is None or sentence.snippet is None:
            return None
        snippet = snippets[sentence.snippet]
        mixed = len(question.parts) == 1 and (sentence.strays or _strays(sentence, snippets))
        if sentence.said is not None and (mixed or not sentence.supported):
            # The model points at one text and says what stands in another, or in none: it reads the one alone.
            snippet = snippets[sentence.said]
            if lacks(kind_of(part), snippet.text, row=snippet.units[-1].row):
                return None
            sentence = self._sentence([snippet], asked, question, llm, on_event)
            if sentence is None or not sentence.supported:
                if doubted > _SURE:
                    return None
                sentence = in_its_own_words([snippet], 0)
        if not sentence.supported or not borne_out(sentence.text, snippet, question, part, doubted, gathered):
            return None
        tell(on_event, "writing", f"{sentence.text} ")
        return sentence, snippet

    def _sentence(
        self, snippets: Sequence[Snippet], asked: str, question: Question, llm: LanguageModel, on_event: OnEvent
    ) -> Sentence | None:
        """What is written from some snippets, not yet shown to anyone."""
        prompt = ask_prompt(snippets, asked)
        written = llm.write(prompt, _bounds(len(snippets)), lambda _: on_event("reading", ""))
        if written.ended == "cancelled":
            raise Cancelled
        found = sentences(written.text, snippets, question.text)
        return found[0] if found else None

    def _gather(self, question: Question, llm: LanguageModel) -> Gathered:
        gathered = self._gathering.gather(question)
        weak = _WEAK if language(question.text) == "English" else _FOREIGN_WEAK
        if gathered.best >= weak:
            return gathered
        tongue = language(question.text)
        prompt = rewrite_prompt(question.text) if tongue == "English" else translate_prompt(question.text)
        words = llm.write(prompt, _REWRITE).text.strip()
        return self._gathering.gather(question, [words]) if words else gathered


def _picked(question: Question, gathered: Gathered, count: Callable[[str], int]) -> list[list[Snippet]]:
    """What is read for each part of the question."""
    tokens = max(READ_TOKENS // len(question.parts), _LEAST_TOKENS)
    return [pick(gathered.documents, [scores], tokens, count) for scores in gathered.scores]


def _bounds(snippets: int) -> Bounds:
    return Bounds(max_tokens=_WRITE_TOKENS, grammar=f'root ::= [1-{snippets}] ": " [^\\n]+')


def _strays(sentence: Sentence, snippets: Sequence[Snippet]) -> bool:
    """Whether a sentence stands in another file than the one it points at, which fits the question far less."""
    said, stands = snippets[sentence.said or 0], snippets[sentence.snippet or 0]
    return stands.file != said.file and said.score - stands.score > _STRAYS


def borne_out(
    sentence: str, snippet: Snippet, question: Question, part: str, doubted: float, gathered: Gathered
) -> bool:
    """Whether a sentence names what was asked for, of what was asked about, with no more doubt than it may have."""
    known = gathered.words(snippet.file)
    if misses(kind_of(part), sentence) or doubted > bearable(question, known, gathered.words()):
        return False
    return len(question.parts) > 1 or not foreign(question.names, known, os.fsdecode(snippet.file.path))


def _answer(found: Sequence[tuple[Sentence, Snippet]], passages: tuple[Cited, ...]) -> Answer:
    places: list[Cited] = []
    said = []
    for sentence, snippet in found:
        place = cite(sentence.text, snippet)
        if place not in places:
            places.append(place)
        said.append(f"{sentence.text} [{places.index(place) + 1}]")
    return Answer(" ".join(said), tuple(places), passages)


def _shown(snippets: Sequence[Snippet]) -> tuple[Cited, ...]:
    return tuple(cited(snippet.file, snippet.units[-1]) for snippet in snippets[:_SHOWN])


def _name(file: FileRow) -> str:
    return os.path.basename(file.path).decode("utf-8", "replace")


def _about_tokens(text: str) -> int:
    return len(text) // 4 + 1


__all__ = ["NONE", "Answer", "Asking"]
