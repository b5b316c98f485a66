"""The folders that there are, and which of them words name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import msgspec

from lsfs.core.paths import display, is_within
from lsfs.plan.resolve.likeness import likest
from lsfs.plan.resolve.phrases import is_folder_word
from lsfs.store.index.names import words as split_words

_LEADING = frozenset(
    "the my our your his her their der die das den dem meinen le la les l' mon ma mes el il lo".split()
)
_NOISE = frozenset("project projects stuff things one".split())


class Folder(msgspec.Struct, frozen=True):
    """A folder below a watched one, or a watched one itself."""

    path: bytes
    """Absolute."""

    @property
    def name(self) -> str:
        """Its own name."""
        return display(os.path.basename(self.path))

    @property
    def words(self) -> str:
        """Its path as text, in lower case."""
        return display(self.path).lower()


class Places:
    """Looks up folders.

    `roots` are the absolute paths of the watched folders; `called` gives those of the folders below them that have a
    name, in lower case; `every` those of all, asked only where a name is not there as it is said.
    """

    def __init__(
        self,
        roots: Iterable[bytes],
        called: Callable[[str], Iterable[bytes]],
        every: Callable[[], Iterable[bytes]],
        cwd: bytes,
        home: bytes,
    ) -> None:
        self.roots = tuple(roots)
        self.cwd = cwd
        self.home = home
        self._called = called
        self._every = every

    @property
    def base(self) -> bytes | None:
        """Where a new folder without further words goes: the caller's folder if it is watched, or the only root."""
        if any(is_within(self.cwd, root) for root in self.roots):
            return self.cwd
        return self.roots[0] if len(self.roots) == 1 else None

    def watched(self, path: bytes) -> bool:
        """Whether a path lies in a watched folder."""
        return any(is_within(path, root) for root in self.roots)

    def exact(self, words: str) -> list[Folder]:
        """The folders that the words name in full: by name, by the end of their path, or by all of it."""
        plain = _plain(words)
        if not plain:
            return []
        if plain.startswith(("/", "~")):
            return self._at(self._absolute(plain))
        for base in dict.fromkeys((self.cwd, *self.roots, self.home)):
            if found := self._at(os.path.join(base, os.fsencode(plain))):
                return found
        tail = "/" + plain.lower()
        return [folder for folder in self._of_name(os.path.basename(tail)) if folder.words.endswith(tail)]

    def _of_name(self, name: str) -> list[Folder]:
        """The folders of a name, in lower case; watched ones first."""
        named = [root for root in self.roots if display(os.path.basename(root)).lower() == name]
        return [Folder(path) for path in dict.fromkeys((*named, *self._called(name)))]

    def _at(self, path: bytes) -> list[Folder]:
        """The folder at a path; where none has that spelling, those that differ in letter case alone."""
        shown = display(path).lower()
        found = [folder for folder in self._of_name(os.path.basename(shown)) if folder.words == shown]
        return [folder for folder in found if folder.path == path] or found

    def named(self, words: str) -> list[Folder]:
        """The folders that words may mean, the likeliest first and only those that are equally likely."""
        words = _without_leading(words)
        found = self.exact(words)
        if found:
            return found
        stripped = _bare(words)
        if stripped and stripped != words:
            found = self.exact(stripped)
            if found:
                return found
        return self._alike(stripped or words)

    def _alike(self, words: str) -> list[Folder]:
        wanted = [word for word in split_words(words).lower().split() if word not in _LEADING]
        wanted = [word for word in wanted if word not in _NOISE] or wanted
        if not wanted or "/" in words:
            return []
        return list(map(Folder, likest(wanted, dict.fromkeys((*self.roots, *self._every())))))

    def placed(self, words: str) -> bytes | None:
        """The absolute path that the words of a path come to, whether it is there or not; None where that is unclear.

        What is there of it takes its own spelling.  Relative to the caller's folder, a watched one, or what is above
        one, where the first part of it is there; else to `base`.
        """
        plain = _plain(words)
        if plain.startswith(("/", "~")):
            return self._spelt(self._absolute(plain))
        relative = os.path.normpath(os.fsencode(plain))
        if relative.startswith(b"..") or relative == b".":
            return self._absolute(os.path.join(display(self.cwd), plain))
        first = relative.split(b"/")[0]
        for near in dict.fromkeys((self.cwd, *self.roots, self.home)):
            if self._at(os.path.join(near, first)):
                return self._spelt(os.path.join(near, relative))
        above = [folder for folder in self.exact(display(first)) if folder.path not in self.roots]
        if b"/" in relative and len(above) == 1:
            return self._spelt(os.path.join(above[0].path, relative.partition(b"/")[2]))
        base = self.base
        return os.path.join(base, relative) if base is not None else None

    def _absolute(self, plain: str) -> bytes:
        if plain == "~" or plain.startswith("~/"):
            plain = display(self.home) + plain[1:]
        return os.path.normpath(os.fsencode(plain))

    def _spelt(self, path: bytes) -> bytes:
        """The path with the spelling of those folders of it that are there."""
        parts = path.split(b"/")
        for count in range(len(parts), 1, -1):
            if found := self._at(b"/".join(parts[:count])):
                return b"/".join([found[0].path, *parts[count:]])
        return path


def _plain(words: str) -> str:
    text = words.strip(" \t\"'“”„«»‘’")
    if text.rpartition("/")[2] not in (".", ".."):
        text = text.rstrip(".,;:!?")
    return text.rstrip("/") if len(text) > 1 else text


def _without_leading(words: str) -> str:
    parts = words.split()
    while len(parts) > 1 and parts[0].lower() in _LEADING:
        parts.pop(0)
    return " ".join(parts)


def _bare(words: str) -> str:
    """The words without "folder" and what leads to it: "the folder called X", "X project folder"."""
    parts = _plain(words).split()
    while (
        parts and (is_folder_word(parts[0]) or parts[0].lower() in ("called", "named", "of", "for")) and len(parts) > 1
    ):
        parts.pop(0)
    while len(parts) > 1 and is_folder_word(parts[-1]):
        parts.pop()
    return _without_leading(" ".join(parts))
