"""Reads and proves every kept object, and has read again from files what was damaged and they still hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsfs.core.api import VerifyEvent
from lsfs.core.paths import display, join
from lsfs.engine.parts import Parts
from lsfs.store.vault import Version
from lsfs.versions.verify import Looked, Lost, Verified, verify

_SAID = 1000
"""Losses that are told one by one."""


class Verifying:
    """Looks at what is kept; forgets what is damaged."""

    def __init__(self, parts: Parts, now_ns: Callable[[], int]) -> None:
        self._parts = parts
        self._now_ns = now_ns

    def verify(self) -> Iterator[VerifyEvent]:
        """How far it is, and last what was found."""
        for said in verify(self._parts.vault, self._parts.contents, self._now_ns):
            if isinstance(said, Looked):
                yield VerifyEvent(done=said.done, total=said.total)
            else:
                if said.mended:
                    self._parts.ingest.keep_missing()
                yield self._found(said)

    def _found(self, said: Verified) -> VerifyEvent:
        lines = sorted(line for lost in said.lost for line in self._lines(lost))
        if len(lines) > _SAID:
            lines[_SAID:] = [f"and {len(lines) - _SAID} more: lsfs history PATH says which"]
        return VerifyEvent(done=said.bytes, total=said.bytes, damaged=tuple(lines), mended=said.mended, finished=True)

    def _lines(self, lost: Lost) -> Iterator[str]:
        numbered = [version for version in lost.versions if version.number is not None]
        for version in numbered or lost.versions[:1]:
            yield f"{self._named(version)}: {lost.reason}"
        if not lost.versions:
            for op in lost.ops:
                yield f"what it takes to take op {op} back: {lost.reason}"

    def _named(self, version: Version) -> str:
        root = self._parts.vault.roots.get(version.root)
        path = join(root.path, version.path) if root is not None else version.path
        return display(path) + (f" @{version.number}" if version.number is not None else "")
