"""English sentences about files, understood by rules: a grammar over tokens that gives up rather than guesses.

::

    sentence ──► tokens ──► politeness off ──► wishes ──► rules (a line and its slots) ──► Request ──► faults

The rules are tables of lines by family of verbs (`moving`, `renaming`, `making`, `marking`, `arranging`, `past`,
`reading`, `foreign`); `grammar` matches them, `reader` says what a slot can hold, `lexicon` has the words; `parts` and
`remarks` know descriptions and sentences beside a wish with which no change is read.  A sentence
counts as understood only when rules take every word of it and `faults` finds none.  Nothing here looks at files:
what is known of the tree is passed in.  Pure; any thread.
"""

from __future__ import annotations

import re

from lsfs.core.errors import RefusedError
from lsfs.plan.request import Ask, Request
from lsfs.plan.rules.counting import as_list
from lsfs.plan.rules.faults import faults, sweeping
from lsfs.plan.rules.known import Known, Remembered
from lsfs.plan.rules.sentence import understood

__all__ = ["Known", "understand"]

_QUESTION = re.compile(
    r"\s*(?:since|until|till|for|at|by|to|from|with|under|of) (?:when|what|which|whom|whose|how)\b", re.IGNORECASE
)
"""Beginnings of questions whose first word leads elsewhere in other sentences: "since when", "for how long"."""


def understand(sentence: str, known: Known) -> Request | None:
    """What a sentence asks for; None where the rules are not sure, so that the next tier decides.

    Raises RefusedError for one that would throw everything away.
    """
    if not sentence.strip():
        return None
    if sweeping(sentence):
        raise RefusedError(
            "“everything” is too much to throw away: name a folder",
            hint="for example: delete everything in Downloads older than a year",
        )
    if _QUESTION.match(sentence) and sentence.rstrip().endswith("?"):
        return Request((Ask(),))
    actions = understood(as_list(sentence) or sentence, Remembered(known))
    if not actions:
        return None
    request = Request(actions)
    return None if faults(sentence, request) else request
