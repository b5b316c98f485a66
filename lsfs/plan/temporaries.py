"""Where the temporary names of an op lie: in folders that the op itself leaves where they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from lsfs.core.paths import ancestors, join
from lsfs.plan.steps import Put, Step, Where, is_tree, paths


def placed(steps: Sequence[Step]) -> list[Step]:
    """The steps of a whole op, each temporary name as a path that means the same before, during and after it.

    That is in the folder of what is put, or above those that the op makes, moves or takes away: a file is written
    before its folder is made, and what stood in a folder that goes is still there when all is to be taken back.
    """
    passing = {where for step in steps if is_tree(step) for where in paths(step)}
    return [_placed(step, passing) if isinstance(step, Put) else step for step in steps]


def _placed(step: Put, passing: Collection[Where]) -> Put:
    folder = b""
    for above in ancestors(step.at.path):
        if Where(step.at.base, above) in passing:
            break
        folder = above
    return msgspec.structs.replace(step, temporary=join(folder, step.temporary))
