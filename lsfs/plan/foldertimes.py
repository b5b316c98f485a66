"""Which time a folder has once an op is taken back.  Pure.

A folder's time changes with every name in it, and so with every op that changes one.  Ops lie above each other in
layers: as long as some stand, the folder has the time that the topmost of those has given it; when none stands any
more, it has the time that it had before the first.  What another program changes in between is the ground for what
comes after it, and takes what lies below out of the game.
"""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.store.vault import FolderChange


def time_after(history: Sequence[FolderChange], asked: int, stands: bool, now_ns: int) -> int | None:
    """The time of a folder, modified at `now_ns`, when `asked` stands from now on or does not any more.

    None: nothing is known of it, and it has the time of the change itself.
    """
    ground, layers = now_ns, dict[tuple[int, bool], int]()
    standing: dict[int, bool] = {}
    current: int | None = None
    for change in history:
        if change.before_ns != current:
            ground, layers = change.before_ns, {}
        standing[change.asked] = change.stands
        if not any(number == change.asked for number, _ in layers):
            layers[change.asked, change.stands] = change.after_ns
        current = change.after_ns
    if current != now_ns or not any(number == asked for number, _ in layers):
        return None
    standing[asked] = stands
    tops = [after for (number, when), after in layers.items() if standing[number] == when]
    return tops[-1] if tops else ground
