"""The ten primitive changes, each with what must stand there before, and what it takes to take it back.

A step is stored as JSON before anything is done (docs/storage.md), so everything in it is a value.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lsfs.core.records import Kind
from lsfs.core.tools import CallOutcome


class Where(msgspec.Struct, frozen=True, array_like=True):
    """A path below a base: the id of a watched root, or a negative number for a place that the plan itself names."""

    base: int
    path: bytes


class Guard(msgspec.Struct, frozen=True):
    """What was seen of an inode when the step was planned.

    A file is the same file while inode number and birth time are, and unchanged while the rest is, too; `None` stands
    for what an earlier step of the same op changes.
    """

    ino: int
    btime_ns: int
    size: int | None = None
    mtime_ns: int | None = None
    ctime_ns: int | None = None
    mode: int | None = None


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file or link as it is to stand, or stood, at a path."""

    kind: Kind = Kind.FILE
    content: bytes | None = None
    """Hash of a file's bytes, which the vault keeps."""
    source: Where | None = None
    """Where the bytes are copied from instead; it stands as long as they are needed."""
    source_guard: Guard | None = None
    link: bool = False
    """It is one more name of the source, no copy."""
    target: bytes | None = None
    """What a link says."""
    size: int = 0
    mode: int = 0o600
    mtime_ns: int | None = None
    """None: when it is made."""
    xattrs: bytes | None = None
    """As `lsfs.core.xattrs` packs them."""
    tags: str | None = None
    """The attribute that desktops keep tags in; None: as the vault has them."""
    version: int | None = None
    """Sequence number of the version that it is taken from; its lineage is taken up where it ended at the path."""
    parent: tuple[int, int] | None = None
    """(lineage, seq) that it is a copy of."""
    takes: int | None = None
    """Lineage that goes on here: it comes from another volume, by way of a copy."""
    lineage: int | None = None
    """Lineage that stood here, which goes on when this comes back, unless it lives elsewhere by then."""


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands beside the bytes of a file or folder."""

    mode: int
    mtime_ns: int | None = None
    """None: when it is made."""
    xattrs: bytes | None = None
    inherits: bool = False
    """It is new, and has the attributes that the folder gives which it is in; what it had before is not known."""


class MakeDir(msgspec.Struct, frozen=True, tag="mkdir", tag_field="do"):
    """A new folder, or one that was there before and comes back."""

    at: Where
    meta: Meta


class RemoveDir(msgspec.Struct, frozen=True, tag="rmdir", tag_field="do"):
    """An empty folder goes."""

    at: Where
    guard: Guard | None
    meta: Meta


class Put(msgspec.Struct, frozen=True, tag="put", tag_field="do"):
    """What stands at a path becomes `after`: made where nothing was, replaced, or taken away (None)."""

    at: Where
    before: State | None
    after: State | None
    guard: Guard | None
    temporary: bytes
    """Path, below the same base, of the file that is written first, and of the one that is displaced."""
    in_place: bool = False
    """A file with several names is written where it stands."""


class Move(msgspec.Struct, frozen=True, tag="move", tag_field="do"):
    """A file, link or folder goes to a free path on the same file system."""

    src: Where
    dst: Where
    guard: Guard | None
    tree: bool = False
    """It is a folder."""


class Exchange(msgspec.Struct, frozen=True, tag="exchange", tag_field="do"):
    """Two paths swap what stands there."""

    one: Where
    other: Where
    guard_one: Guard | None
    guard_other: Guard | None
    tree: bool = False


class Trash(msgspec.Struct, frozen=True, tag="trash", tag_field="do"):
    """A file, link or folder goes to the desktop's Trash on its own volume."""

    at: Where
    guard: Guard | None
    folder: bytes
    """Absolute path of the Trash folder, which has ``files`` and ``info``."""
    name: bytes
    """Its name there, before anything of that name exists."""
    info: str
    """Text of its ``.trashinfo``."""
    tree: bool = False


class Untrash(msgspec.Struct, frozen=True, tag="untrash", tag_field="do"):
    """It comes back from there."""

    at: Where
    guard: Guard | None
    folder: bytes
    name: bytes
    info: str
    tree: bool = False


