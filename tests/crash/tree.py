"""A folder as it stands, down to everything that a crash may not cost."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from lsfs.core import xattrs

MARK = re.compile(rb"<\d{6}>")
"""Stands in texts that are different each time; a tree has it the same."""

Tree = dict[str, "Thing"]


class Thing(NamedTuple):
    """A file, link or folder."""

    kind: str
    mode: int
    mtime_ns: int
    body: bytes
    """The bytes of a file, what a link says."""
    attributes: bytes | None
    tags: str
    names: tuple[str, ...]
    """All names of a file that has several."""


def tree_of(folder: Path) -> Tree:
    """Everything below a folder by its path, the folder itself as ``.``; a Trash of the volume is not among it."""
    found: dict[str, tuple[Path, os.stat_result]] = {}
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        seen = path.lstat()
        found[str(path.relative_to(folder))] = path, seen
        if stat.S_ISDIR(seen.st_mode):
            waiting += [below for below in path.iterdir() if not below.name.startswith(".Trash-")]
    links: dict[int, list[str]] = {}
    for name, (_, seen) in found.items():
        if stat.S_ISREG(seen.st_mode) and seen.st_nlink > 1:
            links.setdefault(seen.st_ino, []).append(name)
    return {name: _thing(path, seen, links.get(seen.st_ino, [])) for name, (path, seen) in sorted(found.items())}


def _thing(path: Path, seen: os.stat_result, names: list[str]) -> Thing:
    body, attributes, tags = b"", None, ""
    if stat.S_ISLNK(seen.st_mode):
        kind, body = "symlink", os.readlink(os.fsencode(path))
    else:
        kind = "dir" if stat.S_ISDIR(seen.st_mode) else "file"
        attributes, tags = (read := xattrs.read(os.fsencode(path))).packed, read.tags or ""
    if kind == "file":
        body = MARK.sub(b"<mark>", path.read_bytes())
    return Thing(kind, stat.S_IMODE(seen.st_mode), seen.st_mtime_ns, body, attributes, tags, tuple(sorted(names)))


def differences(found: Tree, wanted: Tree, since_ns: int | None = None) -> list[str]:
    """Where two trees differ, in words; times from `since_ns` on are those of an op, which no two runs share."""
    said = [f"{name} is missing" for name in wanted.keys() - found.keys()]
    said += [f"{name} is too many" for name in found.keys() - wanted.keys()]
    for name in found.keys() & wanted.keys():
        one, other = found[name], wanted[name]
        if since_ns is not None and min(one.mtime_ns, other.mtime_ns) >= since_ns:
            one = one._replace(mtime_ns=other.mtime_ns)
        said += [
            f"{name}: {field} is {mine!r:.80}, not {theirs!r:.80}"
            for field, mine, theirs in zip(Thing._fields, one, other, strict=True)
            if mine != theirs
        ]
    return sorted(said)


def last_changes(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and ctime of everything below a folder: what tells whether anything at all was done there."""
    paths = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)): ((seen := path.lstat()).st_ino, seen.st_ctime_ns) for path in paths}


def age(folder: Path) -> None:
    """Gives everything below a folder times of last year, each its own: a time that was lost shows."""
    paths = sorted([folder, *folder.rglob("*")], reverse=True)
    for number, path in enumerate(paths):
        at = 1_735_689_600_123_456_789 + number * 86_400_000_000_007
        os.utime(path, ns=(at, at), follow_symlinks=False)
