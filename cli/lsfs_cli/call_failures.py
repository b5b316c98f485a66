"""What a call of a tool that went wrong ends the command with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsfs.core.errors import CallFailed, LsfsError, UnavailableError
from lsfs.core.failures import Interrupted


def failure_of(result: Mapping[str, Any]) -> LsfsError | None:
    """The error of an op (`lsfs.core.api.PlanResult`, decoded) whose call went wrong; None for any other."""
    outcome = next((one for one in result["results"] if not one["ok"]), None)
    if outcome is None:
        return None
    back = f"lsfs undo {result['op']} takes back what it changed" if result["state"] == "applied" else None
    if outcome["failure"] == "cancelled":
        return Interrupted(f"op {result['op']} was cancelled", hint=back or "no change by it is seen")
    called = next((effect["note"].partition(" ")[0] for effect in result["effects"] if effect["action"] == "call"), "")
    first = outcome["text"].partition("\n")[0] or "it failed, and does not say why"
    kind = UnavailableError if outcome["failure"] == "unavailable" else CallFailed
    return kind(f"{called}: {first}" if called else first, hint=back)


def said_besides(result: Mapping[str, Any]) -> str:
    """What the tool of such an op said besides its reason, which is the first line."""
    outcome = next(one for one in result["results"] if not one["ok"])
    return str(outcome["text"].partition("\n")[2])