class SetMeta(msgspec.Struct, frozen=True, tag="set_meta", tag_field="do"):
    """Mode, time and attributes change, the bytes don't."""

    at: Where
    before: Meta
    after: Meta
    guard: Guard | None


class Row(msgspec.Struct, frozen=True, tag="db", tag_field="do"):
    """A row of the vault: a tag of a lineage, a saved query."""

    table: str
    """``tags`` or ``saved``."""
    key: str
    """The tag, or the query's name."""
    before: str | None
    """What the row said; None where there was none."""
    after: str | None
    at: Where | None = None
    """The file that a tag is on."""
    lineage: int | None = None


class Call(msgspec.Struct, frozen=True, tag="call", tag_field="do", omit_defaults=True):
    """A tool is called: the one step of its plan, and one without an inverse.

    What it changed below `watched` stands behind it as further steps once it is over, which an undo takes back.
    """

    tool: str
    arguments: dict[str, Any]
    """Without what is secret in them."""
    cwd: bytes
    withheld: bool = False
    """Some of the arguments are secret, and are kept in memory only."""
    reads: bool = False
    """It says that it changes nothing."""
    watched: tuple[Where, ...] = ()
    """Files and folders that it may change, as far as they are looked at."""
    named: tuple[Where, ...] = ()
    """Those that its arguments name: files and folders, but not the folder that it works in, nor those above that."""
    outcome: CallOutcome | None = None
    """What it gave; None before it is over."""


Step = MakeDir | RemoveDir | Put | Move | Exchange | Trash | Untrash | SetMeta | Row | Call


class After(msgspec.Struct, frozen=True, array_like=True):
    """What stood at a step's path when it was done; ``ino`` 0: nothing."""

    ino: int = 0
    btime_ns: int = 0
    size: int = 0
    mtime_ns: int = 0
    mode: int = 0


_decoder: msgspec.json.Decoder[Step] = msgspec.json.Decoder(Step)


def encode(step: Step) -> bytes:
    """A step as JSON; bytes are base64."""
    return msgspec.json.encode(step)


def decode(data: bytes) -> Step:
    """The step in its JSON; raises ``msgspec.DecodeError``."""
    return _decoder.decode(data)


def paths(step: Step) -> tuple[Where, ...]:
    """The places that a step changes what stands at."""
    match step:
        case Move(src, dst):
            return src, dst
        case Exchange(one, other):
            return one, other
        case Row(at=at):
            return (at,) if at is not None else ()
        case Call():
            return ()
        case _:
            return (step.at,)


def is_tree(step: Step) -> bool:
    """Whether a folder goes or comes with everything in it."""
    return isinstance(step, MakeDir | RemoveDir) or bool(getattr(step, "tree", False))


def contents(steps: Any) -> set[bytes]:
    """The contents that steps put, or that stood where they put something."""
    return {
        state.content
        for step in steps
        if isinstance(step, Put)
        for state in (step.before, step.after)
        if state is not None and state.content is not None
    }


def rebased(step: bytes, base: int, onto: int, prefix: bytes) -> bytes:
    """The step in a JSON as it is for a base that was taken over by another, below which it lies at `prefix`.

    `prefix` ends with a slash.
    """

    def moved(where: Where) -> Where:
        return Where(onto, prefix + where.path if where.path else prefix[:-1]) if where.base == base else where

    def moved_state(state: State | None) -> State | None:
        if state is None or state.source is None:
            return state
        return msgspec.structs.replace(state, source=moved(state.source))

    old = decode(step)
    new: Step
    match old:
        case Move(src, dst):
            new = msgspec.structs.replace(old, src=moved(src), dst=moved(dst))
        case Exchange(one, other):
            new = msgspec.structs.replace(old, one=moved(one), other=moved(other))
        case Put(at, before, after, _, temporary):
            new = msgspec.structs.replace(
                old,
                at=moved(at),
                before=moved_state(before),
                after=moved_state(after),
                temporary=moved(Where(at.base, temporary)).path,
            )
        case Row(at=at):
            new = msgspec.structs.replace(old, at=moved(at) if at is not None else None)
        case Call(watched=watched, named=named):
            new = msgspec.structs.replace(old, watched=tuple(map(moved, watched)), named=tuple(map(moved, named)))
        case _:
            new = msgspec.structs.replace(old, at=moved(old.at))
    return encode(new)
