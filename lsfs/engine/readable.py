"""What agents get to see of what files say: what is searched, and no secrets, wherever the text would be shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from lsfs.core.errors import NothingFound
from lsfs.core.ignore_defaults import defaults
from lsfs.engine.places import place_of
from lsfs.plan.steps import MakeDir, Put, Row, SetMeta, Step
from lsfs.store.vault import Root, Vault


class Readable:
    """Says which texts may be shown to agents; for any thread."""

    def __init__(self, vault: Vault, unsearched: Callable[[Root, bytes], str | None]) -> None:
        """`unsearched` tells why a path of a root is not searched, be it there or not; None where it is."""
        self._vault = vault
        self._unsearched = unsearched
        self._defaults = defaults()

    def is_shown(self, path: bytes) -> bool:
        """Whether what stands, or is to stand, at an absolute path may be shown."""
        try:
            place = place_of(self._vault, path)
        except NothingFound:
            return False
        if not place.path or self._defaults.is_secret(place.path):
            return False
        return self._unsearched(place.root, place.path) is None

    def are_shown(self, steps: Sequence[Step], bases: Mapping[int, bytes], read: Sequence[bytes]) -> list[Step]:
        """The steps whose texts may be shown; `bases` are the folders that they name, `read` the other files that
        texts were taken from.

        None of a plan that also brings files elsewhere: what it writes there may be what could not be read before.
        """
        if not all(_only_writes(step) for step in steps) or not all(map(self.is_shown, read)):
            return []
        puts = [step for step in steps if isinstance(step, Put) and step.at.base in bases]
        return [step for step in puts if self.is_shown(os.path.join(bases[step.at.base], step.at.path))]


def _only_writes(step: Step) -> bool:
    if isinstance(step, Put):
        return step.after is None or step.after.source is None
    return isinstance(step, MakeDir | SetMeta | Row)
