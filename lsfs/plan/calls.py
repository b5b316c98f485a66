"""Carries out the op of a call: what stands there is noted, the tool is called, what it changed becomes steps.

The first and the last are done between ops, in the thread of those; the call itself beside them, as it may take
minutes.  What it changes is not written down before it does: after a crash the op is said to be cut off, and the files
have their versions as after any other program.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from lsfs.core import xattrs
from lsfs.core.errors import ConflictError, LsfsError, StorageError
from lsfs.core.faults import Reach, unreached
from lsfs.core.paths import printable
from lsfs.core.records import Kind, StatKey, signed_ino, storable_ns
from lsfs.core.tools import CallOutcome
from lsfs.ingest.flush import Flusher
from lsfs.plan.attributing import Attributed, Snapshot, attributed, inside
from lsfs.plan.disk import Disk, kind_of
from lsfs.plan.draft import Effect
from lsfs.plan.planner import Document
from lsfs.plan.steps import Call, MakeDir, Move, Put, RemoveDir, Step, Where, contents, decode, encode, is_tree, paths
from lsfs.plan.temporaries import placed
from lsfs.store.vault import Entry, OpRow, Root, Touch, Vault
from lsfs.tools.calling import CallerSide, ToolCalls
from lsfs.versions.contents import ContentStore, NotStill

_MOST_KEPT = 256 << 20
"""Bytes that are read and kept before a call, of what has no version yet."""
_MOST_EFFECTS = 200
"""Changes that an op lists; the rest it counts."""
_MOST_LATER = 200
"""Ops that are looked at for what they changed meanwhile."""


@dataclasses.dataclass(frozen=True)
class Begun:
    """A call that is about to be made."""

    op: OpRow
    step: Call
    arguments: Mapping[str, Any]
    """Those that are secret among them."""
    roots: Mapping[int, Root]
    before: Snapshot
    seq: int
    """The vault's newest change before it."""
    began_ns: int
    leases: contextlib.ExitStack
    """Keeps what stood there from being forgotten, until the call is over."""


