"""The boundaries that the suites kill at, by the suite; each fails where it does not meet its own."""

from __future__ import annotations

OP = frozenset(
    f"op.{name}"
    for name in ("before-begin", "begun", "prepared", "step", "synced", "before-done", "done", "noted", "cleaned")
)
"""Of every op; what else one meets, its scenario says."""
REVERTING = frozenset({"op.revert"})
"""Of an op that failed part way."""
RECOVERY = frozenset({"recover.step", "recover.steps", "recover.reverted"})
"""Of a start that takes back an op."""
OBJECTS = frozenset(
    f"objects.{name}" for name in ("before-append", "appended", "pack", "before-loose", "loose", "written")
)
"""Of whatever keeps bytes."""
CALLS = frozenset(f"call.{name}" for name in ("before-begin", "begun", "returned", "before-done", "done"))
"""Of a call of a tool."""
GC = frozenset(f"gc.{name}" for name in ("forgotten", "unlinked", "copied", "moved", "removed"))
"""Of tidying."""
