"""From what is said of sorting to the folder that each file goes to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

import msgspec

from lsfs.core.errors import RefusedError
from lsfs.core.paths import display
from lsfs.core.spans import Clock
from lsfs.plan.resolve.grouping import scheme
from lsfs.plan.resolve.grouping.facts import Facts
from lsfs.plan.resolve.grouping.labels import No, as_name, label_of
from lsfs.plan.resolve.grouping.named import by_name
from lsfs.plan.resolve.grouping.topics import by_topic
from lsfs.plan.resolve.wanted import LeftOut, Target

_WAYS = (
    "by topic, year, month, day, kind, extension, size, first letter, tag, language, author, artist, album; by one and"
    " then another; or name the folders"
)


class Arranged(msgspec.Struct, frozen=True):
    """Where files go."""

    folders: dict[bytes, tuple[Target, ...]]
    """Folder, absolute and there or not, → what goes into it, in the order in which the files are given."""
    left_out: tuple[LeftOut, ...] = ()


def arranged(
    by: str,
    targets: Sequence[Target],
    base: bytes | None,
    sentence: str,
    facts: Facts,
    clock: Clock,
    elsewhere: Callable[[str], bytes | None],
) -> Arranged:
    """Where the files go that are sorted as `by` says (where it is empty, as the sentence does).

    The folders lie below `base`, or where that is None below the folder that each file is in; a named folder may be
    `elsewhere`, which gives its absolute path or None.  Raises RefusedError for a way of sorting that is not known, and
    where no file can be sorted in it.
    """
    levels = scheme.levels_of(by) if by else scheme.levels_in(sentence)
    if levels is not None:
        return _placed(targets, _labelled(levels, targets, base, facts, clock), base)
    names = scheme.names_of(by) if by and not scheme.is_led_by(sentence, by) else ()
    if not names:
        raise RefusedError(f"lsfs cannot sort by “{by}”" if by else "it is not said how to sort", hint=_WAYS)
    for name in names:
        if not as_name(name):
            raise RefusedError(f"no folder can be called “{name}”")
    fitting = by_name(targets, names, facts, clock)
    standing = _standing(names, _above(base, targets), elsewhere)
    labels: dict[bytes, tuple[str, ...] | No] = {
        path: label if isinstance(label, No) else (label,) for path, label in fitting.items()
    }
    return _placed(targets, labels, base, standing)


def _above(base: bytes | None, targets: Sequence[Target]) -> set[bytes]:
    return {base} if base is not None else {os.path.dirname(target.path) for target in targets}


def _labelled(
    levels: Sequence[scheme.Level], targets: Sequence[Target], base: bytes | None, facts: Facts, clock: Clock
) -> dict[bytes, tuple[str, ...] | No]:
    """By path, the names of the folders one below the other, or why a file has none."""
    found: dict[bytes, tuple[str, ...] | No] = {target.path: () for target in targets}
    forms = "".join(level.form for level in levels)
    for level in levels:
        if level.key == "folder":
            raise RefusedError("they lie in their folders already", hint=_WAYS)
        if level.key == "topic":
            said = _by_topic(targets, base, facts)
        else:
            said = {target.path: label_of(level, target, facts, clock, forms) for target in targets}
        reasons = [label.why for label in said.values() if isinstance(label, No)]
        if len(reasons) == len(said):
            raise RefusedError(f"none of the files can be sorted so: {reasons[0]}", hint=_WAYS)
        for path, label in said.items():
            so_far = found[path]
            if not isinstance(so_far, No):
                found[path] = label if isinstance(label, No) else (*so_far, label)
    return found


def _by_topic(targets: Sequence[Target], base: bytes | None, facts: Facts) -> dict[bytes, str | No]:
    """By path, the topic; of files that stay in their folders, among those of the same folder."""
    together: dict[bytes, list[Target]] = {}
    for target in targets:
        together.setdefault(base if base is not None else os.path.dirname(target.path), []).append(target)
    found: dict[bytes, str | No] = {}
    for folder, inside in together.items():
        try:
            found |= by_topic(inside, facts, map(display, _folders_in(folder)))
        except RefusedError as error:
            if len(together) == 1:
                raise
            found |= {target.path: No(f"of its folder: {error.message}") for target in inside}
    return found


def _standing(
    names: Iterable[str], above: Iterable[bytes], elsewhere: Callable[[str], bytes | None]
) -> dict[str, bytes]:
    """The folders of the names that stand elsewhere: paths do, and plain names where all of them do, and none here."""
    plain = [name for name in names if "/" not in name]
    found = {name: path for name in names if "/" in name and (path := elsewhere(name)) is not None}
    here = {display(name).casefold() for folder in above for name in _folders_in(folder)}
    if not any(name.casefold() in here for name in plain):
        other = {name: path for name in plain if (path := elsewhere(name)) is not None}
        if len(other) == len(plain):
            found |= other
    return found


def _placed(
    targets: Sequence[Target],
    labels: dict[bytes, tuple[str, ...] | No],
    base: bytes | None,
    standing: dict[str, bytes] | None = None,
) -> Arranged:
    folders: dict[bytes, list[Target]] = {}
    below: dict[tuple[bytes, tuple[str, ...]], bytes] = {}
    left_out = []
    for target in targets:
        label = labels[target.path]
        if isinstance(label, No):
            left_out.append(LeftOut(target.path, label.why))
            continue
        here = os.path.dirname(target.path)
        whole = (standing or {}).get(label[0])
        end = (base if base is not None else here, label)
        if whole is None and end not in below:  # the disk is asked once for all files that go there
            below[end] = _below(*end)
        folder = whole if whole is not None else below[end]
        if folder == here or (base is None and whole is None and _lies_in(here, label)):
            left_out.append(LeftOut(target.path, f"it is in {'/'.join(label)} already"))
            continue
        folders.setdefault(folder, []).append(target)
    return Arranged({folder: tuple(inside) for folder, inside in folders.items()}, tuple(left_out))


def _below(above: bytes, label: Sequence[str]) -> bytes:
    for name in label:
        above = os.path.join(above, _alike(above, as_name(name)))
    return above


def _lies_in(here: bytes, label: Sequence[str]) -> bool:
    """Whether a folder is called so already, with those above it."""
    return [part.casefold() for part in display(here).split("/")[-len(label) :]] == [one.casefold() for one in label]


def _alike(above: bytes, name: str) -> bytes:
    """The folder that is called so but for letter case, else the name as it is."""
    exact = os.fsencode(name)
    alike = [one for one in _folders_in(above) if display(one).casefold() == name.casefold()]
    return exact if exact in alike or not alike else min(alike)


def _folders_in(folder: bytes) -> list[bytes]:
    """The names of the folders in a folder, hidden ones and links left out."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                one.name for one in entries if one.is_dir(follow_symlinks=False) and not one.name.startswith(b".")
            )
    except OSError:
        return []
