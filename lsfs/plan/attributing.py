"""What a program has changed, as steps: from what stood there before it ran and what stands there after.  Pure.

The steps are in an order in which they could have been carried out, so that taken back from the last to the first they
lead to what was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from lsfs.core.paths import split
from lsfs.core.records import Kind
from lsfs.plan.steps import After, Guard, MakeDir, Meta, Move, Put, RemoveDir, SetMeta, State, Step, Where
from lsfs.store.vault import Entry

Snapshot = Mapping[Where, Entry]
"""What stands at places."""


class Attributed(NamedTuple):
    """What was changed."""

    steps: tuple[tuple[Step, After], ...]
    """Each with what stands there now."""
    lost: tuple[Where, ...]
    """Files that were changed or taken away, and of which nothing was kept before."""


def attributed(
    before: Snapshot, after: Snapshot, kept: Collection[bytes], temporary: Callable[[], bytes]
) -> Attributed:
    """What differs between two snapshots; `kept` are the contents that can be brought back.

    `temporary` gives a name that no file has, for each file that is put.
    """
    changes = _Changes(before, after, kept)
    gone, made = changes.gone, changes.made
    moves = _moves(before, after, gone, made)
    came, went = {dst for _, dst in moves}, {src for src, _ in moves}
    steps: list[tuple[Step, After]] = []
    for at in gone:
        if before[at].kind is not Kind.DIR and at not in went:
            steps.append((Put(at, state_of(before[at]), None, guard_of(before[at]), temporary()), After()))
    folders = sorted((at for at in made if after[at].kind is Kind.DIR), key=lambda at: at.path)
    steps += [(MakeDir(at, meta_of(after[at])), after_of(after[at])) for at in folders]
    steps += [(Move(src, dst, guard_of(before[src])), after_of(after[dst])) for src, dst in moves]
    emptied = sorted((at for at in gone if before[at].kind is Kind.DIR), key=lambda at: at.path, reverse=True)
    steps += [(RemoveDir(at, guard_of(before[at]), meta_of(before[at])), After()) for at in emptied]
    for at, in_place in _once(changes.changed, before, after):
        put = Put(at, state_of(before[at]), state_of(after[at]), guard_of(before[at]), temporary(), in_place)
        steps.append((put, after_of(after[at])))
    for src, dst in moves:
        if before[src].content != after[dst].content:
            guard = guard_of(before[src])
            put = Put(dst, state_of(before[src]), state_of(after[dst]), guard, temporary())
            steps.append((put, after_of(after[dst])))
        elif _beside(before[src]) != _beside(after[dst]):
            meta = SetMeta(dst, meta_of(before[src]), meta_of(after[dst]), guard_of(after[dst]))
            steps.append((meta, after_of(after[dst])))
    for at in made:
        if after[at].kind is not Kind.DIR and at not in came:
            steps.append((Put(at, None, state_of(after[at]), None, temporary()), after_of(after[at])))
    for at, _ in _once(changes.given, before, after):
        meta = SetMeta(at, meta_of(before[at]), meta_of(after[at]), guard_of(after[at]))
        steps.append((meta, after_of(after[at])))
    return Attributed(tuple(steps), tuple(changes.lost))


class _Changes:
    """The places at which something differs, by how."""

    def __init__(self, before: Snapshot, after: Snapshot, kept: Collection[bytes]) -> None:
        self.gone: list[Where] = []
        self.made: list[Where] = []
        self.changed: list[Where] = []
        self.given: list[Where] = []
        """Only mode, time or attributes differ."""
        self.lost: list[Where] = []
        self._kept = kept
        for at in sorted(before.keys() | after.keys(), key=lambda at: (at.base, at.path)):
            self._compare(at, before.get(at), after.get(at))

    def _compare(self, at: Where, old: Entry | None, new: Entry | None) -> None:
        if old is not None and new is not None and old.kind is not new.kind:
            self._compare(at, old, None)
            self._compare(at, None, new)
        elif new is None:
            assert old is not None
            (self.gone if self._is_kept(old) else self.lost).append(at)
        elif old is None:
            self.made.append(at)
        elif (old.content, old.target) != (new.content, new.target):
            (self.changed if self._is_kept(old) else self.lost).append(at)
        elif old.kind is Kind.FILE and old.content is None and old.key != new.key:
            self.lost.append(at)
        elif old.kind is not Kind.SYMLINK and _beside(old) != _beside(new):
            self.given.append(at)

    def _is_kept(self, old: Entry) -> bool:
        return old.kind is not Kind.FILE or old.content in self._kept


def _once(places: Collection[Where], before: Snapshot, after: Snapshot) -> list[tuple[Where, bool]]:
    """The places, of several names of one file that was changed in place the first alone; and whether it was so."""
    names: dict[object, list[Where]] = {}
    for at in places:
        old, new = before[at], after[at]
        same = old.kind is Kind.FILE and (old.ino, old.btime_ns) == (new.ino, new.btime_ns)
        names.setdefault((new.ino, new.btime_ns, old.content) if same else at, []).append(at)
    return [(found[0], len(found) > 1) for found in names.values()]


def _beside(entry: Entry) -> tuple[int, bytes | None, int]:
    """What stands beside the bytes; the time of a folder is that of the names in it."""
    return entry.mode, entry.xattrs, entry.mtime_ns if entry.kind is Kind.FILE else 0


def _moves(
    before: Snapshot, after: Snapshot, gone: Collection[Where], made: Collection[Where]
) -> list[tuple[Where, Where]]:
    """Files that went from a place at which nothing stands now to one at which nothing stood."""
    news: dict[tuple[int, int], Where] = {}
    for at in made:
        if after[at].kind is Kind.FILE and at not in before:
            news.setdefault((after[at].ino, after[at].btime_ns), at)
    found = []
    for at in gone:
        if before[at].kind is not Kind.FILE or at in after or not before[at].btime_ns:
            continue
        target = news.pop((before[at].ino, before[at].btime_ns), None)
        if target is not None and target.base == at.base:
            found.append((at, target))
    return found


def inside(at: Where, places: Collection[Where]) -> bool:
    """Whether a place is one of others, or below one."""
    while True:
        if at in places:
            return True
        if not at.path:
            return False
        at = Where(at.base, split(at.path)[0])


def guard_of(entry: Entry) -> Guard:
    """A guard for what an entry says."""
    return Guard(entry.ino, entry.btime_ns, entry.size, entry.mtime_ns, entry.ctime_ns, entry.mode)


def state_of(entry: Entry) -> State:
    """A file or link as an entry has it."""
    return State(
        kind=entry.kind,
        content=entry.content,
        target=entry.target,
        size=entry.size,
        mode=entry.mode & 0o7777,
        mtime_ns=entry.mtime_ns,
        xattrs=entry.xattrs,
        tags=entry.mirror or None,
        lineage=entry.lineage or None,
    )


def meta_of(entry: Entry) -> Meta:
    """What stands beside the bytes of a file or folder, as an entry has it."""
    return Meta(entry.mode & 0o7777, entry.mtime_ns, entry.xattrs)


def after_of(entry: Entry) -> After:
    """What a step has left, as an entry has it."""
    return After(entry.ino, entry.btime_ns, entry.size, entry.mtime_ns, entry.mode)
