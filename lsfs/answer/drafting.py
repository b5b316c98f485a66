"""Drafts the text of a new file, of lines to be added, or of a file as it is to be, where the user asked for one."""

from __future__ import annotations

import re
from collections.abc import Callable

from lsfs.answer.events import Cancelled, OnEvent, tell
from lsfs.answer.labels import one_line
from lsfs.answer.textprompts import Part, draft_prompt
from lsfs.core.errors import RefusedError
from lsfs.llm.base import Bounds, LanguageModel, Written

_MOST_TOKENS: dict[Part, int] = {"new": 350, "end": 200, "whole": 500}
_MOST_READ = 1_800
"""Characters of an existing text that are shown: some 450 tokens, which a small model writes anew within a minute."""
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\Z", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?][)\"”’»]*(?=\s)|\n")


def draft(
    llm: Callable[[], LanguageModel],
    about: str,
    name: str,
    on_event: OnEvent,
    *,
    part: Part = "new",
    existing: str = "",
) -> str:
    """The text, its last line ended; '' where the caller ended it.

    `existing` is what the file says now, which the model gets as data.  Raises RefusedError where that is too long to
    be written anew, and where no text came of it.
    """
    if part == "whole" and len(existing) > _MOST_READ:
        raise RefusedError(
            f"{name} is too long to be written anew by the model: it has {len(existing):,} characters, at most"
            f" {_MOST_READ:,} are read",
            hint="say the text itself",
        )
    try:
        tell(on_event, "writing")
    except Cancelled:
        return ""
    prompt = draft_prompt(one_line(name), about, part, existing[-_MOST_READ:])
    written = llm().write(prompt, Bounds(max_tokens=_MOST_TOKENS[part]), lambda piece: on_event("writing", piece))
    if written.ended == "cancelled":
        return ""
    if written.ended == "length" and part == "whole":
        raise RefusedError(f"the new text of {name} grew too long", hint="say the text itself")
    text = _text_of(written)
    if not text:
        raise RefusedError("the model wrote no text", hint="say the text itself")
    return f"{text}\n"


def _text_of(written: Written) -> str:
    """What was written, without the fence that a model may put around it; up to the last whole sentence where it was
    cut."""
    text = written.text.strip()
    fenced = _FENCE.match(text)
    text = fenced[1].strip() if fenced else text
    ends = [found.end() for found in _SENTENCE_END.finditer(text)] if written.ended == "length" else []
    return text[: ends[-1]].rstrip() if ends else text
