"""How a conversation becomes one text for a model: its own chat template, in which what was said stays data.

A template sees a mark in place of each turn's text.  What it renders is then cut at the marks, so that control tokens
come from the template's own pieces only, whatever a turn says.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from lsfs.core.errors import ModelUnavailable
from lsfs.llm.base import Prompt, Turn

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
"""For models that bring no template, as llama.cpp does."""
_MARK = re.compile("\ue000([0-9]+)\ue001")


class Piece(NamedTuple):
    """A part of a rendered conversation."""

    text: str
    control: bool
    """Whether it is the template's, and may hold control tokens."""


class ChatTemplate:
    """A template in Jinja, as GGUF files hold it under ``tokenizer.chat_template``."""

    def __init__(self, source: str, bos: str, eos: str) -> None:
        self._source = source or CHATML
        self._special = {"bos_token": bos, "eos_token": eos}

    def split(self, prompt: Prompt) -> tuple[list[Piece], list[Piece]]:
        """The pieces that the kept turns alone make, and those that follow up to where the answer begins.

        Raises `ModelUnavailable` for a template that cannot be run, or leaves out what was said.
        """
        whole = self._pieces((*prompt.kept, *prompt.turns), answer=True)
        if not prompt.kept:
            return [], whole
        return _divided(self._pieces(prompt.kept, answer=False), whole)

    def _pieces(self, turns: Sequence[Turn], *, answer: bool) -> list[Piece]:
        said = [(turn.role, f"\ue000{number}\ue001") for number, turn in enumerate(turns)]
        try:
            rendered = self._rendered(said, answer)
        except Exception as error:  # whatever a template of somebody's own raises; some know no system turn
            folded = _folded(said)
            if folded is None:
                raise self._unusable(error) from error
            try:
                rendered = self._rendered(folded, answer)
            except Exception as again:
                raise self._unusable(again) from again
        parts = _MARK.split(rendered)
        if [int(number) for number in parts[1::2]] != list(range(len(turns))):
            raise self._unusable("it leaves out or reorders what was said")
        pieces = [
            Piece(part, True) if at % 2 == 0 else Piece(turns[int(part)].text, False) for at, part in enumerate(parts)
        ]
        return [piece for piece in pieces if piece.text]

    def _rendered(self, said: Sequence[tuple[str, str]], answer: bool) -> str:
        messages = [{"role": role, "content": content} for role, content in said]
        rendered = self._compiled.render(messages=messages, add_generation_prompt=answer, tools=None, **self._special)
        return str(rendered)

    @functools.cached_property
    def _compiled(self) -> Any:
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.globals["raise_exception"] = _raise
        environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)
        return environment.from_string(self._source)

    @staticmethod
    def _unusable(reason: object) -> ModelUnavailable:
        return ModelUnavailable(
            f"the model's chat template cannot be used: {reason}", hint="use another model: lsfs models list"
        )


def _raise(message: str) -> NoReturn:
    raise ValueError(message)


def _folded(said: Sequence[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """The same with the system's text at the head of the first user's, for templates that know no system turn."""
    if len(said) < 2 or said[0][0] != "system" or said[1][0] != "user":
        return None
    return [("user", f"{said[0][1]}\n\n{said[1][1]}"), *said[2:]]


def _divided(kept: Sequence[Piece], whole: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """`whole` cut where `kept` ends; where a template renders the two apart, where the last common piece does."""
    for at, (mine, theirs) in enumerate(zip(kept, whole, strict=False)):
        if mine == theirs:
            continue
        if at == len(kept) - 1 and mine.control and theirs.control and theirs.text.startswith(mine.text):
            return [*kept], [Piece(theirs.text[len(mine.text) :], True), *whole[at + 1 :]]
        return [*kept[:at]], [*whole[at:]]
    return [*kept], [*whole[len(kept) :]]
