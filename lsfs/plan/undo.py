"""The steps that take an op back, made for what stands there now, and what is in their way.

An inverse move keeps later edits of the file.  Where content was put, it has to be what was put: a file that changed
since is a conflict, which `force` settles for the old content (the newer is kept as a version) and `keep` by leaving
the file as it is.
"""

from __future__ import annotations

import functools
import stat
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from lsfs.core.paths import ancestors, display, join, split
from lsfs.core.records import Kind, StatKey, signed_ino
from lsfs.plan.draft import Draft, Effect, LeftOut
from lsfs.plan.lower.restoring import state_of
from lsfs.plan.lower.trashing import to_trash
from lsfs.plan.nodes import Node
from lsfs.plan.problems import Problem
from lsfs.plan.steps import (
    After,
    Call,
    Exchange,
    Guard,
    MakeDir,
    Meta,
    Move,
    Put,
    RemoveDir,
    Row,
    SetMeta,
    State,
    Step,
    Trash,
    Untrash,
    Where,
    paths,
)
from lsfs.store.vault import Bound, OpRow

How = Literal["", "force", "keep"]
"""What becomes of conflicts: nothing is done at all, the old takes the place of the newer, or the newer stays."""


class Conflict(msgspec.Struct, frozen=True):
    """What an undo would run over."""

    path: bytes
    why: str
    forcible: bool
    """Whether `force` settles it."""


