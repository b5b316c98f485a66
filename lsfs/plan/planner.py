"""Makes plans: from actions, or from an op that is to be taken back; checks them, and stores them under a number."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from lsfs.core import actions as act
from lsfs.core.actions import Action
from lsfs.core.errors import ConflictError, NothingFound, RefusedError
from lsfs.core.ignore_defaults import defaults
from lsfs.core.paths import printable
from lsfs.core.posix import Mount
from lsfs.core.records import Kind
from lsfs.ingest.flush import Flusher
from lsfs.plan import macros
from lsfs.plan.disk import Disk, translated
from lsfs.plan.doubt import in_doubt, undoubted
from lsfs.plan.draft import Draft, Effect, LeftOut, Surroundings
from lsfs.plan.folding import fold_of
from lsfs.plan.lower.choose import lower
from lsfs.plan.overlay import Overlay
from lsfs.plan.preview import Class, check_permissions, check_space, class_of, emptied, listed, reach_of
from lsfs.plan.problems import Problem
from lsfs.plan.steps import After, Step, Where, contents, decode, encode, is_tree, paths
from lsfs.plan.temporaries import placed
from lsfs.plan.undo import Conflict, How, Undoing
from lsfs.plan.ways import Ways
from lsfs.store.vault import OpRow, Root, Touch, Vault
from lsfs.tools.calling import ToolCalls
from lsfs.tools.secrecy import redacted, without
from lsfs.versions.contents import ContentStore
from lsfs.watch.mounts import OURS

T = TypeVar("T")

UNNAMED = "{} of the changed paths were not named in the call: what changed there may be your own doing, meanwhile"
NOTHING_LEFT = "nothing of it is left to take back: it only counts as undone from here on"
NOTHING_AGAIN = "nothing was taken back, so nothing is done again: it only counts as done from here on"
LIFETIME_NS = 3600 * 1_000_000_000
"""How long a preview may be carried out."""


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored of a plan beside its steps, as JSON."""

    effects: tuple[Effect, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    places: dict[str, bytes] = {}
    """Folders outside the watched ones, by their (negative) base."""
    exempt: bool = False
    """No cap applies: it restores, or takes back."""
    external_named: bool = False
    """What is external about it is a folder that the user named."""
    in_doubt: int = 0
    """Places at which it takes back what may not be the doing of the call that it takes back."""
    called: str = ""
    """Id of the tool that it calls."""
    actions: tuple[Action, ...] = ()
    """What was asked for, where no sentence did, as far as it is kept for a macro."""
    read: tuple[bytes, ...] = ()
    """The files that texts which it writes were taken from, where they are written to others."""
    request: str = ""
    """What its sentence was understood as (`lsfs.plan.request`), where that may be learnt from."""


class Planned(msgspec.Struct, frozen=True):
    """A plan as it was made; `op` is None where there is nothing to do, or something in the way."""

    op: OpRow | None
    document: Document
    steps: tuple[Step, ...]
    conflicts: tuple[Conflict, ...] = ()


class Planner:
    """Makes plans on any thread."""

    def __init__(
        self,
        vault: Vault,
        contents: ContentStore,
        flusher: Flusher,
        present: Callable[[], Sequence[Root]],
        own: Sequence[bytes],
        mounts: Callable[[], Sequence[Mount]],
        token: Callable[[], str],
        tools: ToolCalls | None = None,
    ) -> None:
        """`present` gives the watched folders that are there; `own` are files and folders of lsfs, which no plan
        touches, nor what it has mounted: `mounts` has its mount points whether they are mounted or not.

        `token` gives a text that is another each time, for temporary names.
        """
        self._vault = vault
        self._contents = contents
        self._flusher = flusher
        self._present = present
        self._own = tuple(own)
        self._mounts = mounts
        self._token = token
        self._tools = tools

    def plan(
        self, actions: Sequence[Action], around: Surroundings, *, door: str, sentence: str, request: str = ""
    ) -> Planned:
        """A plan for actions, stored as a preview; raises RefusedError and ConflictError for what is in the way.

        `request` is what the sentence was understood as, '' where nothing is to be learnt from it.
        """
        named = all(isinstance(action, act.Restore) for action in actions)
        if len(actions) > 1 and any(isinstance(action, act.CallTool) for action in actions):
            raise RefusedError("a tool is called by itself", hint="make a plan of each call, and one of the rest")

        def make(draft: Draft) -> Callable[[], Planned]:
            self._flush(draft, actions)
            for action in actions:
                lower(draft, action)
            draft.notes += emptied(draft, draft.steps)
            exempt = named and bool(actions)
            asked = () if request else macros.kept(actions, around.cwd)
            return lambda: self._store(
                draft, door, sentence, exempt=exempt, named=named, request=request, actions=asked
            )

        return self._made(around, make)

    def check(self, actions: Sequence[Action], around: Surroundings) -> None:
        """Raises what is in the way of a plan for actions; none is stored."""

        def make(draft: Draft) -> Callable[[], None]:
            for action in actions:
                lower(draft, action)
            return lambda: None

        self._made(around, make)

    def plan_undo(
        self,
        op: OpRow,
        around: Surroundings,
        *,
        how: How,
        door: str,
        sentence: str,
        by_command: bool,
        unasked: bool = False,
    ) -> Planned:
        """A plan that takes `op` back; where something is in the way, that, and nothing is stored.

        `unasked`: nobody will see the plan before it is carried out, so that what may not be the op's own doing is in
        the way too.
        """
        steps = [
            (decode(step), msgspec.json.decode(after, type=After) if after else After())
            for step, after in self._vault.ops.steps(op.id)
        ]
        document = msgspec.json.decode(op.plan, type=Document)

        def make(draft: Draft) -> Callable[[], Planned]:
            for base, path in document.places.items():
                draft.disk.add_base(int(base), path)
                draft.places[int(base)] = path
            self._flush_places(draft, [where for step, _ in steps for where in paths(step)])
            undoing = Undoing(draft, op, how)
            doubtful = in_doubt([step for step, _ in steps])
            undoing.add(undoubted(steps, doubtful, undoing) if unasked else steps, self._later(op))
            if document.called:
                draft.notes.append(f"best effort: what {document.called} did elsewhere, or out of sight, stays")
            if doubtful and not (unasked and how == "keep"):
                draft.notes.append(UNNAMED.format(len(doubtful)))
            if undoing.conflicts:
                conflicts = Planned(None, self._document(draft), tuple(draft.steps), tuple(undoing.conflicts))
                return lambda: conflicts
            empty = not draft.steps and (how == "keep" or not draft.left_out)
            if empty:
                draft.notes.append(NOTHING_LEFT if op.turn % 2 == 0 else NOTHING_AGAIN)
            return lambda: self._store(
                draft,
                door,
                sentence,
                exempt=True,
                named=True,
                reverses=op,
                by_command=by_command,
                empty=empty,
                in_doubt=0 if how or unasked else len(doubtful),
            )

        return self._made(around, make)

    def _made(self, around: Surroundings, make: Callable[[Draft], Callable[[], T]]) -> T:
        """What `make` gives for a draft; once more where that replaces what the vault did not know of: the plan says
        whose history it is that is replaced."""
        for again in (False, True):
            with self._draft(around) as draft, _presented(draft):
                finish = make(draft)
                if not self._flush_overwritten(draft) or again:
                    return finish()
        raise AssertionError("unreachable")

    def _later(self, op: OpRow) -> dict[Where, int]:
        """What later ops changed of the same, which are to be taken back first."""
        later = self._vault.ops.later(op.id, self._vault.ops.touches(op.id))
        return {Where(root, path): number for (root, path), number in later.items()}

    @contextlib.contextmanager
    def _draft(self, around: Surroundings) -> Iterator[Draft]:
        roots = self._present()
        mounts = functools.cache(self._mounts)
        disk = Disk({root.id: root.path for root in roots})
        places: dict[int, bytes] = {}

        def outside(folder: bytes) -> int:
            for base, path in places.items():
                if path == folder:
                    return base
            base = min(places, default=0) - 1
            places[base] = folder
            disk.add_base(base, folder)
            return base

        with contextlib.closing(disk), self._contents.leased() as lease:
            overlay = Overlay(disk, lambda where: fold_of(disk, where, mounts()), outside)
            draft = Draft(
                self._vault,
                self._contents,
                disk,
                places,
                overlay,
                roots,
                (*_ways_to(self._own), *(mount.mount_point for mount in mounts() if mount.fs_type == OURS)),
                defaults(),
                around,
                lease,
                mounts,
                self._token(),
            )
            draft.tools = self._tools
            yield draft

    def _flush(self, draft: Draft, actions: Sequence[Action]) -> None:
        """Has the vault know what stands at the paths that actions name; those that cannot be are met again later."""
        places = []
        for action in actions:
            named = getattr(action, "paths", None) or (getattr(action, "path", None),)
            for text in named:
                with contextlib.suppress(Problem):
                    if text is not None:
                        places.append(draft.where(text))
        self._flush_places(draft, places)

    def _flush_places(self, draft: Draft, places: Sequence[Where]) -> None:
        here = list(dict.fromkeys(where for where in places if where.base in draft.roots))
        self._flush_single(draft, draft.unrecorded([where for where in here if where.path]))
        for where in here:
            node = draft.overlay.get(where)
            if node is not None and node.kind is Kind.DIR:
                self._flusher.tree(draft.roots[where.base], where.path)

    def _flush_single(self, draft: Draft, places: Iterable[Where]) -> None:
        by_root: dict[int, list[bytes]] = {}
        for where in places:
            by_root.setdefault(where.base, []).append(where.path)
        for base, found in by_root.items():
            self._flusher.paths(draft.roots[base], found)

    def _flush_overwritten(self, draft: Draft) -> bool:
        """Has the vault know what the steps replace, though no action names it; whether there was anything.

        The plan is to be made again then: it says whose history is replaced.
        """
        self._flush_single(draft, draft.overwritten)
        return bool(draft.overwritten)

    def _store(
        self,
        draft: Draft,
        door: str,
        sentence: str,
        *,
        exempt: bool,
        named: bool,
        reverses: OpRow | None = None,
        by_command: bool = False,
        empty: bool = False,
        in_doubt: int = 0,
        request: str = "",
        actions: tuple[Action, ...] = (),
    ) -> Planned:
        """`empty`: it counts though it has no steps."""
        steps = placed(draft.steps)
        document = self._document(
            draft, exempt=exempt, named=named, request=request, actions=actions, in_doubt=in_doubt
        )
        if not steps and not empty:
            return Planned(None, document, ())
        check_permissions(draft, steps)
        check_space(draft, steps, os.fsencode(self._vault.path.parent))
        reach = reach_of(draft, steps)
        now = draft.around.now_ns
        row = OpRow(
            id=0,
            state="preview",
            effect=class_of(steps, draft.external) if steps else Class.SILENT,
            door=door,
            sentence=without(redacted(sentence) if draft.called else sentence, draft.secrets),
            summary=self._summary(draft.effects, reverses),
            plan=msgspec.json.encode(document),
            files=reach.files,
            bytes=reach.bytes,
            created_ns=now,
            expires_ns=now + LIFETIME_NS,
            reverses=reverses.id if reverses is not None else None,
            turn=reverses.turn + 1 if reverses is not None else 0,
            by_command=int(by_command),
            client=draft.around.client,
        )
        with self._vault.write() as tx:
            number = self._vault.ops.add(tx, row, map(encode, steps), self._touches(draft, steps))
            self._vault.ops.hold(tx, number, contents(steps))
        if draft.withheld is not None and self._tools is not None:
            self._tools.withhold(number, draft.withheld)
        return Planned(msgspec.structs.replace(row, id=number), document, tuple(steps))

    def _summary(self, effects: Sequence[Effect], reverses: OpRow | None) -> str:
        """One line for the log."""
        if reverses is None:
            return listed(effects)
        word = "undo" if reverses.turn % 2 == 0 else "redo"
        first = self._vault.ops.get(self._vault.ops.asked(reverses)) or reverses
        return f"{word} of op {first.id}: {first.summary}"[:500]

    @staticmethod
    def _document(
        draft: Draft,
        *,
        exempt: bool = False,
        named: bool = False,
        request: str = "",
        actions: tuple[Action, ...] = (),
        in_doubt: int = 0,
    ) -> Document:
        return Document(
            effects=tuple(draft.effects),
            left_out=tuple(draft.left_out),
            notes=tuple(draft.notes),
            places={str(base): path for base, path in draft.places.items()},
            exempt=exempt,
            external_named=named,
            called=draft.called,
            read=tuple(draft.read),
            actions=actions,
            request=request,
            in_doubt=in_doubt,
        )

    @staticmethod
    def _touches(draft: Draft, steps: Sequence[Step]) -> Iterator[Touch]:
        """What the steps touch, with the histories that go through it."""
        ways = Ways(steps)
        found = [(where, ways.before(where, n), is_tree(step)) for n, step in enumerate(steps) for where in paths(step)]
        draft.look_up({origin for _, origin, _ in found if origin is not None})
        for where, origin, tree in found:
            lineage = draft.known(origin) if origin is not None else None
            yield Touch(where.base, where.path, lineage, tree)


def _ways_to(own: Iterable[bytes]) -> set[bytes]:
    """The paths under which a plan may come to what is ours: as it is named, and with its links resolved, its own
    or those above it alone."""
    above = {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in own}
    return {*own, *above, *map(os.path.realpath, own)}


@contextlib.contextmanager
def _presented(draft: Draft) -> Iterator[None]:
    """Raises what a door shows for a `Problem`, or for what the system says while a plan is made."""
    try:
        with translated("the plan"):
            yield
    except Problem as problem:
        path = printable(draft.shown(problem.where)) if problem.where is not None else None
        kind: type[RefusedError | ConflictError | NothingFound] = RefusedError
        if problem.code in ("missing", "missing-folder", "not-in-trash"):
            kind = NothingFound
        elif problem.code in ("in-the-way", "not-empty"):
            kind = ConflictError
        raise kind(problem.message, path=path) from problem
