"""What a model writes of documents, sentence by sentence: checked before anybody sees it."""

from __future__ import annotations

import re

from lsfs.answer.events import Cancelled, OnEvent
from lsfs.answer.figures import figures
from lsfs.answer.instructions import OrderFilter
from lsfs.answer.wishes import Length, shortened
from lsfs.llm.base import Bounds, LanguageModel, Prompt

_SENTENCE = re.compile(
    r"(?:[^.!?…\n]|[.!?…](?!\s)|(?<=\b[A-Z])\.|(?<=\bMr)\.|(?<=\bMs)\.|(?<=\bDr)\.|(?<=\bSt)\.|(?<=\bMrs)\.)*"
    r"(?:[.!?…]+\s+|\n+)"
)
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s*")
_LINE = re.compile(r"[^\n]*\n+")


def checked(llm: LanguageModel, prompt: Prompt, length: Length, known: set[str], on_event: OnEvent) -> str:
    """What the model writes, as long as was wished, without orders and sentences whose figures are not `known`."""
    checking = _Checking(length, known, on_event)
    written = llm.write(prompt, Bounds(max_tokens=length.tokens), checking.hear)
    if written.ended == "cancelled" and not checking.enough:
        raise Cancelled
    if written.ended == "stop":
        checking.end()  # else what is held is no whole sentence
    return shortened("".join(checking.passed), length)


class _Checking:
    """Passes on each sentence, or line, when it is whole and checked; ends the writing when there are enough."""

    def __init__(self, length: Length, known: set[str], on_event: OnEvent) -> None:
        self.passed: list[str] = []
        self._length = length
        self._whole = _LINE if length.unit in ("lines", "points") else _SENTENCE
        self._known = known
        self._on_event = on_event
        self._held = ""
        self._orders = OrderFilter()

    @property
    def enough(self) -> bool:
        """Whether what was passed on is as long as was wished."""
        if self._length.unit == "words":
            return len("".join(self.passed).split()) >= self._length.number
        if self._length.unit == "paragraphs":
            return "".join(self.passed).count("\n\n") >= self._length.number
        return len(self.passed) >= self._length.number

    def hear(self, piece: str) -> bool:
        """Takes a piece; False ends the writing."""
        self._held += piece
        while found := self._whole.match(self._held):
            self._held = self._held[found.end() :]
            if not self._pass_on(found[0]):
                return False
        return self._on_event("writing", "")

    def end(self) -> None:
        """Takes what is held for the last sentence."""
        if self._held.strip() and not self.enough:
            self._pass_on(self._held)

    def _pass_on(self, sentence: str) -> bool:
        if (
            not sentence.strip()
            or not self._orders.passes(sentence)
            or figures(_LIST_NUMBER.sub("", sentence)) - self._known
        ):
            return True
        self.passed.append(sentence)
        return self._on_event("writing", sentence) and not self.enough
