"""What the language model is shown of a sentence: a glossary of verbs and slots, examples, and the sentence.

All but the sentence is the same each time, so that a backend evaluates it once (`lsfs.llm.base.Prompt.kept`).  Nothing
of a file, a name or an earlier sentence is in it.  The examples (``examples.txt``: a sentence, ``>>``, its wire form,
actions parted by ``//``) are shuffled on purpose: a run of one verb at the end pulls every answer to it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from importlib.resources import files

from lsfs.llm.base import Prompt, Turn

_SYSTEM = """\
Turn the user's sentence about their files into one action per line: verb|slot=value|slot=value
Copy the values word for word from the sentence; never translate, never invent, leave out slots that are not \
mentioned.
Verbs. find: search for files. list: show what is in a folder. ask: a question whose answer stands in the user's \
files. summarize, compare: about documents. create: a new file. mkdir: a new folder. append: add a line to a file. \
write: replace a file's text. move, copy, rename, trash (delete), tag, untag, merge (join into one file). group: sort \
files into sub-folders. restore: an earlier version of a file. undo, redo: the last action. history: past changes. \
save_query: keep a search. none: not about files, or senseless.
Slots. what: the files in the user's words, without folder, time and size. in: folder they are in. to: destination \
folder or file. name: new name (* is the old name, # a number). time, size: limits. text: text to write. about: what a \
text is to be written about. tag: tags to give. tagged: tags that they have. by: how to sort. order: of merged files. \
version: which earlier version."""
MOST_CHARACTERS = 1_000
"""Longest sentence that is read."""
MOST_TOKENS = 120
"""Longest request that is written."""


_ALIKE = 0.5
"""Share of their words that a confirmed sentence and a new one have in common, for it to be shown as an example."""


def prompt_for(sentence: str, confirmed: Iterable[tuple[str, str]] = ()) -> Prompt:
    """The prompt of a sentence; of what was `confirmed` before (sentence, wire form), the one most like it is shown."""
    turns = [Turn("user", " ".join(sentence.split()))]
    nearest = max(confirmed, key=lambda pair: _alike(sentence, pair[0]), default=None)
    if nearest is not None and _alike(sentence, nearest[0]) >= _ALIKE:
        turns = [Turn("user", nearest[0]), Turn("assistant", nearest[1]), *turns]
    return Prompt(kept(), tuple(turns))


def _alike(one: str, other: str) -> float:
    """Words that two sentences share, as a share of those of both."""
    first, second = set(one.lower().split()), set(other.lower().split())
    return len(first & second) / max(len(first | second), 1)


@functools.cache
def kept() -> tuple[Turn, ...]:
    """The part that is the same for every sentence."""
    turns = [Turn("system", _SYSTEM)]
    for said, wire in examples():
        turns += [Turn("user", said), Turn("assistant", wire)]
    return tuple(turns)


def examples() -> list[tuple[str, str]]:
    """Sentences and the wire forms of their requests."""
    lines = files("lsfs.plan").joinpath("examples.txt").read_text("utf-8").splitlines()
    pairs = [line.split(" >> ", 1) for line in lines if line.strip()]
    return [(said, wire.replace(" // ", "\n")) for said, wire in pairs]
