"""A language model whose answers are written down beforehand, for tests."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from lsfs.core.errors import UsageError
from lsfs.llm.base import Bounds, Prompt, Turn, Written

_TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]|\s+$")
_ROOT = re.compile(r"(?m)^\s*root\s*::=\s*\S")
_SURE = math.log(0.9)
"""What each token of an answer is given."""


class ScriptedModel:
    """Answers what a table or a function says to the last turn; words and signs count as tokens."""

    def __init__(
        self,
        answers: Mapping[str, str] | Callable[[Prompt], str],
        *,
        id: str = "scripted",
        context: int = 8192,
        otherwise: str = "",
    ) -> None:
        """A table is looked up by the text of the last turn; `otherwise` answers what it lacks."""
        self.id = id
        self.context = context
        self.asked: list[Prompt] = []
        """Every prompt so far."""
        self._answer = answers if callable(answers) else lambda prompt: answers.get(_last(prompt), otherwise)

    def write(self, prompt: Prompt, bounds: Bounds, on_text: Callable[[str], bool] | None = None) -> Written:
        """The answer, token by token, within the bounds."""
        if bounds.grammar and not _ROOT.search(bounds.grammar):
            raise UsageError("the grammar is none: it has no rule called root")
        length = self._length(prompt)
        self.asked.append(prompt)
        whole = self._answer(prompt)
        end = min((at for stop in bounds.stop if stop and (at := whole.find(stop)) >= 0), default=None)
        tokens = _TOKEN.findall(whole[:end])
        most = min(bounds.max_tokens, self.context - length)
        said: list[str] = []
        for token in tokens[:most]:
            said.append(token)
            if on_text and not on_text(token):
                return self._written(said, len(said), "cancelled")
        if len(tokens) < most:
            return self._written(said, len(said) + 1, "stop")
        return self._written(said, len(said), "length")

    def choose(self, prompt: Prompt, options: Sequence[str], going: Callable[[], bool] | None = None) -> list[float]:
        """Nearly all of the probability for the options that begin as the answer does."""
        self._length(prompt)
        if not all(options):
            raise UsageError("an option is empty")
        if going is not None and not going():
            return []
        self.asked.append(prompt)
        first = _first(self._answer(prompt))
        meant = [_first(option) == first for option in options]
        return [_SURE if is_meant else math.log(0.1 / (len(options) + 1)) for is_meant in meant]

    def count(self, text: str) -> int:
        """Number of words and signs."""
        return len(_TOKEN.findall(text))

    def prepare(self, kept: Sequence[Turn], going: Callable[[], bool] | None = None) -> bool:
        """Nothing is to be done."""
        return True

    def stop(self) -> None:
        """Nothing takes long."""

    def close(self) -> None:
        """Nothing is held."""

    def _length(self, prompt: Prompt) -> int:
        length = sum(self.count(turn.text) + 1 for turn in (*prompt.kept, *prompt.turns))
        if not length:
            raise UsageError("the prompt is empty")
        if length >= self.context:
            raise UsageError(f"the model reads {self.context} tokens at once, and this would be {length}")
        return length

    @staticmethod
    def _written(said: Sequence[str], tokens: int, ended: Literal["stop", "length", "cancelled"]) -> Written:
        return Written("".join(said), tokens * _SURE, tokens, 0, ended)


def _last(prompt: Prompt) -> str:
    turns = (*prompt.kept, *prompt.turns)
    return turns[-1].text if turns else ""


def _first(text: str) -> str:
    return next(iter(_TOKEN.findall(text)), "")
