"""Carries out one op: everything is written down before anything is done, and nothing is done halfway.

1. The guards are looked at; what is about to be overwritten is kept (pre-images).
2. One durable commit: the whole list of steps, the temporary names among them, before any of them exists.
3. Temporary files are written and synced.
4. The steps, in order; the touched folders are synced.
5. One durable commit: it is done, with what the vault knows of the files.
6. The temporary names go.

What fails, or is cancelled, in 1 leaves nothing; in 3 to 5 everything is taken back.  After a crash the next start does
that (`lsfs.plan.recover`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence

import msgspec

from lsfs.core.errors import ConflictError, LsfsError, RolledBack, StorageError
from lsfs.core.faults import Reach, unreached
from lsfs.core.paths import split
from lsfs.core.posix import sync_file_system
from lsfs.core.records import Kind, StatKey
from lsfs.plan.acts import Acts
from lsfs.plan.disk import Disk, error_of, unchanged
from lsfs.plan.planner import Document
from lsfs.plan.record import Recorder
from lsfs.plan.standing import Look, Standing
from lsfs.plan.steps import (
    After,
    Exchange,
    MakeDir,
    Move,
    Put,
    Row,
    Step,
    Untrash,
    Where,
    contents,
    decode,
    encode,
    is_tree,
    paths,
)
from lsfs.store.vault import FolderTimes, OpRow, Root, Vault
from lsfs.versions.contents import ContentStore, NotStill

_SYNC_ONE_BY_ONE = 16
"""Files and folders that are synced each by itself; beyond that the whole file system is, at once."""

Progress = Callable[[str, int, int], None]
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
                run.verify()
            except Cancelled:
                self.give_up(op, "cancelled before anything was done")
                raise
            except LsfsError as error:
                self.give_up(op, error.message)
                raise
            run.carry_out()

    def give_up(self, op: OpRow, why: str) -> None:
        """Ends an op of which nothing was done."""
        with self._vault.write() as tx:
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
        self._steps = steps
        self._disk = disk
        self._acts = Acts(disk, parts._contents)
        self._lease = lease
        self._progress = progress
        self._times: dict[Where, int] = {}
        self._done = 0

    # 1

    def verify(self) -> None:
        """Looks at every guard, and keeps what is about to be overwritten."""
        touched: set[Where] = set()
        for number, step in enumerate(self._steps):
            self._tell("check", number)
            with self._translated(step):
                self._verify(step, touched)
                if isinstance(step, Put):
                    self._steps[number] = self._with_pre_image(step, touched)
            touched.update(paths(step))

    def _verify(self, step: Step, touched: set[Where]) -> None:
        guard = getattr(step, "guard", None)
        first = paths(step)[:1]
        if isinstance(step, Exchange):
            pairs = [(step.one, step.guard_one), (step.other, step.guard_other)]
        else:
            pairs = [(where, guard) for where in first]
        for where, expected in pairs:
            if where in touched or expected is None or expected.ctime_ns is None:
                continue
            if isinstance(step, Untrash):
                continue  # it stands in the Trash, and is looked for there
            found = self._disk.look(where)
            tree = is_tree(step)
            same = found is not None and self._disk.is_same(where, found, expected)
            if not same or (not tree and found is not None and not unchanged(found, expected)):
                raise ConflictError(
                    "it changed since the plan was made", path=self._disk.shown(where), hint="plan it again"
                )
        free = step.dst if isinstance(step, Move) else None
        if isinstance(step, MakeDir) or (isinstance(step, Put) and step.before is None):
            free = step.at
        if free is not None and free not in touched and self._disk.look(free) is not None:
            same = isinstance(step, Move) and self._is_own_name(step)
            if not same:
                raise ConflictError("something stands there by now", path=self._disk.shown(free), hint="plan it again")

    def _is_own_name(self, step: Move) -> bool:
        """Whether the file system takes the new name for the file's own, in other letters."""
        one, other = self._disk.look(step.src), self._disk.look(step.dst)
        return one is not None and other is not None and (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)

    def _with_pre_image(self, step: Put, touched: set[Where]) -> Put:
        before = step.before
        if before is None or before.kind is not Kind.FILE or before.source is not None or step.at in touched:
            return step
        if before.content is not None and self._contents.has(before.content):
            self._lease(before.content)
            return step
        fd = self._disk.open(step.at, os.O_RDONLY)
        try:
            kept = self._contents.keep_file(fd)
            found = os.fstat(fd)
        except NotStill:
            raise ConflictError("it changes all the time", path=self._disk.shown(step.at)) from None
        finally:
            os.close(fd)
        if kept.key != StatKey.of(found) or (step.guard is not None and not unchanged(found, step.guard)):
            raise ConflictError("it changed since the plan was made", path=self._disk.shown(step.at))
        self._lease(kept.content)
        return msgspec.structs.replace(step, before=msgspec.structs.replace(before, content=kept.content))

    # 2 to 6

    def carry_out(self) -> None:
        """Everything from the first commit to the last."""
        self._begin()
        try:
            self._prepare()
            with self._vault.turn:
                self._act()
                self._finish()
        except BaseException as error:
            self._roll_back(error)
            raise AssertionError("unreachable") from error
        self._reach("op.done")
        self._clean()
        self._recorder.reflect(self._steps)
        self._reach("op.cleaned")

    def _begin(self) -> None:
        for step in self._steps:
            for where in paths(step) if not isinstance(step, Row) else ():
                folder = Where(where.base, split(where.path)[0])
                if folder not in self._times and (found := self._disk.look(folder)) is not None:
                    self._times[folder] = found.st_mtime_ns
        changed = [(number, encode(step)) for number, step in enumerate(self._steps) if isinstance(step, Put)]
        times = [FolderTimes(where.base, where.path, at) for where, at in self._times.items()]
        self._reach("op.before-begin")
        with self._vault.write() as tx:
            self._vault.ops.begin(tx, self._op.id, self._now_ns(), changed, times)
            self._vault.ops.hold(tx, self._op.id, contents(self._steps))
        self._reach("op.begun")

    def _prepare(self) -> None:
        written: list[int] = []
        count = sum(isinstance(step, Put) and step.after is not None for step in self._steps)
        try:
            for number, step in enumerate(self._steps):
                self._tell("write", number)
                with self._translated(step):
                    fd = self._acts.prepare(step)
                if fd is not None:
                    self._reach("op.temporary")
                    if count <= _SYNC_ONE_BY_ONE:
                        os.fsync(fd)
                        os.close(fd)
                    else:
                        written.append(fd) if not written else os.close(fd)
            for fd in written:
                sync_file_system(fd)
        except OSError as error:
            raise error_of(error, "the plan") from error
        finally:
            for fd in written:
                os.close(fd)
        self._reach("op.prepared")

    def _act(self) -> None:
        for number, step in enumerate(self._steps):
            self._tell("change", number)
            with self._translated(step):
                self._acts.act(step)
            self._done = number + 1
            self._reach("op.step")
        for step in reversed(self._steps):
            # What was put into a folder that came back has changed its time.
            if isinstance(step, MakeDir) and step.meta.mtime_ns is not None and self._disk.look(step.at) is not None:
                self._disk.mtime(step.at, step.meta.mtime_ns)
        if self._op.reverses is not None:
            self._give_times_back()
        self._sync()
        self._reach("op.synced")

    def _give_times_back(self) -> None:
        """Folders get the times that they had before the op that is taken back."""
        for folder, before in self._times.items():
            if self._disk.look(folder) is None:
                continue
            wanted = self._recorder.folder_time(self._op, folder, before)
            if wanted is not None:
                self._disk.mtime(folder, wanted)

    def _sync(self) -> None:
        folders: set[int] = set()
        for step in self._steps:
            with contextlib.suppress(FileNotFoundError, ConflictError):
                folders.update(self._acts.folders(step))
        if len(folders) > _SYNC_ONE_BY_ONE:
            devices = {os.fstat(fd).st_dev: fd for fd in folders}
            for fd in devices.values():
                sync_file_system(fd)
        else:
            for fd in folders:
                os.fsync(fd)

    def _finish(self) -> None:
        after = [self._disk.after(where) if (where := _result(step)) is not None else After() for step in self._steps]
        times = [
            FolderTimes(where.base, where.path, before, found.st_mtime_ns)
            for where, before in self._times.items()
            if (found := self._disk.look(where)) is not None
        ]
        self._reach("op.before-done")
        self._recorder.done(self._op, self._steps, after, times, self._now_ns())

    def _clean(self) -> None:
        clean(self._acts, self._disk, self._steps)

    def _roll_back(self, error: BaseException) -> None:
        """Takes back what was done, says so in the journal, and raises what a door shows."""
        left = self.take_back(self._steps[: self._done + self._half()])
        self._clean()
        cancelled = isinstance(error, Cancelled)
        away = {where.base for step in self._steps for where in paths(step)} - self._there()
        if left and away:
            # The journal keeps it as running: it is taken back when its folders are there again.
            raise StorageError(
                "a folder went away while files were changed there; that is taken back when it is there again",
                hint="lsfs log --running",
            ) from error
        why = "cancelled" if cancelled else getattr(error, "message", "") or str(error) or type(error).__name__
        with self._vault.write() as tx:
            self._vault.ops.set_state(tx, self._op.id, "failed", self._now_ns(), "; ".join([why, *left]))
        if left:
            raise StorageError(
                f"it failed, and could not be taken back whole: {'; '.join(left)}", hint="lsfs log says what it did"
            ) from error
        if cancelled or not isinstance(error, Exception):
            raise error
        path = getattr(error, "path", None)
        raise RolledBack(f"it failed part way and was taken back: {why}", path=path) from error

    def _half(self) -> int:
        """1 where the step that failed has changed something all the same, else 0."""
        if self._done >= len(self._steps):
            return 0
        standing = Look(self._disk, self._op.started_ns or self._now_ns()).standing(self._steps[self._done])
        return int(standing in (Standing.DONE, Standing.HALF))

    def take_back(self, steps: Sequence[Step]) -> list[str]:
        """Takes back steps that were done; what could not be, in words."""
        left = []
        for step in reversed(steps):
            self._reach("op.revert")
            try:
                self._acts.revert(step)
            except (OSError, LsfsError) as error:
                said = error.message if isinstance(error, LsfsError) else error.strerror
                where = paths(step)[0] if paths(step) else None
                left.append(f"{self._disk.shown(where) if where else 'a row'}: {said}")
        for folder, before in self._times.items():
            with contextlib.suppress(OSError, LsfsError):
                self._disk.mtime(folder, before)
        return left

    # Small things

    def _there(self) -> set[int]:
        return {root.id for root in self._present()} | {base for base in self._disk.bases if base < 0}

    def _tell(self, phase: str, number: int) -> None:
        if number % 16 == 0:
            self._progress(phase, number, len(self._steps))

    @contextlib.contextmanager
    def _translated(self, step: Step) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            places = paths(step)
            raise error_of(error, self._disk.shown(places[0]) if places else "the vault") from error


def clean(acts: Acts, disk: Disk, steps: Sequence[Step]) -> None:
    """Takes away the temporary names of steps; the folders keep the times that the steps themselves gave them."""
    for step in steps:
        with contextlib.suppress(OSError, LsfsError):
            folder = acts.littered(step)
            before = disk.look(folder) if folder is not None else None
            acts.clean(step)
            if folder is not None and before is not None:
                disk.mtime(folder, before.st_mtime_ns)


def _result(step: Step) -> Where | None:
    """The place at which a step's result stands."""
    if isinstance(step, Move):
        return step.dst
    places = paths(step)
    return places[0] if places and not isinstance(step, Row) else None
