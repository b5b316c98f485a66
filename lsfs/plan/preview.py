"""What a plan comes to before it is carried out: its class, its reach, and whether it may go ahead."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from lsfs.core.errors import RefusedError
from lsfs.core.paths import display, printable, split
from lsfs.core.records import Kind
from lsfs.plan.draft import Draft, Effect
from lsfs.plan.problems import Problem
from lsfs.plan.steps import Call, MakeDir, Move, Put, RemoveDir, Row, Step, Trash, Where, is_tree, paths

MOST_FILES = 1_000
MOST_BYTES = 1 << 30
"""What ``--yes`` confirms unasked; with the right count named, more."""


class Class(StrEnum):
    """How much a plan may do, which decides who is asked."""

    READ = "read"
    """Nothing is changed: nothing is to be done, or a tool is called that only reads."""
    SILENT = "silent"
    """Tags and saved queries: taken back at a word, and harmless."""
    REVERSIBLE = "reversible"
    """Previewed; ``--yes`` skips the question."""
    EXTERNAL = "external"
    """It writes outside the watched folders, or a tool is called that may change anything."""


class Reach(msgspec.Struct, frozen=True):
    """How much a plan touches."""

    files: int
    """Files and links, those inside folders that move or go included."""
    bytes: int


def class_of(steps: Sequence[Step], external: bool) -> Class:
    """The class of a plan."""
    if not steps:
        return Class.READ
    if external:
        return Class.EXTERNAL
    if all(isinstance(step, Call) for step in steps):
        return Class.READ
    return Class.SILENT if all(isinstance(step, Row) for step in steps) else Class.REVERSIBLE


def reach_of(draft: Draft, steps: Sequence[Step]) -> Reach:
    """How many files and bytes a plan touches."""
    files, size = 0, 0
    rows: set[int | None] = set()
    for step in steps:
        if isinstance(step, MakeDir | RemoveDir | Call):
            continue
        if isinstance(step, Put):
            state = step.after or step.before
            files += 1
            size += state.size if state is not None else 0
        elif is_tree(step):
            for where in paths(step)[:1]:
                below = draft.vault.entries.reach(where.base, where.path)
                files, size = files + below[0], size + below[1]
        elif isinstance(step, Row):
            rows.add(step.lineage)
        else:
            files += 1
            node = draft.before(paths(step)[0])
            size += node.st_size if node is not None else 0
    return Reach(files + len(rows - {None}), size)


def emptied(draft: Draft, steps: Iterable[Step]) -> list[str]:
    """Notes on the folders from which the steps take the last that is in them."""
    left: dict[Where, None] = {}
    for step in steps:
        if isinstance(step, Move):
            left[Where(step.src.base, split(step.src.path)[0])] = None
        elif isinstance(step, Trash) or (isinstance(step, Put) and step.after is None):
            left[Where(step.at.base, split(step.at.path)[0])] = None
    notes = []
    for folder in left:
        node = draft.overlay.get(folder) if folder.base in draft.roots else None
        if node is not None and node.kind is Kind.DIR and not draft.overlay.names(folder):
            notes.append(f"{display(draft.shown(folder))} is left empty")
    return notes


def check_confirmed(files: int, size: int, *, expect: int | None, exempt: bool) -> None:
    """Raises RefusedError where ``--yes`` alone does not confirm so much."""
    if expect is not None and expect != files:
        raise RefusedError(
            f"it touches {files} files, not {expect}", hint=f"--expect {files} confirms it, if that is what you mean"
        )
    if exempt or expect is not None:
        return
    if files > MOST_FILES or size > MOST_BYTES:
        raise RefusedError(
            f"it touches {files} files of {size >> 20} MiB, more than --yes confirms",
            hint=f"--expect {files} confirms it, or answer the question",
        )


def check_permissions(draft: Draft, steps: Iterable[Step]) -> None:
    """Raises `Problem` for the first folder on the disk in which names cannot be changed."""
    seen: set[Where] = set()
    for step in steps:
        if isinstance(step, Row):
            continue
        for where in paths(step):
            folder = Where(where.base, split(where.path)[0])
            if folder in seen:
                continue
            seen.add(folder)
            node = draft.overlay.get(folder)
            origin = node.origin if node is not None and node.kind is Kind.DIR else None
            if origin is None:
                found = draft.before(folder)
                origin = folder if found is not None and stat.S_ISDIR(found.st_mode) else None
            if origin is not None:
                _check_folder(draft, origin)


def _check_folder(draft: Draft, folder: Where) -> None:
    fd = draft.disk.folder(folder)
    if os.fstatvfs(fd).f_flag & os.ST_RDONLY:
        raise Problem("read-only", "it lies on a file system that is read only", folder)
    if not os.access(b"/proc/self/fd/%d" % fd, os.W_OK | os.X_OK, effective_ids=True):
        raise Problem("permission", "names in this folder may not be changed: permission denied", folder)


def check_space(draft: Draft, steps: Iterable[Step], vault: bytes) -> None:
    """Raises `Problem` where a volume has not room enough for what is written, pre-images in the vault included."""
    needed: dict[int, int] = {}
    room: dict[int, int] = {}

    def need(path: bytes, size: int) -> None:
        found = os.stat(path)
        needed[found.st_dev] = needed.get(found.st_dev, 0) + size
        if found.st_dev not in room:
            free = os.statvfs(path)
            room[found.st_dev] = free.f_bavail * free.f_frsize

    for step in steps:
        if not isinstance(step, Put):
            continue
        if step.after is not None:
            need(draft.existing_folder(step.at), step.after.size)
        before = step.before
        if before is not None and before.source is None and not (before.content and draft.contents.has(before.content)):
            need(vault, before.size)
    for device, size in needed.items():
        left = room[device]
        if size > left:
            raise Problem("no-space", f"{size >> 20} MiB are to be written, and {left >> 20} MiB are free there")


def listed(effects: Sequence[Effect]) -> str:
    """What a plan does, in one line."""
    counts: dict[str, int] = {}
    for effect in effects:
        counts[effect.action] = counts.get(effect.action, 0) + 1
    if len(effects) == 1:
        only = effects[0]
        to = f" → {printable(only.to)}" if only.to is not None else ""
        note = f" ({only.note})" if only.note and not only.path else ""
        return f"{only.action} {printable(only.path)}{to}{note}".strip()
    return ", ".join(f"{action} {count}" for action, count in counts.items())
