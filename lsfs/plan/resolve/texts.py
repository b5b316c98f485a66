"""What is written to files, and which words can be names.  Pure."""

from __future__ import annotations

import re

from lsfs.core.spans import Clock
from lsfs.plan.request import Append, Create, Write

__all__ = ["Clock", "DraftWanted", "as_line", "as_paragraph", "is_plain", "may_be_a_name", "whole"]

_BULLET = re.compile(r"^\s*([-*•+]|\d+[.)])\s+")


class DraftWanted(Exception):  # not a failure: what has to be done first
    """The text of an action is to be drafted before the plan can be made; `existing` is what the file says now."""

    def __init__(self, action: Create | Append | Write, path: bytes, existing: str = "") -> None:
        super().__init__(" ".join(action.about))
        self.action = action
        self.path = path
        self.about = " ".join(action.about)
        self.existing = existing


def whole(text: str) -> str:
    """A text as the content of a file: its last line is ended."""
    return text if not text or text.endswith("\n") else text + "\n"


def as_line(text: str, existing: str) -> str:
    """A line to be added, as an item of the list that the text ends in, if it does.

    >>> as_line("milk", "- eggs\\n- flour\\n"), as_line("milk", "eggs\\n")
    ('- milk\\n', 'milk\\n')
    """
    lines = [line for line in existing.splitlines() if line.strip()]
    bullets = [found[1] for line in lines[-2:] if (found := _BULLET.match(line))]
    item = len(bullets) == len(lines[-2:]) == 2 and bullets[0] == bullets[1] and not bullets[0][0].isdigit()
    if item and not _BULLET.match(text):
        return f"{bullets[0]} {text.strip()}\n"
    return whole(text)


def as_paragraph(text: str, existing: str) -> str:
    """A drafted text to be added, parted by an empty line from a text that has several lines or paragraphs.

    >>> as_paragraph("One.\\nTwo.\\n", "Zero.\\n"), as_paragraph("Soon.\\n", "Now.\\n")
    ('\\nOne.\\nTwo.\\n', 'Soon.\\n')
    """
    parted = "\n" in text.strip() or "\n\n" in existing.strip()
    return ("\n" if parted and existing.strip() and not existing.endswith("\n\n") else "") + whole(text)


def is_plain(text: str) -> bool:
    """Whether bytes that were read as UTF-8 are a text, and give the same bytes again."""
    return "\0" not in text and "\ufffd" not in text


def may_be_a_name(words: str, sentence: str) -> bool:
    """Whether words for a folder that is not there can be the name of a new one.

    Not where they describe one ("the exams folder"); a few words that stand there as a name do.
    """
    plain = words.strip()
    if not 0 < len(plain.split()) <= 5:
        return False
    described = re.search(rf"\b(?:the|my|our|that|this)\s+{re.escape(plain)}", sentence, re.IGNORECASE)
    made = re.search(r"\b(?:new|create|called|named)\b", sentence, re.IGNORECASE)
    return made is not None or described is None