class Calls:
    """Carries out calls.  `begin` and `finish` are not to run beside an op, `call` may."""

    def __init__(
        self,
        vault: Vault,
        contents: ContentStore,
        flusher: Flusher,
        present: Callable[[], Sequence[Root]],
        tools: ToolCalls,
        now_ns: Callable[[], int],
        token: Callable[[], str],
        reach: Reach = unreached,
    ) -> None:
        """`token` gives a text that is another each time."""
        self._vault = vault
        self._contents = contents
        self._flusher = flusher
        self._present = present
        self._tools = tools
        self._now_ns = now_ns
        self._token = token
        self._reach = reach

    def call_of(self, op: OpRow) -> Call | None:
        """The call that a plan consists of; None for other plans."""
        steps = self._vault.ops.steps(op.id)
        step = decode(steps[0][0]) if len(steps) == 1 else None
        return step if isinstance(step, Call) else None

    def begin(self, op: OpRow, step: Call) -> Begun:
        """Notes what stands there, and that the call is made; raises `LsfsError` where it may not be made any more."""
        arguments = self._tools.withheld(op.id) if step.withheld else step.arguments
        tool = self._tools.checked(step.tool, arguments)
        if step.reads and tool.effect != "read":
            raise ConflictError(f"{step.tool} says by now that it changes things", hint="make the plan again")
        roots = {root.id: root for root in self._present()}
        with contextlib.ExitStack() as leases:
            lease = leases.enter_context(self._contents.leased())
            before = self._seen(step.watched, roots, lease, {})
            seq, began_ns = self._vault.seq(), self._now_ns()
            self._reach("call.before-begin")
            with self._vault.write() as tx:
                self._vault.ops.begin(tx, op.id, began_ns, (), (), seq)
            self._reach("call.begun")
            return Begun(op, step, arguments, roots, before, seq, began_ns, leases.pop_all())

    def call(self, begun: Begun, environ: Mapping[str, str], cancelled: Callable[[], bool]) -> CallOutcome:
        """Calls the tool, once; what comes of it, failures included."""
        step = begun.step
        side = CallerSide(os.fsdecode(step.cwd), environ, cancelled)
        outcome = self._tools.call(step.tool, begun.arguments, side)
        self._reach("call.returned")
        return outcome

    def finish(self, begun: Begun, outcome: CallOutcome) -> None:
        """Writes down what the call gave, and as steps what it changed."""
        with begun.leases as leases:
            lease = leases.enter_context(self._contents.leased())
            roots = {root.id: root for root in self._present() if root.id in begun.roots}
            watched = tuple(where for where in begun.step.watched if where.base in roots)
            after = self._seen(watched, roots, lease, begun.before)
            changes = self._changes(begun, after, watched)
            self._write(begun, outcome, changes)
            self._reach("call.done")

    def give_up(self, op: OpRow, why: str) -> None:
        """Ends an op whose call was not made, or of which nothing can be written down."""
        with contextlib.suppress(StorageError), self._vault.write() as tx:
            self._vault.ops.set_state(tx, op.id, "failed", self._now_ns(), why)

    # What stands there

    def _seen(
        self, watched: Iterable[Where], roots: Mapping[int, Root], lease: Callable[[bytes], None], before: Snapshot
    ) -> dict[Where, Entry]:
        """What stands at places and below them, as the vault knows it once it was told.

        Files whose bytes it does not have are read and kept, the smallest first, up to a bound; not those that are as
        they were `before`.
        """
        found: dict[Where, Entry] = {}
        budget = _MOST_KEPT
        with contextlib.closing(Disk({base: root.path for base, root in roots.items()})) as disk:
            for where in watched:
                if where.base in roots:
                    found |= self._seen_at(where, roots[where.base], disk)
            unkept = [at for at, entry in found.items() if entry.kind is Kind.FILE and not self._has(entry, lease)]
            for at in sorted(unkept, key=lambda at: found[at].size):
                if at in before and before[at].key == found[at].key:
                    found[at] = before[at]
                    continue
                if found[at].size > budget:
                    break
                kept = self._kept(disk, at, found[at], lease)
                if kept is not None:
                    budget -= kept.size
                    found[at] = kept
        return found

    def _seen_at(self, where: Where, root: Root, disk: Disk) -> dict[Where, Entry]:
        stands = disk.look(where)
        if stands is not None and stat.S_ISDIR(stands.st_mode):
            self._flusher.tree(root, where.path)
            below = self._vault.entries.below(where.base, where.path)
            return {Where(where.base, entry.path): entry for entry in below}
        self._flusher.paths(root, [where.path])
        entry = self._vault.entries.at(where.base, [where.path]).get(where.path)
        if stands is None:
            return {}
        if entry is not None and not entry.gone and entry.ino == signed_ino(stands.st_ino):
            return {where: entry}
        return {where: _entry_of(where, stands, disk)}  # a rule leaves it out, the user has named it

    def _has(self, entry: Entry, lease: Callable[[bytes], None]) -> bool:
        if entry.content is None or not self._contents.has(entry.content):
            return False
        lease(entry.content)
        return True

    def _kept(self, disk: Disk, at: Where, entry: Entry, lease: Callable[[bytes], None]) -> Entry | None:
        """The entry of a file whose bytes are kept now; None where they cannot be."""
        try:
            fd = disk.open(at, os.O_RDONLY)
        except (OSError, LsfsError):
            return None
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                return None
            kept = self._contents.keep_file(fd)
            lease(kept.content)
            packed = xattrs.read(fd).packed
        except (OSError, NotStill, StorageError):
            return None
        finally:
            os.close(fd)
        key = kept.key
        return msgspec.structs.replace(
            entry, content=kept.content, size=key.size, mtime_ns=key.mtime_ns, ctime_ns=key.ctime_ns, xattrs=packed
        )

    # What it changed

    def _changes(self, begun: Begun, after: Snapshot, watched: Collection[Where]) -> Attributed:
        others = self._changed_by_others(begun)
        there = {at: entry for at, entry in begun.before.items() if inside(at, watched) and not inside(at, others)}
        now = {at: entry for at, entry in after.items() if not inside(at, others)}
        kept = self._contents.kept([entry.content for entry in there.values() if entry.content is not None])
        name, count = b".lsfs-%s" % self._token().encode(), iter(range(1 << 60))
        return attributed(there, now, kept, lambda: b"%s-%d.tmp" % (name, next(count)))

    def _changed_by_others(self, begun: Begun) -> set[Where]:
        """The places that other ops changed meanwhile, which is not the tool's doing.

        Of two calls that worked in one folder at once, what one has named is its own, whichever ends first.
        """
        ops, named = self._vault.ops, begun.step.named
        others: set[Where] = set()
        for op in ops.newest(_MOST_LATER, ("applied", "undone", "failed", "running")):
            if op.id == begun.op.id or not op.started_ns or (op.finished_ns or begun.began_ns) < begun.began_ns:
                continue
            changed = {Where(touch.root, touch.path) for touch in ops.touches(op.id)}
            step = next((decode(encoded) for encoded, _ in ops.steps(op.id)), None)
            if isinstance(step, Call):
                changed = {at for at in changed if inside(at, step.named) or not inside(at, named)}
                if op.state == "running":
                    changed |= {at for at in step.named if not inside(at, named)}
            others |= changed
        return others

    def _write(self, begun: Begun, outcome: CallOutcome, changes: Attributed) -> None:
        op, vault = begun.op, self._vault
        steps = placed([step for step, _ in changes.steps])
        done = msgspec.structs.replace(begun.step, outcome=outcome)
        places = [where for step in steps for where in paths(step)]
        noted = [(number, msgspec.json.encode(after)) for number, (_, after) in enumerate(changes.steps, 1)]
        now_ns, document = self._now_ns(), self._document(op, begun, changes)
        size = sum(step.after.size for step in steps if isinstance(step, Put) and step.after is not None)
        self._reach("call.before-done")
        with vault.write() as tx:
            vault.ops.extend(tx, op.id, encode(done), map(encode, steps), self._touches(steps, begun.before))
            vault.ops.amend(tx, op.id, msgspec.json.encode(document), len(set(places)), size)
            vault.ops.hold(tx, op.id, contents(steps))
            vault.versions.attribute(tx, op.id, begun.seq, [(at.base, at.path) for at in places])
            vault.ops.finish(tx, op.id, now_ns, begun.seq, noted, ())
            if not outcome.ok:
                state = "applied" if steps else "failed"
                vault.ops.set_state(tx, op.id, state, now_ns, printable(outcome.text.partition("\n")[0].encode()[:300]))

    def _document(self, op: OpRow, begun: Begun, changes: Attributed) -> Document:
        document = msgspec.json.decode(op.plan, type=Document)
        roots = {base: root.path for base, root in begun.roots.items()}

        def shown(where: Where) -> bytes:
            return os.path.join(roots[where.base], where.path)

        effects = [_effect(step, shown) for step, _ in changes.steps]
        notes = list(document.notes)
        if len(effects) > _MOST_EFFECTS:
            notes.append(f"{len(effects) - _MOST_EFFECTS} more changes are not listed")
        if changes.lost:
            first = printable(shown(changes.lost[0]))
            notes.append(f"of {len(changes.lost)} changed files nothing was kept before, {first} among them")
        return msgspec.structs.replace(
            document, effects=(*document.effects, *effects[:_MOST_EFFECTS]), notes=tuple(notes)
        )

    @staticmethod
    def _touches(steps: Iterable[Step], before: Snapshot) -> list[Touch]:
        found = []
        for step in steps:
            for where in paths(step):
                entry = before.get(where)
                lineage = entry.lineage or None if entry is not None else None
                found.append(Touch(where.base, where.path, lineage, is_tree(step)))
        return found


