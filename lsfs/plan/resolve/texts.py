"""What is written to files, and which words can be names.  Pure."""

from __future__ import annotations

import re

from lsfs.core.spans import Clock

__all__ = ["Clock", "DraftWanted", "as_line", "may_be_a_name", "whole"]

_BULLET = re.compile(r"^\s*([-*•+]|\d+[.)])\s+")


class DraftWanted(Exception):  # not a failure: what has to be done first
    """A text is to be drafted before the plan can be made."""

    def __init__(self, path: bytes, about: str) -> None:
        super().__init__(about)
        self.path = path
        self.about = about


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
