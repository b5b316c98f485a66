"""From a sentence to a Request: the rules where they are sure, else the language model, checked by code.

What changes files has to be said: each changing verb by a word of the sentence, each path, name and number of the
sentence in some slot, and the request as a whole by the model with enough confidence (the sum of its tokens'
log-probabilities; a single verb's says little).  What fails a check is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from lsfs.core.errors import ModelUnavailable, RefusedError, UsageError
from lsfs.llm.base import Bounds, LanguageModel
from lsfs.plan import checks, prompt, rules
from lsfs.plan.request import Request, decode, grammar
from lsfs.plan.rules.known import Known

SURE_OF_CHANGE = -4.0
SURE_OF_READING = -6.0
"""Least summed log-probability (natural) of a request that changes files, or only reads."""
_EXAMPLES = "say it as for example: move the lease to Documents/Legal; find pdfs about tax from 2024"


class Understood(msgspec.Struct, frozen=True):
    """What a sentence means, and what found it."""

    request: Request
    tier: Literal["rules", "llm"]
    logprob: float = 0.0
    """Of the model's request; 0 for the rules'."""


class NotUnderstood(RefusedError):
    """A sentence that has no reading, or none that may be acted on; `nearest` is the one that comes nearest."""

    def __init__(self, message: str, nearest: Request | None = None, hint: str = _EXAMPLES) -> None:
        super().__init__(message, hint=hint)
        self.nearest = nearest


class Understanding:
    """Reads sentences.  `llm` gives the model, or raises `ModelUnavailable` where there is none."""

    def __init__(
        self, llm: Callable[[], LanguageModel], confirmed: Callable[[], Sequence[tuple[str, str]]] = tuple
    ) -> None:
        """`confirmed` gives sentences that were carried out before, with the wire forms of their requests."""
        self._llm = llm
        self._confirmed = confirmed
        self._grammar = grammar()

    def read(self, sentence: str, known: Known, *, llm: bool, on_model: Callable[[], bool]) -> Understood:
        """What a sentence means; raises `NotUnderstood`, and UsageError for none.

        `on_model` is called before and while the model thinks, and stops it by giving False.
        """
        said = " ".join(sentence.split())
        if not said:
            raise UsageError("say what is to be done", hint="for example: lsfs do find the lease for the flat")
        if len(said) > prompt.MOST_CHARACTERS:
            raise NotUnderstood(
                f"the sentence has more than {prompt.MOST_CHARACTERS} characters", hint="say it in short"
            )
        request = rules.understand(sentence, known)
        if request is not None:
            return Understood(request, "rules")
        if not llm:
            raise NotUnderstood("the rules do not understand this, and the language model is off (LSFS_LLM=off)")
        try:
            model = self._llm()
        except ModelUnavailable as error:
            raise NotUnderstood(
                f"the rules do not understand this, and there is no language model: {error.message}",
                hint="lsfs models pull fetches one",
            ) from error
        return self._by_model(model, said, known, on_model)

    def _by_model(self, model: LanguageModel, said: str, known: Known, on_model: Callable[[], bool]) -> Understood:
        bounds = Bounds(max_tokens=prompt.MOST_TOKENS, grammar=self._grammar)
        if not on_model():
            raise NotUnderstood("nobody waits for it any more")
        written = model.write(prompt.prompt_for(said, self._confirmed()), bounds, lambda _: on_model())
        if written.ended != "stop":
            raise NotUnderstood("it is not clear what is meant")
        try:
            request = checks.repaired(said, decode(written.text), known)
        except ValueError as error:
            raise NotUnderstood("it is not clear what is meant") from error
        if not request.actions:
            raise NotUnderstood("this does not seem to be about files")
        faults = (*checks.faults(said, request), *checks.omitted(said, request))
        if faults:
            raise NotUnderstood(f"it is not clear what is meant: {faults[0]}", request)
        least = SURE_OF_CHANGE if request.changes else SURE_OF_READING
        if written.logprob < least:
            raise NotUnderstood("it is not clear enough what is meant", request)
        return Understood(request, "llm", written.logprob)
