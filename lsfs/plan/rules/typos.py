"""Verbs with a slip of the fingers in them.  Pure."""

from __future__ import annotations

from functools import lru_cache

from lsfs.plan.rules.lexicon import TYPOS


@lru_cache(maxsize=1024)
def without_typo(word: str) -> str:
    """The verb that a word is with two letters swapped, one left out or one doubled; any other word as it is.

    No letter may be another (``love`` is not ``move``), and the first one is right.
    """
    if len(word) < 3 or word in TYPOS or not word.isalpha():
        return word
    return next((verb for verb in TYPOS if verb[0] == word[0] and _is_slip(word, verb)), word)


def _is_slip(word: str, verb: str) -> bool:
    if len(word) == len(verb) - 1:
        return any(verb[:n] + verb[n + 1 :] == word for n in range(1, len(verb)))
    if len(word) == len(verb) + 1:
        return any(verb[:n] + verb[n - 1 : n] + verb[n:] == word for n in range(1, len(word)))
    if len(word) != len(verb) or sorted(word) != sorted(verb):
        return False
    return any(word[:n] + word[n + 1] + word[n] + word[n + 2 :] == verb for n in range(1, len(word) - 1))