def _effect(step: Step, shown: Callable[[Where], bytes]) -> Effect:
    match step:
        case Put(at, before, after):
            action = "create" if before is None else "remove" if after is None else "write"
            return Effect(action, shown(at), size=after.size if after is not None else 0)
        case Move(src, dst):
            return Effect("move", shown(src), shown(dst))
        case MakeDir(at):
            return Effect("mkdir", shown(at))
        case RemoveDir(at):
            return Effect("rmdir", shown(at))
        case _:
            return Effect("write", shown(paths(step)[0]), note="its time, permissions or attributes")


def _entry_of(where: Where, found: os.stat_result, disk: Disk) -> Entry:
    """What stands at a place of which the vault knows nothing."""
    target = None
    if stat.S_ISLNK(found.st_mode):
        fd, name = disk.parent(where)
        target = os.readlink(name, dir_fd=fd)
    key = StatKey.of(found)
    return Entry(
        id=0,
        root=where.base,
        path=where.path,
        kind=kind_of(found),
        ino=key.ino,
        btime_ns=disk.btime(where),
        size=key.size,
        mode=found.st_mode,
        mtime_ns=storable_ns(found.st_mtime_ns),
        ctime_ns=storable_ns(found.st_ctime_ns),
        target=target,
        content=None,
        lineage=0,
        seq=0,
        pending=None,
        gone=0,
    )
