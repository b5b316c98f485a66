"""Boundaries that a crash may fall on, by name: code says that it has reached one, and tests decide what happens there.

In the running program nothing does: `unreached` is what every part gets unless a test wires another in.
"""

from __future__ import annotations

from collections.abc import Callable

Reach = Callable[[str], None]
"""Called with the name of a boundary; a test's may end the process, or raise what a disk would."""


def unreached(_: str) -> None:
    """Does nothing, at any boundary."""
