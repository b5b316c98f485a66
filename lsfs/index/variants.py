"""Other forms of a query's word that a text may use: inflections, and the parts of compounds.

The full-text index stems English only.  For all alphabetic scripts this finds forms with another ending
(*Verteidigung*, *verteidigt*; *animal*, *animaux* only as far as they share their beginning), longer words that
begin with the word, and known words that a compound is made of, all from the index's own vocabulary; no language is
assumed.  Pure: vocabulary in, weights out.
"""

from __future__ import annotations

from collections.abc import Iterable

INFLECTED = 0.6
COMPOUND = 0.5
"""What a variant weighs beside the word itself, before its own idf is looked at."""
MOST = 24
"""Variants taken of one word; more would cost more than they say."""

_SHORTEST = 5
_SHORTEST_PART = 4
_SHORTEST_COMPOUND = 8


def beginning(term: str) -> str | None:
    """What all variants of a term begin with, for a range query over the vocabulary; None where none are sought."""
    if len(term) < _SHORTEST or not term.isalpha():
        return None
    return term[: max(_SHORTEST_PART, len(term) - 2)]


def inflections(term: str, vocabulary: Iterable[tuple[str, int]]) -> dict[str, float]:
    """Weights of the commonest variants among the (term, chunk frequency) pairs that share `beginning(term)`."""
    found: list[tuple[int, str, float]] = []
    for word, frequency in vocabulary:
        if word == term or not word.isalpha():
            continue
        shared = _shared(word, term)
        more, less = len(word) - shared, len(term) - shared
        if shared >= _SHORTEST_PART and less <= 2 and more <= (3 if shared > 6 else 2):
            found.append((-frequency, word, INFLECTED))
        elif not less:
            found.append((-frequency, word, COMPOUND))
    return {word: weight for _, word, weight in sorted(found)[:MOST]}


def parts(term: str) -> dict[str, float]:
    """What a compound may be made of: its beginnings and endings, to be looked up, with the share of it they cover."""
    if len(term) < _SHORTEST_COMPOUND or not term.isalpha():
        return {}
    found: dict[str, float] = {}
    for cut in range(_SHORTEST_PART, len(term) - _SHORTEST_PART + 1):
        for part in (term[:cut], term[cut:]):
            found[part] = COMPOUND * len(part) / len(term)
    return found


def _shared(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
