"""Carries out one op: everything is written down before anything is done, and nothing is done halfway.

1. The guards are looked at; what is about to be overwritten is kept (pre-images).
2. One durable commit: the whole list of steps, the temporary names among them, before any of them exists.
3. Temporary files are written and synced.
4. The steps, in order; the touched folders are synced.
5. One durable commit: it is done, with what the vault knows of the files.
6. What was put is noted among the kept bytes, and the temporary names go.

What fails, or is cancelled, in 1 leaves nothing; in 3 to 5 everything is taken back.  After a crash the next start does
that (`lsfs.plan.recover`).
"""

from __future__ import annotations

import contextlib
import logging
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec

from lsfs.core.errors import ConflictError, LsfsError, RolledBack, StorageError
from lsfs.core.faults import Reach, unreached
from lsfs.core.paths import split
from lsfs.plan.acts import Acts
from lsfs.plan.disk import Disk, error_of, translated
from lsfs.plan.durable import Written, sync_changes
from lsfs.plan.hindrance import Hindered, conflicts_in
from lsfs.plan.planner import Document
from lsfs.plan.record import Recorder
from lsfs.plan.steps import (
    After,
    MakeDir,
    Move,
    Put,
    RemoveDir,
    Row,
    SetMeta,
    Step,
    Trash,
    Where,
    contents,
    decode,
    encode,
    paths,
)
from lsfs.plan.verify import Check
from lsfs.plan.ways import Ways
from lsfs.store.vault import FolderTimes, OpRow, Root, Vault
from lsfs.versions.contents import ContentStore

log = logging.getLogger(__name__)

Phase = Literal["queued", "check", "write", "change"]
Progress = Callable[[Phase, int, int], None]
"""Told of the phase, and of how many of how many steps are done; raises `Cancelled` to end it."""


class Cancelled(Exception):
    """The user does not want the op any more."""


class Executor:
    """Carries out ops, one at a time, on its caller's thread."""

    def __init__(
        self,
        vault: Vault,
        contents: ContentStore,
        recorder: Recorder,
        present: Callable[[], Sequence[Root]],
        now_ns: Callable[[], int],
        reach: Reach = unreached,
    ) -> None:
        self._vault = vault
        self._contents = contents
        self._recorder = recorder
        self._present = present
        self._now_ns = now_ns
        self._reach = reach

    def run(self, op: OpRow, progress: Progress) -> None:
        """Carries out a stored plan.

        Raises ConflictError where the disk is not as it was planned for and nothing was done, RolledBack where it
        failed part way and was taken back, and the error itself where it failed before anything was done.
        """
        steps = [decode(step) for step, _ in self._vault.ops.steps(op.id)]
        document = msgspec.json.decode(op.plan, type=Document)
        bases = {root.id: root.path for root in self._present()}
        bases |= {int(base): path for base, path in document.places.items()}
        with contextlib.closing(Disk(bases)) as disk, self._contents.leased(contents(steps)) as lease:
            run = _Run(self, op, steps, disk, lease, progress)
            try:
                self._check_settled(steps)
                run.verify()
                with translated("the plan"):
                    run.begin()
            except Cancelled:
                self.give_up(op, "cancelled before anything was done")
                raise
            except Exception as error:
                self.give_up(op, getattr(error, "message", "") or type(error).__name__)
                raise
            run.carry_out()

    def _check_settled(self, steps: Sequence[Step]) -> None:
        """Raises ConflictError while an earlier op in the same folders is to be taken back, which comes first."""
        bases = {where.base for step in steps for where in paths(step)}
        for op in self._vault.ops.newest(100, ("running",)):
            earlier = (decode(step) for step, _ in self._vault.ops.steps(op.id))
            if any(where.base > 0 and where.base in bases for step in earlier for where in paths(step)):
                raise ConflictError(f"op {op.id} is to be taken back first", hint="lsfs log --running")

    def give_up(self, op: OpRow, why: str) -> None:
        """Ends an op of which nothing was done."""
        # Where the vault has no room for that either, the next start does it.
        with contextlib.suppress(StorageError), self._vault.write() as tx:
            self._vault.ops.set_state(tx, op.id, "failed", self._now_ns(), why)


