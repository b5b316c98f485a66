"""Questions about the tree itself, which the index answers: "how many photos are in Downloads".  Pure."""

from __future__ import annotations

import re

from lsfs.core.filetypes import AMBIGUOUS_WORDS, types_for

_HOW_MANY = re.compile(
    r"^(?:how many|what(?:'s| is) the number of)\s+(?P<what>.+?)\s+"
    r"(?:(?:are|were|is)(?: there| stored| saved)?|do i have|have i got|have i|did i (?:take|save|make|write|download"
    r"|get|change|edit|create|scan)|do we have|exist|lie)\b(?P<rest>.*?)\??$",
    re.IGNORECASE,
)
_PLAIN = frozenset("file files folder folders document documents item items".split())


def as_list(sentence: str) -> str | None:
    """The same as a wish to see the files, where it counts files and nothing that stands in them.

    >>> as_list("how many photos did I take in 2023?")
    'list photos in 2023'
    >>> as_list("how many members have to turn up?") is None
    True
    """
    found = _HOW_MANY.match(" ".join(sentence.split()))
    if found is None:
        return None
    words = found["what"].lower().split()
    kinds = [word for word in words if word in _PLAIN or (types_for(word) and not _doubtful(word))]
    if not kinds or (words[0] not in kinds and words[-1] not in kinds):
        return None
    return " ".join(f"list {found['what']} {found['rest']}".split())


def _doubtful(word: str) -> bool:
    return bool({word, word.removesuffix("s"), word.removesuffix("es")} & AMBIGUOUS_WORDS)
