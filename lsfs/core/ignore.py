"""Which paths are not searched, and of which no versions are kept: two lists, decided folder by folder.

In order of weight, the strongest first:

1. ``.lsfsignore``: both lists; ``!`` takes a path back from both, whatever else says.
2. The built-in lists (:mod:`lsfs.core.ignore_defaults`): secrets and caches on both, hidden names not searched.
3. ``.gitignore``: not searched; no versions either for files over 1 MiB and for folders of build products.

Beside all of these stands what the user has set for the root (:mod:`lsfs.core.policy`), which no file takes back.

Within 1 and within 3 the files work as git's do: a deeper file outweighs one above it, the last line that matches
wins, and what lies in an ignored folder is ignored.  ``!`` in a ``.gitignore`` takes back only what a ``.gitignore``
named: the author of a downloaded folder cannot have its reader's secrets searched.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

import msgspec

from lsfs.core import paths
from lsfs.core.ignore_defaults import Defaults, defaults
from lsfs.core.ignore_patterns import NameMatcher, PatternFile
from lsfs.core.policy import MIB, InForce

GITIGNORE = b".gitignore"
LSFSIGNORE = b".lsfsignore"
IGNORE_FILES = frozenset((GITIGNORE, LSFSIGNORE))
KEPT_WHEN_GITIGNORED = 1 << 20
"""Bytes up to which versions are kept of a file that a ``.gitignore`` names."""

Read = Callable[[bytes], bytes]
"""Gives the bytes of an ignore file by its path inside the root; raises OSError where it cannot be read."""


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """Why a path is left out of each list's work; None where it is not."""

    index: str | None = None
    version: str | None = None

    @property
    def pruned(self) -> bool:
        """True if neither list wants it: such a folder is never entered, such a file is no entry."""
        return self.index is not None and self.version is not None


_KEPT = Verdict()


class IgnoreRules:
    """The rules for the names in one folder; ask the rules of the folder that a path lies in."""

    __slots__ = (
        "_defaults",
        "_excluded",
        "_excluded_files",
        "_git",
        "_git_files",
        "_in_build",
        "_inherited",
        "_never",
        "_own",
        "_own_files",
        "_policy",
        "folder",
    )

    def __init__(
        self,
        *,
        never: frozenset[bytes] = frozenset(),
        built_in: Defaults | None = None,
        extra: Sequence[str] = (),
        policy: InForce | None = None,
    ) -> None:
        """The rules as they stand above a root, before any ignore file was met.

        `never` names paths inside the root that are left out whatever a file says (lsfs's own folders and mounts);
        `extra` are lines as of a ``.lsfsignore`` at the root; `policy` is what the user has set for it.
        """
        self.folder = b""
        self._never = never
        self._defaults = built_in or defaults()
        self._inherited = _KEPT
        self._in_build = False
        self._git_files: tuple[PatternFile, ...] = ()
        self._policy = policy or InForce()
        self._own_files: tuple[PatternFile, ...] = _pattern_files(extra)
        self._excluded_files = _pattern_files(self._policy.exclude)
        self._excluded: tuple[NameMatcher, ...] = ()
        self._git: tuple[NameMatcher, ...] = ()
        self._own: tuple[NameMatcher, ...] = ()

    def enter(self, folder: bytes, names: Container[bytes], read: Read) -> IgnoreRules:
        """The rules for what lies in `folder` (``b""`` or a child of this rules' folder), whose names are `names`.

        Ignore files among the names are read with `read`.
        """
        below = IgnoreRules.__new__(IgnoreRules)
        below.folder = folder
        below._never = self._never
        below._defaults = self._defaults
        below._policy = self._policy
        below._excluded_files = self._excluded_files
        below._inherited = self.verdict(folder, True) if folder else self._inherited
        name = paths.split(folder)[1]
        below._in_build = self._in_build or (name in self._defaults.build_folders and self._by_git(name, True) is True)
        below._git_files = below._with(self._git_files, GITIGNORE, names, read)
        below._own_files = below._with(self._own_files, LSFSIGNORE, names, read)
        below._git = below._matchers(below._git_files)
        below._own = below._matchers(below._own_files)
        below._excluded = below._matchers(below._excluded_files)
        return below

    def verdict(self, path: bytes, is_dir: bool, size: int = 0) -> Verdict:
        """Both lists' word on `path`, which lies directly in this rules' folder."""
        name = path[path.rfind(b"/") + 1 :]
        said = self._by_rules(path, name, is_dir, size)
        policy = self._policy
        index = said.index or policy.unindexed or None
        version = said.version or policy.unversioned or None
        if version is None and policy.max_bytes is not None and size > policy.max_bytes and not is_dir:
            version = f"larger than {policy.max_bytes // MIB} MiB"
        if version is None and self._excluded and _decide(self._excluded, name, is_dir):
            version = "excluded by the settings of the folder"
        if index == said.index and version == said.version:
            return said
        return Verdict(index, version)

    def _by_rules(self, path: bytes, name: bytes, is_dir: bool, size: int) -> Verdict:
        """What the lists and the ignore files say."""
        if self._never and path in self._never:
            return Verdict("own folder", "own folder")
        own = _decide(self._own, name, is_dir) if self._own else None
        if own is not None:
            return Verdict(".lsfsignore", ".lsfsignore") if own else _KEPT
        index, version = self._defaults.reasons(name, path)
        inherited = self._inherited
        index = index or inherited.index
        version = version or inherited.version
        if (self._git or inherited.index == ".gitignore") and (version is None or index is None):
            git = inherited.index == ".gitignore" or self._by_git(name, is_dir) is True
            if git:
                index = index or ".gitignore"
                if self._in_build or (is_dir and name in self._defaults.build_folders):
                    version = version or "build product"
                elif not is_dir and size > KEPT_WHEN_GITIGNORED:
                    version = version or "over 1 MiB and in .gitignore"
        return _KEPT if index is None and version is None else Verdict(index, version)

    def _by_git(self, name: bytes, is_dir: bool) -> bool | None:
        return _decide(self._git, name, is_dir)

    def _with(
        self, files: tuple[PatternFile, ...], name: bytes, names: Container[bytes], read: Read
    ) -> tuple[PatternFile, ...]:
        if name not in names:
            return files
        try:
            data = read(paths.join(self.folder, name))
        except OSError:
            # Unreadable, or gone since the listing: it says nothing, as in git.
            return files
        return (PatternFile(self.folder, data), *files)

    def _matchers(self, files: tuple[PatternFile, ...]) -> tuple[NameMatcher, ...]:
        found = (file.matcher(self.folder) for file in files)
        return tuple(matcher for matcher in found if matcher is not None)


def _pattern_files(lines: Sequence[str]) -> tuple[PatternFile, ...]:
    """Lines as those of an ignore file at the root."""
    return (PatternFile(b"", "\n".join(lines).encode("utf-8", "surrogateescape")),) if lines else ()


def _decide(matchers: tuple[NameMatcher, ...], name: bytes, is_dir: bool) -> bool | None:
    for matcher in matchers:
        said = matcher.ignores(name, is_dir)
        if said is not None:
            return said
    return None
