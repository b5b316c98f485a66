"""All evidence on one request: a row of features for each tool.  Pure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsfs.tools.routing.cards import Card, fields, rest
from lsfs.tools.routing.clauses import clauses, phrases
from lsfs.tools.routing.dense import Meaning, Views
from lsfs.tools.routing.lexical import ALL, NAME, REST, SUMMARY, Lexicon, Tokens, Words
from lsfs.tools.routing.usage import Examples, Past, Usage
from lsfs.tools.routing.values import Takers

Floats = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]
"""Unit rows, one per text."""

FEATURES = (
    "meaning",
    "part_meaning",
    "name_meaning",
    "words",
    "name_words",
    "summary_words",
    "rest_words",
    "part_words",
    "word_pairs",
    "name_named",
    "values",
    "learnt",
    "near",
    "votes",
    "centroid",
    "used",
)
"""What is known of a tool and a request; each on a scale that means the same in any collection."""

WITHOUT_WEIGHT = ("values", "used")
"""Features that say nothing by themselves: that there is a place for what a request brings, or that a tool is used."""

_SPEAKING = np.array([name not in WITHOUT_WEIGHT for name in FEATURES])

OF_USAGE = FEATURES.index("learnt")
"""The first of the features that come from usage; those before need none."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of all tools for one request."""

    features: Floats
    """``[tools, features]``"""
    parts: tuple[str, ...]
    """The request's parts; empty where it is one."""
    words: Words
    meaning: Meaning | None
    past: Past | None
    part_of: NDArray[np.int64]
    """Which part each tool is nearest to, from 1; 0 where the request is one, or no vectors are known."""

    def of(self, tool: int) -> tuple[float, float]:
        """A tool's cosine with the request (0 without an embedder), and what its words account for."""
        meaning = float(self.meaning.whole[tool]) if self.meaning is not None else 0.0
        return meaning, float(self.words.fields[ALL, tool])


def spoken_for(features: Floats) -> NDArray[np.bool_]:
    """The tools that anything speaks for: ``[tools]``."""
    return np.logical_or.reduce(features[:, _SPEAKING] > 0, axis=1, keepdims=True)[:, 0]


class Catalogue:
    """All tools as the router reads them, ready to be asked."""

    def __init__(
        self,
        cards: Sequence[Card],
        vectors: NDArray[np.float32] | NDArray[np.float16],
        known: NDArray[np.bool_],
        examples: Examples,
        tokens: Tokens,
    ) -> None:
        self.cards = tuple(cards)
        self.lexicon = Lexicon([fields(card) for card in cards], tokens)
        self._weights = np.array([card.weight for card in cards], np.float32)
        self.takers = Takers([f"{rest(card.description)} {card.parameters}" for card in cards])
        self.views = Views(vectors, known)
        description = self.views.description
        lengths = np.maximum(np.linalg.norm(description, axis=1, keepdims=True), np.float32(1e-6))
        self._description, self._tokens = description / lengths, tokens
        self.usage = Usage(len(self.cards), examples, self._description, tokens)

    def without(self, unused: NDArray[np.bool_]) -> Catalogue:
        """The same tools as if those of a mask had never been used."""
        other = copy.copy(self)
        examples = self.usage.examples
        kept = examples.where(~unused[examples.tools])
        other.usage = Usage(len(self.cards), kept, self._description, self._tokens)
        return other

    def evidence(self, request: str, embed: Embed | None, without: int | None = None) -> Evidence:
        """`embed` may be None: then by words alone, as while tools lack their vectors.  `without`: see `Usage.past`."""
        parts = clauses(request)
        words = self.lexicon.words(request, parts, phrases(request))
        features = np.zeros((len(self.cards), len(FEATURES)), np.float32)
        meaning = past = None
        if embed is not None and self.views.enough:
            vectors = embed([request, *parts])
            meaning = self.views.meaning(vectors)
            features[:, :3] = np.stack([meaning.whole, meaning.part, meaning.name], axis=1)
            if self.usage.any:
                past = self.usage.past(vectors[0], request, without)
                of_usage = [past.learnt, past.near, past.votes, past.centroid, past.used]
                features[:, OF_USAGE:] = np.stack(of_usage, axis=1)
        of_words = [words.fields[field] for field in (ALL, NAME, SUMMARY, REST)]
        values = self.takers.shares(request)
        said = np.stack([*of_words, words.part, words.pairs, words.named], axis=1)
        features[:, 3:OF_USAGE] = np.column_stack([said * self._weights[:, np.newaxis], values])
        part_of = meaning.part_of if meaning is not None else np.zeros(len(self.cards), np.int64)
        return Evidence(features, parts, words, meaning, past, part_of)
