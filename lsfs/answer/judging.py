"""Whether what was read answers what was asked: the model's own doubt, and what code can see.  Pure.

A near miss is the hard case: the right file, the right subject, and the fact not in it.  The model gives such a
question more doubt than others, though seldom enough to say so by itself; code sees that a sum was asked and none is
named, or that the text cited knows nothing of whom the question names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lsfs.answer.picking import stems
from lsfs.answer.questions import Question, attribute, key_words

DOUBT = 0.38
"""Probability of "in none of these texts" above which nothing is claimed."""
_DOUBT_OF_THE_UNKNOWN = 0.3
"""The same where the question has a word that stands in none of the files that were looked into."""
_LONG = 5
"""Letters from which a word is likely to be one that a text on the matter would have."""
DOUBT_OF_A_PART = 0.45
"""The same for one part of a question, which by itself reads less like one."""
_ATTRIBUTE_LACKS = 0.5
"""What is left of it where the file that is cited has not even the word for what is asked."""


def doubt(odds: Sequence[float]) -> float:
    """The probability that the texts do not say, of the log-probabilities of "none" and of each text's number."""
    if not odds:
        return 1.0
    each = [math.exp(odd) for odd in odds]
    return each[0] / (sum(each) or 1.0)


def bearable(question: Question, document_words: set[str], all_words: set[str]) -> float:
    """The doubt up to which an answer is given: with the words of its document, and of all that were looked into."""
    if len(question.parts) > 1:
        return DOUBT_OF_A_PART
    word = attribute(question.text)
    if word is not None and not stems(word) <= document_words:
        return DOUBT * _ATTRIBUTE_LACKS
    long = stems(" ".join(word for word in key_words(question.text) if len(word) >= _LONG))
    return DOUBT if long <= all_words else _DOUBT_OF_THE_UNKNOWN


def foreign(names: Sequence[str], document_words: set[str], path: str) -> bool:
    """Whether a document and its path know none of the names that a question gives."""
    known = document_words | stems(path)
    return bool(names) and not any(stems(name) <= known for name in names)