class _Run:
    """One op under way."""

    def __init__(
        self,
        parts: Executor,
        op: OpRow,
        steps: list[Step],
        disk: Disk,
        lease: Callable[[bytes], None],
        progress: Progress,
    ) -> None:
        self._vault = parts._vault
        self._contents = parts._contents
        self._recorder = parts._recorder
        self._now_ns = parts._now_ns
        self._present = parts._present
        self._reach = parts._reach
        self._op = op
        self._stored = steps
        self._steps = list(steps)
        self._ways = Ways(steps)
        self._disk = disk
        self._acts = Acts(disk, parts._contents, parts._reach)
        self._lease = lease
        self._progress = progress
        self._times: dict[Where, int] = {}
        self._began_ns = 0
        self._at = 0
        """The step that is looked at, or carried out."""
        self._done = 0

    # 1

    def verify(self) -> None:
        """Looks at every guard, and keeps what is about to be overwritten."""
        check = Check(self._disk, self._contents, self._steps, self._ways, self._lease)
        with self._translated():
            for number, step in enumerate(self._steps):
                self._tell("check", number)
                self._steps[number] = check.passed(number, step)

    # 2

    def begin(self) -> None:
        """Writes down everything that is to be done."""
        for number, step in enumerate(self._steps):
            for where in paths(step) if not isinstance(step, Row) else ():
                folder = self._ways.before(Where(where.base, split(where.path)[0]), number)
                if folder is None or folder in self._times:
                    continue
                if (found := self._disk.look(folder)) is not None:
                    self._times[folder] = found.st_mtime_ns
        changed = [(number, encode(step)) for number, step in enumerate(self._steps) if step != self._stored[number]]
        times = [FolderTimes(where.base, where.path, at) for where, at in self._times.items()]
        self._began_ns = self._now_ns()
        self._reach("op.before-begin")
        with self._vault.write() as tx:
            self._vault.ops.begin(tx, self._op.id, self._began_ns, changed, times)
            self._vault.ops.hold(tx, self._op.id, contents(self._steps))
        self._reach("op.begun")

    # 3 to 6

    def carry_out(self) -> None:
        """Everything from the first file that is written on."""
        try:
            self._prepare()
            with self._vault.turn, translated("the plan"):
                self._act()
                self._finish()
        except BaseException as error:
            self._roll_back(error)
            raise AssertionError("unreachable") from error
        self._tidy()

    def _prepare(self) -> None:
        count = sum(isinstance(step, Put) and step.after is not None for step in self._steps)
        with contextlib.closing(Written(count)) as written:
            with self._translated():
                for number, step in enumerate(self._steps):
                    self._tell("write", number)
                    fd = self._acts.prepare(step)
                    if fd is not None:
                        written.add(fd)
                        self._reach("op.temporary")
            with translated("the plan"):
                written.sync()
                self._reach("op.prepared")

    def _act(self) -> None:
        with self._translated():
            for number, step in enumerate(self._steps):
                self._tell("change", number)
                self._acts.act(step)
                self._done = number + 1
                self._reach("op.step")
        for number, step in reversed(list(enumerate(self._steps))):
            if isinstance(step, MakeDir) and (place := self._ways.after(step.at, number)) is not None:
                self._acts.finish_folder(place, step.meta)
        if self._op.reverses is not None:
            self._give_times_back()
        with translated("the plan"):
            sync_changes(self._disk, self._steps, self._given())
            self._reach("op.synced")

    def _given(self) -> set[Where]:
        """Where that stands now whose modes, times and attributes were changed."""
        places = (
            self._ways.after(step.at, number) for number, step in enumerate(self._steps) if isinstance(step, SetMeta)
        )
        return {place for place in places if place is not None}

    def _give_times_back(self) -> None:
        """Folders get the times that they had before the op that is taken back."""
        for folder, before in self._times.items():
            place = self._ways.after(folder)
            if place is not None and (wanted := self._recorder.folder_time(self._op, place, before)) is not None:
                self._disk.mtime(place, wanted)
        assert self._op.reverses is not None
        for times in self._vault.ops.folder_times(self._op.reverses):
            place = Where(times.root, times.path)
            # It was gone when that op was done, and is back.
            back = times.after_ns is None and self._ways.before(place, len(self._steps)) is None
            if back and (found := self._disk.look(place)) is not None and stat.S_ISDIR(found.st_mode):
                self._disk.mtime(place, times.before_ns)

    def _finish(self) -> None:
        self._check_there()
        after = [self._after(number, step) for number, step in enumerate(self._steps)]
        made = {n: key for n, step in enumerate(self._steps) if (key := self._acts.made(step)) is not None}
        times = self._times_now()
        self._reach("op.before-done")
        self._recorder.done(
            self._op, self._steps, self._ways, after, made, times, self._began_ns, self._now_ns(), self._check_there
        )

    def _check_there(self) -> None:
        if self._away():
            raise StorageError("a watched folder went away while files were changed there")

    def _times_now(self) -> list[FolderTimes]:
        """The folders' times before and after, of one that went elsewhere under both its paths."""
        found: dict[Where, FolderTimes] = {}
        for where, before in self._times.items():
            place = self._ways.after(where)
            if place is None or (stands := self._disk.look(place)) is None:
                continue
            for at in (where, place):
                if at == where or at not in self._times:
                    found[at] = FolderTimes(at.base, at.path, before, stands.st_mtime_ns)
        return list(found.values())

    def _after(self, number: int, step: Step) -> After:
        """What a step has left, wherever later ones have brought it."""
        if isinstance(step, Trash):
            return self._acts.trashed(step)
        where = paths(step)[-1] if isinstance(step, Move) else next(iter(paths(step)), None)
        place = self._ways.after(where, number) if where is not None and not isinstance(step, Row) else None
        guard = step.guard if isinstance(step, Move) else None
        after = self._disk.after(place, guard) if place is not None else After()
        made = self._acts.made(step)
        if made is None:
            return after
        # As it was put: what another program has written since is not the op's.
        return After(made.ino, after.btime_ns if after.ino == made.ino else 0, made.size, made.mtime_ns, made.mode)

    def _tidy(self) -> None:
        """What is done stays done, whatever goes wrong from here on; the next start does what is missing."""
        try:
            self._reach("op.done")
            self._recorder.note(self._op)
            self._reach("op.noted")
            clean(self._acts, self._disk, self._steps, done=True)
            self._recorder.reflect(self._steps)
            self._reach("op.cleaned")
        except (OSError, LsfsError) as error:
            log.warning("op %d is done, and not tidied up: %s", self._op.id, error)

    # Taking it back

    def _roll_back(self, error: BaseException) -> None:
        """Takes back what was done, says so in the journal, and raises what a door shows."""
        try:
            left = self._take_back(self._steps[: self._done + self._acts.half])
        except Hindered as hindrance:
            # The journal keeps it as running: it is taken back when that can be done, or at the next start.
            why = f"it failed, and will be taken back later: {hindrance}"
            raise StorageError(why, hint="lsfs log --running") from error
        cancelled = isinstance(error, Cancelled)
        why = "cancelled" if cancelled else getattr(error, "message", "") or str(error) or type(error).__name__
        # Where the vault has no room for that either, the next start finds nothing to take back, and says so.
        with contextlib.suppress(StorageError), self._vault.write() as tx:
            self._vault.ops.set_state(tx, self._op.id, "failed", self._now_ns(), "; ".join([why, *left]))
        if left:
            raise StorageError(
                f"it failed, and could not be taken back whole: {'; '.join(left)}", hint="lsfs log says what it did"
            ) from error
        if cancelled or not isinstance(error, Exception):
            raise error
        path = getattr(error, "path", None)
        raise RolledBack(f"it failed part way and was taken back: {why}", path=path) from error

    def _take_back(self, steps: Sequence[Step]) -> list[str]:
        """Takes back steps that were done; what could not be, in words.  Raises `Hindered`."""
        left: list[str] = []
        for step in reversed(steps):
            with conflicts_in(left, self._shown(step)):
                self._reach("op.revert")
                self._acts.revert(step)
        if left and self._away():
            raise Hindered("a watched folder went away")
        clean(self._acts, self._disk, self._steps, done=False)
        for step in steps:
            if isinstance(step, RemoveDir):
                with conflicts_in(left, self._shown(step)):
                    self._acts.finish_folder(step.at, step.meta)
        for folder, before in self._times.items():
            with contextlib.suppress(OSError, LsfsError):
                self._disk.mtime(folder, before)
        with conflicts_in(left, "the folders"):
            sync_changes(self._disk, steps, {step.at for step in steps if isinstance(step, SetMeta)})
        return left

    # Small things

    def _away(self) -> set[int]:
        """The watched folders of the op that are not there any more."""
        there = {root.id for root in self._present()}
        return {where.base for step in self._steps for where in paths(step) if where.base > 0} - there

    def _shown(self, step: Step) -> str:
        places = paths(step)
        return self._disk.shown(places[0]) if places else "the vault"

    def _tell(self, phase: Phase, number: int) -> None:
        self._at = number
        if number % 16 == 0:
            self._progress(phase, number, len(self._steps))

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Raises `error_of` for what the system says of the step that it is at."""
        try:
            yield
        except OSError as error:
            raise error_of(error, self._shown(self._steps[self._at])) from error


def clean(acts: Acts, disk: Disk, steps: Sequence[Step], *, done: bool) -> None:
    """Takes away the temporary names of steps that were done, or taken back; the folders keep the times that those gave
    them.

    Raises `Hindered` where those of steps that were taken back have to stay for now.
    """
    for step in steps:
        with contextlib.suppress(Hindered) if done else contextlib.nullcontext(), conflicts_in([], "a temporary file"):
            folder = acts.littered(step, done=done)
            before = disk.look(folder) if folder is not None else None
            acts.clean(step, done=done)
            if folder is not None and before is not None:
                with contextlib.suppress(OSError):
                    disk.mtime(folder, before.st_mtime_ns)
