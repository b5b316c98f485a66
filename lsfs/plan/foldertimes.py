"""Which time a folder has once an op is taken back.  Pure.

A folder's time changes with every name in it, and so with every op that changes one.  Ops lie above each other in
layers: as long as some stand, the folder has the time that the topmost of those has given it; when none stands any
more, it has the time that it had before the first.  What another program changes in between is the ground for what
comes after it, and takes what lies below out of the game.
"""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.store.vault import FolderChange


class _Chain:
    """What ops have done to one folder, with nothing else in between."""

    def __init__(self, ground_ns: int) -> None:
        self.ground = ground_ns
        """The time that it had before."""
        self.layers: dict[tuple[int, bool], int] = {}
        """The time that each op has given it by being done (True) or taken back, in order."""
        self.asked: set[int] = set()
        """The ops of the layers."""


def time_after(history: Sequence[FolderChange], asked: int, stands: bool, now_ns: int) -> int | None:
    """The time of a folder, modified at `now_ns`, when `asked` stands from now on or does not any more.

    None: nothing is known of it, and it has the time of the change itself.
    """
    standing: dict[int, bool] = {}
    chains: dict[int, _Chain] = {}
    """By the time that the last change has left: another folder that stood at the path meanwhile has its own."""
    for change in history:
        standing[change.asked] = change.stands
        chain = chains.pop(change.before_ns, None) or _Chain(change.before_ns)
        if change.asked not in chain.asked:
            chain.asked.add(change.asked)
            chain.layers[change.asked, change.stands] = change.after_ns
        chains[change.after_ns] = chain
    found = chains.get(now_ns)
    if found is None or asked not in found.asked:
        return None
    standing[asked] = stands
    tops = [after for (number, when), after in found.layers.items() if standing[number] == when]
    return tops[-1] if tops else found.ground
