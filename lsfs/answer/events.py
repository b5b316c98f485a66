"""What a caller hears while an answer is made, and how it ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Phase = Literal["looking", "reading", "writing"]

OnEvent = Callable[[Phase, str], bool]
"""Gets each phase as it begins (with '', or what it is about), and the pieces of a text that is being written.

Returning False ends the work; what was made until then is given back."""


def silent(phase: Phase, piece: str) -> bool:
    """Hears nothing and ends nothing."""
    return True


class Cancelled(Exception):
    """The caller ended the work.  Never leaves this package."""


def tell(on_event: OnEvent, phase: Phase, piece: str = "") -> None:
    """Tells the caller; raises `Cancelled` where it wants no more."""
    if not on_event(phase, piece):
        raise Cancelled
