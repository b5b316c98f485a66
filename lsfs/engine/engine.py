"""The engine: use cases over the parts that `lsfs.compose` has wired."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator

import msgspec

from lsfs.core.api import (
    DoctorFinding,
    FileStatus,
    FindRequest,
    FindResult,
    ProgressEvent,
    ProgressRequest,
    RootInfo,
    RootSettings,
    SettingsRequest,
    StatusResult,
    UpRequest,
)
from lsfs.core.errors import UnavailableError, UsageError
from lsfs.core.paths import display, is_within
from lsfs.core.policy import merged, read_policy
from lsfs.core.wirepath import absolute_from_wire
from lsfs.engine.activity import Activity
from lsfs.engine.changing import Changing
from lsfs.engine.diffing import Diffing
from lsfs.engine.doctor import Doctor
from lsfs.engine.finding import Finding
from lsfs.engine.keeping import Keeping
from lsfs.engine.macros import Macros
from lsfs.engine.mounting import Mounting
from lsfs.engine.parts import Parts
from lsfs.engine.past import Past
from lsfs.engine.progress import Progress
from lsfs.engine.reading import Reading
from lsfs.engine.saying import Saying
from lsfs.engine.statuses import Statuses
from lsfs.engine.tooling import Tooling
from lsfs.engine.verifying import Verifying
from lsfs.ingest.roots import Added
from lsfs.store.vault import Root
from lsfs.watch import mounts

_COPY_AGE_S = 24 * 3600

log = logging.getLogger(__name__)


class Engine:
    """See `lsfs.core.api` for what each method takes and gives."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started = time.monotonic()
        self._activity = Activity(parts)
        self._running = False
        self._stopping = threading.Event()
        self._statuses = Statuses(parts.vault, parts.index, self._activity.root_state, parts.ignored, parts.in_force)
        self._finding = Finding(
            parts.index, parts.search, parts.texts, parts.root_paths, self._activity.complete, time.time_ns
        )
        self.macros = Macros(parts, time.time_ns)
        """Ops made into tools."""
        self.changing = Changing(parts, self.macros, time.time_ns)
        """Plans and ops."""
        self.tooling = Tooling(parts, self.macros)
        """Tools: the catalogue and the router."""
        self.changing.on_called = self.tooling.called
        self.past = Past(parts, time.time_ns)
        """Versions, trees as they were, tags."""
        self.diffing = Diffing(parts, self.past, time.time_ns)
        """What differs between versions."""
        self.saying = Saying(parts, self._finding, self.changing, self.past, self.diffing, time.time_ns)
        """Sentences, and answers from files."""
        self.reading = Reading(parts)
        """What files say, piece by piece."""
        self.keeping = Keeping(parts, time.time_ns)
        """What is kept of the past, and for how long."""
        self.verifying = Verifying(parts, time.time_ns)
        """Whether everything that is kept is what it was."""
        self.mounting = Mounting(parts)
        """Where lsfs is to be mounted."""
        self._progress = Progress(parts.index, self._activity, parts.changes)
        self._doctor = Doctor(
            parts.vault,
            parts.index,
            parts.vault_copy,
            parts.budget,
            parts.free_floor,
            self._activity.sandbox,
            lambda: self._activity.embedding() or "",
            self._notes,
        )

    def start(self) -> None:
        """Starts the threads, takes up the roots and scans them."""
        parts = self._parts
        parts.prepare()
        if parts.vault.newer:
            return
        self._running = True
        parts.recovery.settle()
        parts.ingest.start(parts.feeder)
        parts.feeder.start()
        parts.keeper.start()
        try:
            parts.watcher.start()
        except UnavailableError as error:
            log.warning("changes are found by scans only: %s", error.message)
            self._activity.without_events(error.message)
        if parts.embedding is not None:
            parts.embedding.start()
        for root in parts.vault.roots.all():
            self._take_up(root)
        parts.ops.start()
        if parts.tooling.vectors is not None:
            parts.tooling.vectors.start()
        parts.tooling.following.start()
        parts.prepare_llm()

    def up(self, request: UpRequest) -> list[RootInfo]:
        """Watches folders; all are checked before any is added."""
        self._parts.vault.require_writable()
        if not request.paths:
            raise UsageError("name a folder to watch")
        paths = [self._parts.book.check(absolute_from_wire(path)) for path in request.paths]
        found = []
        for path in dict.fromkeys(paths):
            # Between two commits of the ingest thread, so that absorbing a root never meets a batch of it.
            added = self._parts.ingest.run(functools.partial(self._add, path))
            for child in added.absorbed:
                self._let_go(child.id)
            root = self._settled_on(added.root, request.settings)
            if added.new:
                self._take_up(root)
            elif root is not added.root:
                self._parts.keeper.scan(root.id, recheck=True)
            absorbed = tuple(child.path for child in added.absorbed)
            found.append(self._statuses.root(root, self._count(root), absorbed))
        return found

    def _settled_on(self, root: Root, settings: RootSettings | None) -> Root:
        """The root with its settings changed, if there is anything to change."""
        if settings is None:
            return root
        policy = read_policy(root.policy)
        wanted = merged(policy, msgspec.structs.asdict(settings))
        return root if wanted == policy else self._parts.book.change_policy(root, wanted)

    def change_settings(self, request: SettingsRequest) -> RootInfo:
        """Changes what is kept and searched of a watched folder; it is looked through again with that."""
        self._parts.vault.require_writable()
        root = self._root_at(absolute_from_wire(request.path))
        changed = self._settled_on(root, request.settings)
        if changed is not root:
            self._parts.keeper.scan(root.id, recheck=True)
        return self._statuses.root(changed, self._count(changed))

    def progress(self, request: ProgressRequest) -> Iterator[ProgressEvent]:
        """Follows the indexing until it is done."""
        return self._progress.follow(request)

    def roots(self) -> list[RootInfo]:
        """The watched folders."""
        return list(self._statuses.roots())

    def remove_root(self, path: bytes) -> RootInfo:
        """Stops watching; its history stays in the vault until `purge`."""
        self._parts.vault.require_writable()
        root = self._root_at(path)
        info = self._statuses.root(root, self._count(root))
        self._let_go(root.id)

        def remove() -> None:
            with self._parts.vault.write() as tx:
                self._parts.vault.roots.remove(tx, root.id, time.time_ns())
            self._parts.pipeline.forget_root(root.id)

        self._parts.ingest.run(remove)
        return info

    def purge(self, path: bytes) -> None:
        """Forgets a removed root's history for good."""
        vault = self._parts.vault
        vault.require_writable()
        path = mounts.real(path)
        if any(root.path == path for root in vault.roots.all()):
            raise UsageError("it is still watched", path=display(path), hint=f"lsfs roots remove {display(path)} first")
        root = vault.roots.removed(path)
        if root is None:
            raise UsageError("nothing is kept of this folder", path=display(path))

        def purge() -> None:
            with vault.write() as tx:
                vault.roots.purge(tx, root.id)

        self._parts.ingest.run(purge)

    @property
    def activity(self) -> Activity:
        """What is going on now."""
        return self._activity

    def find(self, request: FindRequest) -> FindResult:
        """The best hits."""
        return self._finding.find(request)

    def status(self) -> StatusResult:
        """Totals, queues, workers and what the user should know."""
        parts = self._parts
        totals, queues, disk = self._statuses.totals()
        working = self._activity.working()
        if parts.vault.newer:
            state = "read-only"
        elif self._activity.paused:
            state = "paused"
        else:
            state = "working" if working else "idle"
        return StatusResult(
            state=state,  # type: ignore[arg-type]  # one of the literals above
            complete=self._activity.complete(),
            roots=self._statuses.roots(),
            totals=totals,
            queues=queues,
            disk=disk,
            workers=tuple(self._activity.workers()),
            sandbox=self._activity.sandbox(),
            protected=self._statuses.protected(),
            embedder=parts.embedders[0].id if parts.embedders else "",
            notes=self._notes(),
            pid=os.getpid(),
            uptime_s=round(time.monotonic() - self._started, 1),
        )

    def _notes(self) -> tuple[str, ...]:
        return (*self._activity.notes(), *self.keeping.notes(), *self.mounting.notes())

    def file_status(self, path: bytes) -> FileStatus:
        """What is known of one path."""
        folder, name = os.path.split(path)
        return self._statuses.file(os.path.join(mounts.real(folder), name))

    def rescan(self, path: bytes | None) -> None:
        """Compares the disk with what is known: of a root, of what lies below one, or of all."""
        self._parts.vault.require_writable()
        if path is None:
            self._parts.keeper.scan_all(recheck=True)
            return
        path = mounts.real(path)
        for root in self._parts.vault.roots.all():
            if is_within(path, root.path):
                self._parts.keeper.scan(root.id, path[len(root.path) :].lstrip(b"/"), recheck=True)
                return
        raise UsageError("it lies below no watched folder", path=display(path), hint="lsfs roots list")

    def pause(self) -> None:
        """Stops the backlog; searches and just saved files go on."""
        self._parts.paused.set()
        self._parts.pool.pause()
        self._parts.feeder.pause(True)
        self._parts.changes.happened()

    def resume(self) -> None:
        """Goes on."""
        self._parts.paused.clear()
        self._parts.pool.resume()
        self._parts.feeder.pause(False)
        if self._parts.embedding is not None:
            self._parts.embedding.nudge()
        self._parts.changes.happened()

    def doctor(self) -> list[DoctorFinding]:
        """What is wrong, and how to mend it."""
        return self._doctor.findings()

    def run_job(self, name: str) -> None:
        """Runs one of `lsfs.jobs`."""
        if self._parts.vault.newer:
            return
        {
            "scan": self._parts.keeper.scan_all,
            "presence": self._check_presence,
            "unwatched": lambda: self._parts.keeper.scan_unwatched(
                lambda root: self._parts.watcher.unwatched(root).folders
            ),
            "sweep": lambda: self._parts.ingest.run(self._sweep),
            "copy": self._copy,
            "tidy": self.keeping.tidy,
            "tools": self.tooling.tidy,
            "usage": self._write_usage,
        }[name]()

    def _write_usage(self) -> None:
        self.tooling.write_usage(lambda: not self._stopping.is_set())

    def stop_jobs(self) -> None:
        """Ends the regular jobs that are under way, soon; what they leave undone they do later."""
        self._stopping.set()
        self._parts.collector.stop()

    def close(self) -> None:
        """Stops everything; what was handed in is recorded first."""
        parts = self._parts
        self.stop_jobs()
        self._progress.close()
        if self._running:
            parts.ops.stop()
            # All are told before any is waited for: they hand work to each other, and wait for room.
            parts.ingest.begin_stop()
            parts.feeder.begin_stop()
            parts.keeper.begin_stop()
            parts.watcher.stop()
            parts.tooling.following.begin_stop()
        parts.tooling.sessions.close()  # what is read of a server ends with it
        parts.close_llm()
        for embedder in parts.embedders:
            embedder.close()  # a call that runs is lost, and made again
        if self._running and parts.embedding is not None:
            parts.embedding.stop()
        if self._running and parts.tooling.vectors is not None:
            parts.tooling.vectors.stop()
        parts.pool.close()
        if self._running:
            parts.tooling.following.stop()
            parts.feeder.stop()
            parts.keeper.stop()
            parts.ingest.stop()
        parts.search.close()
        parts.opener.close()
        parts.contents.packs.close()
        parts.index.close()
        parts.vault.close()

    def _add(self, path: bytes) -> Added:
        """Adds a root; what a removed or absorbed one knew is in the index at once."""
        added = self._parts.book.add(path)
        self._parts.ingest.catch_up()
        return added

    def _take_up(self, root: Root) -> None:
        self._parts.watcher.add(root.id, root.path)
        self._parts.keeper.scan(root.id)

    def _let_go(self, root_id: int) -> None:
        self._parts.watcher.remove(root_id)
        self._parts.opener.forget(root_id)

    def _root_at(self, path: bytes) -> Root:
        for candidate in (path, mounts.real(path)):
            for root in self._parts.vault.roots.all():
                if root.path == candidate:
                    return root
        raise UsageError("it is not a watched folder", path=display(path), hint="lsfs roots list")

    def _count(self, root: Root) -> int:
        return self._parts.index.files.counts_by_root().get(root.id, 0)

    def _check_presence(self) -> None:
        self._parts.keeper.check_presence()
        if self._parts.ops.idle():
            # What was left undone when a folder went away under an op; an op that begins now waits for it.
            self._parts.ops.between(functools.partial(self._parts.recovery.settle, at_start=False))

    def _sweep(self) -> None:
        while not self._stopping.is_set() and self._parts.pipeline.sweep():
            pass
        self._parts.index.shrink()

    def _copy(self) -> None:
        """Copies the vault once a day, if it is sound: a damaged one must not replace a good copy."""
        vault, copy = self._parts.vault, self._parts.vault_copy
        with contextlib.suppress(FileNotFoundError):
            if time.time() - copy.stat().st_mtime < _COPY_AGE_S:
                return
        if vault.check() == "ok" and shutil.disk_usage(copy.parent).free > self._parts.free_floor:
            vault.backup(copy)
