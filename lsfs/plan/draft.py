"""A plan while it is made: its steps so far, the tree that they lead to, and what they come to for a reader."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from lsfs.core.ignore import IGNORE_FILES
from lsfs.core.ignore_defaults import SECRET, Defaults
from lsfs.core.paths import ancestors, display, is_within, join, normal, split
from lsfs.core.posix import Mount
from lsfs.core.records import Kind, StatKey
from lsfs.core.wirepath import from_wire
from lsfs.plan.disk import Disk
from lsfs.plan.naming import PATH_MOST, numbered
from lsfs.plan.nodes import Node
from lsfs.plan.overlay import Overlay
from lsfs.plan.problems import Problem
from lsfs.plan.steps import MakeDir, Meta, Put, Row, State, Step, Where
from lsfs.plan.trash_spec import TrashNames, TrashPlace, place_for
from lsfs.store.vault import Entry, Root, Vault
from lsfs.tools.calling import ToolCalls
from lsfs.versions.contents import ContentStore
from lsfs.watch.mounts import OURS, fuse_around, resolved

if TYPE_CHECKING:
    from lsfs.plan.carrying import AgentsView


class Effect(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one thing comes to, as people read it."""

    action: str
    path: bytes
    to: bytes | None = None
    note: str = ""
    size: int = 0
    """Bytes that are written."""


class LeftOut(msgspec.Struct, frozen=True):
    """What a plan does not touch though it was named, and why."""

    path: bytes
    why: str


class Surroundings(msgspec.Struct, frozen=True):
    """Where a plan is made: the caller's folder, and what its times and modes go by."""

    cwd: bytes
    home: bytes
    zone: str
    locale: str
    umask: int
    now_ns: int
    trash: bytes
    """The home Trash, made or not."""
    uid: int
    client: str = ""
    """Which agent asks, at the door mcp."""
    by_agent: bool = False
    """An agent asks, whatever it calls itself."""
    view: AgentsView | None = None
    """What it gets to read then."""


