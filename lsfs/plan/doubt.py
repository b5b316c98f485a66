"""What of a call's changes may be somebody else's.

All that changed in the folder that a program worked in is taken for its doing, while its user, or another call, may
have changed something there at the same time.  What the call named in its arguments is its own beyond doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lsfs.plan.attributing import inside
from lsfs.plan.steps import After, Call, Step, Where, paths
from lsfs.plan.undo import Undoing

MAYBE_YOURS = "the call had not named it: the change may be your own, made meanwhile"


def in_doubt(steps: Sequence[Step]) -> list[Where]:
    """The places that the steps of an op changed and that the call among them had not named; none without a call."""
    call = next((step for step in steps if isinstance(step, Call)), None)
    if call is None:
        return []
    places = dict.fromkeys(at for step in steps if step is not call for at in paths(step))
    return [at for at in places if not inside(at, call.named)]


def undoubted(
    steps: Sequence[tuple[Step, After]], doubtful: Collection[Where], undoing: Undoing
) -> Sequence[tuple[Step, After]]:
    """The steps that an undo takes back that nobody sees: the others are conflicts, unless they are forced."""
    if undoing.how == "force":
        return steps
    for at in doubtful:
        undoing.conflict(at, MAYBE_YOURS, forcible=True)
    return [(step, after) for step, after in steps if not any(at in doubtful for at in paths(step))]
