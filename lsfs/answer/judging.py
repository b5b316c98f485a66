"""Whether what was read answers what was asked: the model's own doubt, and what code can see.  Pure.

A near miss is the hard case: the right file, the right subject, and the fact not in it.  The model gives such a
text more doubt than others, though not always enough to say so by itself; code sees that a sum was asked and none is
named, or that the text cited knows nothing of whom the question names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from lsfs.answer.kinds import lacks
from lsfs.answer.picking import Snippet, stems
from lsfs.answer.questions import Question, attribute, key_words, kind_of
from lsfs.llm.base import first_share

DOUBT = 0.75
"""Probability of "this text does not say" above which nothing is claimed."""
_DOUBT_OF_THE_UNKNOWN = 0.58
"""The same where most of its words stand in none of the files that were looked into."""
_MOST_UNKNOWN = 0.45
"""Share of them up to which they are the words of another way to say it."""
_LONG = 5
"""Letters from which a word is likely to be one that a text on the matter would have."""
_DOUBT_OF_THE_UNNAMED = 0.4
"""The same where the file that is cited has not even the word for what is asked, or the text no sum where one is."""
_SCORE = 1.5
"""What a unit of a snippet's score is worth in the model's log-odds."""
_CLEAR = 1.0
"""Log-odds of the snippet that fits best from which no other is looked at."""
_CLEAR_AHEAD = 0.8
"""The same where it is ahead of the others."""
_AHEAD = 0.15
"""By that score."""
_OUT_OF_REACH = 0.8
"""How far what fits best has to be above what the next one's score is worth: more than that one's odds will make up.
Of 103 parts of questions this changed the choice for one and saved 15 of 100 looks."""
LEAST_FIT = 0.18
"""How well a snippet has to answer by the model and the search together."""


class Weighed(msgspec.Struct, frozen=True):
    """A snippet that the model has looked at."""

    snippet: Snippet
    doubt: float
    """Its probability of "this text does not say"."""

    @property
    def odds(self) -> float:
        """The log-odds of its saying what is asked, within what a probability can tell."""
        doubt = min(max(self.doubt, 1e-6), 1 - 1e-6)
        return math.log(1 - doubt) - math.log(doubt)

    @property
    def fit(self) -> float:
        """How well it answers, by the model and by the search."""
        return self.odds + _SCORE * self.snippet.score


def is_settled(weighed: Sequence[Weighed], following: float) -> bool:
    """Whether no other snippet needs to be looked at; `following` is the next one's score."""
    best = max(weighed, key=lambda one: one.fit)
    if len(weighed) == 1:
        ahead = best.snippet.score - following >= _AHEAD
        return best.odds >= (_CLEAR_AHEAD if ahead else _CLEAR)
    return best.odds >= 0 and best.fit - _SCORE * following >= _OUT_OF_REACH


def doubt(odds: Sequence[float]) -> float:
    """The probability that a text does not say, of the log-probabilities of "none" and of its number."""
    return first_share(odds) if odds else 1.0


def bearable(question: Question, part: str, snippet: Snippet, document_words: set[str], all_words: set[str]) -> float:
    """The doubt up to which a snippet answers: with the words of its document, and of all that were looked into."""
    word = attribute(question.text)
    if word is not None and len(question.parts) == 1 and not stems(word) <= document_words:
        return _DOUBT_OF_THE_UNNAMED
    if lacks(kind_of(part), snippet.text, row=snippet.units[-1].row):
        return _DOUBT_OF_THE_UNNAMED
    for text in filter(None, (question.text, question.english)):
        long = stems(" ".join(word for word in key_words(text) if len(word) >= _LONG))
        if len(long - all_words) <= _MOST_UNKNOWN * len(long):
            return DOUBT
    return _DOUBT_OF_THE_UNKNOWN


def foreign(names: Sequence[str], document_words: set[str], path: str) -> bool:
    """Whether a document and its path know none of the names that a question gives."""
    known = document_words | stems(path)
    return bool(names) and not any(stems(name) <= known for name in names)
