"""Which tools the words and the meaning of a request stand for, learnt from usage by ridge regression.  Pure.

A request is its vector beside the idf-weighted words and word pairs that it shares with other requests; the weights
from there to each tool have a closed form, and so has what they would be without one of the requests (the
leave-one-out residual of a linear smoother, e.g. Hastie et al., The Elements of Statistical Learning, 7.10).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lsfs.index.functionwords import is_function_word
from lsfs.tools.routing.lexical import Tokens

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

PENALTY = 1.0
WORDS_COUNT = 2.0
"""The words' part of the kernel against the vectors'."""

REQUESTS, VOCABULARY = 4_000, 1_500
"""Requests and words that are learnt from, at most: seconds on two cores."""


class Association:
    """Weights from requests to tools.  Tools without any example get 0."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        idf: Floats,
        weights: Floats,
        tools: Ints,
        size: int,
        tokens: Tokens,
        left_out: tuple[dict[int, int], Floats],
    ) -> None:
        self._vocabulary, self._idf, self._weights = vocabulary, idf, weights
        self._tools, self._size, self._tokens = tools, size, tokens
        self._rows, self._left_out = left_out

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        vectors: Floats,
        request_of: NDArray[np.int64],
        tools: Ints,
        size: int,
        tokens: Tokens,
    ) -> Association:
        """`texts` and `vectors`: distinct requests; `request_of` and `tools`: pairs of request and tool."""
        chosen = _chosen(len(texts), request_of, tools)
        row_of = {int(request): row for row, request in enumerate(chosen)}
        used, columns = np.unique(tools, return_inverse=True)
        labels = np.zeros((len(chosen), len(used)), np.float32)
        for request, column in zip(request_of.tolist(), columns.tolist(), strict=True):
            if request in row_of:
                labels[row_of[request], column] = 1
        held = [_telling(tokens(texts[request])) for request in chosen]
        vocabulary, idf = _vocabulary(held)
        inputs = np.concatenate([vectors[chosen], _bags(held, vocabulary, idf)], axis=1)
        weights, left_out = ridge(inputs, labels)
        return cls(vocabulary, idf, weights, used.astype(np.int32), size, tokens, (row_of, left_out))

    def scores(self, vector: Floats, text: str) -> Floats:
        """By tool: near 1 for one that the examples chose for such requests, near 0 for the others."""
        dimensions = len(vector)
        found = vector @ self._weights[:dimensions]
        numbers = [self._vocabulary[term] for term in _telling(self._tokens(text)) if term in self._vocabulary]
        if numbers:
            bag = self._idf[numbers]
            bag = bag * np.float32(math.sqrt(WORDS_COUNT) / max(float(np.linalg.norm(bag)), 1e-6))
            found = found + bag @ self._weights[dimensions + np.array(numbers)]
        return self._spread(found)

    def left_out(self, request: int) -> Floats:
        """The scores of a request that was learnt from, as if it had not been; zeros for one that was not."""
        row = self._rows.get(request)
        return self._spread(self._left_out[row]) if row is not None else np.zeros(self._size, np.float32)

    def _spread(self, scores: Floats) -> Floats:
        spread = np.zeros(self._size, np.float32)
        spread[self._tools] = scores
        return spread


def _chosen(n_requests: int, request_of: NDArray[np.int64], tools: Ints) -> NDArray[np.int64]:
    """The requests to learn from: all, or as many of each tool as there is room for, the first ones first."""
    if n_requests <= REQUESTS:
        return np.arange(n_requests)
    seen: Counter[int] = Counter()
    turn = np.full(n_requests, np.iinfo(np.int64).max)
    for request, tool in zip(request_of.tolist(), tools.tolist(), strict=True):
        turn[request] = min(turn[request], seen[tool])
        seen[tool] += 1
    return np.sort(np.argsort(turn, kind="stable")[:REQUESTS])


def _telling(terms: Sequence[str]) -> list[str]:
    """The distinct words that carry meaning, and their adjacent pairs."""
    words = [term for term in terms if not is_function_word(term)]
    return list(dict.fromkeys([*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]))


def _vocabulary(held: Sequence[Sequence[str]]) -> tuple[dict[str, int], Floats]:
    """The commonest terms that stand in two requests or more, with their idf."""
    frequency = Counter(term for terms in held for term in terms)
    kept = [(term, count) for term, count in frequency.most_common(VOCABULARY) if count > 1]
    idf = np.array([math.log1p(len(held) / count) for _, count in kept], np.float32)
    return {term: number for number, (term, _) in enumerate(kept)}, idf


def _bags(held: Sequence[Sequence[str]], vocabulary: dict[str, int], idf: Floats) -> Floats:
    bags = np.zeros((len(held), len(vocabulary)), np.float32)
    for row, terms in enumerate(held):
        numbers = [vocabulary[term] for term in terms if term in vocabulary]
        bags[row, numbers] = idf[numbers]
    lengths = np.linalg.norm(bags, axis=1, keepdims=True)
    bags *= np.float32(math.sqrt(WORDS_COUNT)) / np.maximum(lengths, np.float32(1e-6))
    return bags


def ridge(inputs: Floats, labels: Floats) -> tuple[Floats, Floats]:
    """Weights ``[inputs, tools]`` and the leave-one-out predictions ``[requests, tools]``; by the smaller system."""
    n, d = inputs.shape
    if n <= d:
        inverse = _inverse(inputs @ inputs.T)
        dual: Floats = inverse @ labels
        return inputs.T @ dual, labels - dual / np.diag(inverse)[:, np.newaxis]
    inverse = _inverse(inputs.T @ inputs)
    weights: Floats = inverse @ (inputs.T @ labels)
    leverage = np.einsum("nd,nd->n", inputs @ inverse, inputs)[:, np.newaxis]
    fitted = inputs @ weights
    return weights, (fitted - leverage * labels) / np.maximum(1 - leverage, np.float32(1e-3))


def _inverse(products: Floats) -> Floats:
    products[np.diag_indices_from(products)] += np.float32(PENALTY)
    inverse: Floats = np.linalg.inv(products)
    return inverse
