"""Demonstrations: past requests of a tool that are like the one at hand, to show an agent how it is used.

As the demo selector of TPTU-v2 (Kong et al. 2023) and ToolBench's example retriever do; what an agent is shown of a
tool are requests alone, never somebody's arguments.
"""

from __future__ import annotations

import contextlib

import numpy as np

from lsfs.core.api.tooling import ToolExample
from lsfs.core.errors import UnavailableError
from lsfs.core.tools import Origin
from lsfs.tools.routing import usage
from lsfs.tools.routing.evidence import Embed
from lsfs.tools.snapshot import Snapshot

_ORIGINS: dict[int, Origin] = {
    usage.Origin.WRITTEN: "written",
    usage.Origin.IMPORTED: "imported",
    usage.Origin.OBSERVED: "observed",
}


def demonstrations(taken: Snapshot, embed: Embed | None, request: str, tool: str, most: int) -> tuple[ToolExample, ...]:
    """Up to `most` example requests of the tool with that id, the likest to `request` first.

    Without an embedder, or where that cannot be asked, those that the user's own use has left come first.
    """
    number = next((number for number, one in enumerate(taken.tools) if one.id == tool), -1)
    rows = np.flatnonzero(taken.examples.tools == number)
    if not len(rows):
        return ()
    closeness = taken.examples.origins[rows].astype(np.float32)
    if embed is not None:
        with contextlib.suppress(UnavailableError):
            closeness = taken.examples.vectors[rows] @ embed([request])[0]
    best = rows[np.argsort(-closeness, kind="stable")[:most]]
    return tuple(
        ToolExample(query=taken.examples.texts[row], origin=_ORIGINS[int(taken.examples.origins[row])]) for row in best
    )
