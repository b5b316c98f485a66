"""After a crash, or when a volume went away under an op: what was begun and not ended is taken back.

Each step's state is read off its guard (`lsfs.plan.standing`), the last step first.  Run again, it does nothing more.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence

import msgspec

from lsfs.core.errors import LsfsError
from lsfs.core.faults import Reach, unreached
from lsfs.plan.acts import Acts
from lsfs.plan.disk import Disk
from lsfs.plan.execute import clean
from lsfs.plan.planner import Document
from lsfs.plan.standing import Look, Standing
from lsfs.plan.steps import Step, Where, decode, paths
from lsfs.store.vault import OpRow, Root, Vault
from lsfs.versions.contents import ContentStore

log = logging.getLogger(__name__)

INTERRUPTED = "lsfs ended while it was carried out; it was taken back"
NEVER_BEGUN = "lsfs ended before it was begun"


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
        """Takes back every op that was begun and not ended, if its folders are there; the numbers of those."""
        settled = []
        if at_start and (last := self._vault.ops.last_finished()) is not None:
            self._tidy(last)
        states = ("running", "queued") if at_start else ("running",)
        for op in self._vault.ops.newest(1_000_000, states):
            if op.state == "queued":
                self._end(op, NEVER_BEGUN)
            elif self._take_back(op):
                settled.append(op.id)
        return settled

    def _tidy(self, op: OpRow) -> None:
        """Takes away the temporary names of the op that ended last: only its own can be left."""
        steps = [decode(step) for step, _ in self._vault.ops.steps(op.id)]
        with contextlib.closing(Disk(self._bases(op))) as disk:
            clean(Acts(disk, self._contents), disk, steps)

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
            left = self._revert(op, disk, steps)
        why = INTERRUPTED if not left else f"{INTERRUPTED}, but for: {'; '.join(left)}"
        self._end(op, why)
        log.warning("op %d: %s", op.id, why)
        return True

    def _revert(self, op: OpRow, disk: Disk, steps: Sequence[Step]) -> list[str]:
        acts = Acts(disk, self._contents)
        look = Look(disk, op.started_ns or 0)
        left = []
        for step in reversed(steps):
            self._reach("recover.step")
            try:
                standing = look.standing(step)
                if standing in (Standing.DONE, Standing.HALF):
                    acts.revert(step)
                elif standing is Standing.UNKNOWN:
                    left.append(f"{_shown(disk, step)}: something else stands there")
            except (OSError, LsfsError) as error:
                said = error.message if isinstance(error, LsfsError) else error.strerror
                left.append(f"{_shown(disk, step)}: {said}")
        clean(acts, disk, steps)
        for times in self._vault.ops.folder_times(op.id):
            with contextlib.suppress(OSError, LsfsError):
                disk.mtime(Where(times.root, times.path), times.before_ns)
        self._reach("recover.reverted")
        return left

    def _end(self, op: OpRow, why: str) -> None:
        with self._vault.write() as tx:
            self._vault.ops.set_state(tx, op.id, "failed", self._now_ns(), why)


def _shown(disk: Disk, step: Step) -> str:
    places = paths(step)
    return disk.shown(places[0]) if places else "a row"
