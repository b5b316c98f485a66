"""The moves by which the files of a request are sorted."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lsfs.core import actions as act
from lsfs.core.errors import NothingFound
from lsfs.core.wirepath import to_wire
from lsfs.plan import request as req
from lsfs.plan.resolve.grouping.arrange import arranged
from lsfs.plan.resolve.grouping.facts import Facts
from lsfs.plan.resolve.grouping.scheme import names_of
from lsfs.plan.resolve.meaning import Meaning
from lsfs.plan.resolve.wanted import Target


def of_group(
    action: req.Group, targets: Sequence[Target], meaning: Meaning, facts: Facts, on_exists: act.OnExists
) -> list[act.Move]:
    """A move into each folder, of which `meaning` takes note; raises NothingFound where every file stays.

    Where only a list of names is said, they are those of the folders, whichever slot they stand in.
    """
    by, to = action.by, action.to
    if not by and names_of(to):
        by, to = to, ""
    base = meaning.destination(to, targets) if to else None
    if base is None and action.folder:
        base = meaning.folders(action.folder)[0]

    def elsewhere(name: str) -> bytes | None:
        if "/" in name:
            return meaning.destination(name, targets)
        places = meaning.places
        exact = [] if to else places.exact(name)
        near = (places.cwd, places.home, *places.roots)
        return exact[0].path if len(exact) == 1 and os.path.dirname(exact[0].path) in near else None

    found = arranged(by, targets, base, meaning.sentence, facts, meaning.clock, elsewhere)
    if not found.folders:
        raise NothingFound(f"no file goes anywhere: {found.left_out[0].why}")
    made = []
    ends: dict[bytes, bytes] = {}
    for folder, inside in found.folders.items():
        paths = tuple(to_wire(target.path) for target in inside)
        made.append(act.Move(paths=paths, to=to_wire(folder), on_exists=on_exists))
        ends.update({target.path: os.path.join(folder, os.path.basename(target.path)) for target in inside})
    meaning.left_out.extend(found.left_out)
    meaning.went(ends)
    meaning.came(Target(ends.get(target.path, target.path), target.row) for target in targets)
    return made
