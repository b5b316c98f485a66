"""What one sentence is resolved with: the tree as the index knows it now, the caller's place in it, the clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from lsfs.core.api import Caller
from lsfs.core.paths import display, is_within
from lsfs.core.records import Kind
from lsfs.core.spans import Clock
from lsfs.core.times import zone_of
from lsfs.core.wirepath import absolute_from_wire
from lsfs.engine.parts import Parts
from lsfs.plan.resolve.choosing import Chooser
from lsfs.plan.resolve.grouping.facts import IndexFacts
from lsfs.plan.resolve.meaning import Meaning
from lsfs.plan.resolve.places import Places
from lsfs.plan.resolve.resolver import Resolver
from lsfs.plan.resolve.texts import is_plain
from lsfs.plan.resolve.wanted import Adviser, Target
from lsfs.store.index import FileRow
from lsfs.watch import mounts

_MOST_TEXT = 1 << 20
"""Bytes of a file that is looked at before something is written to it."""


class Desk:
    """What one sentence is resolved with."""

    def __init__(self, parts: Parts, caller: Caller, now_ns: int, adviser: Adviser | None) -> None:
        """`adviser` is asked where search is not sure which file is meant."""
        self._parts = parts
        self._by_agent = caller.door == "mcp"
        self._roots = roots = dict(parts.root_paths())
        clock = Clock(now_ns, zone_of(caller.zone), caller.locale)
        cwd = mounts.real(absolute_from_wire(caller.cwd))
        files = parts.index.files

        def called(name: str) -> Iterator[bytes]:
            return (
                os.path.join(roots[row.root], row.path)
                for row in files.called(name)
                if row.kind == Kind.DIR and row.root in roots
            )

        def every() -> Iterator[bytes]:
            below = {root: os.path.join(path, b"") for root, path in roots.items()}
            return (below[root] + path for root, path in files.folders() if root in roots)

        home = os.fsencode(os.path.realpath(os.path.expanduser("~")))
        self.places = Places(roots.values(), called, every, cwd, home)
        self.clock = clock
        self.chooser = Chooser(parts.index, parts.search, self.places, roots, clock, adviser, self._beginning)

    def resolver(self, sentence: str, last: Sequence[bytes]) -> Resolver:
        """A resolver for one sentence."""
        results = [self.chooser.at(path) or Target(path) for path in map(os.path.normpath, last)]
        meaning = Meaning(self.chooser, self.places, sentence, results, self.clock)
        facts = IndexFacts(self._parts.index, self._parts.search, self._parts.texts)
        return Resolver(meaning, self._text_to_use, self._gone, facts)

    def _text_to_use(self, target: Target) -> str | None:
        """The text of a file; None where the caller may not read it."""
        if self._by_agent and not self._parts.readable.is_shown(target.path):
            return None
        return _text_of(target)

    def text_at(self, path: bytes) -> str | None:
        """The text at a path as it can be compared: '' where nothing stands, None for what is no small text, or not
        the caller's to read."""
        if not mounts.stands(path):
            return ""
        text = self._text_to_use(Target(path))
        return text if text is not None and is_plain(text) else None

    def _gone(self, words: str) -> list[bytes]:
        """The paths with that name, or that path, at which something stood once and nothing stands now."""
        entries = self._parts.vault.entries
        found: list[bytes] = []
        if "/" in words:
            path = self.places.placed(words)
            for root, base in self._roots.items():
                if path is not None and path != base and is_within(path, base):
                    found += [os.path.join(base, one) for one in entries.at(root, [path[len(base) :].lstrip(b"/")])]
        else:
            name = words.lower()
            for root, base in self._roots.items():
                found += [
                    os.path.join(base, entry.path)
                    for entry in entries.below(root, b"", gone=True)
                    if entry.gone and display(os.path.basename(entry.path)).lower() == name
                ]
        return [path for path in found if not mounts.stands(path)]

    def _beginning(self, row: FileRow) -> str:
        """The first passage of a file, '' where it has no text."""
        content = self._parts.index.contents.get(row.content) if row.content is not None else None
        passages = self._parts.texts.passages(content, [row], [0]) if content is not None and content.chunks else []
        return passages[0].text if passages else ""

    def row_of(self, target: Target) -> FileRow | None:
        """The file as the index has it; of a folder, and of what the index does not hold, what the disk says.

        None where nothing stands, and outside of the watched folders.
        """
        if target.row is not None:
            return target.row
        above = next(((root, base) for root, base in self._roots.items() if is_within(target.path, base)), None)
        if not mounts.stands(target.path):
            return None
        try:
            found = os.lstat(target.path)
        except OSError:
            return None
        if above is None:
            return None
        root, base = above
        path = target.path[len(base) :].lstrip(b"/")
        kind = Kind.DIR if os.path.isdir(target.path) else Kind.FILE
        name = display(os.path.basename(path)).lower()
        return FileRow(0, root, path, name, "", kind, found.st_size, found.st_mtime_ns, None, None, 0, "done")


def _text_of(target: Target) -> str | None:
    """The text of a file as far as it is UTF-8; None where it cannot be read, and of one that is not small."""
    try:
        descriptor = os.open(target.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        with open(descriptor, "rb") as file:
            body = file.read(_MOST_TEXT + 1)
            return body.decode("utf-8", "replace") if len(body) <= _MOST_TEXT else None
    except OSError:
        return None
