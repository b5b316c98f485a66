"""The interface that every language model has."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

Role = Literal["system", "user", "assistant"]


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """What one side of a conversation says.  `text` is text alone: what looks like a control token in it is none."""

    role: Role
    text: str


class Prompt(msgspec.Struct, frozen=True, array_like=True):
    """A conversation that the model is to go on with.

    The turns of `kept` come first and are the same from one call to the next: a backend evaluates them once, and keeps
    what came of it (in a file, where it has a folder for that).
    """

    kept: tuple[Turn, ...]
    turns: tuple[Turn, ...]


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What ends a text."""

    max_tokens: int
    grammar: str = ""
    """GBNF (llama.cpp, grammars/README.md) of all that may be written; '' for anything."""
    stop: tuple[str, ...] = ()
    """The text ends before any of these."""


class Written(msgspec.Struct, frozen=True):
    """What a model wrote, at temperature 0."""

    text: str
    logprob: float
    """Sum of the natural log-probabilities, before the grammar, of the tokens that were chosen; the end's included."""
    tokens: int
    forced: int
    """Tokens at which the grammar refused the likeliest one."""
    ended: Literal["stop", "length", "cancelled"]


class LanguageModel(Protocol):
    """Goes on with conversations."""

    @property
    def id(self) -> str:
        """Name of the model."""

    @property
    def context(self) -> int:
        """Tokens that a prompt and what is written after it may have together."""

    def write(self, prompt: Prompt, bounds: Bounds, on_text: Callable[[str], bool] | None = None) -> Written:
        """The likeliest continuation, token by token.

        `on_text` gets each further piece of it, '' now and then while nothing comes, and ends it by returning False.
        Raises `UsageError` for a prompt that does not fit the context, or a grammar that is none; `ModelUnavailable`
        and `WorkerFailed` where there is no model, or it died.
        """

    def choose(self, prompt: Prompt, options: Sequence[str], going: Callable[[], bool] | None = None) -> list[float]:
        """Natural log-probability of the first token of each option as what comes next, among all tokens.

        `going` is asked now and then, and ends it by returning False: then the list is empty.
        """

    def count(self, text: str) -> int:
        """Number of tokens of a text."""

    def prepare(self, kept: Sequence[Turn], going: Callable[[], bool] | None = None) -> bool:
        """Has the kept turns evaluated now, so that the first call need not wait for it; False where it was ended,
        by `going` or by another call."""

    def close(self) -> None:
        """Gives back what the model holds; closing twice does nothing."""


def first_share(logprobs: Sequence[float]) -> float:
    """The probability of the first of these as against them all (`LanguageModel.choose`), 0 where none is possible."""
    each = [math.exp(one) for one in logprobs]
    return each[0] / (sum(each) or 1.0)