class Draft:
    """Takes steps as the actions of a plan are lowered; raises `Problem` for what cannot be.

    `own` are folders of lsfs, `roots` the watched ones that are there, `places` the folders outside of those that the
    steps name, by their (negative) base.
    """

    def __init__(
        self,
        vault: Vault,
        contents: ContentStore,
        disk: Disk,
        places: dict[int, bytes],
        overlay: Overlay,
        roots: Sequence[Root],
        own: Sequence[bytes],
        defaults: Defaults,
        around: Surroundings,
        lease: Callable[[bytes], None],
        mounts: Callable[[], Sequence[Mount]],
        name: str,
    ) -> None:
        """`name` is in the temporary names, and in those of no other plan."""
        self.vault = vault
        self.contents = contents
        self.disk = disk
        self.overlay = overlay
        self.around = around
        self.lease = lease
        self.steps: list[Step] = []
        self.effects: list[Effect] = []
        self.left_out: list[LeftOut] = []
        self.notes: list[str] = []
        self.read: list[bytes] = []
        """Files that texts are taken from, which are written to others."""
        self.external = False
        """Whether something is written outside the watched folders, or by a tool that says not what."""
        self.tools: ToolCalls | None = None
        """What calls tools; None where there are none."""
        self.called = ""
        """Id of the tool that is called."""
        self.withheld: dict[str, Any] | None = None
        """Its arguments, where some are secret: they are written down nowhere."""
        self.secrets: tuple[str, ...] = ()
        self.places = places
        self.overwritten: dict[Where, None] = {}
        """Where on the disk files and links stand that the steps replace, and of which the vault has no version yet."""
        self.trash_names = TrashNames()
        self._tags: dict[int, set[str]] = {}
        self._saved: dict[str, str | None] = {}
        self._mounts = mounts
        self._trashes: dict[tuple[bytes, int], TrashPlace] = {}
        self.roots = {root.id: root for root in roots}
        self._own = tuple(own)
        self._defaults = defaults
        self._entries: dict[Where, Entry | None] = {}
        self._name = b".lsfs-%s" % name.encode()
        self._made = 0
        self._numbers: Counter[Where] = Counter()
        self._resolved: dict[bytes, bytes] = {}
        self._harmless: set[bytes] = set()

    # Where things are

    def absolute(self, text: str) -> bytes:
        """The absolute path that a text of an action names, by text."""
        try:
            path = from_wire(text)
        except ValueError:
            raise Problem("no-path", f"“{text}” is not readable as a path") from None
        if not path or b"\0" in path:
            raise Problem("no-path", "a path is missing, or has a NUL in it")
        return normal(os.path.join(self.around.cwd, path))

    def where(self, text: str) -> Where:
        """The place that a text of an action names; raises `Problem` where it lies below no watched folder."""
        return self.where_of(self.absolute(text))

    def where_of(self, path: bytes) -> Where:
        """The place of an absolute path, the links of its folder resolved, the last name taken as it is."""
        folder, name = os.path.split(path)
        if folder not in self._resolved:
            self._resolved[folder] = resolved(folder, self._mounts())  # a look into a mount of ours may come back to us
        path = os.path.join(self._resolved[folder], name)
        self._refuse_shown(path)
        if len(path) > PATH_MOST:
            raise Problem("path-too-long", f"the path has more than {PATH_MOST} bytes")
        for root in self.roots.values():
            if is_within(path, root.path):
                return Where(root.id, path[len(root.path) :].lstrip(b"/"))
        shown = display(path)
        raise Problem("outside", f"{shown} lies in no watched folder that is there")

    def place(self, folder: bytes) -> Where:
        """A folder for a plan's results, wherever it lies; outside the watched ones it becomes a base of its own."""
        folder = resolved(folder, self._mounts())
        self._refuse_shown(folder)
        for root in self.roots.values():
            if is_within(folder, root.path):
                return Where(root.id, folder[len(root.path) :].lstrip(b"/"))
        # What is not there yet is made by steps, below the first folder that is.
        above, missing = folder, b""
        while not os.path.isdir(above):
            above, name = os.path.split(above)
            missing = join(name, missing) if missing else name
        return Where(self.overlay.outside(above), missing)

    def _refuse_shown(self, path: bytes) -> None:
        """Raises `Problem` for what lies in a mount of ours, before anything there is looked at."""
        around = fuse_around(path, self._mounts())
        if around is not None and around.fs_type == OURS:
            raise Problem("never", f"{display(path)} is, or lies in, a folder of lsfs itself")

    def output(self, text: str) -> Where:
        """A folder that results are put in, wherever it lies."""
        where = self.place(self.absolute(text))
        path = self.shown(where)
        if any(is_within(path, own) for own in self._own):
            raise Problem("never", "it is a folder of lsfs itself", where)
        self._refuse_secrets(where)
        self.external = self.external or where.base < 0
        return where

    def shown(self, where: Where) -> bytes:
        """The absolute path of a place."""
        return self.disk.absolute(where)

    def target(self, where: Where) -> Where:
        """The place itself, if it may be changed; raises `Problem` for what is never touched."""
        path = self.shown(where)
        if not where.path:
            raise Problem("never", "a watched folder itself is never changed", where)
        if path in (b"/", self.around.home):
            raise Problem("never", "it is never changed", where)
        if any(is_within(path, own) or is_within(own, path) for own in self._own):
            raise Problem("never", "it is, or holds, a folder of lsfs itself", where)
        self._refuse_secrets(where)
        if self.is_the_users(where):
            raise Problem("never", "agents do not change what is searched and read: that is left to the user", where)
        return where

    def is_the_users(self, where: Where) -> bool:
        """Whether an agent asks, and would change a file that says what agents do not get to read."""
        return self.around.by_agent and split(where.path)[1].lower() in IGNORE_FILES

    def _refuse_secrets(self, where: Where) -> None:
        # Whoever watches a folder says that what is in it may be changed; nobody has said so of one outside.
        path = where.path if where.base > 0 else self.shown(where)
        for part in (*ancestors(path), path):
            if part and part not in self._harmless:
                if SECRET in self._defaults.reasons(split(part)[1], part):
                    raise Problem("never", "secrets are never changed", where)
                self._harmless.add(part)

    def existing(self, where: Where) -> Node:
        """What stands at a place that may be changed; raises `Problem` for nothing."""
        node = self.overlay.get(self.target(where))
        if node is None:
            raise Problem("missing", "nothing stands there", where)
        if node.kind is Kind.OTHER and node.origin is not None:
            raise Problem("special", "devices, sockets and FIFOs are left alone", where)
        return node

    def trash_place(self, path: bytes, device: int) -> TrashPlace:
        """The Trash for what stands at an absolute path on a device."""
        key = os.path.dirname(path), device
        if key not in self._trashes:
            around = self.around
            self._trashes[key] = place_for(path, device, around.trash, self._mounts(), around.uid)
        return self._trashes[key]

    # What is known of them

    def look_up(self, places: Iterable[Where]) -> None:
        """Fetches what the vault knows of places, all at once."""
        missing: dict[int, list[bytes]] = {}
        for place in places:
            if place not in self._entries and place.base > 0:
                missing.setdefault(place.base, []).append(place.path)
        for base, paths in missing.items():
            found = self.vault.entries.at(base, paths)
            self._entries.update((Where(base, path), found.get(path)) for path in paths)

    def unrecorded(self, places: Sequence[Where]) -> list[Where]:
        """Those of places at which the disk has something else than the vault has versions of."""
        self.look_up(places)
        news = [where for where in places if not self._is_recorded(where)]
        for where in news:
            # What is recorded of it from now on is looked up anew.
            self._entries.pop(where, None)
        return news

    def _is_recorded(self, where: Where) -> bool:
        # The tree is not asked, as it keeps what it sees: recording a file may write its tags to it again.
        found, entry = self.overlay.look(where), self._entries.get(where)
        if found is None or entry is None or entry.gone:
            return found is None and (entry is None or bool(entry.gone))
        return _is_settled(found, entry)

    def entry(self, node: Node | None) -> Entry | None:
        """What the vault knows of a file or folder of the disk, wherever the plan has it; None where it is not so."""
        if node is None or node.origin is None or node.origin.base < 0:
            return None
        self.look_up([node.origin])
        entry = self._entries[node.origin]
        if entry is None or entry.gone or node.guard is None or entry.ino != node.guard.ino:
            return None
        return entry

    def known(self, where: Where) -> int | None:
        """The lineage of what the vault knows to stand at a place on the disk."""
        self.look_up([where])
        entry = self._entries.get(where)
        return entry.lineage if entry is not None and not entry.gone else None

    def state(self, where: Where, node: Node) -> State:
        """A file or link as it stands, with its content where the vault has that."""
        state = self.overlay.state(where, node)
        entry = self.entry(node)
        if entry is None:
            return state
        state = msgspec.structs.replace(state, lineage=entry.lineage)
        if node.found is None or entry.key != StatKey.of(node.found) or node.state is not None:
            return state
        return msgspec.structs.replace(state, content=entry.content, tags=entry.mirror or None)

    def before(self, where: Where) -> os.stat_result | None:
        """What stands at a place on the disk, whatever the plan does; None for nothing."""
        return self.disk.look(where)

    def existing_folder(self, where: Where) -> bytes:
        """The absolute path of the first folder above a place that is on the disk."""
        while True:
            where = Where(where.base, split(where.path)[0])
            found = self.disk.look(where)
            if not where.path or (found is not None and stat.S_ISDIR(found.st_mode)):
                return self.shown(where)

    def tags(self, lineage: int) -> set[str]:
        """The tags that a history has by now; the set follows the plan."""
        if lineage not in self._tags:
            self._tags[lineage] = set(self.vault.tags.of(lineage))
        return self._tags[lineage]

    def saved(self, name: str) -> str | None:
        """The query that has a name by now."""
        return self._saved[name] if name in self._saved else self.vault.saved.get(name)

    # What is done

    def add(self, step: Step) -> None:
        """Adds a step, and has the tree follow it."""
        if isinstance(step, Put) and step.before is not None:
            self._overwrite(step)
        self.overlay.apply(step)
        self.steps.append(step)
        if isinstance(step, Row):
            if step.table == "saved":
                self._saved[step.key] = step.after
            elif step.lineage is not None:
                tags = self.tags(step.lineage)
                (tags.discard if step.after is None else tags.add)(step.key)

    def _overwrite(self, step: Put) -> None:
        """Notes what a step replaces, if the vault is still to be told of it: then it becomes a version first."""
        node = self.overlay.get(step.at)
        if node is None or node.origin is None or node.found is None or node.origin.base not in self.roots:
            return
        places = [node.origin]
        if step.in_place and node.guard is not None:
            names = self.vault.entries.by_inode(node.guard.ino, node.guard.btime_ns)
            places += [Where(name.root, name.path) for name in names if not name.gone and name.root in self.roots]
        self.look_up(places)
        for where in places:
            entry = self._entries[where]
            if entry is None or entry.gone or not _is_settled(node.found, entry):
                self.overwritten[where] = None

    def temporary(self) -> bytes:
        """A name that no file has."""
        self._made += 1
        return b"%s-%d.tmp" % (self._name, self._made)

    def folder(self, where: Where, mode: int | None = None, mtime_ns: int | None = None) -> None:
        """Has a folder at a place, with those above it; `mode` of those that are made, else by the caller's umask.

        `mtime_ns` of the folder itself, if it is made.
        """
        node = self.overlay.get(where)
        if node is not None:
            if node.kind is not Kind.DIR:
                raise Problem("not-a-folder", "it is not a folder", where)
            return
        if where.path:
            self.folder(Where(where.base, split(where.path)[0]), mode)
            mode = 0o777 & ~self.around.umask if mode is None else mode
            self.add(MakeDir(self.target(where), Meta(mode, mtime_ns, inherits=True)))
            self.effects.append(Effect("mkdir", self.shown(where)))

    def free(self, where: Where, but: Node | None = None) -> Where:
        """The place itself if it is free, else one with a number behind its name."""
        folder, name = split(where.path)
        at = where
        while self.overlay.taken(at, but) is not None:
            self._numbers[where] += 1
            at = Where(where.base, join(folder, numbered(name, 1 + self._numbers[where])))
        return at

    def put(self, where: Where, after: State, *, replace: bool = False, apart: bool = False) -> None:
        """Adds the step that has `after` stand at a place; `apart`: not under other names of what stands there."""
        node = self.overlay.get(where)
        if node is not None and not replace:
            raise Problem("in-the-way", "something stands there already", where)
        before = self.state(where, node) if node is not None else None
        guard = node.guard if node is not None else None
        in_place = node is not None and node.links > 1 and after.kind is Kind.FILE and not apart
        if in_place:
            self.notes.append(
                f"{display(self.shown(where))} has several names: it is written in place, under all of them"
            )
        self.add(Put(where, before, after, guard, self.temporary(), in_place))


def _is_settled(found: os.stat_result, entry: Entry) -> bool:
    """Whether the vault has a version of a file or link as it stands on the disk, or is to have none."""
    read = entry.kind is not Kind.FILE or entry.content is not None or bool(entry.unversioned)
    return read and entry.pending is None and entry.key == StatKey.of(found)
