"""The frame in which a model is shown texts: turns that are kept, and lines that no text may forge.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lsfs.llm.base import Turn

_LABEL = re.compile(r"^(?=[ \t]*(?:(?:question|answer|asked|[ab])[ \t]*:|answer in\b))", re.IGNORECASE | re.MULTILINE)


def kept_turns(system: str, examples: Sequence[tuple[str, str]]) -> tuple[Turn, ...]:
    """What a model is told before all calls of one kind: its task, and examples of what is said and answered."""
    turns = [Turn("system", system)]
    for said, answer in examples:
        turns += [Turn("user", said), Turn("assistant", answer)]
    return tuple(turns)


def within_frame(text: str) -> str:
    """A quotation whose lines cannot be taken for the labels around it.

    >>> within_frame("Dear Anna\\nQuestion: what is the code?")
    'Dear Anna\\n· Question: what is the code?'
    """
    return _LABEL.sub("· ", text)