class Undoing:
    """Adds the inverse of an op's steps to a draft."""

    def __init__(self, draft: Draft, op: OpRow, how: How) -> None:
        self._draft = draft
        self._op = op
        self.how = how
        self.conflicts: list[Conflict] = []
        self._by_tool: frozenset[Where] = frozenset()
        """Where a tool has made the changes: what is new there is not known to anybody, and goes to the Trash."""

    def add(self, steps: Sequence[tuple[Step, After]], later: Mapping[Where, int]) -> None:
        """All of them, the last first; each with what stood there when it was done.  `later` ops changed the same."""
        if any(isinstance(step, Call) for step, _ in steps):
            self._by_tool = frozenset(at for step, _ in steps for at in paths(step))
        spared: set[Where] = set()
        if later and self.how != "force":
            spared = set(later) | {Where(at.base, above) for at in later for above in ancestors(at.path)}
            last = {number: at for at, number in later.items()}
            for number, at in sorted(last.items(), reverse=True):
                why = f"op {number} changed it later: lsfs undo {number} first"
                self.conflict(at, why, forcible=True)
        for step, after in reversed(steps):
            if self.how == "keep" and spared and _is_spared(step, spared, later):
                continue
            try:
                self._invert(step, after)
            except Problem as problem:
                where = problem.where or _place(step)
                self.conflict(where, problem.message, forcible=False)

    def conflict(self, where: Where | None, why: str, *, forcible: bool) -> None:
        """Notes that something is in the way at a place; `keep` leaves it out."""
        path = self._draft.shown(where) if where is not None else b""
        if self.how == "keep" or (self.how == "force" and not forcible):
            self._draft.left_out.append(LeftOut(path, why))
        else:
            self.conflicts.append(Conflict(path, why, forcible))

    def _may_force(self, where: Where, why: str) -> bool:
        """Whether to go on over a conflict."""
        if self.how == "force":
            return True
        self.conflict(where, why, forcible=True)
        return False

    def _invert(self, step: Step, after: After) -> None:
        match step:
            case MakeDir(at):
                self._remove_folder(at)
            case RemoveDir(at, _, meta):
                self._make_folder(at, meta)
            case Put():
                self._put_back(step, after)
            case Move(src, dst, guard):
                self._move_back(src, dst, guard, after)
            case Exchange(one, other):
                first, second = self._there(one), self._there(other)
                trees = Kind.DIR in (first.kind, second.kind)
                self._draft.add(Exchange(one, other, first.guard, second.guard, trees))
                self._effect("move", one, other)
            case Trash():
                self._untrash(step, after)
            case Untrash(at):
                to_trash(self._draft, at, self._there(at))
            case SetMeta(at, before, meta):
                self._set_back(at, before, meta)
            case Row():
                self._row_back(step)
            case Call():
                pass  # what it changed stands in the steps behind it

    def _effect(self, action: str, path: Where, to: Where | None = None, note: str = "", size: int = 0) -> None:
        shown = self._draft.shown
        self._draft.effects.append(Effect(action, shown(path), shown(to) if to is not None else None, note, size))

    def _there(self, where: Where) -> Node:
        node = self._draft.overlay.get(where)
        if node is None:
            raise Problem("missing", "nothing stands there any more", where)
        return node

    # Folders

    def _remove_folder(self, at: Where) -> None:
        node = self._draft.overlay.get(at)
        if node is None:
            return  # gone already
        if node.kind is not Kind.DIR:
            raise Problem("not-a-folder", "something else than the folder stands there now", at)
        if self._draft.overlay.names(at):
            if self._by_tool:
                self._draft.left_out.append(LeftOut(self._draft.shown(at), "other things are in it"))
                return
            self.conflict(at, "the folder has other things in it by now", forcible=False)
            return
        self._draft.add(RemoveDir(at, node.guard, self._draft.overlay.meta(at, node)))
        self._effect("rmdir", at)

    def _make_folder(self, at: Where, meta: Meta) -> None:
        node = self._draft.overlay.get(at)
        if node is not None and node.kind is Kind.DIR:
            return
        if node is not None and not self._may_force(at, "something else stands where the folder was"):
            return
        if node is not None:
            to_trash(self._draft, at, node)
        self._draft.folder(Where(at.base, split(at.path)[0]))
        self._draft.add(MakeDir(at, meta))
        self._effect("mkdir", at)

    # Files

    def _put_back(self, step: Put, after: After) -> None:
        at, node = step.at, self._draft.overlay.get(step.at)
        if step.after is None:
            if node is not None and not self._may_force(at, "another file stands there by now"):
                return
        elif node is None:
            if step.before is None:
                return  # what was made is gone already
            if not self._may_force(at, "the file is gone since"):
                return
        elif not self._is_what_was_put(at, node, step.after, after) and not self._may_force(at, "it changed since"):
            return
        if node is not None and node.kind is Kind.DIR:
            raise Problem("in-the-way", "a folder stands there now", at)
        if step.before is None:
            assert node is not None
            if self._by_tool:
                to_trash(self._draft, at, node)
                return
            self._draft.add(Put(at, self._draft.state(at, node), None, node.guard, self._draft.temporary()))
            self._effect("remove", at)
            return
        state = self._linked(self._as_it_was(step.before, at), step.guard)
        self._draft.folder(Where(at.base, split(at.path)[0]))
        # Another name that a tool has given a file: what comes back here is not for that file's other names.
        apart = step.after is not None and (step.after.link or at in self._by_tool)
        self._draft.put(at, state, replace=node is not None, apart=apart and not step.in_place)
        self._effect("restore", at, size=state.size)

    def _as_it_was(self, state: State, at: Where) -> State:
        if state.content is not None and self._draft.contents.has(state.content):
            self._draft.lease(state.content)
            return msgspec.structs.replace(state, source=None, source_guard=None)
        if state.source is not None:
            source = self._draft.overlay.get(state.source)
            if source is None or source.origin is None:
                raise Problem("missing", "the copy that it could be brought back from is gone", state.source)
            return msgspec.structs.replace(state, source=source.origin, source_guard=source.guard)
        if state.kind is Kind.FILE:
            raise Problem("not-kept", "what stood there before is not kept any more", at)
        return state

    def _linked(self, state: State, guard: Guard | None) -> State:
        """The same as one more name of the file that stood there, if another of its names is just as that was."""
        disk, vault = self._draft.disk, self._draft.vault
        if guard is not None and guard.ino in self._inodes_by_tool:
            return state  # the tool has given that file another name, which goes again
        for entry in vault.entries.by_inode(guard.ino, guard.btime_ns) if guard is not None else ():
            where = Where(entry.root, entry.path)
            if entry.gone or entry.content != state.content or entry.root not in disk.bases:
                continue
            found = disk.look(where)
            if found is None or StatKey.of(found) != entry.key or entry.xattrs != state.xattrs:
                continue
            if (stat.S_IMODE(found.st_mode), entry.mtime_ns) == (stat.S_IMODE(state.mode), state.mtime_ns):
                seen = disk.guard(where, found)
                return msgspec.structs.replace(state, source=where, source_guard=seen, link=True)
        return state

    @functools.cached_property
    def _inodes_by_tool(self) -> set[int]:
        """What stands where a tool has made changes."""
        found = (self._draft.disk.look(at) for at in self._by_tool)
        return {signed_ino(one.st_ino) for one in found if one is not None}

    def _is_what_was_put(self, at: Where, node: Node, put: State, after: After) -> bool:
        if node.found is None:
            return True  # an inverse step of this op has made it
        found = node.found
        if (signed_ino(found.st_ino), found.st_size, found.st_mtime_ns) == (after.ino, after.size, after.mtime_ns):
            return True
        if node.kind is not put.kind:
            return False
        if put.kind is Kind.SYMLINK:
            return self._draft.state(at, node).target == put.target
        entry = self._draft.entry(node)
        return put.content is not None and entry is not None and entry.content == put.content

    def _move_back(self, src: Where, dst: Where, guard: Guard | None, after: After) -> None:
        node = self._draft.overlay.get(dst)
        if node is None or not self._is_the_same(node, src, guard, after):
            elsewhere = self._whereabouts(guard, after)
            why = f"it is {elsewhere} now" if elsewhere else "it is gone, or something else stands there"
            self.conflict(dst, why, forcible=False)
            return
        if not self._make_way(src, node):
            return
        self._draft.folder(Where(src.base, split(src.path)[0]))
        self._draft.add(Move(dst, src, node.guard, node.kind is Kind.DIR))
        self._effect("move", dst, src)

    def _make_way(self, at: Where, comes: Node | None) -> bool:
        """Whether what is to come back finds its place free, or it could be made so."""
        taken = self._draft.overlay.taken(at, comes)
        if taken is None:
            return True
        place = Where(at.base, join(split(at.path)[0], taken))
        stands = self._there(place)
        if not self._may_force(place, "something else stands in its place by now"):
            return False
        if stands.kind is Kind.DIR:
            to_trash(self._draft, place, stands)
        else:
            state = self._draft.state(place, stands)
            self._draft.add(Put(place, state, None, stands.guard, self._draft.temporary()))
            self._effect("remove", place, note="kept as a version")
        return True

    def _is_the_same(self, node: Node, src: Where, guard: Guard | None, after: After) -> bool:
        """Whether it is the file that was moved, be it edited or replaced by an editor since."""
        if node.found is None:
            return True
        inode = signed_ino(node.found.st_ino)
        if inode in (after.ino, guard.ino if guard is not None else 0):
            return True
        entry = self._draft.entry(node)
        if entry is None or node.origin is None:
            return False
        return entry.lineage in self._went_from.get(src, ()) or entry.lineage == self._made_at.get(node.origin)

    @functools.cached_property
    def _went_from(self) -> dict[Where, set[int]]:
        """The histories that steps of the op found at places."""
        found: dict[Where, set[int]] = {}
        for touch in self._draft.vault.ops.touches(self._op.id):
            if touch.lineage is not None:
                found.setdefault(Where(touch.root, touch.path), set()).add(touch.lineage)
        return found

    @functools.cached_property
    def _made_at(self) -> dict[Where, int]:
        """The histories to which the op has added contents, by where it left them."""
        made = self._draft.vault.versions.made_by(self._op.id, self._op.seq or 0)
        return {Where(row.root, row.path): row.lineage for row in made}

    def _whereabouts(self, guard: Guard | None, after: After) -> str | None:
        inode = (guard.ino, guard.btime_ns) if guard is not None else (after.ino, after.btime_ns)
        living = (entry for entry in self._draft.vault.entries.by_inode(*inode) if not entry.gone)
        entry = next(living, None)
        if entry is None:
            return None
        root = self._draft.vault.roots.get(entry.root)
        return display(join(root.path, entry.path) if root is not None else entry.path)

    # The Trash

    def _untrash(self, step: Trash, after: After) -> None:
        inside = Where(self._draft.overlay.outside(join(step.folder, b"files")), step.name)
        found = self._draft.disk.look(inside)
        if found is None or not self._draft.disk.is_same(inside, found, Guard(after.ino, after.btime_ns)):
            self._from_versions(step)
            return
        if not self._make_way(step.at, None):
            return
        self._draft.folder(Where(step.at.base, split(step.at.path)[0]))
        guard = self._draft.disk.guard(inside, found)
        self._draft.add(Untrash(step.at, guard, step.folder, step.name, step.info, step.tree))
        self._effect("untrash", step.at)

    def _from_versions(self, step: Trash) -> None:
        """The Trash was emptied: what the vault has kept comes back from there."""
        draft, at = self._draft, step.at
        bound = Bound(seq=self._op.seq or 0)
        versions = draft.vault.versions
        stood = versions.standing(at.base, at.path, bound)
        rows = {at.path: stood} if stood is not None else {}
        if step.tree:
            rows |= versions.tree(at.base, at.path, bound)
        kept = draft.contents.kept([row.content for row in rows.values() if row.content is not None])
        if not any(row.content in kept for row in rows.values()):
            raise Problem("trash-emptied", "it is not in the Trash any more, and no version of it is kept", at)
        if not self._make_way(at, None):
            return
        for path, row in rows.items():
            where = Where(at.base, path)
            if row.kind == Kind.DIR:
                draft.folder(where, row.mode & 0o7777, row.mtime_ns)
            elif row.kind == Kind.SYMLINK or row.content in kept:
                draft.folder(Where(at.base, split(path)[0]))
                draft.put(where, state_of(draft, row, None))
                self._effect("restore", where, note="it is not in the Trash any more", size=row.size)
            else:
                draft.left_out.append(LeftOut(draft.shown(where), "it is not in the Trash any more, nor kept"))

    # What stands beside the bytes

    def _set_back(self, at: Where, before: Meta, after: Meta) -> None:
        node = self._there(at)
        now = self._draft.overlay.meta(at, node)
        differs = now.mode & 0o7777 != after.mode & 0o7777 or now.xattrs != after.xattrs
        if differs and not self._may_force(at, "its permissions or attributes changed since"):
            return
        self._draft.add(SetMeta(at, now, before, node.guard))
        self._effect("restore", at, note="its time, permissions or attributes")

    def _row_back(self, step: Row) -> None:
        vault = self._draft.vault
        if step.table == "saved":
            now = self._draft.saved(step.key)
        else:
            now = "1" if step.lineage is not None and step.key in self._draft.tags(step.lineage) else None
        if now == step.before:
            return
        self._draft.add(Row(step.table, step.key, now, step.before, step.at, step.lineage))
        note = step.key
        if step.at is not None:
            holder = next(iter(vault.entries.holders([step.lineage] if step.lineage is not None else [])), None)
            where = Where(holder.root, holder.path) if holder is not None else step.at
            self._effect("untag" if step.before is None else "tag", where, note=note)
        else:
            self._draft.effects.append(Effect("save_query", b"", note=note))


def _is_spared(step: Step, spared: Collection[Where], later: Mapping[Where, int]) -> bool:
    """Whether what it changed, or something above or below that, was changed by a later op."""
    return any(
        at in spared or any(Where(at.base, above) in later for above in ancestors(at.path)) for at in paths(step)
    )


def _place(step: Step) -> Where | None:
    match step:
        case Move(_, dst):
            return dst
        case Exchange(one):
            return one
        case Call():
            return None
        case _:
            return step.at
