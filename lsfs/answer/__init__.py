"""Answers from the user's files: questions, summaries, comparisons, changes in words, and drafts.

What belongs here: which passages a model reads, what it is told, and what is made of what it writes: sentences, each
with the place it stands on, checked by code.  What does not: which files a summary or a comparison is of, and questions
about the tree itself, which the index answers; running a model is `lsfs.llm`'s and `lsfs.workers`'.

File text is data.  It reaches the model as quotations, and what the model makes of them is only ever shown, never
carried out.  `Answering` is used by one thread at a time, as the model behind it is; `Made` by any.
"""

from __future__ import annotations

from lsfs.answer.answering import Answering
from lsfs.answer.asking import Answer
from lsfs.answer.caching import Made
from lsfs.answer.citing import Cited
from lsfs.answer.comparing import MOST_COMPARED
from lsfs.answer.events import OnEvent, Phase
from lsfs.answer.textprompts import Part

__all__ = ["MOST_COMPARED", "Answer", "Answering", "Cited", "Made", "OnEvent", "Part", "Phase"]
