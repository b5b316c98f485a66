"""Plans and ops: what would be done, what is being done, what was done."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.actions import Action
from lsfs.core.api.caller import Caller
from lsfs.core.tools import CallOutcome

OpState = Literal[
    "preview", "expired", "queued", "running", "applied", "undone", "failed", "nothing", "refused", "answered"
]


class PlanRequest(Caller, frozen=True, kw_only=True):
    """Make a plan; nothing is changed."""

    actions: tuple[Action, ...]
    sentence: str = ""
    """What was said or typed; kept in the log."""


class UndoRequest(Caller, frozen=True, kw_only=True):
    """Make the plan that takes an op back, or one that was taken back forward again."""

    op: int | None = None
    """None: the newest that the undo and redo commands did not make (undo), or took back (redo)."""
    how: Literal["", "force", "keep"] = ""
    """Conflicts: nothing is done; ``force`` takes the old content over the newer; ``keep`` does the rest."""
    sentence: str = ""
    unasked: bool = False
    """Nobody will be asked about the plan (``--yes``; always so at the door ``mcp``): what may not be the op's own
    doing is a conflict then."""
    of_client: str = ""
    """Without `op`: the newest that this agent asked for, instead."""


class EffectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What one thing comes to."""

    action: str
    path: str
    to: str | None = None
    note: str = ""
    size: int = 0
    """Bytes that are written."""
    path_b64: str | UnsetType = UNSET
    to_b64: str | UnsetType = UNSET


class LeftOutInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is not touched though it was named."""

    path: str
    why: str
    path_b64: str | UnsetType = UNSET


class ConflictInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the way."""

    path: str
    why: str
    forcible: bool
    """``force`` goes over it."""
    path_b64: str | UnsetType = UNSET


class StepInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A primitive change."""

    do: str
    path: str
    to: str | None = None
    path_b64: str | UnsetType = UNSET
    to_b64: str | UnsetType = UNSET


class PlanResult(msgspec.Struct, frozen=True, kw_only=True, rename={"effect_class": "class"}):
    """A plan as it was made, or an op as it went."""

    op: int | None
    """Its number; None where there is nothing to do, or something in the way."""
    state: OpState
    effect_class: str = "read"
    """read, silent, reversible or external."""
    summary: str = ""
    files: int = 0
    bytes: int = 0
    effects: tuple[EffectInfo, ...] = ()
    left_out: tuple[LeftOutInfo, ...] = ()
    notes: tuple[str, ...] = ()
    conflicts: tuple[ConflictInfo, ...] = ()
    steps: tuple[StepInfo, ...] = ()
    results: tuple[CallOutcome, ...] = ()
    """What the tools gave that were called."""
    exempt: bool = False
    """No cap applies: it restores, or takes back."""
    unasked: bool = False
    """It calls a tool that may run without a question: one that only reads, or whose source the user lets do all."""
    expires: str = ""
    error: str = ""


class ApplyRequest(Caller, frozen=True, kw_only=True):
    """Carry out a plan by its number."""

    op: int
    confirmed: Literal["asked", "yes"] = "yes"
    """asked: somebody saw the preview and agreed; yes: nobody was asked."""
    environ: dict[str, str] = {}
    """The caller's environment, for a program that is called; never kept."""
    expect: int | None = None
    """The number of files, which confirms more than ``yes`` does alone."""


class OpEvent(msgspec.Struct, frozen=True, kw_only=True):
    """How far an op is; the last event has the result."""

    phase: Literal["queued", "check", "write", "change", "done"]
    done: int = 0
    total: int = 0
    result: PlanResult | None = None


class OpRequest(Caller, frozen=True, kw_only=True):
    """About one op."""

    op: int


class LogRequest(Caller, frozen=True, kw_only=True):
    """What was done."""

    path: str | None = None
    limit: int = 20
    running: bool = False
    """What waits or runs now, instead."""
    of_client: str = ""
    """What this agent had done, instead; what only took that back is left out."""


class OpInfo(msgspec.Struct, frozen=True, kw_only=True, rename={"effect_class": "class"}):
    """An op in the log."""

    op: int
    state: OpState
    effect_class: str
    summary: str
    sentence: str
    door: str
    files: int
    bytes: int
    started: str
    finished: str
    reverses: int | None = None
    """The op that it takes back."""
    reversed_by: int | None = None
    error: str = ""
    client: str = ""
    """Which agent asked for it, at the door mcp."""


class LogResult(msgspec.Struct, frozen=True, kw_only=True):
    """Ops, the newest first."""

    ops: tuple[OpInfo, ...]
