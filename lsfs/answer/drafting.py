"""Drafts the text of a new file, where the user asked for one to be written."""

from __future__ import annotations

from collections.abc import Callable

from lsfs.answer.events import Cancelled, OnEvent, tell
from lsfs.answer.textprompts import draft_prompt
from lsfs.llm.base import Bounds, LanguageModel

_DRAFT_TOKENS = 350


def draft(llm: Callable[[], LanguageModel], about: str, name: str, on_event: OnEvent) -> str:
    """The text, '' where the caller ended it."""
    try:
        tell(on_event, "writing")
    except Cancelled:
        return ""
    bounds = Bounds(max_tokens=_DRAFT_TOKENS)
    written = llm().write(draft_prompt(name, about), bounds, lambda piece: on_event("writing", piece))
    return "" if written.ended == "cancelled" else f"{written.text.strip()}\n"
