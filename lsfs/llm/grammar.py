"""Greedy choice of the next token under a grammar, at the cost of one test where the likeliest token fits.

Testing all 152,000 tokens of a vocabulary costs some 20 to 40 ms; testing the likeliest alone, less than one.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsfs.core.errors import UsageError
from lsfs.llm.library import Library
from lsfs.llm.vocabulary import Vocabulary

_TRIED_FIRST = 64
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama_token_data"""


class Chooser:
    """The likeliest token that may come next; ``with`` frees the grammar."""

    def __init__(self, library: Library, vocabulary: Vocabulary, grammar: str) -> None:
        """Raises `UsageError` for a grammar that is none."""
        self._api = library.api
        self._vocabulary = vocabulary
        self._sampler = None
        self.forced = 0
        """Tokens at which the grammar refused the likeliest one."""
        if grammar:
            library.complaint()
            self._sampler = self._api.llama_sampler_init_grammar(vocabulary.handle, grammar.encode(), b"root")
            if not self._sampler:
                raise UsageError(f"the grammar is none: {library.complaint() or 'it has no rule called root'}")

    def __enter__(self) -> Chooser:
        return self

    def __exit__(self, *_: object) -> None:
        if self._sampler:
            self._api.llama_sampler_free(self._sampler)
            self._sampler = None

    def choose(self, logits: NDArray[np.float32]) -> int:
        """The token; what comes later follows it."""
        token = int(np.argmax(logits))
        if self._sampler:
            if self._allowed(np.array([token]), logits) is None:
                self.forced += 1
                token = self._likeliest_allowed(logits)
            self._api.llama_sampler_accept(self._sampler, token)
        return token

    def _likeliest_allowed(self, logits: NDArray[np.float32]) -> int:
        first = np.argpartition(logits, -_TRIED_FIRST)[-_TRIED_FIRST:] if len(logits) > _TRIED_FIRST else np.arange(0)
        token = self._allowed(first, logits)
        if token is None:
            token = self._allowed(np.arange(len(logits)), logits)
        if token is None:
            raise UsageError("the grammar leads to where nothing can follow")
        return token

    def _allowed(self, tokens: NDArray[Any], logits: NDArray[np.float32]) -> int | None:
        """The likeliest of these that the grammar allows.

        Control tokens are none of a text: a grammar would take them for the characters that name them.
        """
        candidates = np.empty(len(tokens), _CANDIDATE)
        candidates["id"], candidates["logit"] = tokens, logits[tokens]
        array = self._api.llama_token_data_array(
            data=candidates.ctypes.data_as(self._api.llama_token_data_p),
            size=len(candidates),
            selected=-1,
            sorted=False,
        )
        self._api.llama_sampler_apply(self._sampler, ctypes.byref(array))
        allowed = candidates[np.isfinite(candidates["logit"])]
        for token in allowed[np.argsort(-allowed["logit"], kind="stable")]["id"]:
            if not self._vocabulary.is_control(token) or self._vocabulary.ends(token):
                return int(token)
        return None
