"""The router: the tools that fit a request, best first, with how sure that is and what matched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.tools.routing import cards as texts
from lsfs.tools.routing.calibration import Calibration, Signs, signs
from lsfs.tools.routing.cards import Card
from lsfs.tools.routing.defaults import DEFAULT
from lsfs.tools.routing.evidence import FEATURES, Catalogue, Embed, Evidence, spoken_for
from lsfs.tools.routing.fusion import fused, ranked
from lsfs.tools.routing.lexical import Tokens
from lsfs.tools.routing.trained import Trained
from lsfs.tools.routing.usage import Examples

FAR = 0.075
"""How far ahead, in fused score, a tool that may not be chosen has to be for the others to be but the least unfit."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One tool for a request."""

    tool: int
    """Its number."""
    score: float
    """The probability that it fits, 0..1."""
    matched: str
    """The wording that matched: an example request, or a sentence of the description."""
    matched_in: Literal["example", "description", "name"]
    part: str
    """The part of the request that it is for; '' for all of it."""
    evidence: dict[str, float]
    """What each feature brought to its fused score, for ``--explain``; they add up to it."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request."""

    hits: tuple[Hit, ...]
    """Best first."""
    none_fits: bool
    """Whether even the best is unlikely to fit; the hits are then the nearest there are."""
    parts: tuple[str, ...]
    """The request's parts, where it has several."""


class Router:
    """Finds tools.  Immutable: build another one where tools, vectors or examples have changed."""

    def __init__(
        self,
        cards: Sequence[Card],
        vectors: NDArray[np.float32] | NDArray[np.float16],
        *,
        tokens: Tokens,
        embed: Embed | None,
        known: NDArray[np.bool_] | None = None,
        examples: Examples | None = None,
        trained: Trained | None = None,
        prior: NDArray[np.float32] | None = None,
    ) -> None:
        """`cards`: the tools, by number.

        `vectors`: of each tool its `view_texts`, embedded: ``[tools, 3, dimensions]``, unit rows; `known`: which tools
        have them (all by default); see `lsfs.tools.routing.dense.Views`.  `tokens`: the index's tokenizer.
        `embed`: of texts, unit rows; None for words alone.  `trained`: the weights (those of the package by default).
        `prior`: by tool, what its fused score is changed by before anything is asked (nothing by default).
        """
        given = np.ones(len(cards), np.bool_) if known is None else known
        self.trained = trained or DEFAULT
        self._embed = embed
        self._prior = np.zeros(len(cards), np.float32) if prior is None else prior
        self.catalogue = Catalogue(cards, vectors, given, examples or Examples.none(vectors.shape[-1]), tokens)

    def find(self, request: str, k: int = 10, *, allowed: NDArray[np.bool_] | None = None) -> Found:
        """The `k` best tools for `request` among the `allowed` (a mask by number; all by default), without those that
        nothing speaks for.

        None of them fits where another that is not allowed fits far better.  Raises what `embed` raises.
        """
        if not self.catalogue.cards:
            return Found(hits=(), none_fits=True, parts=())
        evidence = self.catalogue.evidence(request, self._embed)
        scores = fused(evidence.features, self.trained.head) + self._prior
        chosen = spoken_for(evidence.features) if allowed is None else spoken_for(evidence.features) & allowed
        if not chosen.any():
            return Found(hits=(), none_fits=True, parts=evidence.parts)
        open_to = np.where(chosen, scores, np.float32(-np.inf))
        order = ranked(open_to, evidence.words.gains, evidence.part_of, self.trained.head, k)
        first = int(open_to.argmax())
        calibration = self.trained.calibration if evidence.meaning is not None else self.trained.by_words
        choice = len(scores) if allowed is None else int(allowed.sum())
        seen = signs(scores, first, choice, *evidence.of(first), calibration.usual)
        hits = tuple(
            self._hit(tool, seen.at(float(scores[first] - scores[tool])), calibration, evidence) for tool in order
        )
        top = max((hit.score for hit in hits), default=0.0)
        return Found(hits=hits, none_fits=seen.behind > FAR or top < calibration.cut, parts=evidence.parts)

    def _hit(self, tool: int, seen: Signs, calibration: Calibration, evidence: Evidence) -> Hit:
        matched, where = self._wording(tool, evidence)
        part = int(evidence.part_of[tool])
        brought = evidence.features[tool] * self.trained.head.vector()
        return Hit(
            tool=tool,
            score=calibration.probability(seen),
            matched=matched,
            matched_in=where,
            part=evidence.parts[part - 1] if part else "",
            evidence={name: round(float(one), 4) for name, one in zip(FEATURES, brought, strict=True) if one},
        )

    def _wording(self, tool: int, evidence: Evidence) -> tuple[str, Literal["example", "description", "name"]]:
        """The example, where one is nearer than the description; else the sentence that shares most words."""
        card = self.catalogue.cards[tool]
        if evidence.past is not None and evidence.meaning is not None:
            nearest = int(evidence.past.nearest[tool])
            if nearest >= 0 and evidence.past.near[tool] > evidence.meaning.part[tool]:
                return self.catalogue.usage.examples.texts[nearest], "example"
        wanted = set(evidence.words.terms)
        lexicon = self.catalogue.lexicon
        sentence = texts.clause(
            card, lambda one: sum(lexicon.idf(term) for term in lexicon.terms(one) if term in wanted)
        )
        return (sentence, "description") if sentence else (card.name, "name")
