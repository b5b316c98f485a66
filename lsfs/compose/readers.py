"""What reads files: the watcher and the scans, the workers, and the thread that records what they find."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from lsfs.compose.base import MIB, Base
from lsfs.compose.finders import Finders, cores
from lsfs.core.config import Config
from lsfs.core.locations import Paths
from lsfs.core.records import Kind
from lsfs.index.pipeline import IGNORED, Standing
from lsfs.ingest.agenda import Agenda
from lsfs.ingest.archive import VaultArchive
from lsfs.ingest.feeder import Feeder
from lsfs.ingest.ingest import Ingest
from lsfs.ingest.keeper import Keeper
from lsfs.ingest.recording import Recording
from lsfs.ingest.roots import RootBook
from lsfs.plan.steps import rebased
from lsfs.store.vault import Entry, Root
from lsfs.watch.records import Work
from lsfs.watch.scan import Scanner
from lsfs.watch.sources import native_source
from lsfs.watch.watcher import Watcher
from lsfs.workers.pool import ExtractPool, PoolSettings
from lsfs.workers.sandbox import Limits


def open_readers(base: Base, finders: Finders, opened: contextlib.ExitStack) -> tuple[Ingest, Feeder, ExtractPool]:
    """Wires what reads and records; `opened` closes the workers, nothing is started."""

    def on_commit() -> None:
        if finders.embedding is not None and ingest.idle():
            finders.embedding.nudge()
        base.changes.happened()

    agenda = Agenda(time.time_ns)
    recording = Recording(
        base.vault,
        base.index,
        finders.pipeline,
        base.reconciler(),
        base.capturer(),
        base.reflector(),
        lambda entry: _standing(entry, base.config),
        agenda,
    )
    ingest = Ingest(recording, agenda, time.time_ns, on_commit)
    pool = opened.enter_context(contextlib.closing(ExtractPool(_pool_settings(base.paths, base.config))))
    archive = VaultArchive(base.vault, base.room, ingest)
    searched_bytes = base.config.max_file_mb * MIB
    entries = base.vault.entries
    feeder = Feeder(base.index, pool, base.opener, ingest, archive, entries, searched_bytes, on_commit)
    return ingest, feeder, pool


def open_watchers(base: Base, ingest: Ingest) -> tuple[RootBook, Watcher, Keeper, Callable[[Root], Scanner]]:
    """Wires what looks at the disk, and what makes a root's scanner; nothing is started."""

    def on_work(root_id: int, work: Work) -> None:
        keeper.on_work(root_id, work)  # made below: it needs the watcher's scanners

    def scanner(root: Root) -> Scanner:
        return watcher.scanner(root.id, root.path, base.rules(root), base.mounts)

    book = RootBook(base.vault, base.own_folders, time.time_ns, base.opener.forget, rebased)
    watcher = Watcher(native_source(time.monotonic), on_work, clock=time.monotonic)
    keeper = Keeper(base.vault, book, ingest, scanner, base.changes.happened)
    return book, watcher, keeper, scanner


def _standing(entry: Entry, config: Config) -> Standing | None:
    """Why an entry is not to be read, None where it is."""
    if entry.unindexed:
        return Standing(IGNORED, entry.unindexed)
    if entry.kind is Kind.FILE and entry.size > config.max_file_mb * MIB:
        return Standing("named", f"larger than {config.max_file_mb} MiB: found by its name only")
    return None


def _pool_settings(paths: Paths, config: Config) -> PoolSettings:
    memory = config.extract_memory_mb * MIB
    return PoolSettings(
        scratch=Path(paths.state_dir, "workers"),
        # They run when nothing else wants to: the writer of the index, the other half of the work, comes first.
        text_workers=config.max_workers or cores(),
        deadline_s=float(config.extract_seconds),
        text_limits=Limits(threads=0, memory=memory),
        document_limits=Limits(memory=memory),
    )
