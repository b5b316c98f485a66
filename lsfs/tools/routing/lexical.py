"""Evidence by words: BM25 of each field of a tool, on a scale of its own.  Pure: tokens in, arrays out.

A field's score is the share of the request's information that the field's words account for: BM25 (Robertson and
Zaragoza, 2009) without its factor of k1 + 1, over the request's summed idf.  It lies in 0..1 and means the same in a
set of ten tools and of ten thousand, which ranks and min-max scaling lose.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsfs.index.bm25 import K1, B, inverse_frequency
from lsfs.index.functionwords import is_function_word

Tokens = Callable[[str], Sequence[str]]
"""The terms that the index's tokenizer makes of a text, in order."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

REPEATS = 3.0
"""Occurrences of a term in one field that count: stuffing a description with a word gains nothing past that."""

NAME, SUMMARY, REST, ALL = range(4)
"""The fields, in the order of `lsfs.tools.routing.cards.fields`."""


@dataclass(frozen=True, slots=True)
class Words:
    """By tool, what the words of a request say; every score is a share of information, 0..1."""

    terms: tuple[str, ...]
    """The distinct terms of the request that carry meaning."""
    gains: Floats
    """Of each term, the share of the request's information that it brings each tool: ``[terms, tools]``."""
    fields: Floats
    """What each field accounts for: ``[fields, tools]``."""
    part: Floats
    """What all fields account for of the part that they fit best, the request itself among them."""
    pairs: Floats
    """What they account for of the request's pairs of adjacent words."""
    named: Floats
    """How much of the tool's name stands in one phrase of the request."""


class Postings:
    """Which tools hold a term in one field, and how strongly (0..1)."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        """`texts`: the field's terms, by tool number."""
        lengths = np.array([len(terms) for terms in texts], np.float32)
        filled = lengths[lengths > 0]
        mean = float(filled.mean()) if len(filled) else 1.0
        places: dict[str, list[int]] = {}
        gains: dict[str, list[float]] = {}
        for tool, terms in enumerate(texts):
            norm = K1 * (1 - B + B * len(terms) / mean)
            for term, count in Counter(terms).items():
                often = min(float(count), REPEATS)
                places.setdefault(term, []).append(tool)
                gains.setdefault(term, []).append(often / (often + norm))
        self._of = {term: (np.array(places[term], np.int32), np.array(gains[term], np.float32)) for term in places}

    def fill(self, term: str, into: Floats) -> None:
        """Writes the term's gain at each tool that holds it."""
        found = self._of.get(term)
        if found is not None:
            into[found[0]] = found[1]

    def holders(self, term: str) -> Ints:
        """The tools whose field holds a term, ascending."""
        found = self._of.get(term)
        return found[0] if found is not None else np.empty(0, np.int32)

    def frequencies(self) -> dict[str, int]:
        """In how many tools each term stands."""
        return {term: len(tools) for term, (tools, _) in self._of.items()}


class Lexicon:
    """The words of all tools, by field."""

    def __init__(self, texts: Sequence[tuple[str, str, str, str]], tokens: Tokens) -> None:
        """`texts`: of each tool, its fields (`lsfs.tools.routing.cards.fields`)."""
        self._tokens = tokens
        self.size = len(texts)
        terms = [[list(tokens(field)) for field in one] for one in texts]
        self._fields = tuple(Postings([one[field] for one in terms]) for field in range(4))
        self._pairs = Postings([_pairs(one[ALL]) for one in terms])
        self._idf = {
            term: inverse_frequency(count, self.size)
            for postings in (self._fields[ALL], self._pairs)
            for term, count in postings.frequencies().items()
        }
        self._unknown = inverse_frequency(0, self.size)
        self._name_mass = np.array([sum(map(self.idf, set(one[NAME]))) for one in terms], np.float32)

    def idf(self, term: str) -> float:
        """The idf of a term, or of a pair, over all fields of a tool together."""
        return self._idf.get(term, self._unknown)

    def terms(self, text: str) -> tuple[str, ...]:
        """The distinct terms of a text that carry meaning; all of them where none does."""
        found = tuple(dict.fromkeys(self._tokens(text)))
        return tuple(term for term in found if not is_function_word(term)) or found

    def words(self, text: str, parts: Sequence[str], phrases: Sequence[str]) -> Words:
        """What the words of a request say, of its parts, and of the phrases in which a name may stand."""
        terms = self.terms(text)
        place = {term: number for number, term in enumerate(terms)}
        weights = np.array([self.idf(term) for term in terms], np.float32)
        gains = np.zeros((4, len(terms), self.size), np.float32)
        for term, number in place.items():
            for field, postings in enumerate(self._fields):
                postings.fill(term, gains[field, number])
        request = weights / max(float(weights.sum()), 1e-6)
        shares = np.einsum("t,ftn->fn", request, gains)
        part = shares[ALL]
        for one in parts:
            held = self._spread(one, place, weights)
            part = np.maximum(part, (held / max(float(held.sum()), 1e-6)) @ gains[ALL])
        return Words(
            terms=terms,
            gains=gains[ALL] * request[:, np.newaxis],
            fields=shares,
            part=part,
            pairs=self._pair_shares(text),
            named=self._named(phrases or (text,), place, weights),
        )

    def _spread(self, text: str, place: dict[str, int], weights: Floats) -> Floats:
        """The request's weights of the terms that stand in a part of it, 0 for the others."""
        held = np.zeros_like(weights)
        numbers = [place[term] for term in set(self._tokens(text)) if term in place]
        held[numbers] = weights[numbers]
        return held

    def _pair_shares(self, text: str) -> Floats:
        pairs = dict.fromkeys(_pairs(self._tokens(text)))
        total = sum(map(self.idf, pairs)) or 1.0
        scores = np.zeros(self.size, np.float32)
        gain = np.zeros(self.size, np.float32)
        for pair in pairs:
            gain[:] = 0
            self._pairs.fill(pair, gain)
            scores += gain * np.float32(self.idf(pair) / total)
        return scores

    def _named(self, phrases: Sequence[str], place: dict[str, int], weights: Floats) -> Floats:
        holds: Floats = np.zeros((len(place), self.size), np.float32)
        for term, number in place.items():
            holds[number, self._fields[NAME].holders(term)] = 1
        best: Floats = np.zeros(self.size, np.float32)
        for phrase in phrases:
            np.maximum(best, self._spread(phrase, place, weights) @ holds, out=best)
        best /= np.maximum(self._name_mass, np.float32(1e-6))
        return best


def _pairs(terms: Sequence[str]) -> list[str]:
    telling = [term for term in terms if not is_function_word(term)]
    return [f"{first} {second}" for first, second in itertools.pairwise(telling)]
