"""Paths as bytes: joining, splitting, showing, and staying inside a root.

A path inside a root is ``bytes`` without a leading slash; the root itself is ``b""``.  Nothing here touches the disk
and nothing decodes a name, except for showing it to a person.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from lsfs.core.errors import RefusedError

SEPARATOR = b"/"


def join(folder: bytes, name: bytes) -> bytes:
    """`name` inside `folder`; the root is ``b""`` and adds nothing."""
    return folder + SEPARATOR + name if folder else name


def split(path: bytes) -> tuple[bytes, bytes]:
    """(folder, name) of a path; the folder of a top-level name is ``b""``."""
    folder, _, name = path.rpartition(SEPARATOR)
    return folder, name


def ancestors(path: bytes) -> Iterator[bytes]:
    """The folders above `path`, from the root ``b""`` down to its own folder; none for the root."""
    if not path:
        return
    yield b""
    at = path.find(SEPARATOR)
    while at != -1:
        yield path[:at]
        at = path.find(SEPARATOR, at + 1)


def is_within(path: bytes, folder: bytes) -> bool:
    """True if `path` is `folder` or lies anywhere beneath it (by text; both relative, or both absolute)."""
    return not folder or path == folder or (path.startswith(folder) and path[len(folder) : len(folder) + 1] == b"/")


def relative(root: bytes, path: bytes) -> bytes | None:
    """The path inside `root` that absolute `path` names, or None where it lies outside.

    Dots are resolved by text, as a shell does for a typed path; links are not looked at.
    """
    root, path = normal(root), normal(path)
    if path == root:
        return b""
    prefix = root if root == SEPARATOR else root + SEPARATOR
    return path[len(prefix) :] if path.startswith(prefix) else None


def normal(path: bytes) -> bytes:
    """`path` without ``.``, ``..`` and doubled slashes, by text."""
    # POSIX lets exactly two leading slashes mean something else and normpath keeps them; Linux does not.
    shorter = os.path.normpath(path)
    return shorter[1:] if shorter.startswith(b"//") else shorter


def confined(path: bytes) -> bytes:
    """`path` itself if it can only name something inside a root.

    Raises RefusedError for absolute paths, ``.`` and ``..``, empty components and NUL.  Links on the way are the
    business of the call that opens it (see :mod:`lsfs.core.posix`).
    """
    if path and (b"\0" in path or any(part in (b"", b".", b"..") for part in path.split(SEPARATOR))):
        raise RefusedError(
            "the path does not stay inside its folder", path=display(path), hint="name it without .. or a leading /"
        )
    return path


def display(path: bytes) -> str:
    """`path` as text for a message; bytes that are not UTF-8 become U+FFFD."""
    return path.decode("utf-8", "replace")


def printable(path: bytes) -> str:
    """`path` as one line for a terminal: newlines, escapes and direction marks are shown, never carried out."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in display(path))
