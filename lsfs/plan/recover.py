"""After a crash, or when a volume went away under an op: what was begun and not ended is taken back.

Each step's state is read off the disk (`lsfs.plan.standing`), the last step first.  Run again, it does nothing more.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence

import msgspec

from lsfs.core.errors import LsfsError
from lsfs.core.faults import Reach, unreached
from lsfs.ingest.mirror import Reflector
from lsfs.ingest.opening import Opener
from lsfs.plan.acts import Acts
from lsfs.plan.disk import Disk
from lsfs.plan.durable import sync_changes
from lsfs.plan.execute import clean
from lsfs.plan.hindrance import Hindered, conflicts_in
from lsfs.plan.planner import Document
from lsfs.plan.standing import Look, Standing
from lsfs.plan.steps import Call, RemoveDir, Row, SetMeta, Step, Where, decode, paths
from lsfs.store.vault import OpRow, Root, Vault
from lsfs.versions.contents import ContentStore

log = logging.getLogger(__name__)

INTERRUPTED = "lsfs ended while it was carried out; it was taken back"
NEVER_BEGUN = "lsfs ended before it was begun"
CUT_OFF = "lsfs ended while the tool ran: it was cut off, and is not called again; what stood there before has versions"


class Recovery:
    """Settles the journal; to be called before anything else is carried out."""

    def __init__(
        self,
        vault: Vault,
        contents: ContentStore,
        present: Callable[[], Sequence[Root]],
        now_ns: Callable[[], int],
        reach: Reach = unreached,
    ) -> None:
        """`present` gives the watched folders that are there."""
        self._vault = vault
        self._contents = contents
        self._present = present
        self._now_ns = now_ns
        self._reach = reach

    def settle(self, *, at_start: bool = True) -> list[int]:
        """Takes back every op that was begun and not ended, if its folders are there; the numbers of those.

        A call is never made again, nor taken back: it is said to be cut off.
        """
        settled = []
        if at_start:
            for op in self._last_ended():
                self._tidy(op)
        states = ("running", "queued") if at_start else ("running",)
        for op in self._vault.ops.newest(1_000_000, states):
            if op.state == "queued":
                self._end(op, NEVER_BEGUN)
            elif self._calls(op):
                if at_start:  # else it runs now
                    self._end(op, CUT_OFF)
            elif self._take_back(op):
                settled.append(op.id)
        return settled

    def _calls(self, op: OpRow) -> bool:
        return any(isinstance(decode(step), Call) for step, _ in self._vault.ops.steps(op.id)[:1])

    def _last_ended(self) -> list[OpRow]:
        """The op that ended last: by the clock, or by its number, if the clock was set back since."""
        last = self._vault.ops.last_finished()
        newest = self._vault.ops.newest(1, ("applied",))
        return [*newest, *([last] if last is not None and last not in newest else [])]

    def _tidy(self, op: OpRow) -> None:
        """Does what an op leaves to do when it is done: its temporary names go, files get the tags that they have."""
        steps = [decode(step) for step, _ in self._vault.ops.steps(op.id)]
        bases = self._bases(op)
        with contextlib.closing(Disk(bases)) as disk:
            clean(Acts(disk, self._contents, self._reach), disk, steps, done=op.state != "failed")
        lineages = {step.lineage for step in steps if isinstance(step, Row) and step.lineage is not None}
        with contextlib.closing(Opener(bases.get)) as opener:
            Reflector(self._vault, opener).show(self._vault.entries.holders(list(lineages)))

    def _bases(self, op: OpRow) -> dict[int, bytes]:
        document = msgspec.json.decode(op.plan, type=Document)
        bases = {root.id: root.path for root in self._present()}
        return bases | {int(base): path for base, path in document.places.items()}

    def _take_back(self, op: OpRow) -> bool:
        steps = [decode(step) for step, _ in self._vault.ops.steps(op.id)]
        bases = self._bases(op)
        if any(where.base not in bases for step in steps for where in paths(step)):
            log.warning("op %d is taken back when its folders are there again", op.id)
            return False
        with contextlib.closing(Disk(bases)) as disk:
            try:
                left = self._revert(op, disk, steps)
            except Hindered as hindrance:
                log.warning("op %d is taken back later: %s", op.id, hindrance)
                return False
        self._reach("recover.reverted")
        why = INTERRUPTED if not left else f"{INTERRUPTED}, but for: {'; '.join(left)}"
        self._end(op, why)
        log.warning("op %d: %s", op.id, why)
        return True

    def _revert(self, op: OpRow, disk: Disk, steps: Sequence[Step]) -> list[str]:
        """What could not be taken back, in words; raises `Hindered`."""
        acts = Acts(disk, self._contents, self._reach)
        look = Look(disk, self._contents, steps, op.started_ns or 0)
        left: list[str] = []
        for number, step in reversed(list(enumerate(steps))):
            self._reach("recover.step")
            with conflicts_in(left, _shown(disk, step)):
                standing = look.standing(number)
                if standing in (Standing.DONE, Standing.HALF):
                    acts.revert(step)
                elif standing is Standing.UNKNOWN and not _is_touched(steps[:number], step):
                    left.append(f"{_shown(disk, step)}: it changed since")
            # While what stands beside its temporary names still tells whose they are.
            clean(acts, disk, [step], done=False)
        self._reach("recover.steps")
        for step in steps:
            with conflicts_in(left, _shown(disk, step)):
                if isinstance(step, RemoveDir) and disk.look(step.at) is not None and look.is_young(step.at):
                    acts.finish_folder(step.at, step.meta)
        for times in self._vault.ops.folder_times(op.id):
            with contextlib.suppress(OSError, LsfsError):
                disk.mtime(Where(times.root, times.path), times.before_ns)
        with conflicts_in(left, "the folders"):
            sync_changes(disk, steps, {step.at for step in steps if isinstance(step, SetMeta)})
        return left

    def _end(self, op: OpRow, why: str) -> None:
        with self._vault.write() as tx:
            self._vault.ops.set_state(tx, op.id, "failed", self._now_ns(), why)


def _is_touched(earlier: Sequence[Step], step: Step) -> bool:
    """Whether an earlier step changes what stands at a step's places: then that says what became of it."""
    places = set(paths(step))
    return any(not places.isdisjoint(paths(other)) for other in earlier)


def _shown(disk: Disk, step: Step) -> str:
    places = paths(step)
    return disk.shown(places[0]) if places else "a row"
