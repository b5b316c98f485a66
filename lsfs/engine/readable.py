"""What agents get to see of what files say: what is searched, and no secrets, wherever the text would be shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from lsfs.core.errors import NothingFound
from lsfs.core.ignore import IgnoreRules
from lsfs.core.ignore_defaults import defaults
from lsfs.core.paths import join, split
from lsfs.engine.places import Place, place_of
from lsfs.plan.steps import MakeDir, Put, Row, SetMeta, Step
from lsfs.store.vault import Root, Vault


class Readable:
    """Says which texts may be shown to agents; for any thread."""

    def __init__(
        self,
        vault: Vault,
        unsearched: Callable[[Root, bytes], str | None],
        rules_in: Callable[[Root, bytes], IgnoreRules],
    ) -> None:
        """`unsearched` tells why a path of a root is not searched, be it there or not; None where it is.

        `rules_in` gives the rules for what lies in a folder of a root, or would.
        """
        self._vault = vault
        self._unsearched = unsearched
        self._rules_in = rules_in
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

    def brought_out(self, source: bytes, target: bytes | None, below: Iterable[tuple[bytes, bool]]) -> bytes | None:
        """The first of what is `below` folder `source` that may not be shown there, and may be once the folder is
        `target`; None for nothing, b"" where the folder itself may not be shown.

        See `lsfs.plan.carrying.AgentsView`.
        """
        try:
            here = _Below(place_of(self._vault, source), self._rules_in)
            there = _Below(place_of(self._vault, target), self._rules_in) if target is not None else None
        except (NothingFound, OSError):
            return b""
        if here.is_hidden_itself:
            return b""
        for path, is_dir in below:
            stays = there is not None and there.is_hidden(path, is_dir)  # each is asked of every folder
            if here.is_hidden(path, is_dir) and not stays:
                return path
        return None

    def are_shown(self, steps: Sequence[Step], bases: Mapping[int, bytes], read: Sequence[bytes]) -> list[Step]:
        """The steps whose texts may be shown; `bases` are the folders that they name, `read` the other files that
        texts were taken from.

        None of a plan that also brings files elsewhere: what it writes there may be what could not be read before.
        """
        if not all(_only_writes(step) for step in steps) or not all(map(self.is_shown, read)):
            return []
        puts = [step for step in steps if isinstance(step, Put) and step.at.base in bases]
        return [step for step in puts if self.is_shown(os.path.join(bases[step.at.base], step.at.path))]


class _Below:
    """What the rules above a folder, and the lists, say of what is in it; asked of each folder before what is in it."""

    def __init__(self, place: Place, rules_in: Callable[[Root, bytes], IgnoreRules]) -> None:
        self._place = place
        self._defaults = defaults()
        above = rules_in(place.root, split(place.path)[0])
        self.is_hidden_itself = above.verdict(place.path, True).index is not None
        self._rules = {b"": above.enter(place.path, (), _nothing)}

    def is_hidden(self, path: bytes, is_dir: bool) -> bool:
        rules = self._rules[split(path)[0]]
        whole = join(self._place.path, path)
        if is_dir:
            self._rules[path] = rules.enter(whole, (), _nothing)
        return rules.verdict(whole, is_dir).index is not None or self._defaults.is_secret(whole)


def _nothing(path: bytes) -> bytes:
    return b""


def _only_writes(step: Step) -> bool:
    if isinstance(step, Put):
        return step.after is None or step.after.source is None
    return isinstance(step, MakeDir | SetMeta | Row)
