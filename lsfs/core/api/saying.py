"""Sentences, and answers from files."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.actions import Action
from lsfs.core.api.caller import Caller, ErrorInfo
from lsfs.core.api.changing import PlanResult
from lsfs.core.api.finding import Hit


class DoRequest(Caller, frozen=True, kw_only=True):
    """What is to be done, in words; a plan is made and nothing changed, a question is answered."""

    sentence: str
    last: tuple[str, ...] = ()
    """What “it” and “them” mean: the files of the last result, as paths (wire text)."""


class AskRequest(Caller, frozen=True, kw_only=True):
    """A question that the user's files are to answer."""

    question: str


class SummarizeRequest(Caller, frozen=True, kw_only=True):
    """What is to be summarised: a path, or words that find it."""

    what: str


class CompareRequest(Caller, frozen=True, kw_only=True):
    """Two files that are to be compared: paths, or words that find them."""

    one: str
    other: str


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """Where something that was said stands."""

    path: str
    line: int | None
    """1-based line in the file, or in its text where the file is not one."""
    anchor: str | UnsetType = UNSET
    """``page 3``, ``sheet Budget`` …, where the file has such places."""
    quote: str = ""
    """The passage, cut to a few lines."""
    path_b64: str | UnsetType = UNSET


class TextChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan does to the text of one file."""

    path: str
    drafted: str = ""
    """The whole text that the model wrote for it; '' where the text was given."""
    unified: str = ""
    """Hunks of a unified diff from what the file says now; '' where that cannot be compared."""
    added: int = 0
    """Lines."""
    removed: int = 0
    path_b64: str | UnsetType = UNSET


class StoredPlan(PlanResult, frozen=True, kw_only=True):
    """An op in full; one that is not carried out yet with what it would do to texts."""

    changes: tuple[TextChange, ...] = ()


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What the language model says of a file that may be meant, where search is not sure."""

    path: str
    yes: bool
    """Whether a yes is the likelier answer."""
    odds: float
    """Probability of a yes, from 0 to 1."""
    path_b64: str | UnsetType = UNSET


class SayResult(PlanResult, frozen=True, kw_only=True):
    """What came of a sentence: a plan (state ``preview``), hits or an answer (``answered``), ``nothing``, or
    ``refused`` with the reason."""

    tier: Literal["rules", "llm"] | None = None
    """What understood the sentence; None where nothing did, or nothing had to."""
    reason: str = ""
    """Why it is refused, or comes to nothing."""
    allowed: bool = False
    """Of a call that a sentence comes to: the tool may run unasked, but for that nobody has named it."""
    actions: tuple[Action, ...] = ()
    """The plan as `PlanRequest` takes it, to be changed and made again."""
    changes: tuple[TextChange, ...] = ()
    """What a plan that writes comes to, file by file."""
    readings: tuple[str, ...] = ()
    """The nearest readings of what is refused, as sentences that would be understood."""
    judged: tuple[Judged, ...] = ()
    """The files that the model was asked about, in that order."""
    hits: tuple[Hit, ...] = ()
    answer: str | None = None
    citations: tuple[Citation, ...] = ()
    unanswered: tuple[str, ...] = ()
    """Parts of the question that the files do not say."""
    refusal: ErrorInfo | UnsetType = UNSET
    """Set where the state is ``refused``: what the command ends with."""
    elapsed_ms: float = 0.0


class SayEvent(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sentence or an answer is; the last event has the result."""

    phase: Literal["loading", "understanding", "looking", "reading", "writing", "done"]
    text: str = ""
    """While ``writing``, the next piece of the answer; while ``reading``, what is read."""
    judged: Judged | None = None
    """While ``looking``: what was just found out about a file."""
    result: SayResult | None = None
